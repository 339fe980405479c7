"""`targets`: the figures that Rondo has promised, each measured as it was promised.

Every row compares medians of alternating rounds. A figure that this machine, this generator or
this choice of servers cannot give is listed as not measured, with the reason.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from . import report
from .points import Point
from .preset_memory import measure_memory, measure_startup
from .rounds import Series
from .servers import Spec
from .session import Session, comparison_plot
from .stats import median, ratio_of_medians

UNPIPELINED = Point('mixed', 1, 64, 50)
PIPELINED = Point('mixed', 30, 64, 50)
SCALING_THREADS = 8
SCALING_CPUS = 16


@dataclass(frozen=True)
class Verdict:
    what: str
    wanted: str
    measured: str
    reached: bool | None  # None: not measured.

    def row(self) -> list[str]:
        word = {True: 'yes', False: 'NO', None: '-'}[self.reached]
        return [self.what, self.wanted, self.measured, word]


def at_most(what: str, limit: float, values: list[float], base: list[float]) -> Verdict:
    ratio = ratio_of_medians(values, base)
    return Verdict(what, f'<= {limit:.2f}x', report.ratio_text(values, base),
                   None if ratio is None else ratio <= limit)


def at_least(what: str, limit: float, values: list[float], base: list[float]) -> Verdict:
    ratio = ratio_of_medians(values, base)
    return Verdict(what, f'>= {limit:.2f}x', report.ratio_text(values, base),
                   None if ratio is None else ratio >= limit)


def below(what: str, limit: float, unit: str, values: list[float]) -> Verdict:
    return Verdict(what, f'<= {limit:.0f} {unit}', f'{median(values):.1f} {unit}',
                   median(values) <= limit)


def skipped(what: str, wanted: str, why: str) -> Verdict:
    return Verdict(what, wanted, f'not measured: {why}', None)


class Targets:
    """Collects verdicts. `subject` is the server whose promises these are."""

    def __init__(self, session: Session, subject: Spec, baseline: Spec) -> None:
        self.session = session
        self.subject = subject
        self.baseline = baseline
        self.verdicts: list[Verdict] = []
        self.tables: list[tuple[list[Series], str]] = []  # With the server of the ratios.
        self.content: dict[str, object] = {}

    def one_core(self) -> None:
        """CPU per request and throughput of one core against the baseline, and its latency."""
        session, peer = self.session, self.baseline.name
        plan = session.plan(1)
        found = session.measure(session.specs, [UNPIPELINED, PIPELINED], plan)
        self.tables.append((found, peer))
        plain, plain_base = self._pair(found, UNPIPELINED)
        piped, piped_base = self._pair(found, PIPELINED)
        self.verdicts += [
            at_most(f'CPU per request, no pipeline, against {peer}', 0.80,
                    plain.values('cpu_us'), plain_base.values('cpu_us')),
            at_most(f'CPU per request, pipeline 30, against {peer}', 0.33,
                    piped.values('cpu_us'), piped_base.values('cpu_us')),
            at_least(f'throughput, pipeline 30, against {peer} (load generator '
                     f'{piped.median("load_busy") * 100:.0f}% busy)', 2.5,
                     piped.values('rps'), piped_base.values('rps'))]
        what = f'p99.9 at half of the peak of {peer}'
        if not session.generator.can_limit_rate:
            self.verdicts.append(skipped(what, '<= 0.50x', 'needs --memtier'))
            return
        half = Point('mixed', 1, 64, 50, rate=int(plain_base.median('rps') / 2))
        calm = session.measure([self.baseline, self.subject], [half], plan)
        self.tables.append((calm, peer))
        ours, theirs = self._pair(calm, half)
        self.verdicts.append(at_most(what, 0.5, ours.values('p999'), theirs.values('p999')))

    def two_shards(self) -> None:
        what, session = 'CPU per request of two shards against one', self.session
        limits = ((UNPIPELINED, 1.30, 'no pipeline'), (PIPELINED, 1.15, 'pipeline 30'))
        if not self.subject.scales or session.cpu_count() < 2:
            why = 'one CPU' if self.subject.scales else f'{self.subject.name} takes no {{threads}}'
            self.verdicts += [skipped(f'{what}, {words}', f'<= {limit:.2f}x', why)
                              for _, limit, words in limits]
            return
        plans = [(session.plan(2), '')]
        if plans[0][0].shared:
            # The generator takes one of the two CPUs, whose shard's every wake-up interrupts it. So
            # this is measured too: the work of two shards, with both threads on the other CPU.
            plans.append((session.plan(1), ', both on one CPU'))
        specs = [self.subject.with_threads(1), self.subject.with_threads(2)]
        for plan, where in plans:
            found = session.measure(specs, [point for point, _, _ in limits], plan)
            self.tables.append((found, specs[0].name))
            for point, limit, words in limits:
                one, two = (next(s for s in found if s.point == point and s.server == spec.name)
                            for spec in specs)
                self.verdicts.append(at_most(f'{what}, {words}{where}', limit,
                                             two.values('cpu_us'), one.values('cpu_us')))

    def scaling(self) -> None:
        what = f'speed-up from 1 to {SCALING_THREADS} cores'
        session = self.session
        if not self.subject.scales or session.cpu_count() < SCALING_CPUS:
            self.verdicts.append(skipped(what, '>= 6.50x', f'needs {SCALING_CPUS} CPUs'))
            return
        specs = [self.subject.with_threads(1), self.subject.with_threads(SCALING_THREADS)]
        one, many = session.measure(specs, [PIPELINED], session.plan(SCALING_THREADS))
        self.tables.append(([one, many], one.server))
        self.verdicts.append(at_least(what, 6.5, many.values('rps'), one.values('rps')))

    def memory(self) -> None:
        specs = [self.baseline, self.subject]
        found = measure_memory(self.session, specs, 'string')
        self.content['bytes_per_key'] = found
        self.verdicts.append(below(
            f'memory per key, 14-byte key, 64-byte value ({self.baseline.name}: '
            f'{median(found[self.baseline.name]):.0f} B)', 104, 'B', found[self.subject.name]))

    def startup(self) -> None:
        found = measure_startup(self.session, [self.baseline, self.subject])
        self.content['startup'] = found
        ours, theirs = found[self.subject.name], found[self.baseline.name]
        self.verdicts += [
            at_most(f'start-up to first reply against {self.baseline.name}', 1.0,
                    ours['first_reply_ms'], theirs['first_reply_ms']),
            below('resident memory, empty', 64, 'MiB', ours['rss_mib'])]

    @property
    def series(self) -> list[Series]:
        return [one for found, _ in self.tables for one in found]

    def _pair(self, found: list[Series], point: Point) -> tuple[Series, Series]:
        ours, theirs = (next(s for s in found if s.point == point and s.server == spec.name)
                        for spec in (self.subject, self.baseline))
        return ours, theirs


def run_targets(session: Session) -> int:
    """0, or with --check 1 when a measured figure is not reached."""
    by_name = {spec.name: spec for spec in session.specs}
    subject = by_name.get(session.options.subject, session.specs[-1])
    targets = Targets(session, subject, by_name[session.baseline])
    for step in (targets.startup, targets.memory, targets.one_core, targets.two_shards,
                 targets.scaling):
        session.note(f'-- {step.__name__}')
        step()
    session.say(f'Targets of {subject.name}; {session.generator.name}; {session.limits.rounds} '
                f'rounds; {session.plan(1)}')
    session.say(report.table(('figure', 'target', 'measured', 'reached'),
                             [verdict.row() for verdict in targets.verdicts]))
    for found, base in targets.tables:
        session.say(report.series_table(found, base))
    session.say(report.LEGEND)
    if warning := report.noise_warning(targets.series):
        session.say(warning)
    names = list(dict.fromkeys(one.server for one in targets.series))
    session.write(targets.content | {
        'verdicts': [asdict(verdict) for verdict in targets.verdicts],
        'series': [one.as_json() for one in targets.series],
    }, {'targets.svg': comparison_plot('Rondo against its targets', targets.series, names)})
    missed = [verdict for verdict in targets.verdicts if verdict.reached is False]
    return 1 if missed and session.options.check else 0
