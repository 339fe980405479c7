"""Which CPUs the server gets and which the load generator gets.

The server gets one hardware thread on each of as many cores as it has threads. The generator gets
what is left, without the siblings of the server's cores as long as something else remains. Where
nothing remains the two share, and the plan says so: the results carry that mark. Even then the
generator stays off the first CPU, so that a server with one thread compares with one with several.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from . import procfs


@dataclass(frozen=True)
class Plan:
    server: tuple[int, ...]
    load: tuple[int, ...]
    shared: bool  # The generator runs on CPUs of the server.

    def __str__(self) -> str:
        words = f'server on CPU {spell(self.server)}, load on CPU {spell(self.load)}'
        return words + (' (shared)' if self.shared else '')


def spell(cpus: tuple[int, ...]) -> str:
    return ','.join(map(str, cpus))


def plan(allowed: list[int], siblings: dict[int, list[int]], server_threads: int) -> Plan:
    """REQUIRES: allowed is not empty, server_threads >= 1.

    `siblings` maps a CPU to the CPUs of its core, itself included; a missing CPU has none.
    """
    firsts, seconds, seen = [], [], set()
    for cpu in sorted(allowed):
        core = min(siblings.get(cpu, [cpu]))
        (seconds if core in seen else firsts).append(cpu)
        seen.add(core)
    server = (firsts + seconds)[:server_threads]

    rest = [cpu for cpu in sorted(allowed) if cpu not in server]
    touched = {s for cpu in server for s in siblings.get(cpu, [cpu])}
    away = [cpu for cpu in rest if cpu not in touched]
    load = away or rest
    if not load or len(server) < server_threads:
        away = [cpu for cpu in sorted(allowed) if cpu != server[0]]
        return Plan(tuple(server), tuple(away or server), True)
    return Plan(tuple(server), tuple(load), False)


def allowed_cpus() -> list[int]:
    return sorted(os.sched_getaffinity(0))


def read_siblings(cpus: list[int]) -> dict[int, list[int]]:
    found = {}
    for cpu in cpus:
        path = Path(f'/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list')
        try:
            found[cpu] = procfs.parse_cpu_list(path.read_text())
        except OSError:  # Some containers hide the topology: treat each CPU as a core.
            found[cpu] = [cpu]
    return found
