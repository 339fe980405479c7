"""`transactions`: what operations over several shards cost beside those on one shard."""

from __future__ import annotations

import random
from collections.abc import Callable

from . import report, resp
from .fixed_load import FixedLoad, Step, step
from .session import Session
from .stats import median, significant, spread_percent

KEYS = 10  # Of one MGET or MSET.
COMMANDS = 5  # Of one transaction.
STEPS = 512
CONNECTIONS = 50
VALUE = b'v' * 64
VALUE_REPLY = b'$64\r\n' + VALUE + b'\r\n'
OK = b'+OK\r\n'


def _names(random_source: random.Random, keys: int, count: int, tagged: bool) -> list[bytes]:
    """Keys that exist; tagged ones are all on one shard."""
    if not tagged:
        return [b'key:%06d' % random_source.randrange(keys) for _ in range(count)]
    tag = random_source.randrange(keys // 100)
    return [b'{t%d}%d' % (tag, i) for i in random_source.sample(range(100), count)]


def _steps(make: Callable[[list[bytes]], Step], keys: int, count: int, tagged: bool) -> list[Step]:
    source = random.Random(1)
    return [make(_names(source, keys, count, tagged)) for _ in range(STEPS)]


def _get(names: list[bytes]) -> Step:
    return step((b'GET', names[0]), expected=VALUE_REPLY)


def _set(names: list[bytes]) -> Step:
    return step((b'SET', names[0], VALUE), expected=OK)


def _mget(names: list[bytes]) -> Step:
    return step((b'MGET', *names), expected=b'*%d\r\n' % KEYS + VALUE_REPLY * KEYS)


def _mset(names: list[bytes]) -> Step:
    pairs = [part for name in names for part in (name, VALUE)]
    return step((b'MSET', *pairs), expected=OK)


def _pipeline(names: list[bytes]) -> Step:
    return step(*[(b'SET', name, VALUE) for name in names], expected=OK * COMMANDS)


def _exec(names: list[bytes]) -> Step:
    commands = [(b'SET', name, VALUE) for name in names]
    return step((b'MULTI',), *commands, (b'EXEC',),
                expected=OK + b'+QUEUED\r\n' * COMMANDS + b'*%d\r\n' % COMMANDS + OK * COMMANDS)


def _copy(names: list[bytes]) -> Step:
    return step((b'COPY', names[0], names[1], b'REPLACE'), expected=b':1\r\n')


# Name, what one step is, its keys, whether they are on one shard, and the row it is compared with.
ROWS = (
    ('GET', _get, 1, False, None),
    ('SET', _set, 1, False, None),
    ('MGET of 10, one shard', _mget, KEYS, True, None),
    ('MGET of 10, any shards', _mget, KEYS, False, 'MGET of 10, one shard'),
    ('MSET of 10, one shard', _mset, KEYS, True, None),
    ('MSET of 10, any shards', _mset, KEYS, False, 'MSET of 10, one shard'),
    ('5 SETs in a pipeline, one shard', _pipeline, COMMANDS, True, None),
    ('EXEC of 5 SETs, one shard', _exec, COMMANDS, True, '5 SETs in a pipeline, one shard'),
    ('EXEC of 5 SETs, any shards', _exec, COMMANDS, False, '5 SETs in a pipeline, one shard'),
    ('COPY, one shard', _copy, 2, True, None),
    ('COPY, any shards', _copy, 2, False, 'COPY, one shard'),
)


def _fill(session: Session, server) -> None:
    keys = session.options.keys
    with server.client() as client:
        resp.fill_strings(client, lambda i: b'key:%06d' % i, keys, len(VALUE))
        resp.fill_strings(client, lambda i: b'{t%d}%d' % divmod(i, 100), keys, len(VALUE))


def run_transactions(session: Session) -> int:
    spec = next(one for one in session.specs if one.scales)
    found: dict[str, dict[int, list[float]]] = {row[0]: {} for row in ROWS}
    counts = session.options.thread_counts
    for threads in counts:
        server = session.start(spec.with_threads(threads), session.plan(threads))
        _fill(session, server)
        load = FixedLoad(server, CONNECTIONS)
        steps = {name: _steps(make, session.options.keys, keys, tagged)
                 for name, make, keys, tagged, _ in ROWS}
        for number in range(1, session.limits.rounds + 1):
            for name, chosen in steps.items():
                value = load.run(chosen, session.limits.seconds)
                found[name].setdefault(threads, []).append(value)
                session.note(f'{threads} threads  round {number}  {name}: {value:.2f} us')
        load.close()
        server.stop()
    rows = []
    for name, _, _, _, base in ROWS:
        cells = [name]
        for threads in counts:
            values = found[name][threads]
            cells += [significant(median(values)), f'{spread_percent(values):.0f}',
                      report.ratio_text(values, found[base][threads]) if base else '-']
        rows.append(cells)
    head = ['operation']
    for threads in counts:
        head += [f'{threads} shards us', '+-%', 'ratio']
    session.say(f'Server CPU per operation, {CONNECTIONS} clients with one at a time, '
                f'median of {session.limits.rounds}; ratios to the same on one shard')
    session.say(report.table(tuple(head), rows))
    session.write({'transactions': found}, {})
    return 0
