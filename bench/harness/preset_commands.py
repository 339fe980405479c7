"""`commands`: server CPU per request for the commands of collections, at a pipeline of 30, on many
small collections and on one large one of `--keys` members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from . import parsers, report, resp
from .process import BenchError
from .resp import encode
from .servers import Server, Spec
from .session import Session
from .stats import median, significant, spread_percent

PIPELINE = 30
CONNECTIONS = 50
SMALL_KEYS = 10_000
SMALL_ITEMS = 10
RANGE = 100
RANGE_KEYS = 1_000
PILOT_REQUESTS = 30_000
# Commands that take elements away may not run dry: at most this part of them is taken.
DRAIN_PART = 0.3


@dataclass(frozen=True)
class Case:
    """One command; `words` as redis-benchmark takes them, whose number has up to `numbers`."""
    name: str
    words: tuple[str, ...]
    numbers: int  # 0: as many as the large collection has members.
    fill: Callable[[int], list[tuple[int, Callable[[int], bytes], bytes]]]
    drains: int = 0  # Elements that there are to take away, for those that do; -1: --keys.


def _small(kind: bytes, prefix: bytes):
    """SMALL_KEYS collections of SMALL_ITEMS items."""
    def item(i: int) -> list[bytes]:
        if kind == b'HSET':
            return [b'field:%d' % i, b'value:%d' % i]
        if kind == b'ZADD':
            return [b'%d' % i, b'member:%d' % i]
        return [b'member:%d' % i]

    def command(index: int) -> bytes:
        items = [part for i in range(SMALL_ITEMS) for part in item(i)]
        return encode(kind, prefix + b':%012d' % index, *items)
    return lambda keys: [(SMALL_KEYS, command, b':%d\r\n' % SMALL_ITEMS)]


def _hundreds(kind: bytes, prefix: bytes):
    """RANGE_KEYS collections of RANGE items."""
    def command(index: int) -> bytes:
        items = []
        for i in range(RANGE):
            items += [b'%d' % i] if kind == b'ZADD' else []
            items.append(b'member:%06d' % i)
        return encode(kind, prefix + b':%012d' % index, *items)
    return lambda keys: [(RANGE_KEYS, command, b':%d\r\n' % RANGE)]


def _large(make: Callable[[int], bytes]):
    return lambda keys: [(keys, make, b':1\r\n')]


def _large_list(name: bytes):
    chunk = 100

    def command(index: int) -> bytes:
        return encode(b'RPUSH', name, *[b'element:%06d' % (index * chunk + i)
                                        for i in range(chunk)])
    return lambda keys: [(keys // chunk, command, b'')]


def _hash_item(index: int) -> bytes:
    return encode(b'HSET', b'hash', b'm:%012d' % index, b'value')


def _set_item(index: int) -> bytes:
    return encode(b'SADD', b'set', b'm:%012d' % index)


def _sorted_item(index: int) -> bytes:
    return encode(b'ZADD', b'zset', index * 7919 % 1000003, b'm:%012d' % index)


KEY = ':__rand_int__'
MEMBER = 'm:__rand_int__'
NOTHING = lambda keys: []  # noqa: E731

CASES = (
    Case('HSET small', ('HSET', 'h' + KEY, 'field:5', 'other'), SMALL_KEYS, _small(b'HSET', b'h')),
    Case('HGET small', ('HGET', 'h' + KEY, 'field:5'), SMALL_KEYS, NOTHING),
    Case('HSET large', ('HSET', 'hash', MEMBER, 'other'), 0, _large(_hash_item)),
    Case('HGET large', ('HGET', 'hash', MEMBER), 0, NOTHING),
    Case('LPUSH small', ('LPUSH', 'l' + KEY, 'element'), SMALL_KEYS, _small(b'RPUSH', b'l')),
    Case('LPOP small', ('LPOP', 'l' + KEY), SMALL_KEYS, NOTHING,
         SMALL_KEYS * SMALL_ITEMS),
    Case('LPUSH large', ('LPUSH', 'list', 'element'), 1, _large_list(b'list')),
    Case('LPOP large', ('LPOP', 'list'), 1, NOTHING, -1),
    Case('LRANGE 100 small', ('LRANGE', 'l100' + KEY, '0', '99'), RANGE_KEYS,
         _hundreds(b'RPUSH', b'l100')),
    Case('LRANGE 100 large', ('LRANGE', 'list', '1000', '1099'), 1, NOTHING),
    Case('SADD small', ('SADD', 's' + KEY, 'member:5'), SMALL_KEYS, _small(b'SADD', b's')),
    Case('SPOP small', ('SPOP', 's' + KEY), SMALL_KEYS, NOTHING, SMALL_KEYS * SMALL_ITEMS),
    Case('SADD large', ('SADD', 'set', MEMBER), 0, _large(_set_item)),
    Case('SPOP large', ('SPOP', 'set'), 1, NOTHING, -1),
    Case('ZADD small', ('ZADD', 'z' + KEY, '5', 'member:7'), SMALL_KEYS, _small(b'ZADD', b'z')),
    Case('ZRANK small', ('ZRANK', 'z' + KEY, 'member:7'), SMALL_KEYS, NOTHING),
    Case('ZADD large', ('ZADD', 'zset', '__rand_int__', MEMBER), 0, _large(_sorted_item)),
    Case('ZRANK large', ('ZRANK', 'zset', MEMBER), 0, NOTHING),
    Case('ZRANGE 100 small', ('ZRANGE', 'z100' + KEY, '0', '99'), RANGE_KEYS,
         _hundreds(b'ZADD', b'z100')),
    Case('ZRANGE 100 large', ('ZRANGE', 'zset', '1000', '1099'), 1, NOTHING),
)


def _fill(session: Session, server: Server, case: Case) -> None:
    with server.client() as client:
        for count, command, expected in case.fill(session.options.keys):
            if expected:
                resp.fill(client, count, command, expected)
            else:
                resp.fill_integers(client, count, command)


def _run(session: Session, server: Server, case: Case, requests: int) -> tuple[float, float]:
    """Microseconds of server CPU per request, and requests a second."""
    numbers = case.numbers or session.options.keys
    plan = session.plan(1)
    requests = max(PIPELINE, requests // PIPELINE * PIPELINE)
    argv = [session.generator.path, '-h', '127.0.0.1', '-p', str(server.port), '-n', str(requests),
            '-c', str(CONNECTIONS), '-P', str(PIPELINE), '-r', str(numbers), *case.words]
    before = server.cpu()
    out, _ = session.supervisor.call(argv, plan.load, 120.0)
    used = server.cpu().since(before)
    try:
        result = parsers.parse_redis_benchmark(out)
    except parsers.ParseError as error:
        raise BenchError(f'{case.name}: {error}') from error
    return used.total / result.requests * 1e6, result.rps


def run_commands(session: Session) -> int:
    if session.options.memtier:
        raise BenchError('commands are measured by redis-benchmark: leave --memtier out')
    specs: list[Spec] = session.specs
    plan = session.plan(1)
    servers = {spec.name: session.start(spec, plan) for spec in specs}
    found: dict[str, dict[str, list[float]]] = {}
    for case in CASES:
        requests = {}
        for name, server in servers.items():
            _fill(session, server, case)
            there = session.options.keys if case.drains < 0 else case.drains
            _, rate = _run(session, server, case, PILOT_REQUESTS if not there else 3000)
            wanted = int(rate * session.limits.seconds)
            if there:
                wanted = min(wanted, int(there * DRAIN_PART / session.limits.rounds))
            requests[name] = wanted
        values: dict[str, list[float]] = {name: [] for name in servers}
        for _ in range(session.limits.rounds):
            for name, server in servers.items():
                values[name].append(_run(session, server, case, requests[name])[0])
        found[case.name] = values
        session.note(f'{case.name}: ' + ', '.join(
            f'{name} {significant(median(of))} us' for name, of in values.items()))
    for server in servers.values():
        server.stop()
    rows = []
    for case in CASES:
        values = found[case.name]
        cells = [case.name]
        for spec in specs:
            cells += [significant(median(values[spec.name])),
                      f'{spread_percent(values[spec.name]):.0f}',
                      report.ratio_text(values[spec.name], values[session.baseline])]
        rows.append(cells)
    head = ['command']
    for spec in specs:
        head += [f'{spec.name} us', '+-%', 'ratio']
    session.say(f'Server CPU per request at a pipeline of {PIPELINE}, {CONNECTIONS} connections, '
                f'median of {session.limits.rounds}; large: {session.options.keys} members')
    session.say(report.table(tuple(head), rows))
    session.write({'commands': found}, {})
    return 0
