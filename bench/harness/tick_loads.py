"""What `ticks` does to a server: the building of huge values by pipelines, and the phases.

A phase prepares without being measured, then does one large thing. Requests are made from templates
by one formatting each for a hundred items, so that Python keeps up with the server.
"""

from __future__ import annotations

import fnmatch
import resource
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from . import resp
from .process import BenchError
from .resp import Client, encode
from .servers import Server

ITEMS = 100  # Items of one command that builds a collection.
COMMANDS = 25  # Commands that are sent at once.
STRING_VALUE = b'v' * 64
BIG = 64 << 20
CONNECTIONS = 10_000


def bulk(text: bytes) -> bytes:
    return b'$%d\r\n%s\r\n' % (len(text), text)


# Type -> command, its words for one item (with the item's number wherever there is a %).
COLLECTIONS: dict[str, tuple[bytes, tuple[bytes, ...]]] = {
    'hash': (b'HSET', (b'field:%08d', b'value:00')),
    'set': (b'SADD', (b'member:%07d',)),
    'list': (b'RPUSH', (b'member:%07d',)),
    'zset': (b'ZADD', (b'%08d', b'member:%07d')),
}


def collection_command(kind: str, key: bytes, start: int, items: int) -> bytes:
    """One command that adds items `start` and following."""
    name, words = COLLECTIONS[kind]
    template = b''
    for word in words:  # All numbers are padded, so that the length is the same for each item.
        length = len(word % start) if b'%' in word else len(word)
        template += b'$%d\r\n' % length + word + b'\r\n'
    numbers: Iterable[int] = range(start, start + items)
    if template.count(b'%') == 2:
        numbers = (n for i in range(start, start + items) for n in (scatter(i), i))
    head = b'*%d\r\n' % (2 + items * len(words)) + bulk(name) + bulk(key)
    return head + (template * items) % tuple(numbers)


def scatter(index: int) -> int:
    """Scores jump about, so that the members of a sorted set do not arrive in order."""
    return index * 7919 % 10_000_019


def strings_commands(start: int, count: int, extra: tuple[bytes, ...] = ()) -> bytes:
    """SETs of keys `start` and following, with more words behind the value."""
    template = b'*%d\r\n' % (3 + len(extra)) + bulk(b'SET') + b'$14\r\nkey:%010d\r\n' + bulk(
        STRING_VALUE) + b''.join(map(bulk, extra))
    return (template * count) % tuple(range(start, start + count))


@dataclass
class Bench:
    """One server under load."""
    server: Server
    client: Client
    keys: int
    members: int
    waiting: list[socket.socket] = field(default_factory=list)  # What a phase has prepared.

    def do(self, *args: str | bytes | int) -> object:
        return self.client.command(*args)

    def strings(self, extra: tuple[bytes, ...] = ()) -> None:
        batch = ITEMS * COMMANDS
        for start in range(0, self.keys, batch):
            count = min(batch, self.keys - start)
            self.client.pipeline_same(strings_commands(start, count, extra), count, b'+OK\r\n')

    def collection(self, kind: str, key: bytes = b'big') -> None:
        if self.do('EXISTS', key):
            return
        batch = ITEMS * COMMANDS
        for start in range(0, self.members, batch):
            end = min(start + batch, self.members)
            commands = [collection_command(kind, key, at, min(ITEMS, end - at))
                        for at in range(start, end, ITEMS)]
            self.client.pipeline_integers(b''.join(commands), len(commands))

    def settle(self) -> None:
        """Until what the server still frees in the background is freed."""
        before, same = -1, 0
        while same < 5:
            time.sleep(0.1)
            text = self.do('INFO', 'memory')
            assert isinstance(text, bytes)
            used = int(resp.parse_info(text)['used_memory'])
            same = same + 1 if used == before else 0
            before = used

    def expire_all(self) -> None:
        """Until no key is left."""
        deadline = time.monotonic() + 600
        while self.do('DBSIZE') != 0:
            if time.monotonic() > deadline:
                raise BenchError('keys that expired are still there')
            time.sleep(0.2)


@dataclass(frozen=True)
class Phase:
    name: str
    run: Callable[[Bench], object]
    prepare: Callable[[Bench], object] = lambda bench: None
    whole: bool = False  # One command whose work is in proportion to its data.


def chosen(phases: Iterable[Phase], patterns: str) -> list[Phase]:
    """The phases whose name matches one of the comma-separated patterns."""
    return [phase for phase in phases
            if any(fnmatch.fnmatchcase(phase.name, pattern) for pattern in patterns.split(','))]


# --- Connections ----------------------------------------------------------------------------------

def _held(bench: Bench, do: Callable[[], None]) -> None:
    """Does something while the server sleeps, so that it finds all of it at once."""
    with bench.server.client() as sleeper:
        sleeper.send('DEBUG', 'SLEEP', '1')
        time.sleep(0.1)
        do()
        sleeper.receive()


def connect_many(bench: Bench) -> list[socket.socket]:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limit[1], CONNECTIONS + 1000), limit[1]))
    opened = []
    for _ in range(CONNECTIONS - 10):
        opened.append(socket.create_connection(('127.0.0.1', bench.server.port), timeout=60))
    return opened


def storm(bench: Bench) -> None:
    """Connections that come as fast as they can be made, ask at once, and close at once."""
    opened = connect_many(bench)
    ask = encode('GET', 'nothing')
    _held(bench, lambda: [one.sendall(ask) for one in opened] and None)
    for one in opened:
        if one.recv(16) != b'$-1\r\n':
            raise BenchError('a wrong reply in a storm of connections')
    _held(bench, lambda: [one.close() for one in opened] and None)


def wait_for_keys(bench: Bench) -> None:
    bench.waiting = connect_many(bench)
    ask = encode('BLPOP', 'nothing', 10)
    for one in bench.waiting:
        one.sendall(ask)


def end_of_waits(bench: Bench) -> None:
    """The times of all are over while the server sleeps, so that it finds all of them at once."""
    with bench.server.client() as sleeper:
        sleeper.command('DEBUG', 'SLEEP', '12')
    for one in bench.waiting:
        if one.recv(16) != b'*-1\r\n':
            raise BenchError('a wrong reply after a wait')
        one.close()


def ask_for_much(bench: Bench) -> None:
    """Replies of 400 MB that nobody reads."""
    bench.do('SET', 'k', 'v' * 4000)
    one = socket.create_connection(('127.0.0.1', bench.server.port), timeout=60)
    one.sendall(encode('GET', 'k') * 100_000)
    bench.waiting = [one]
    bench.settle()


def leave(bench: Bench) -> None:
    for one in bench.waiting:
        one.close()


def unfinished(bench: Bench) -> None:
    """A command of a million arguments, but for the last one."""
    one = socket.create_connection(('127.0.0.1', bench.server.port), timeout=60)
    count = 1_000_000
    one.sendall(b'*%d\r\n$3\r\nDEL\r\n' % (count + 1))
    template = b'$14\r\nkey:%010d\r\n' * 10_000
    for start in range(0, count - 10_000, 10_000):
        one.sendall(template % tuple(range(start, start + 10_000)))
    time.sleep(1)
    one.close()


def listed(bench: Bench) -> None:
    opened = connect_many(bench)
    bench.do('CLIENT', 'LIST')
    for one in opened:
        one.close()
