"""The measurement itself: running servers loaded in turns, round by round.

One sample is one run of the load generator against one server. Before it the server is probed;
after it, its own counters are asked whether it answered every request, found every key and
reported no error. CPU time is read right before and right after the run, so it holds the
connecting and nothing else.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from . import procfs
from .cpus import Plan
from .loadgen import Generator, Job
from .points import Point
from .process import BenchError, Supervisor
from .servers import Server
from .stats import human_count, median, significant

PILOT_SECONDS = 0.2
FOREIGN_WARNING = 0.10  # CPUs that others may use during a run before the report says so.


@dataclass(frozen=True)
class Sample:
    """One run. CPU in microseconds per request, latencies in milliseconds."""
    round: int
    requests: int
    rps: float
    cpu_us: float
    user_us: float
    system_us: float
    p50: float
    p99: float
    p999: float
    server_busy: float  # CPUs that the server used on average: 1.0 is one whole CPU.
    load_busy: float  # The same for the load generator.
    foreign_busy: float  # The same for everything else on the machine.
    rss: int  # Bytes, after the run.


@dataclass(frozen=True)
class Series:
    """All samples of one server at one point."""
    server: str
    point: Point
    samples: list[Sample]

    def values(self, field: str) -> list[float]:
        return [getattr(sample, field) for sample in self.samples]

    def median(self, field: str) -> float:
        return median(self.values(field))

    def as_json(self) -> dict:
        fields = [name for name in asdict(self.samples[0]) if name != 'round']
        return {'server': self.server, 'point': asdict(self.point),
                'median': {name: self.median(name) for name in fields},
                'rounds': [asdict(sample) for sample in self.samples]}


def merge(parts: list[Series]) -> list[Series]:
    """Joins the parts of the same server and point, in the order of their first appearance."""
    joined: dict[tuple[str, Point], list[Sample]] = {}
    for part in parts:
        joined.setdefault((part.server, part.point), []).extend(part.samples)
    return [Series(server, point, samples) for (server, point), samples in joined.items()]


@dataclass(frozen=True)
class Limits:
    rounds: int
    seconds: float  # How long one run should take.
    requests_max: int  # And how many requests it has at most.


class Rounds:
    """Measures points against servers that are already running and filled."""

    def __init__(self, supervisor: Supervisor, generator: Generator, limits: Limits,
                 say: Callable[[str], None] = lambda text: print(text, file=sys.stderr)) -> None:
        self._supervisor = supervisor
        self._generator = generator
        self._limits = limits
        self._say = say

    def measure(self, servers: list[Server], point: Point, keys: int, plan: Plan,
                numbers: range) -> list[Series]:
        """A B A B ... for the rounds of these numbers: a Series for each server, in order."""
        sizes = {server: self._pilot(server, point, keys, plan) for server in servers}
        samples: dict[Server, list[Sample]] = {server: [] for server in servers}
        for number in numbers:
            for server in servers:
                sample = self._sample(server, point, sizes[server], keys, plan, number)
                samples[server].append(sample)
                self._say(f'{point}  round {number}  {server.name}: '
                          f'{significant(sample.cpu_us)} us CPU/request, '
                          f'{human_count(sample.rps)} requests/s')
        return [Series(server.name, point, samples[server]) for server in servers]

    def _pilot(self, server: Server, point: Point, keys: int, plan: Plan) -> int:
        """Warms the server up, and finds how many requests fill the time of one run."""
        at_least = max(1000, point.connections * point.pipeline)
        if point.rate:
            return max(at_least, int(point.rate * self._limits.seconds))
        requests = at_least
        while True:
            result = self._load(server, point, requests, keys, plan)
            if result.seconds >= PILOT_SECONDS or requests >= self._limits.requests_max:
                break
            requests = min(self._limits.requests_max, requests * 4)
        wanted = int(result.rps * self._limits.seconds)
        return max(at_least, min(wanted, self._limits.requests_max))

    def _load(self, server: Server, point: Point, requests: int, keys: int, plan: Plan):
        # Far beyond what the slowest machine needs: a run that takes longer is stuck.
        seconds_max = 60 + 10 * self._limits.seconds
        job = Job(server.port, requests, keys, plan.load, seconds_max)
        try:
            return self._generator.run(self._supervisor, point, job)
        except BenchError as error:
            server.check_alive()
            raise BenchError(f'{server.name}, {point}: {error}') from error

    def _sample(self, server: Server, point: Point, requests: int, keys: int, plan: Plan,
                number: int) -> Sample:
        server.probe(point.value)
        info_before = server.info()
        children_before, machine_before = _children_cpu(), procfs.read_machine_busy()
        own_before, started = time.process_time(), time.perf_counter()
        cpu_before = server.cpu()
        result = self._load(server, point, requests, keys, plan)
        cpu = server.cpu().since(cpu_before)
        wall = time.perf_counter() - started
        own = time.process_time() - own_before
        load = _children_cpu() - children_before
        machine = procfs.read_machine_busy() - machine_before
        check_counters(server.name, info_before, server.info(), result.requests, result.misses)
        self._check_value(server, point, keys)

        per_request = 1e6 / result.requests
        return Sample(
            round=number, requests=result.requests, rps=result.rps,
            cpu_us=cpu.total * per_request, user_us=cpu.user * per_request,
            system_us=cpu.system * per_request, p50=result.p50, p99=result.p99,
            p999=result.p999, server_busy=cpu.total / result.seconds,
            load_busy=load / result.seconds,
            foreign_busy=max(0.0, (machine - cpu.total - load - own) / wall), rss=server.rss())

    def _check_value(self, server: Server, point: Point, keys: int) -> None:
        """Whatever the run wrote, the first and the last key have values of the right size."""
        with server.client() as client:
            for index in (0, keys - 1):
                value = client.command('GET', self._generator.key(index))
                if not isinstance(value, bytes) or len(value) != point.value:
                    raise BenchError(f'{server.name}, {point}: key {index} has lost its value')


def check_counters(server: str, before: dict[str, str], after: dict[str, str], requests: int,
                   misses: float | None) -> None:
    """Compares the server's own counters in INFO with what the generator claims.

    A server that lacks a counter is not checked by it. The generators send a few commands of
    their own, so more commands than requests are fine.
    """
    def delta(name: str) -> int | None:
        if name not in before or name not in after:
            return None
        return int(after[name]) - int(before[name])

    executed = delta('total_commands_processed')
    if executed is not None and executed < requests:
        raise BenchError(f'{server} executed {executed} commands for {requests} requests')
    if delta('total_error_replies'):
        raise BenchError(f'{server} gave {delta("total_error_replies")} error replies')
    missed = delta('keyspace_misses') if misses is None else round(misses)
    if missed:
        raise BenchError(f'{server}: {missed} reads found no key')


def _children_cpu() -> float:
    """CPU seconds of children that have ended; during a run only load generators end."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
