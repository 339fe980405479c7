"""A load whose replies are known beforehand: for operations of several commands, which the load
generators can not send, and for whole transactions.

Every connection sends one step and reads its reply, all of them in turns, so that the server sees
as many clients at once. The generator is Python and slow; only the server's CPU time is of use.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from .process import BenchError
from .resp import encode
from .servers import Server


@dataclass(frozen=True)
class Step:
    """Some commands that are sent at once, and all bytes of their replies."""
    request: bytes
    expected: bytes


def step(*commands: Sequence[str | bytes | int], expected: bytes) -> Step:
    return Step(b''.join(encode(*command) for command in commands), expected)


def _receive(one: socket.socket, size: int) -> bytes:
    """So many bytes; fewer when the other end closes."""
    reply = one.recv(size)
    while reply and len(reply) < size:
        more = one.recv(size - len(reply))
        if not more:
            break
        reply += more
    return reply


class FixedLoad:
    """Connections to one server, open from the first run to close()."""

    def __init__(self, server: Server, connections: int) -> None:
        self._server = server
        self._sockets = []
        for _ in range(connections):
            one = socket.create_connection(('127.0.0.1', server.port), timeout=30.0)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(one)

    def close(self) -> None:
        for one in self._sockets:
            one.close()

    def run(self, steps: Sequence[Step], seconds: float) -> float:
        """Microseconds of server CPU per step, over about so many seconds."""
        self._round(steps, 0)
        before = self._server.cpu()
        stop = time.perf_counter() + seconds
        done = 0
        while time.perf_counter() < stop:
            self._round(steps, done)
            done += len(self._sockets)
        return self._server.cpu().since(before).total / done * 1e6

    def _round(self, steps: Sequence[Step], first: int) -> None:
        chosen = [steps[(first + i) % len(steps)] for i in range(len(self._sockets))]
        for one, its in zip(self._sockets, chosen):
            one.sendall(its.request)
        for one, its in zip(self._sockets, chosen):
            reply = _receive(one, len(its.expected))
            if reply != its.expected:
                raise BenchError(f'{self._server.name}: {its.request[:60]!r} was answered by '
                                 f'{reply[:60]!r}')
