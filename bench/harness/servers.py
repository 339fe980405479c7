"""The servers under test: how each is called, started, checked and asked."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from . import procfs, resp
from .process import BenchError, Supervisor

READY_SECONDS = 60.0
POLL_SECONDS = 0.0002

# Flags by the beginning of the program's name. {port} and {threads} are filled in at the start.
# None of them may write a snapshot or listen on anything but loopback.
REDIS_FLAGS = "--port {port} --bind 127.0.0.1 --save '' --appendonly no --daemonize no"
DEFAULT_FLAGS = {
    'rondo': "--port {port} --threads {threads} --save '' --bind 127.0.0.1",
    'redis': REDIS_FLAGS,
    'valkey': REDIS_FLAGS,
    'keydb': REDIS_FLAGS + ' --server-threads {threads}',
    'dragonfly': '--port {port} --bind 127.0.0.1 --proactor_threads={threads} --dbfilename=',
}


@dataclass(frozen=True)
class Spec:
    """A server that could be started: one row of the comparison."""
    name: str
    path: str
    flags: tuple[str, ...]
    threads: int = 1

    def argv(self, port: int) -> list[str]:
        values = {'{port}': str(port), '{threads}': str(self.threads)}
        out = [self.path]
        for flag in self.flags:
            for placeholder, value in values.items():
                flag = flag.replace(placeholder, value)
            out.append(flag)
        return out

    def argv_template(self) -> tuple[str, ...]:
        """Program and flags before anything is filled in: what a tool that wraps it needs."""
        return (self.path, *self.flags)

    @property
    def scales(self) -> bool:
        """Whether the number of threads reaches the server at all."""
        return any('{threads}' in flag for flag in self.flags)

    def with_threads(self, threads: int) -> Spec:
        return replace(self, name=f'{self.name}/{threads}', threads=threads)


def parse_spec(text: str, threads: int = 1) -> Spec:
    """`name=path` or `name=path:extra arguments`, quoted as in a shell.

    The extra arguments follow the default flags of that kind of server; if they hold {port},
    they replace them.
    """
    name, equals, rest = text.partition('=')
    path, _, extra = rest.partition(':')
    if not (name and equals and path):
        raise BenchError(f'--server {text}: expected name=path or name=path:arguments')
    try:
        extra_flags = shlex.split(extra)
    except ValueError as error:
        raise BenchError(f'--server {text}: {error}') from error
    if '{port}' in extra:
        flags = extra_flags
    else:
        program = Path(path).name
        defaults = next((flags for kind, flags in DEFAULT_FLAGS.items()
                         if program.startswith(kind)), '--port {port}')
        flags = shlex.split(defaults) + extra_flags
    return Spec(name, path, tuple(flags), threads)


def resolve(spec: Spec) -> Spec:
    """The same with an absolute path to a program that exists."""
    found = shutil.which(spec.path)
    if not found:
        raise BenchError(f'{spec.name}: no program {spec.path}; build it, give --server '
                         f'{spec.name}=PATH, or choose others with --only')
    return replace(spec, path=os.path.abspath(found))


class Server:
    """A running server. It ends with its supervisor, or earlier by stop()."""

    def __init__(self, supervisor: Supervisor, spec: Spec, cpus: tuple[int, ...]) -> None:
        self.spec = spec
        self.port = free_port()
        self._supervisor = supervisor
        folder = Path(tempfile.mkdtemp(prefix='server-', dir=supervisor.folder))
        self._log = folder / 'output'
        self._child: subprocess.Popen = supervisor.spawn(
            spec.argv(self.port), cpus, self._log, folder)
        started = time.perf_counter()
        self._wait_ready(started)
        self.first_reply_s = time.perf_counter() - started

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def pid(self) -> int:
        return self._child.pid

    def stop(self) -> None:
        self._supervisor.stop(self._child)

    def stop_cleanly(self) -> None:
        """As stop(), for a server under valgrind: it must end by itself, and with status 0.

        Valgrind holds a signal back while the server waits in io_uring, so PINGs end the wait.
        """
        self._child.terminate()
        deadline = time.perf_counter() + READY_SECONDS
        while self._child.poll() is None and time.perf_counter() < deadline:
            ping_once(self.port)
            time.sleep(0.1)
        self.stop()
        if self._child.returncode != 0:
            raise BenchError(f'{self.name} ended with status {self._child.returncode} after '
                             f'SIGTERM:\n{self._log_tail()}')

    def cpu(self) -> procfs.CpuTime:
        self.check_alive()
        return procfs.read_cpu(self.pid)

    def rss(self) -> int:
        self.check_alive()
        return procfs.read_rss(self.pid)

    def client(self) -> resp.Client:
        return resp.Client(self.port)

    def info(self) -> dict[str, str]:
        """INFO, or nothing where the server has no such command."""
        with self.client() as client:
            try:
                text = client.command('INFO')
            except resp.ReplyError:
                return {}
        return resp.parse_info(text) if isinstance(text, bytes) else {}

    def version(self) -> str:
        info = self.info()
        found = next((info[name] for name in (f'{self.spec.name}_version', 'rondo_version',
                                              'valkey_version', 'dragonfly_version',
                                              'redis_version') if name in info), 'unknown')
        return found

    def probe(self, value_bytes: int) -> None:
        """Right answers to PING, SET, GET and DEL, else a BenchError."""
        key, value = 'bench:probe', os.urandom(value_bytes)
        wanted = [(('PING',), b'PONG'), (('SET', key, value), b'OK'), (('GET', key), value),
                  (('DEL', key), 1), (('GET', key), None)]
        try:
            with self.client() as client:
                for command, expected in wanted:
                    got = client.command(*command)
                    if got != expected:
                        raise BenchError(f'{self.name}: wrong reply to {command[0]}')
        except (OSError, resp.ReplyError) as error:
            self.check_alive()
            raise BenchError(f'{self.name}: the probe failed: {error}') from error

    def check_alive(self) -> None:
        if self._child.poll() is not None:
            raise BenchError(f'{self.name} ended with status {self._child.returncode}:\n'
                             + self._log_tail())

    def _log_tail(self) -> str:
        lines = self._log.read_text(errors='replace').splitlines()[-10:]
        return '\n'.join('    ' + line for line in lines)

    def _wait_ready(self, started: float) -> None:
        while True:
            self.check_alive()
            if ping_once(self.port):
                return
            if time.perf_counter() - started > READY_SECONDS:
                raise BenchError(f'{self.name} gave no PONG within {READY_SECONDS:.0f} s:\n'
                                 + self._log_tail())
            time.sleep(POLL_SECONDS)


def ping_once(port: int) -> bool:
    """Whether a PING is answered by a PONG now; a server that still loads says otherwise."""
    try:
        with resp.Client(port, timeout_s=5.0) as client:
            return client.command('PING') == b'PONG'
    except (OSError, resp.ReplyError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]
