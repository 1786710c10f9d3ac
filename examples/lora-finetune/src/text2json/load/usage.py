"""Processor time and memory of a local service, with all its worker processes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import psutil


def cpu_seconds(pid: int) -> float:
    """Return user and system seconds that the process and its descendants have used.

    The kernel counts them in ticks of ten milliseconds, so measure for a second or more.

    Raises:
        psutil.NoSuchProcess: The process itself is gone.
    """
    return _sum(pid, lambda process: sum(process.cpu_times()[:2]))


def resident_bytes(pid: int) -> int:
    """Return resident memory summed over the process and its descendants.

    Raises:
        psutil.NoSuchProcess: The process itself is gone.
    """
    return int(_sum(pid, lambda process: process.memory_info().rss))


def _sum(pid: int, read: Callable[[psutil.Process], float]) -> float:
    root = psutil.Process(pid)
    total = read(root)
    for child in root.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end while we look
            total += read(child)
    return total
