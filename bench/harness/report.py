"""Tables for people, JSON for programs. The tables are aligned text that is also Markdown."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

from . import procfs
from .points import Point
from .rounds import FOREIGN_WARNING, Series
from .stats import human_count, ratio_of_medians, ratio_range, significant, spread_percent


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    # Two at least: that is what the rule of an aligned Markdown column takes.
    widths = [max(2, *(len(row[i]) for row in [header, *rows])) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [cell.ljust(width) if i == 0 else cell.rjust(width)
                  for i, (cell, width) in enumerate(zip(cells, widths))]
        return '| ' + ' | '.join(padded) + ' |'

    rule = ['-' * width if i == 0 else '-' * (width - 1) + ':' for i, width in enumerate(widths)]
    return '\n'.join([line(header), line(rule), *map(line, rows)])


def ratio_text(values: Sequence[float], baseline: Sequence[float]) -> str:
    """`0.74 (0.71-0.77)`: the ratio of the medians, and the extremes of neighbouring rounds."""
    ratio, extremes = ratio_of_medians(values, baseline), ratio_range(values, baseline)
    if ratio is None or extremes is None:
        return '-'
    return f'{ratio:.2f} ({extremes[0]:.2f}-{extremes[1]:.2f})'


def baseline_of(series: Sequence[Series], point: Point, baseline: str) -> Series | None:
    return next((s for s in series if s.point == point and s.server == baseline), None)


SERIES_HEADER = ('point', 'server', 'CPU us/req', '+-%', 'ratio', 'req/s', 'ratio', 'p50 ms',
                 'p99 ms', 'p99.9 ms', 'ratio', 'server', 'load')


def series_table(series: Sequence[Series], baseline: str) -> str:
    """One row for each server and point; the ratios are against the baseline's same point."""
    rows = []
    for one in series:
        base = baseline_of(series, one.point, baseline)

        def ratio(field: str) -> str:
            if base is None or base is one:
                return '-'
            return ratio_text(one.values(field), base.values(field))

        rows.append([
            str(one.point), one.server, significant(one.median('cpu_us')),
            f'{spread_percent(one.values("cpu_us")):.0f}', ratio('cpu_us'),
            human_count(one.median('rps')), ratio('rps'), significant(one.median('p50')),
            significant(one.median('p99')), significant(one.median('p999')), ratio('p999'),
            f'{one.median("server_busy") * 100:.0f}%', f'{one.median("load_busy") * 100:.0f}%'])
    return table(SERIES_HEADER, rows)


LEGEND = ('Medians of the rounds; +-% is half the range of CPU us/req. A ratio is against the '
          'baseline:\nof the medians, then in parentheses the extremes of neighbouring rounds. '
          '`server` and `load` are\nthe CPU they used (100% is one CPU): where the server has '
          'some to spare, the load generator limits.')


def noise_warning(series: Sequence[Series]) -> str | None:
    """A line when other processes disturbed the runs, None when they did not."""
    worst = max((max(one.values('foreign_busy')) for one in series), default=0.0)
    if worst < FOREIGN_WARNING:
        return None
    return (f'Warning: other processes, or the host, used up to {worst * 100:.0f}% of a CPU '
            'during a run; trust the ratios of CPU per request only.')


def machine() -> dict[str, object]:
    return {'cpu': procfs.cpu_model(), 'cpus': os.cpu_count(), 'kernel': platform.release(),
            'architecture': platform.machine(),
            'time': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}


def write_json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + '\n')
