"""Readers of what the load generators print. Pure functions; ParseError when something is amiss."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from .stats import Steps


SECONDS_MIN = 0.001  # The generators' clocks are no finer.


class ParseError(Exception):
    pass


@dataclass(frozen=True)
class LoadResult:
    """One run of a load generator, or several that count as one. Latencies in milliseconds."""
    requests: int
    seconds: float
    p50: float
    p99: float
    p999: float
    misses: float | None = None  # GETs that found nothing; None where the generator can't tell.
    steps: Steps | None = None  # The latency distribution, where the generator prints it.

    @property
    def rps(self) -> float:
        return self.requests / self.seconds


_STEP = re.compile(r'^\d+\.\d+% <= (\d+\.\d+) milliseconds \(cumulative count (\d+)\)$', re.M)
_COMPLETED = re.compile(r'^\s*(\d+) requests completed in (\d+\.\d+) seconds$', re.M)
_THROUGHPUT = re.compile(r'^\s*throughput summary: (\d+\.\d+|inf) requests per second$', re.M)
_SUMMARY = re.compile(r'^\s*latency summary \(msec\):\n\s*avg +min +p50 +p95 +p99 +max *\n'
                      r'\s*([\d. ]+)$', re.M)


def parse_redis_benchmark(text: str) -> LoadResult:
    """The long report of redis-benchmark 6.2 and later, of exactly one test.

    It is read in place of --csv because --csv has no p99.9 and no request count. Progress lines,
    which end in a carriage return, are skipped.
    """
    lines = text.replace('\r', '\n')
    completed = _COMPLETED.findall(lines)
    throughput = _THROUGHPUT.findall(lines)
    summary = _SUMMARY.findall(lines)
    # Two distributions follow each other, binned differently; only the first is fine enough.
    first = lines.partition('Cumulative distribution')[0]
    steps = [(float(ms), int(count)) for ms, count in _STEP.findall(first)]
    if not (len(completed) == len(throughput) == len(summary) == 1 and steps):
        raise ParseError('not the report of one redis-benchmark test')
    requests = int(completed[0][0])
    if steps[-1][1] != requests:
        raise ParseError('the latency distribution does not cover every request')
    rps = float(throughput[0])
    if requests == 0 or rps <= 0:
        raise ParseError('no request completed')
    _avg, _min, p50, _p95, p99, _max = map(float, summary[0].split())
    p999 = next(ms for ms, count in steps if count >= requests * 0.999)
    # The seconds printed are rounded to 10 ms; the throughput is not, but it is infinite for runs
    # below a millisecond, as a pilot may be.
    seconds = max(requests / rps, SECONDS_MIN)
    return LoadResult(requests, seconds, p50, p99, p999, None, steps)


def parse_memtier(text: str) -> LoadResult:
    """The file of memtier_benchmark --json-out-file, with percentiles 50, 99 and 99.9."""
    try:
        stats = json.loads(text)['ALL STATS']
        totals, runtime = stats['Totals'], stats['Runtime']
        percentiles = totals['Percentile Latencies']
        requests, ops = int(totals['Count']), float(totals['Ops/sec'])
        if requests == 0:
            raise ParseError('no request completed')
        if runtime.get('Interrupted', 'false') != 'false':
            raise ParseError('memtier_benchmark was interrupted')
        if totals.get('Connection Errors', 0):
            raise ParseError(f'{totals["Connection Errors"]} connection errors')
        # Its rate is off by orders of magnitude now and then, and zero for runs of a few
        # milliseconds, as a pilot may be; the duration is not.
        duration = int(runtime['Total duration']) / 1000
        seconds = duration if duration > 0 or ops <= 0 else requests / ops
        seconds = max(seconds, SECONDS_MIN)
        return LoadResult(requests, seconds, float(percentiles['p50.00']),
                          float(percentiles['p99.00']), float(percentiles['p99.90']),
                          float(totals.get('Misses/sec', 0.0)) * seconds)
    except (ValueError, KeyError, TypeError) as error:
        raise ParseError(f'not a result of memtier_benchmark: {error!r}') from error


_MEMTIER_ERROR = re.compile(r'error response: (-.*)')


def memtier_errors(stderr: str) -> list[str]:
    """The error replies that memtier_benchmark reports in passing, and then forgets."""
    return _MEMTIER_ERROR.findall(stderr.replace('\r', '\n'))


def parse_perf(stderr: str) -> dict[str, int]:
    """`perf stat -x,`: event -> count. A counter that the machine lacks is a ParseError."""
    counts = {}
    for line in stderr.splitlines():
        fields = line.split(',')
        if len(fields) < 3 or not fields[2].startswith('instructions'):
            continue
        if not fields[0].isdigit():
            raise ParseError(f'{fields[2]}: {fields[0]}')
        counts[fields[2]] = int(fields[0])
    if not counts:
        raise ParseError('perf counted nothing')
    return counts


_CALLGRIND_TOTALS = re.compile(r'^totals: (\d+)', re.M)


def parse_callgrind(text: str) -> int:
    """All instructions of a callgrind output file, over all its threads."""
    found = _CALLGRIND_TOTALS.findall(text)
    if not found:
        raise ParseError('a callgrind file without totals')
    return sum(map(int, found))
