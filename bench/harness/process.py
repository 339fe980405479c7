"""Starting and stopping processes, so that none is left behind.

Every child is in a session of its own, so that a Ctrl-C in the terminal reaches only the harness,
which then stops the children by their pids in the order newest first. Should the harness itself be
killed, the kernel kills the children (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

PR_SET_PDEATHSIG = 1
STOP_SECONDS = 10.0


class BenchError(Exception):
    """Something that the user should read: the harness ends with this one line."""


def child_setup(cpus: Iterable[int]) -> Callable[[], None]:
    """What a child does between fork and exec: pins itself, and dies with its parent."""
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = set(cpus)
    parent = os.getpid()

    def setup() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # The parent ended before prctl took effect.
            os._exit(1)
        os.sched_setaffinity(0, wanted)

    return setup


class Supervisor:
    """Owns all children and one temporary folder. A context manager: leaving it ends them all."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix='rondo-bench-'))
        self._children: list[subprocess.Popen] = []
        self._old_handlers: dict[int, object] = {}

    def __enter__(self) -> Supervisor:
        # SIGTERM and SIGHUP become exceptions, so that they unwind through __exit__ too.
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._old_handlers[number] = signal.signal(number, _raise_exit)
        return self

    def __exit__(self, *_exc: object) -> None:
        # A second Ctrl-C must not interrupt the cleaning up.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            old = signal.signal(number, signal.SIG_IGN)
            self._old_handlers.setdefault(number, old)
        for child in reversed(self._children):
            stop(child)
        shutil.rmtree(self.folder, ignore_errors=True)
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)

    def spawn(self, argv: list[str], cpus: Iterable[int], log: Path, cwd: Path) -> subprocess.Popen:
        """Starts a process whose output goes to `log`. It has reached exec when this returns."""
        with open(log, 'wb') as out:
            try:
                child = subprocess.Popen(
                    argv, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out,
                    stderr=subprocess.STDOUT, start_new_session=True,
                    preexec_fn=child_setup(cpus))
            except OSError as error:
                raise BenchError(f'cannot start {argv[0]}: {error.strerror}') from error
        self._children.append(child)
        return child

    def stop(self, child: subprocess.Popen) -> None:
        stop(child)
        if child in self._children:
            self._children.remove(child)

    def call(self, argv: list[str], cpus: Iterable[int], seconds_max: float) -> tuple[str, str]:
        """Runs a program to its end and returns (stdout, stderr); a bad end is a BenchError."""
        child = subprocess.Popen(
            argv, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors='replace', start_new_session=True,
            preexec_fn=child_setup(cpus))
        self._children.append(child)
        name = Path(argv[0]).name
        try:
            out, err = child.communicate(timeout=seconds_max)
        except subprocess.TimeoutExpired as error:
            raise BenchError(f'{name} did not end within {seconds_max:.0f} s') from error
        finally:
            self.stop(child)
        if child.returncode != 0:
            last = (err.strip() or out.strip()).splitlines()[-1:] or ['no output']
            raise BenchError(f'{name} ended with status {child.returncode}: {last[0]}')
        return out, err


def stop(child: subprocess.Popen) -> None:
    """SIGTERM, and SIGKILL for who does not listen. Returns when the process is reaped."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    for stream in (child.stdout, child.stderr):
        if stream:
            stream.close()


def _raise_exit(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
