"""A small RESP2 client over one blocking socket: for probes and for filling a server with keys."""

from __future__ import annotations

import socket
from collections.abc import Callable


class ReplyError(Exception):
    """The server answered with an error, or with something that is not RESP."""


class Client:
    def __init__(self, port: int, timeout_s: float = 30.0) -> None:
        self._socket = socket.create_connection(('127.0.0.1', port), timeout=timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile('rb')

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()
        self._socket.close()

    def command(self, *args: str | bytes | int) -> object:
        """One command, its reply: bytes, int, None, or a list of these. Errors raise."""
        self.send(*args)
        return self.receive()

    def send(self, *args: str | bytes | int) -> None:
        self._socket.sendall(encode(*args))

    def receive(self) -> object:
        """The reply to the first command sent whose reply was not received yet."""
        return self._read_reply()

    def pipeline_same(self, commands: bytes, count: int, expected: bytes) -> None:
        """Sends `count` encoded commands; each must be answered by exactly `expected`."""
        self._socket.sendall(commands)
        replies = self._reader.read(count * len(expected))
        if replies != expected * count:
            at = next((i for i in range(count)
                       if replies[i * len(expected):(i + 1) * len(expected)] != expected), 0)
            shown = replies[at * len(expected):][:80]
            raise ReplyError(f'expected {expected!r} {count} times, got {shown!r} at {at}')

    def pipeline_integers(self, commands: bytes, count: int) -> None:
        """Sends `count` encoded commands; each must be answered by an integer."""
        self._socket.sendall(commands)
        for _ in range(count):
            if not isinstance(self._read_reply(), int):
                raise ReplyError('expected an integer')

    def _read_line(self) -> bytes:
        line = self._reader.readline()
        if not line.endswith(b'\r\n'):
            raise ReplyError('the server closed the connection')
        return line[:-2]

    def _read_reply(self) -> object:
        line = self._read_line()
        kind, rest = line[:1], line[1:]
        if kind == b'+':
            return rest
        if kind == b'-':
            raise ReplyError(rest.decode(errors='replace'))
        if kind == b':':
            return int(rest)
        if kind == b'$':
            length = int(rest)
            if length < 0:
                return None
            body = self._reader.read(length + 2)
            if len(body) != length + 2 or body[-2:] != b'\r\n':
                raise ReplyError('a bulk reply was cut short')
            return body[:-2]
        if kind == b'*':
            return None if int(rest) < 0 else [self._read_reply() for _ in range(int(rest))]
        raise ReplyError(f'not a RESP2 reply: {line[:40]!r}')


def encode(*args: str | bytes | int) -> bytes:
    parts = [b'*%d\r\n' % len(args)]
    for arg in args:
        raw = arg if isinstance(arg, bytes) else str(arg).encode()
        parts.append(b'$%d\r\n%s\r\n' % (len(raw), raw))
    return b''.join(parts)


BATCH_BYTES = 256 * 1024


def fill(client: Client, count: int, command: Callable[[int], bytes], expected: bytes) -> None:
    """Sends command(0) to command(count - 1) in batches and checks every reply.

    The replies of a batch must fit into the socket buffers, which those of SET and ZADD do: the
    client reads only after it has sent a whole batch.
    """
    batch_max = max(1, min(1000, BATCH_BYTES // max(1, len(command(0)))))
    for start in range(0, count, batch_max):
        end = min(start + batch_max, count)
        client.pipeline_same(b''.join(map(command, range(start, end))), end - start, expected)


def fill_integers(client: Client, count: int, command: Callable[[int], bytes]) -> None:
    """The same for commands that answer with any integer, such as RPUSH."""
    batch_max = max(1, min(1000, BATCH_BYTES // max(1, len(command(0)))))
    for start in range(0, count, batch_max):
        end = min(start + batch_max, count)
        client.pipeline_integers(b''.join(map(command, range(start, end))), end - start)


def fill_strings(client: Client, keys: Callable[[int], bytes], count: int, value: int) -> None:
    """SETs `count` keys to values of `value` bytes."""
    body = b'v' * value
    fill(client, count, lambda i: encode(b'SET', keys(i), body), b'+OK\r\n')


def parse_info(text: bytes) -> dict[str, str]:
    """INFO's `name:value` lines of all sections."""
    pairs = {}
    for line in text.decode(errors='replace').splitlines():
        name, colon, value = line.partition(':')
        if colon and not line.startswith('#'):
            pairs[name] = value
    return pairs
