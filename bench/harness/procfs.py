"""Readers of /proc: CPU time, resident memory, the busy time of the whole machine.

The parse_* functions are pure; the read_* functions open the file and call them. CPU time covers
all threads of a process, those that have ended included. utime and stime of /proc/PID/stat give
the division into user and system, but in clock ticks of 10 ms, too coarse for a short run on a
busy machine; the process's CPU clock gives their sum in nanoseconds.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf('SC_CLK_TCK')


@dataclass(frozen=True)
class CpuTime:
    """Seconds of CPU that a process has used since it started."""
    user: float
    system: float
    total: float  # The sum of the two, but finer: they may differ by some clock ticks.

    def since(self, earlier: CpuTime) -> CpuTime:
        return CpuTime(self.user - earlier.user, self.system - earlier.system,
                       self.total - earlier.total)


def parse_stat(text: str, ticks_per_second: int = TICKS_PER_SECOND) -> tuple[float, float]:
    """Seconds of user and of system time from /proc/PID/stat.

    Field 2 is the program's name in parentheses and may itself hold spaces and parentheses, so
    the fields are counted from the last closing one. utime and stime are fields 14 and 15.
    """
    after_name = text[text.rindex(')') + 1:].split()
    utime, stime = int(after_name[11]), int(after_name[12])
    return utime / ticks_per_second, stime / ticks_per_second


def parse_status(text: str) -> dict[str, int]:
    """The fields of /proc/PID/status that are sizes, in bytes: VmRSS, VmHWM, RssAnon, ..."""
    sizes = {}
    for line in text.splitlines():
        name, _, value = line.partition(':')
        words = value.split()
        if len(words) == 2 and words[1] == 'kB':
            sizes[name] = int(words[0]) * 1024
    return sizes


def parse_machine_busy(text: str, ticks_per_second: int = TICKS_PER_SECOND) -> float:
    """CPU seconds that the machine has spent in processes, or lost to its host, since boot.

    From the first line of /proc/stat: user, nice, system and steal. Interrupts are left out: on
    loopback they are the network's own work for the very processes under test.
    """
    fields = text.splitlines()[0].split()
    if fields[0] != 'cpu':
        raise ValueError('/proc/stat does not begin with the cpu line')
    user, nice, system, _idle, _iowait, _irq, _softirq, steal = map(int, fields[1:9])
    return (user + nice + system + steal) / ticks_per_second


def parse_cpu_list(text: str) -> list[int]:
    """The kernel's list format: '0-2,8' -> [0, 1, 2, 8]."""
    cpus: list[int] = []
    for part in filter(None, text.strip().split(',')):
        first, _, last = part.partition('-')
        cpus.extend(range(int(first), int(last or first) + 1))
    return cpus


def read_cpu(pid: int) -> CpuTime:
    user, system = parse_stat(Path(f'/proc/{pid}/stat').read_text())
    return CpuTime(user, system, time.clock_gettime(cpu_clock(pid)))


def cpu_clock(pid: int) -> int:
    """The id of a process's CPU clock, as the kernel forms it (clock_getcpuclockid(3))."""
    return (~pid << 3) | 2


def read_rss(pid: int) -> int:
    """Resident bytes of the process now."""
    return parse_status(Path(f'/proc/{pid}/status').read_text())['VmRSS']


def read_machine_busy() -> float:
    return parse_machine_busy(Path('/proc/stat').read_text())


def cpu_model() -> str:
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            return line.partition(':')[2].strip()
    return 'unknown'
