"""`matrix` and `scaling`: every server at every point; one server with more and more threads."""

from __future__ import annotations

from . import points, report, svg
from .points import Point
from .process import BenchError
from .rounds import Series
from .session import Session, comparison_plot
from .stats import human_count, significant


def run_matrix(session: Session) -> int:
    """0, or 1 when a point failed; the others are reported all the same."""
    options = session.options
    chosen = points.matrix(options.ops, options.pipelines, options.values, options.connections)
    plan = session.plan(options.threads)
    session.note(f'{len(chosen)} points, {len(session.specs)} servers, '
                 f'{session.limits.rounds} rounds; {plan}')
    series = session.measure(session.specs, chosen, plan, keep_going=True)
    session.say(f'{session.generator.name}; {plan}; baseline {session.baseline}')
    session.say(report.series_table(series, session.baseline))
    session.say(report.LEGEND)
    if warning := report.noise_warning(series):
        session.say(warning)
    for failure in session.failures:
        session.say(f'Failed: {failure}')
    names = [spec.name for spec in session.specs]
    session.write({'plan': str(plan), 'series': [one.as_json() for one in series]},
                  {'compare.svg': comparison_plot('Rondo side by side', series, names)})
    return 1 if session.failures else 0


def thread_counts(cpus: int) -> list[int]:
    """1, 2, 4, ... and the most that leaves half of the machine to the load generator."""
    largest = max(1, cpus // 2)
    counts = [1 << i for i in range(largest.bit_length())]
    return counts if counts[-1] == largest else counts + [largest]


def run_scaling(session: Session) -> int:
    """Each server that takes a number of threads, against itself with the smallest number."""
    counts = sorted(set(session.options.thread_counts or thread_counts(session.cpu_count())))
    specs = [spec for spec in session.specs if spec.scales]
    if not specs:
        raise BenchError('none of the servers takes {threads}')
    chosen = [Point('mixed', pipeline, 64, 50 if pipeline > 1 else 200) for pipeline in (1, 30)]
    # One plan for all counts: the generator keeps its CPUs, only the server's threads change.
    plan = session.plan(counts[-1])
    session.note(f'threads {counts}; {plan}')
    everything: list[Series] = []
    for spec in specs:
        everything += session.measure([spec.with_threads(n) for n in counts], chosen, plan)

    rows, plots = [], {}
    for point in chosen:
        curves: dict[str, list[tuple[float, float]]] = {}
        for spec in specs:
            found = {n: _find(everything, f'{spec.name}/{n}', point) for n in counts}
            first = found[counts[0]]
            for n, one in found.items():
                rows.append([str(point), one.server, human_count(one.median('rps')),
                             report.ratio_text(one.values('rps'), first.values('rps')),
                             significant(one.median('cpu_us')),
                             report.ratio_text(one.values('cpu_us'), first.values('cpu_us')),
                             significant(one.median('p999')),
                             f'{one.median("server_busy") * 100:.0f}%',
                             f'{one.median("load_busy") * 100:.0f}%'])
                curves.setdefault(spec.name, []).append((n, one.median('rps')))
        plots[f'scaling-p{point.pipeline}.svg'] = svg.lines(
            f'Requests a second by threads, {point}', 'server threads', 'requests/s', curves)
    session.say(f'{session.generator.name}; {plan}; ratios against {counts[0]} thread(s)')
    session.say(report.table(('point', 'server/threads', 'req/s', 'speed-up', 'CPU us/req',
                              'ratio', 'p99.9 ms', 'server', 'load'), rows))
    if warning := report.noise_warning(everything):
        session.say(warning)
    session.write({'plan': str(plan), 'series': [one.as_json() for one in everything]}, plots)
    return 0


def _find(series: list[Series], server: str, point: Point) -> Series:
    return next(one for one in series if one.server == server and one.point == point)
