"""Small statistics, and numbers as people read them. Pure functions."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    return float(statistics.median(values))


def spread_percent(values: Sequence[float]) -> float:
    """Half the distance between the extremes, in percent of the median: the +- of a column."""
    middle = median(values)
    if middle == 0:
        return 0.0
    return (max(values) - min(values)) / 2 / abs(middle) * 100


def ratio_of_medians(values: Sequence[float], baseline: Sequence[float]) -> float | None:
    """How many times the baseline; None when the baseline is zero and a ratio means nothing."""
    base = median(baseline)
    return median(values) / base if base else None


def ratio_range(values: Sequence[float],
                baseline: Sequence[float]) -> tuple[float, float] | None:
    """The extremes of the ratios of neighbours in time: round i against round i.

    Noise of the machine that lasts longer than a round hits both neighbours, so this range says
    how far the ratio can be trusted better than the two spreads do.
    """
    pairs = [v / b for v, b in zip(values, baseline) if b]
    return (min(pairs), max(pairs)) if pairs else None


# One latency distribution as the generators print it: (milliseconds, requests up to here).
Steps = list[tuple[float, int]]


def percentile_of_steps(distributions: Sequence[Steps], percent: float) -> float:
    """The latency in ms below which `percent` of all requests of all distributions lie.

    REQUIRES: every distribution is ascending in both columns and ends with its total count.
    Between two steps the later one answers, so the result never flatters a server.
    """
    wanted = sum(steps[-1][1] for steps in distributions) * percent / 100
    events = sorted((ms, which, count)
                    for which, steps in enumerate(distributions) for ms, count in steps)
    reached = [0] * len(distributions)
    for ms, which, count in events:
        reached[which] = max(reached[which], count)
        if sum(reached) >= wanted:
            return ms
    raise ValueError('a latency distribution without steps')


def human_count(value: float) -> str:
    """1234567 -> 1.23M, three significant figures."""
    for unit, suffix in ((1e9, 'G'), (1e6, 'M'), (1e3, 'k')):
        if abs(value) >= unit:
            return f'{significant(value / unit)}{suffix}'
    return significant(value)


def human_bytes(value: int) -> str:
    """16384 -> 16KiB; exact multiples only, others stay in bytes."""
    for unit, suffix in ((1 << 30, 'GiB'), (1 << 20, 'MiB'), (1 << 10, 'KiB')):
        if value >= unit and value % unit == 0:
            return f'{value // unit}{suffix}'
    return f'{value}B'


def significant(value: float, figures: int = 3) -> str:
    """A number with about `figures` significant figures and no exponent."""
    digits = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    leading_zeros = 0
    small = abs(value)
    while digits == 0 and 0 < small < 0.1 and leading_zeros < 6:
        small *= 10
        leading_zeros += 1
    return f'{value:.{max(0, figures - digits + leading_zeros)}f}'
