"""Progress and results of a synchronisation, for people and for logs."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from .report import Progress, Report

_BAR = 24
_LINE_SECONDS = 5.0
_REDRAW_SECONDS = 0.1
_NAME = 40


class Meter:
    """Shows progress: a bar on a terminal, a line every few seconds elsewhere.

    Args:
        stream: where to; standard error if None.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._shown = 0.0
        self._width = 0

    def __call__(self, progress: Progress) -> None:
        """Show it, if the last time is long enough ago."""
        now = time.monotonic()
        pause = _REDRAW_SECONDS if self._live else _LINE_SECONDS
        last = progress.done == progress.total
        if now - self._shown < pause and not (last and self._live):
            return
        self._shown = now
        if self._live:
            self._redraw(_bar(progress))
        else:
            self._stream.write(_facts(progress) + "\n")
            self._stream.flush()

    def end(self) -> None:
        """Take the bar away."""
        if self._live and self._width:
            self._redraw("")
            self._stream.write("\r")
            self._stream.flush()

    def _redraw(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width))
        self._stream.flush()
        self._width = len(text)


def summary(report: Report) -> list[str]:
    """Return the lines that tell what a synchronisation did."""
    counts = ", ".join(
        f"{len(getattr(report, name))} {name}"
        for name in ("added", "changed", "unchanged", "removed", "skipped")
    )
    lines = [f"{counts}; {report.chunks} chunks in {report.seconds:.1f} s"]
    if report.duplicates:
        lines.append(
            f"{report.duplicates} chunks left out: their text occurs before in the document"
        )
    if report.repeated:
        lines.append(f"{report.repeated} chunks have the same text as one of another document")
    lines += [f"skipped {name}: {problem} [{reason}]" for name, reason, problem in report.skipped]
    lines += [f"note {name}: {note}" for name, note in report.notes]
    return lines


def size(count: float) -> str:
    """Return a number of bytes as people read it, e.g. "3.4 MB"."""
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count:.0f} B"


def _facts(progress: Progress) -> str:
    return (
        f"{progress.done}/{progress.total} documents, "
        f"{size(progress.bytes_done)} of {size(progress.bytes_total)}"
    )


def _bar(progress: Progress) -> str:
    share = progress.bytes_done / progress.bytes_total if progress.bytes_total else 1.0
    filled = round(_BAR * min(share, 1.0))
    name = progress.document
    name = name if len(name) <= _NAME else "..." + name[-_NAME + 3 :]
    return f"[{'#' * filled}{'.' * (_BAR - filled)}] {_facts(progress)} {name}"
