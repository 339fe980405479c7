"""What every preset shares: the options, the servers to compare, starting and filling them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import cpus, report, resp, svg
from .cpus import Plan
from .loadgen import Generator, Memtier, RedisBenchmark
from .points import Point, keys_for
from .process import BenchError, Supervisor
from .rounds import Limits, Rounds, Series, merge
from .servers import Server, Spec, parse_spec, resolve

REPOSITORY = Path(__file__).resolve().parents[2]


class Session:
    """One call of bench/compare. Owns nothing but references; the supervisor ends the servers."""

    def __init__(self, options: argparse.Namespace, supervisor: Supervisor) -> None:
        self.options = options
        self.supervisor = supervisor
        self.specs = choose_specs(options)
        self.baseline = choose_baseline(options, self.specs)
        self.out = Path(options.out or REPOSITORY / 'build' / 'bench' / options.preset)
        self.limits = Limits(options.rounds, options.seconds, options.max_requests)
        self._allowed = cpus.allowed_cpus()
        self._siblings = cpus.read_siblings(self._allowed)
        self.versions: dict[str, str] = {}
        self.failures: list[str] = []
        self._report: list[str] = []
        self.generator: Generator = (
            Memtier(options.memtier, options.load_threads) if options.memtier
            else RedisBenchmark(options.redis_benchmark, options.load_threads))
        self.rounds = Rounds(supervisor, self.generator, self.limits, self.note)

    def note(self, text: str) -> None:
        """Progress, for who watches."""
        if not self.options.quiet:
            print(text, file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """A part of the report, which write() prints and keeps."""
        self._report.append(text)

    def plan(self, server_threads: int) -> Plan:
        return cpus.plan(self._allowed, self._siblings, server_threads)

    def cpu_count(self) -> int:
        return len(self._allowed)

    def start(self, spec: Spec, plan: Plan) -> Server:
        """On as many of the plan's CPUs as the server has threads."""
        server = Server(self.supervisor, spec, plan.server[:spec.threads])
        self.versions.setdefault(spec.name, server.version())
        return server

    def start_filled(self, spec: Spec, plan: Plan, value: int, keys: int) -> Server:
        server = self.start(spec, plan)
        self.note(f'{spec.name}: {keys} keys of {value} bytes')
        try:
            with server.client() as client:
                resp.fill_strings(client, self.generator.key, keys, value)
                held = client.command('DBSIZE')
        except (OSError, resp.ReplyError) as error:
            server.check_alive()
            raise BenchError(f'{spec.name}: filling failed: {error}') from error
        if held != keys:
            raise BenchError(f'{spec.name} holds {held} keys after {keys} were set')
        return server

    def measure(self, specs: list[Spec], points: list[Point], plan: Plan,
                keep_going: bool = False) -> list[Series]:
        """Starts the servers anew for every value size, and takes the points of it in turns.

        With --fresh they also start anew for every round, which brings out what differs from one
        process to the next: where its memory lies, how its hash is seeded. With keep_going a
        point that fails is noted in `failures` and left out; the servers then start afresh, since
        the failure may have left them in any state.
        """
        every = range(1, self.limits.rounds + 1)
        passes = [range(n, n + 1) for n in every] if self.options.fresh else [every]
        found: list[Series] = []
        for value in dict.fromkeys(point.value for point in points):
            chosen = [point for point in points if point.value == value]
            for numbers in passes:
                found += self._one_pass(specs, chosen, plan, numbers, keep_going)
        return merge(found)

    def _one_pass(self, specs: list[Spec], points: list[Point], plan: Plan, numbers: range,
                  keep_going: bool) -> list[Series]:
        """Points of one value size. On the way out, no server of the pass is running."""
        value = points[0].value
        keys = keys_for(self.options.keys, value)
        servers: list[Server] = []
        found: list[Series] = []
        for point in points:
            try:
                if not servers:
                    for spec in specs:
                        servers.append(self.start_filled(spec, plan, value, keys))
                found += self.rounds.measure(servers, point, keys, plan, numbers)
            except BenchError as error:
                if not keep_going:
                    raise  # The supervisor stops the servers.
                self.failures.append(str(error))
                self.note(f'FAILED: {error}')
                self._stop_all(servers)
        self._stop_all(servers)
        return found

    def _stop_all(self, servers: list[Server]) -> None:
        for server in servers:
            server.stop()
        servers.clear()

    def write(self, content: dict, plots: dict[str, str]) -> None:
        """report.md, results.json and the plots into the folder of results; then prints the report.

        In this order, so that a reader who has gone away (`| head`) costs no results.
        """
        self.out.mkdir(parents=True, exist_ok=True)
        header = {'preset': self.options.preset, 'machine': report.machine(),
                  'generator': self.generator.name, 'versions': self.versions,
                  'baseline': self.baseline, 'rounds': self.limits.rounds,
                  'failures': self.failures}
        report.write_json(self.out / 'results.json', header | content)
        text = '\n\n'.join(self._report)
        (self.out / 'report.md').write_text(text + '\n')
        for name, plot in plots.items():
            (self.out / name).write_text(plot)
        print(text, flush=True)
        self.note(f'written: {self.out}')


def choose_specs(options: argparse.Namespace) -> list[Spec]:
    """Redis and Rondo, then those given by --server; --only selects, in its own order."""
    specs = {name: parse_spec(f'{name}={path}', options.threads)
             for name, path in (('redis', 'redis-server'), ('rondo', options.rondo))}
    for text in options.server:
        spec = parse_spec(text, options.threads)
        specs[spec.name] = spec
    if options.only:
        names = options.only.split(',')
        unknown = [name for name in names if name not in specs]
        if unknown:
            raise BenchError(f'--only {unknown[0]}: no such server among {", ".join(specs)}')
        specs = {name: specs[name] for name in names}
    return [resolve(spec) for spec in specs.values()]


def choose_baseline(options: argparse.Namespace, specs: list[Spec]) -> str:
    names = [spec.name for spec in specs]
    if options.baseline:
        if options.baseline not in names:
            raise BenchError(f'--baseline {options.baseline}: not among {", ".join(names)}')
        return options.baseline
    return 'redis' if 'redis' in names else names[0]


def comparison_plot(title: str, series: list[Series], servers: list[str]) -> str:
    """CPU per request, throughput and p99.9 of every point, as bars."""
    rows = list(dict.fromkeys(str(one.point) for one in series))
    panels = [svg.Panel(name, {(str(one.point), one.server): one.median(field) for one in series})
              for name, field in (('server CPU us/request', 'cpu_us'), ('requests/s', 'rps'),
                                  ('p50 ms', 'p50'), ('p99 ms', 'p99'), ('p99.9 ms', 'p999'))]
    return svg.bars(title, rows, servers, panels)
