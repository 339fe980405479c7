"""The load generators: the command line for a point, and one run of it.

Both generators draw keys uniformly from `key:` and twelve digits, 16 bytes in all. They differ in
the first key: redis-benchmark pads with zeros, and memtier_benchmark does not pad, so its
numbers start where they have twelve digits by themselves.
"""

from __future__ import annotations

import math
import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from . import parsers
from .parsers import LoadResult
from .points import MGET_KEYS, MIXED_GETS_PER_SET, Point
from .process import BenchError, Supervisor
from .stats import percentile_of_steps


@dataclass(frozen=True)
class Job:
    """Where a run of load goes and how large it is."""
    port: int
    requests: int
    keys: int
    cpus: tuple[int, ...]
    seconds_max: float


class Generator(ABC):
    """REQUIRES of run(): the server holds the keys key(0) to key(job.keys - 1)."""
    name: str
    first_key: int
    can_limit_rate = False

    def __init__(self, path: str, threads: int) -> None:
        found = shutil.which(path)
        if not found:
            raise BenchError(f'no load generator {path}')
        self.path = found
        self.threads = threads

    def key(self, index: int) -> bytes:
        return b'key:%012d' % (self.first_key + index)

    @abstractmethod
    def run(self, supervisor: Supervisor, point: Point, job: Job) -> LoadResult:
        """Runs to the end; error replies, lost connections and bad output are BenchErrors."""


class RedisBenchmark(Generator):
    """redis-benchmark sends one command per run, so a mixed point is two runs in a row.

    The GETs come first and then the SETs, in the point's proportion. Requests, seconds and the two
    latency distributions are added up. It ends at the first error reply by itself.
    """
    name = 'redis-benchmark'
    first_key = 0

    def run(self, supervisor: Supervisor, point: Point, job: Job) -> LoadResult:
        if point.rate:
            raise BenchError('redis-benchmark cannot limit its rate: give --memtier PATH')
        if point.op != 'mixed':
            return self._run_one(supervisor, point, point.op, job.requests, job)
        sets = max(1, job.requests // (MIXED_GETS_PER_SET + 1))
        phases = [self._run_one(supervisor, point, 'get', max(1, job.requests - sets), job),
                  self._run_one(supervisor, point, 'set', sets, job)]
        return combine(phases)

    def argv(self, point: Point, op: str, requests: int, job: Job) -> list[str]:
        # It issues whole pipelines, and leaves what goes beyond -n out of its distribution.
        requests = math.ceil(requests / point.pipeline) * point.pipeline
        out = [self.path, '-h', '127.0.0.1', '-p', str(job.port), '-n', str(requests),
               '-c', str(point.connections), '-P', str(point.pipeline), '-d', str(point.value),
               '-r', str(job.keys)]
        threads = min(self.threads, point.connections)
        if threads > 1:
            out += ['--threads', str(threads)]
        if op == 'mget':
            return out + ['mget'] + ['key:__rand_int__'] * MGET_KEYS
        return out + ['-t', op]

    def _run_one(self, supervisor: Supervisor, point: Point, op: str, requests: int,
                 job: Job) -> LoadResult:
        argv = self.argv(point, op, requests, job)
        out, _ = supervisor.call(argv, job.cpus, job.seconds_max)
        try:
            return parsers.parse_redis_benchmark(out)
        except parsers.ParseError as error:
            raise BenchError(f'redis-benchmark: {error}') from error


class Memtier(Generator):
    """memtier_benchmark mixes GET and SET in one run, counts misses and can limit its rate."""
    name = 'memtier_benchmark'
    first_key = 10 ** 11
    can_limit_rate = True
    RATIOS = {'get': '0:1', 'set': '1:0', 'mixed': f'1:{MIXED_GETS_PER_SET}'}

    def argv(self, point: Point, job: Job, result: Path) -> list[str]:
        threads = min(self.threads, point.connections)
        per_thread = math.ceil(point.connections / threads)
        per_client = math.ceil(job.requests / (per_thread * threads))
        out = [self.path, '-s', '127.0.0.1', '-p', str(job.port), '-t', str(threads),
               '-c', str(per_thread), '-n', str(per_client), '--pipeline', str(point.pipeline),
               '-d', str(point.value), '--key-prefix', 'key:',
               '--key-minimum', str(self.first_key),
               '--key-maximum', str(self.first_key + job.keys - 1),
               '--distinct-client-seed', '--hide-histogram', '--print-percentiles', '50,99,99.9',
               '--json-out-file', str(result)]
        if point.rate:
            out += ['--rate-limiting', str(max(1, point.rate // (per_thread * threads)))]
        if point.op == 'mget':
            command = ' '.join(['MGET'] + ['__key__'] * MGET_KEYS)
            return out + ['--command', command, '--command-key-pattern', 'R']
        return out + ['--ratio', self.RATIOS[point.op], '--key-pattern', 'R:R']

    def run(self, supervisor: Supervisor, point: Point, job: Job) -> LoadResult:
        result = supervisor.folder / 'memtier.json'
        result.unlink(missing_ok=True)
        _, err = supervisor.call(self.argv(point, job, result), job.cpus, job.seconds_max)
        errors = parsers.memtier_errors(err)
        if errors:
            raise BenchError(f'{len(errors)} error replies, the first: {errors[0]}')
        try:
            return parsers.parse_memtier(result.read_text())
        except (OSError, parsers.ParseError) as error:
            raise BenchError(f'memtier_benchmark: {error}') from error


def combine(phases: list[LoadResult]) -> LoadResult:
    """Several runs in a row as one. REQUIRES: each has its latency distribution."""
    steps = [phase.steps for phase in phases if phase.steps]
    if len(steps) != len(phases):
        raise ValueError('a phase without its latency distribution')
    p50, p99, p999 = (percentile_of_steps(steps, percent) for percent in (50, 99, 99.9))
    return LoadResult(sum(phase.requests for phase in phases),
                      sum(phase.seconds for phase in phases), p50, p99, p999)
