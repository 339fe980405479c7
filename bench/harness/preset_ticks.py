"""`ticks`: the longest tick of a server while it does large things.

What counts is the processor time of the tick: wall time has in it what else the machine does. The
servers that have no ticks take part with their slowest command, from SLOWLOG, which is how long
they serve nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import report, resp
from .process import BenchError
from .resp import Client
from .servers import Server, Spec
from .session import Session
from .tick_loads import Bench, Phase, chosen
from .tick_phases import all_phases

LIMIT_US = 1000
TIMEOUT_SECONDS = 600.0


@dataclass(frozen=True)
class Ticks:
    """Of all cores together since the last CONFIG RESETSTAT."""
    longest_cpu_us: int
    longest_us: int
    over: int
    part: str  # What took most of the longest tick.


@dataclass(frozen=True)
class Measured:
    phase: str
    ticks: Ticks | None  # None: the server has none.
    command_us: int  # The slowest command.
    command: str


def parse_ticks(info: dict[str, str]) -> Ticks | None:
    """From INFO reactor: a line `coreN:name=value,...` for each core."""
    cores = [dict(pair.partition('=')[::2] for pair in value.split(','))
             for name, value in info.items() if name.startswith('core') and name[4:].isdigit()]
    cores = [core for core in cores if 'longest_cpu_tick_us' in core]
    if not cores:
        return None
    slowest = max(cores, key=lambda core: int(core['longest_cpu_tick_us']))
    return Ticks(int(slowest['longest_cpu_tick_us']),
                 max(int(core['longest_tick_us']) for core in cores),
                 sum(int(core['cpu_ticks_over']) for core in cores), slowest['longest_cpu_part'])


def slowest_command(entries: Sequence[object]) -> tuple[int, str]:
    """Microseconds and name, from the reply of SLOWLOG GET; DEBUG SLEEP does not count."""
    found = (0, '')
    for entry in entries:
        assert isinstance(entry, list)
        name = entry[3][0].decode(errors='replace').upper()
        if name not in ('DEBUG', 'SLOWLOG') and entry[2] > found[0]:
            found = (entry[2], name)
    return found


def measure(bench: Bench, phase: Phase) -> Measured:
    phase.prepare(bench)
    bench.settle()
    bench.do('SLOWLOG', 'RESET')
    bench.do('CONFIG', 'RESETSTAT')
    phase.run(bench)
    bench.settle()
    try:
        text = bench.do('INFO', 'reactor')
    except resp.ReplyError:
        text = b''
    assert isinstance(text, bytes)
    entries = bench.do('SLOWLOG', 'GET', 128)
    assert isinstance(entries, list)
    command_us, command = slowest_command(entries)
    return Measured(phase.name, parse_ticks(resp.parse_info(text)), command_us, command)


def with_measuring(spec: Spec) -> Spec:
    return replace(spec, flags=spec.flags + (
        '--slowlog-log-slower-than', '500', '--slowlog-max-len', '128',
        '--enable-debug-command', 'yes'))


def measure_ticks(client: Client) -> None:
    try:
        client.command('CONFIG', 'SET', 'tick-cpu-limit-us', LIMIT_US)
    except resp.ReplyError:  # It has no ticks.
        pass


def measure_server(session: Session, spec: Spec, phases: list[Phase]) -> list[Measured]:
    server: Server = session.start(with_measuring(spec), session.plan(spec.threads))
    found = []
    try:
        with Client(server.port, TIMEOUT_SECONDS) as client:
            measure_ticks(client)
            bench = Bench(server, client, session.options.keys, session.options.members)
            for phase in phases:
                one = measure(bench, phase)
                found.append(one)
                session.note(f'{spec.name}  {" | ".join(cells(one))}')
    except (OSError, resp.ReplyError) as error:
        server.check_alive()
        raise BenchError(f'{spec.name}: {error}') from error
    server.stop()
    return found


def milliseconds(us: int) -> str:
    return f'{us / 1000:.2f}'


def cells(one: Measured) -> list[str]:
    ticks = one.ticks
    shown = ['-'] * 4 if ticks is None else [
        milliseconds(ticks.longest_cpu_us), milliseconds(ticks.longest_us), str(ticks.over),
        ticks.part]
    return [one.phase, *shown, f'{milliseconds(one.command_us)} {one.command}'.strip()]


def middle_round(rounds: Sequence[Measured]) -> Measured:
    """The round with the median longest tick, or slowest command: one round may be disturbed."""
    def key(one: Measured) -> int:
        return one.command_us if one.ticks is None else one.ticks.longest_cpu_us
    return sorted(rounds, key=key)[(len(rounds) - 1) // 2]


def run_ticks(session: Session) -> int:
    phases = chosen(all_phases(), session.options.phases)
    if not phases:
        raise BenchError(f'no phase is called {session.options.phases}')
    content: dict[str, list[list[dict]]] = {}
    over = 0
    for spec in session.specs:
        rounds = [measure_server(session, spec, phases) for _ in range(session.limits.rounds)]
        middle = [middle_round(column) for column in zip(*rounds)]
        over += sum(one.ticks is not None and one.ticks.longest_cpu_us > LIMIT_US
                    and not phase.whole for phase, one in zip(phases, middle))
        session.say(f'{spec.name}: {session.options.keys} keys, {session.options.members} members, '
                    f'median of {session.limits.rounds}')
        rows = [[row[0] + (' *' if phase.whole else ''), *row[1:]]
                for phase, row in zip(phases, map(cells, middle))]
        session.say(report.table(('phase', 'longest tick CPU ms', 'wall ms', 'over 1 ms', 'where',
                                  'slowest command ms'), rows))
        content[spec.name] = [[vars(one) | {'ticks': one.ticks and vars(one.ticks)}
                               for one in each] for each in rounds]
    session.say('* One command whose work is in proportion to its data, and which is atomic.')
    session.write({'ticks': content}, {})
    return 1 if session.options.check and over else 0
