"""The phases of `ticks`: every large thing that a server is asked for."""

from __future__ import annotations

import time

from .tick_loads import (BIG, COLLECTIONS, Bench, Phase, ask_for_much, end_of_waits, leave, listed,
                         storm, unfinished, wait_for_keys)

_HUGE = b'x' * BIG


def _all_strings(bench: Bench) -> None:
    if bench.do('DBSIZE') != bench.keys:
        bench.do('FLUSHALL')
        bench.strings()


def _expiring(bench: Bench) -> None:
    """All keys with one moment at which they expire, some seconds after the last was set."""
    bench.do('FLUSHALL')
    bench.do('DEBUG', 'SET-ACTIVE-EXPIRE', 0)
    at_ms = int(time.time() * 1000) + 1000
    bench.strings((b'PXAT', b'%d' % at_ms))


def _expire(bench: Bench) -> None:
    bench.do('DEBUG', 'SET-ACTIVE-EXPIRE', 1)
    bench.expire_all()


def _strings() -> list[Phase]:
    return [
        Phase('strings: load', Bench.strings, lambda b: b.do('FLUSHALL')),
        Phase('strings: load again', Bench.strings, _all_strings),
        Phase('strings: INFO', lambda b: [b.do('INFO', 'everything') for _ in range(20)],
              _all_strings),
        Phase('strings: idle', lambda b: time.sleep(5), _all_strings),
        Phase('strings: KEYS *', lambda b: b.do('KEYS', '*'), _all_strings, whole=True),
        Phase('strings: FLUSHALL', lambda b: b.do('FLUSHALL'), _all_strings),
        Phase('strings: FLUSHALL ASYNC', lambda b: b.do('FLUSHALL', 'ASYNC'), _all_strings),
        Phase('strings: expire at once', _expire, _expiring),
    ]


def _collection(kind: str) -> list[Phase]:
    def build(bench: Bench) -> None:
        bench.collection(kind)

    def phase(name: str, run, whole: bool = False) -> Phase:
        return Phase(f'{kind}: {name}', run, build, whole)

    def onto(bench: Bench) -> None:
        bench.do('SET', 'small', 'v')
        bench.do('RENAME', 'small', 'big')

    def away(bench: Bench) -> None:
        # With two threads this key belongs to the one that did not make the collection.
        bench.do('RENAME', 'big', 'away')

    def expire(bench: Bench) -> None:
        bench.do('PEXPIRE', 'big', 1)
        bench.expire_all()

    return [
        Phase(f'{kind}: load', build, lambda b: b.do('FLUSHALL')),
        phase('DEL', lambda b: b.do('DEL', 'big')),
        phase('UNLINK', lambda b: b.do('UNLINK', 'big')),
        phase('expire', expire),
        phase('SET onto', lambda b: [b.do('SET', 'big', 'v'), b.do('DEL', 'big')]),
        phase('RENAME onto', lambda b: [onto(b), b.do('DEL', 'big')]),
        phase('RENAME away and DEL', lambda b: [away(b), b.do('DEL', 'away')]),
        phase('RENAME away and UNLINK', lambda b: [away(b), b.do('UNLINK', 'away')]),
        phase('FLUSHDB', lambda b: b.do('FLUSHDB')),
        phase('COPY and DEL', lambda b: [b.do('COPY', 'big', 'other'), b.do('DEL', 'other')],
              whole=True),
    ]


def _half(bench: Bench) -> int:
    return bench.members // 2


def _parts() -> list[Phase]:
    """Commands that take away half of a collection."""
    def phase(kind: str, name: str, run) -> Phase:
        def fresh(bench: Bench) -> None:
            bench.do('DEL', 'big')
            bench.collection(kind)
        return Phase(f'{kind}: {name}', run, fresh, whole=True)

    return [
        phase('zset', 'ZREMRANGEBYRANK half',
              lambda b: b.do('ZREMRANGEBYRANK', 'big', 0, _half(b) - 1)),
        phase('zset', 'ZREMRANGEBYSCORE half',
              lambda b: b.do('ZREMRANGEBYSCORE', 'big', '-inf', 5_000_000)),
        phase('list', 'LTRIM half', lambda b: b.do('LTRIM', 'big', _half(b), -1)),
        phase('set', 'SPOP half', lambda b: b.do('SPOP', 'big', _half(b))),
        phase('set', 'SUNIONSTORE', lambda b: b.do('SUNIONSTORE', 'other', 'big')),
        phase('list', 'SORT STORE',
              lambda b: b.do('SORT', 'big', 'BY', 'nosort', 'STORE', 'other')),
    ]


def _bytes() -> list[Phase]:
    def held(bench: Bench) -> None:
        bench.do('SET', 'huge', _HUGE)

    def get_and_drop(bench: Bench) -> None:
        bench.client.send('GET', 'huge')
        time.sleep(0.1)  # Its reply is under way, and refers to the value.
        bench.client.send('DEL', 'huge')
        bench.client.receive()
        bench.client.receive()

    def append(bench: Bench) -> None:
        for _ in range(200):
            bench.do('APPEND', 'grown', _HUGE[:1 << 20])

    return [
        Phase('bytes: SET 64 MiB', held, lambda b: b.do('FLUSHALL')),
        Phase('bytes: SET 64 MiB again', held, held),
        Phase('bytes: GET 64 MiB', lambda b: b.do('GET', 'huge'), held),
        Phase('bytes: DEL 64 MiB', lambda b: b.do('DEL', 'huge'), held),
        Phase('bytes: DEL while it is sent', get_and_drop, held),
        Phase('bytes: hash of 64 MiB values', lambda b: [
            b.do('HSET', 'h', 'a', _HUGE), b.do('HSET', 'h', 'a', 'v'), b.do('DEL', 'h')],
            whole=True),
        Phase('bytes: APPEND to 200 MiB', append, lambda b: b.do('DEL', 'grown'), whole=True),
        Phase('bytes: SETRANGE at 64 MiB', lambda b: b.do('SETRANGE', 'far', BIG, 'x'),
              lambda b: b.do('DEL', 'far'), whole=True),
        Phase('bytes: COPY 64 MiB', lambda b: b.do('COPY', 'huge', 'copy', 'REPLACE'), held),
    ]


def all_phases() -> list[Phase]:
    phases = _strings()
    for kind in COLLECTIONS:
        phases += _collection(kind)
    return phases + _parts() + _bytes() + [
        Phase('clients: storm', storm),
        Phase('clients: waits end', end_of_waits, wait_for_keys),
        Phase('clients: leave 400 MB', leave, ask_for_much),
        Phase('clients: million arguments', unfinished),
        Phase('clients: CLIENT LIST', listed, whole=True),
    ]
