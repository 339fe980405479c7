"""What one measurement is, and the matrix of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from .stats import human_bytes

OPS = ('get', 'set', 'mixed', 'mget')
MGET_KEYS = 10
MIXED_GETS_PER_SET = 10

FULL_PIPELINES = (1, 10, 30, 100)
FULL_VALUES = (16, 64, 1024, 16384)
FULL_CONNECTIONS = (1, 50, 500)
QUICK_PIPELINES = (1, 30)
QUICK_VALUES = (64,)
QUICK_CONNECTIONS = (50,)
QUICK_OPS = ('get', 'set')

DATA_BYTES_MAX = 256 << 20  # Of all values of one server.
FLIGHT_BYTES_MAX = 1 << 30  # Of all values that are asked for and not yet answered.


@dataclass(frozen=True)
class Point:
    op: str  # One of OPS.
    pipeline: int
    value: int  # Bytes.
    connections: int
    rate: int = 0  # Requests a second over all connections; 0 is as fast as it goes.

    def __str__(self) -> str:
        words = f'{self.op} p{self.pipeline} {human_bytes(self.value)} c{self.connections}'
        return words + (f' at {self.rate}/s' if self.rate else '')

    @property
    def flight_bytes(self) -> int:
        values = MGET_KEYS if self.op == 'mget' else 1
        return self.connections * self.pipeline * self.value * values


def matrix(ops: tuple[str, ...], pipelines: tuple[int, ...], values: tuple[int, ...],
           connections: tuple[int, ...]) -> list[Point]:
    """All combinations, those with the same value size together: they share one data set.

    Left out are those where gigabytes wait in buffers (MGETs of 16 KiB values, 100 deep on 500
    connections): they would measure the memory of the machine.
    """
    every = [Point(op, pipeline, value, conns) for value, op, conns, pipeline
             in itertools.product(values, ops, connections, pipelines)]
    return [point for point in every if point.flight_bytes <= FLIGHT_BYTES_MAX]


def keys_for(wanted: int, value: int) -> int:
    """How many keys of that value size a server is filled with: fewer where values are large."""
    return max(1, min(wanted, DATA_BYTES_MAX // value))
