"""A small SVG writer: horizontal bars for comparisons, lines for scaling. Returns text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from .stats import human_count, significant

COLOURS = ('#4e79a7', '#f28e2b', '#59a14f', '#b07aa1', '#e15759', '#76b7b2', '#9c755f', '#edc948')
FONT = 'font-family="sans-serif" font-size="12"'
BAR, GAP, LABEL, PANEL, NUMBER, TOP = 12, 10, 190, 210, 60, 74


@dataclass(frozen=True)
class Panel:
    """One column of bars: a value for each (row, server), None where there is none."""
    title: str
    values: dict[tuple[str, str], float]


def _text(x: float, y: float, text: str, extra: str = '') -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {FONT} {extra}>{escape(text)}</text>'


def _document(width: float, height: float, body: Sequence[str]) -> str:
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="white"/>', *body, '</svg>', ''])


def _legend(servers: Sequence[str]) -> list[str]:
    out, x = [], 10.0
    for i, server in enumerate(servers):
        out.append(f'<rect x="{x:.0f}" y="32" width="12" height="12" fill="{_colour(i)}"/>')
        out.append(_text(x + 17, 43, server))
        x += 40 + 7.5 * len(server)
    return out


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def bars(title: str, rows: Sequence[str], servers: Sequence[str], panels: Sequence[Panel]) -> str:
    """A row for each point, a panel for each quantity, a bar for each server.

    The bars of a row are drawn against the longest one of that row and panel, because pipelines
    of 1 and 100 lie too far apart for one axis; the numbers stand beside the bars.
    """
    body = [_text(10, 20, title, 'font-weight="bold"'), *_legend(servers)]
    for column, panel in enumerate(panels):
        x = LABEL + column * (PANEL + NUMBER)
        body.append(_text(x, TOP - 10, panel.title, 'font-weight="bold"'))
    y = float(TOP)
    for row in rows:
        present = [(i, server) for i, server in enumerate(servers)
                   if any((row, server) in panel.values for panel in panels)]
        body.append(_text(10, y + BAR * len(present) / 2 + 4, row))
        for column, panel in enumerate(panels):
            x = LABEL + column * (PANEL + NUMBER)
            longest = max((panel.values.get((row, s), 0.0) for _, s in present), default=0.0)
            for place, (i, server) in enumerate(present):
                value = panel.values.get((row, server))
                if value is None:
                    continue
                length = PANEL * 0.95 * value / longest if longest > 0 else 0.0
                top = y + place * BAR
                body.append(f'<rect x="{x}" y="{top:.1f}" width="{length:.1f}" '
                            f'height="{BAR - 2}" fill="{_colour(i)}"/>')
                number = human_count(value) if value >= 1000 else significant(value)
                body.append(_text(x + length + 4, top + BAR - 3, number))
        y += max(1, len(present)) * BAR + GAP
    return _document(LABEL + len(panels) * (PANEL + NUMBER) + 10,
                     y + 10, body)


def round_step(least: float) -> float:
    """The smallest of 1, 2, 2.5, 5 and 10 times a power of ten that is at least that. least > 0."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= least)


def lines(title: str, x_title: str, y_title: str,
          curves: dict[str, list[tuple[float, float]]]) -> str:
    """One curve for each server through (x, y) points; both axes start at zero."""
    width, height, left, bottom, top = 640.0, 420.0, 80.0, 50.0, 90.0
    points = [point for curve in curves.values() for point in curve]
    x_max = max((x for x, _ in points), default=1.0) or 1.0
    y_step = round_step((max((y for _, y in points), default=1.0) or 1.0) / 4)
    y_max = 4 * y_step

    def place(x: float, y: float) -> tuple[float, float]:
        return (left + x / x_max * (width - left - 30),
                height - bottom - y / y_max * (height - bottom - top))

    body = [_text(10, 20, title, 'font-weight="bold"'), *_legend(list(curves))]
    x0, y0 = place(0, 0)
    for step in range(5):
        value = y_step * step
        _, y = place(0, value)
        body.append(f'<line x1="{x0:.1f}" y1="{y:.1f}" x2="{width - 30:.1f}" y2="{y:.1f}" '
                    'stroke="#ddd"/>')
        body.append(_text(x0 - 8, y + 4, human_count(value) if step else '0', 'text-anchor="end"'))
    for x_value in sorted({x for x, _ in points}):
        x, _ = place(x_value, 0)
        body.append(_text(x, y0 + 18, f'{x_value:g}', 'text-anchor="middle"'))
    body.append(_text((x0 + width) / 2, height - 10, x_title, 'text-anchor="middle"'))
    body.append(_text(10, top - 22, y_title))
    for i, curve in enumerate(curves.values()):
        placed = [place(x, y) for x, y in sorted(curve)]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in placed)
        body.append(f'<polyline points="{path}" fill="none" stroke="{_colour(i)}" '
                    'stroke-width="2"/>')
        body += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_colour(i)}"/>'
                 for x, y in placed]
    return _document(width, height, body)
