"""`memory` and `startup`: what a key costs, and how soon and how small an empty server is there."""

from __future__ import annotations

import time
from collections.abc import Callable

from . import report, resp
from .process import BenchError
from .resp import encode
from .servers import Server, Spec
from .session import Session
from .stats import human_count, median, significant, spread_percent

SETTLE_SECONDS = 0.3  # Lets start-up work and background threads come to rest before RSS is read.
PURGE_SECONDS = 10.0  # jemalloc gives pages back for about that long after they are freed.
STARTS_MIN = 21  # A start takes milliseconds, so five would be at the mercy of the scheduler.
VALUE = b'v' * 64
MIB = 1 << 20


def _set_command(index: int) -> bytes:
    return encode(b'SET', b'key:%010d' % index, VALUE)


def _zadd_command(index: int) -> bytes:
    # The scores jump about, so that members do not arrive in order.
    return encode(b'ZADD', b'bench:zset', index * 7919 % 1000003, b'member:%07d' % index)


def _hash_command(index: int) -> bytes:
    return encode(b'HSET', b'bench:hash', b'member:%07d' % index, b'value:%02d' % (index % 100))


def _set_command_of_members(index: int) -> bytes:
    return encode(b'SADD', b'bench:set', b'member:%07d' % index)


def _list_command(index: int) -> bytes:
    return encode(b'RPUSH', b'bench:list', b'member:%07d' % index)


SMALL_ITEMS = 10


def _small_hash_command(index: int) -> bytes:
    key, item = divmod(index, SMALL_ITEMS)
    return encode(b'HSET', b'h:%07d' % key, b'member:%07d' % item, b'value:%02d' % item)


def _small_set_command(index: int) -> bytes:
    key, item = divmod(index, SMALL_ITEMS)
    return encode(b'SADD', b's:%07d' % key, b'member:%07d' % item)


def _small_zset_command(index: int) -> bytes:
    key, item = divmod(index, SMALL_ITEMS)
    return encode(b'ZADD', b'z:%07d' % key, item, b'member:%07d' % item)


def _small_list_command(index: int) -> bytes:
    key, item = divmod(index, SMALL_ITEMS)
    return encode(b'RPUSH', b'l:%07d' % key, b'member:%07d' % item)


# Kind -> what is counted, one command for each index, its reply (empty: any integer).
KINDS: dict[str, tuple[str, Callable[[int], bytes], bytes]] = {
    'string': ('key (14-byte key, 64-byte value)', _set_command, b'+OK\r\n'),
    'zset': ('member (14 bytes, one sorted set)', _zadd_command, b':1\r\n'),
    'hash': ('field (14 bytes, 8-byte value, one hash)', _hash_command, b':1\r\n'),
    'set': ('member (14 bytes, one set)', _set_command_of_members, b':1\r\n'),
    'list': ('element (14 bytes, one list)', _list_command, b''),
    'small-zset': ('member (14 bytes, sorted sets of 10)', _small_zset_command, b':1\r\n'),
    'small-hash': ('field (14 bytes, 8-byte value, hashes of 10)', _small_hash_command, b':1\r\n'),
    'small-set': ('member (14 bytes, sets of 10)', _small_set_command, b':1\r\n'),
    'small-list': ('element (14 bytes, lists of 10)', _small_list_command, b''),
}


def bytes_per_item(session: Session, spec: Spec, kind: str) -> float:
    """Growth of resident memory by `--keys` items, over their number; a fresh server each time."""
    _, command, expected = KINDS[kind]
    server = session.start(spec, session.plan(spec.threads))
    time.sleep(SETTLE_SECONDS)
    before = server.rss()
    try:
        with server.client() as client:
            if expected:
                resp.fill(client, session.options.keys, command, expected)
            else:
                resp.fill_integers(client, session.options.keys, command)
    except (OSError, resp.ReplyError) as error:
        server.check_alive()
        raise BenchError(f'{spec.name}: {error}') from error
    time.sleep(PURGE_SECONDS)
    grown = server.rss() - before
    server.stop()
    return grown / session.options.keys


def measure_memory(session: Session, specs: list[Spec], kind: str) -> dict[str, list[float]]:
    """Bytes per item for each server, a value for each round; servers take turns."""
    found: dict[str, list[float]] = {spec.name: [] for spec in specs}
    for number in range(1, session.limits.rounds + 1):
        for spec in specs:
            value = bytes_per_item(session, spec, kind)
            found[spec.name].append(value)
            session.note(f'{kind} memory  round {number}  {spec.name}: {value:.1f} B')
    return found


def run_memory(session: Session) -> int:
    content = {}
    for kind in session.options.kinds:
        found = measure_memory(session, session.specs, kind)
        base = found[session.baseline]
        session.say(f'Resident bytes per {KINDS[kind][0]}, {human_count(session.options.keys)} '
                    f'items, median of {session.limits.rounds}')
        session.say(report.table(
            ('server', 'bytes', '+-%', 'ratio'),
            [[name, f'{median(values):.1f}', f'{spread_percent(values):.1f}',
              report.ratio_text(values, base)] for name, values in found.items()]))
        content[kind] = found
    session.write({'keys': session.options.keys, 'bytes_per_item': content}, {})
    return 0


def measure_startup(session: Session, specs: list[Spec]) -> dict[str, dict[str, list[float]]]:
    """For each server: milliseconds from exec to the first PONG, and resident MiB when idle."""
    found: dict[str, dict[str, list[float]]] = {
        spec.name: {'first_reply_ms': [], 'rss_mib': []} for spec in specs}
    for _ in range(max(session.limits.rounds, STARTS_MIN)):
        for spec in specs:
            server: Server = session.start(spec, session.plan(spec.threads))
            time.sleep(SETTLE_SECONDS)
            found[spec.name]['first_reply_ms'].append(server.first_reply_s * 1000)
            found[spec.name]['rss_mib'].append(server.rss() / MIB)
            server.stop()
    return found


def run_startup(session: Session) -> int:
    found = measure_startup(session, session.specs)
    base = found[session.baseline]
    rows = []
    for name, values in found.items():
        first, rss = values['first_reply_ms'], values['rss_mib']
        rows.append([name, significant(median(first)), f'{spread_percent(first):.0f}',
                     report.ratio_text(first, base['first_reply_ms']), significant(median(rss)),
                     report.ratio_text(rss, base['rss_mib'])])
    session.say(f'From exec to the first PONG, and resident memory of the empty server; median '
                f'of {len(base["rss_mib"])}')
    session.say(report.table(('server', 'first reply ms', '+-%', 'ratio', 'RSS MiB', 'ratio'),
                             rows))
    session.write({'startup': found}, {})
    return 0
