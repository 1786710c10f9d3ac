"""Days of features, kept by the content of everything that they were computed from.

A day's key covers the SQL, the schema, the engine, and the data files that hold a row the day can
see. Files of the lake never change, so a key that is found is right, and a late row makes only
those days new that begin after it became known.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Container, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from payments_loop.features import relations
from payments_loop.features.times import DAY, midnight
from payments_loop.lake import Lake
from payments_loop.lake.reading import Part
from payments_loop.problem import Problem

FORMAT = 2
FOLDER = Path("data/cache/features")
# Runs for an earlier time may alternate with current ones; more is not worth the space.
_KEPT = 3


class Cache:
    """Arrow files `<problem>/<day>-<key>.arrow`; safe to delete, and shared by processes."""

    def __init__(self, folder: Path) -> None:
        """Create nothing yet."""
        self._folder = folder

    @classmethod
    def beside(cls, lake: Lake, problem: Problem) -> Cache:
        """The cache next to a lake in a folder; in the project for one in an object store."""
        folder = FOLDER if "://" in lake.uri else Path(lake.uri).parent / "cache" / "features"
        return cls(folder / problem.name)

    def path(self, day: date, key: str) -> Path:
        """Where a day is, or would be."""
        return self._folder / f"{day}-{key}.arrow"

    def paths(self) -> list[Path]:
        """All days that are kept."""
        return sorted(self._folder.glob("*.arrow"))

    def read(self, day: date, key: str) -> pl.DataFrame | None:
        """The rows of a day; None if they are not kept."""
        path = self.path(day, key)
        return pl.read_ipc(path) if path.exists() else None

    def write(self, keys: Mapping[date, str], days: Mapping[date, pl.DataFrame]) -> None:
        """Keep days; another process sees all of one or nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for day, rows in days.items():
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".part")
            partial = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    rows.write_ipc(file, compression="lz4")
                partial.replace(self.path(day, keys[day]))
            finally:
                partial.unlink(missing_ok=True)
        self._forget(days)

    def _forget(self, days: Container[date]) -> None:
        kept: dict[str, list[tuple[int, Path]]] = {}
        for path in self.paths():
            day = path.name[: len("2026-01-01")]
            if date.fromisoformat(day) in days:
                kept.setdefault(day, []).append((path.stat().st_mtime_ns, path))
        for found in kept.values():
            for _, path in sorted(found, reverse=True)[_KEPT:]:
                path.unlink(missing_ok=True)


class Inputs:
    """The data files behind some days, from the lake's log alone.

    Args:
        problem: says how far back a day looks.
        lake: where its tables are.
        first: first day.
        last: last day.
    """

    def __init__(self, problem: Problem, lake: Lake, first: date, last: date) -> None:
        """Read the log once for all days."""
        self._problem = problem
        oldest = first - timedelta(days=problem.lookback_days)
        self._parts = {
            table.name: _by_day(lake.parts(table.name, start=oldest, end=last + DAY))
            for table in relations.present(problem, lake)
        }

    def key(self, day: date, as_of: datetime, identity: str) -> str:
        """Hash of everything that the features of `day` depend on."""
        text = f"{FORMAT}\n{identity}\n{definition(self._problem)}\n"
        digest = hashlib.sha256(text.encode())
        # SQL that asks for the time gives something else tomorrow.
        changing = re.search(
            r"\bclock\b", self._problem.sql("features") + self._problem.sql("spine")
        )
        dated = changing is not None
        for part in self._seen(day):
            digest.update(f"{part.path}\n".encode())
            own = part.day == day or as_of < midnight(day + DAY)
            dated |= own and (part.last_known is None or part.last_known > as_of)
        if dated:
            digest.update(as_of.isoformat().encode())
        return digest.hexdigest()[:32]

    def rows(self, day: date) -> int:
        """Rows that happened on `day`, in all tables."""
        return sum(part.rows for days in self._parts.values() for part in days.get(day, ()))

    def _seen(self, day: date) -> list[Part]:
        """The files with rows that a decision on `day` could know, or be."""
        oldest = day - timedelta(days=self._problem.lookback_days)
        window = [oldest + DAY * n for n in range(self._problem.lookback_days + 1)]
        end = midnight(day + DAY)
        return [
            part
            for days in self._parts.values()
            for seen in window
            for part in days.get(seen, ())
            if part.day == day or part.first_known is None or part.first_known < end
        ]


def definition(problem: Problem) -> str:
    """Everything in a problem that says what its features are."""
    parts = problem.model_dump_json(include={"lookback_days", "tables", "spine", "features"})
    bulk = problem.folder / "features.py"
    python = bulk.read_text(encoding="utf-8") if bulk.exists() else ""
    return "\n".join((parts, problem.sql("spine"), problem.sql("features"), python))


def _by_day(parts: Sequence[Part]) -> dict[date, list[Part]]:
    days: dict[date, list[Part]] = {}
    for part in parts:
        days.setdefault(part.day, []).append(part)
    return days
