"""The machine's vital signs, for the system breakers: disk, processors, memory.

Rule: what this machine does not tell is not measured; a breaker that hears nothing stays closed.
"""

import os
from pathlib import Path
from typing import Final

from steelyard.model.units import RATE_ONE
from steelyard.runtime.signs import Kind

_STAT, _MEMORY = Path("/proc/stat"), Path("/proc/meminfo")
_FIRST: Final = 1
_IDLE: Final = (4, 5)  # idle and waiting for the disk


class Vitals:
    """Reads the machine; processors are measured from one reading to the next."""

    def __init__(self, folder: Path) -> None:
        """Watch the disk that `folder` lies on."""
        self._folder = folder
        self._before: tuple[int, int] | None = None

    def read(self) -> dict[Kind, int]:
        """Return free bytes of the disk, and shares of processors and memory in use (10^-8)."""
        found: dict[Kind, int] = {}
        disk = os.statvfs(self._folder)
        found[Kind.DISK] = disk.f_bavail * disk.f_frsize
        if _MEMORY.exists():
            found[Kind.MEMORY] = _memory()
        if _STAT.exists():
            now = _processors()
            if self._before is not None and now[0] > self._before[0]:
                whole, idle = now[0] - self._before[0], now[1] - self._before[1]
                found[Kind.CPU] = RATE_ONE * (whole - idle) // whole
            self._before = now
        return found


def _memory() -> int:
    rows = dict(line.split(":", 1) for line in _MEMORY.read_text().splitlines() if ":" in line)
    whole, free = (int(rows[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return int(RATE_ONE * (whole - free) // whole)


def _processors() -> tuple[int, int]:
    """Return (all, idle) ticks since the machine started."""
    words = [int(word) for word in _STAT.read_text().split("\n", 1)[0].split()[_FIRST:]]
    return sum(words), sum(words[at - _FIRST] for at in _IDLE)
