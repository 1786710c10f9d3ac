"""What every step did and on what: one JSON file per step and run, written in one move."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from payments_loop.pipeline.graph import Result

Outcome = Literal["done", "idle", "failed"]
_STAMP = "%Y%m%dT%H%M%SZ"  # no colons: artefact stores and Windows refuse them


class BusyError(Exception):
    """Another process is running the same step of the same run."""


@dataclass(frozen=True)
class Record:
    """One step of one run.

    Attributes:
        step: its name.
        as_of: the moment the run looked at the world from, ISO 8601.
        inputs_sha256: of all that its result depends on.
        outcome: done, idle (nothing had to be done; `result` says why) or failed.
        started: wall-clock time, ISO 8601.
        seconds: it took.
        result: what it found out or made.
        error: why it failed.
    """

    step: str
    as_of: str
    inputs_sha256: str
    outcome: Outcome
    started: str
    seconds: float
    result: Result
    error: str | None = None


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, whatever the order of its keys.

    Raises:
        TypeError, ValueError: it is not JSON (a NaN, a date).
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Records:
    """The records below one folder, by run and step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, as_of: datetime, step: str) -> Path:
        """File of a step's record."""
        return self.folder / as_of.astimezone(UTC).strftime(_STAMP) / f"{step}.json"

    def read(self, as_of: datetime, step: str) -> Record | None:
        """The record of a step, None before it ran. A damaged one counts as none: it runs again."""
        try:
            return Record(**json.loads(self.path(as_of, step).read_bytes()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, as_of: datetime, record: Record) -> None:
        """Replace a record in one step; a process that is killed leaves the old one or the new."""
        path = self.path(as_of, record.step)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(record), indent=2, allow_nan=False) + "\n"
        handle, name = tempfile.mkstemp(prefix=f".{record.step}-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def runs(self) -> list[datetime]:
        """Moments of all runs, oldest first."""
        found = []
        for path in self.folder.glob("*Z"):
            try:
                found.append(datetime.strptime(path.name, _STAMP).replace(tzinfo=UTC))
            except ValueError:  # not a folder of ours
                continue
        return sorted(found)

    def latest(self, step: str, *, before: datetime, outcome: Outcome = "done") -> Record | None:
        """The newest record of a step with that outcome in the runs before a moment."""
        for as_of in reversed([run for run in self.runs() if run < before]):
            record = self.read(as_of, step)
            if record and record.outcome == outcome:
                return record
        return None

    @contextmanager
    def claim(self, as_of: datetime, step: str) -> Iterator[None]:
        """Be the only process that runs this step of this run. Ends with the process, even a kill.

        Raises:
            BusyError: another one does.
        """
        path = self.path(as_of, step).with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BusyError(
                    f"step {step} of {as_of:%Y-%m-%d} runs in another process"
                ) from error
            yield
