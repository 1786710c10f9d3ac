"""Files in a folder: CSV, JSON Lines or Parquet, each one a batch."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from payments_loop.lake import digest
from payments_loop.lake.errors import SourceError
from payments_loop.lake.schema import conform
from payments_loop.lake.types import Batch
from payments_loop.lake.verdict import Finding
from payments_loop.problem import Table
from payments_loop.problem.load import from_environment

from . import settings_of

if TYPE_CHECKING:
    from payments_loop.problem import Problem

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload")


class Options(BaseModel):
    """Options of the kind `files`.

    Attributes:
        path: of the files, with wildcards, relative to the root of the project; or "env:NAME".
        format: by default what the name of a file ends in.
        separator: between the cells of a CSV file.
        null_values: texts in a CSV file that mean a missing value, besides the empty one.
        arrived: "modified": a file arrives when it was last written. "daily": a file with a long
            history, played back: the rows of each day arrive together at the next midnight UTC.
        unended: whether the last line of a text file may lack its end. Otherwise such a file counts
            as cut off, for its last value may be: 12.5 could be the beginning of 12.57.
        settle_seconds: a file that was written less long ago may still be growing; it waits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    format: Literal["csv", "jsonl", "parquet"] | None = None
    separator: str = Field(default=",", min_length=1, max_length=1)
    null_values: tuple[str, ...] = ()
    arrived: Literal["modified", "daily"] = "modified"
    unended: bool = False
    settle_seconds: float = Field(default=2, ge=0)


class UnreadableError(ValueError):
    """The bytes of a file are not what its name promises."""


def open_source(problem: Problem, table: Table, settings: Mapping[str, Any]) -> Files:
    """Open a folder of files."""
    options = settings_of(Options, settings, problem, table)
    return Files(problem.folder.parent.parent, options)


class Files:
    """Gives the files of a folder by the time they were written."""

    def __init__(self, root: Path, options: Options) -> None:
        """Look at nothing yet."""
        self._root = root
        self._options = options

    def batches(
        self,
        table: Table,
        *,
        after: datetime | None,
        until: datetime,
        known: Mapping[str, datetime],
    ) -> Iterator[Batch]:
        """Give the files that were not taken; a file that changed is given once more.

        A name and a time of writing that are known are not read again. The ids have a hash of the
        content, so that a file that was only touched is known as well.
        """
        if self._options.arrived == "daily":
            for path in self._paths():
                yield from self._days(path, table, after=after, until=until, known=known)
            return
        seen = {(_name(batch_id), arrived) for batch_id, arrived in known.items()}
        names = {name for name, _ in seen}
        found = [(_written(path.stat()), path) for path in self._paths()]
        for written, path in sorted(found):
            name = self._relative(path)
            if written > until or (name, written) in seen or self._growing(written):
                continue
            if (content := _stable(path)) is None:
                continue
            batch = read(name, content, table, arrived=written, options=self._options)
            if batch.id not in known:
                yield batch if name not in names else _changed(batch)

    def _days(
        self,
        path: Path,
        table: Table,
        *,
        after: datetime | None,
        until: datetime,
        known: Mapping[str, datetime],
    ) -> Iterator[Batch]:
        name = self._relative(path)
        batch = read(name, path.read_bytes(), table, arrived=until, options=self._options)
        frame, fit = conform(batch.frame, table)
        if batch.findings or fit.severity == "quarantine":
            yield batch
            return
        when = pl.col(table.known_time).fill_null(pl.col(table.event_time))
        arrived = when.dt.truncate("1d") + timedelta(days=1)
        wanted = arrived <= until
        if after is not None:
            wanted &= arrived > after
        played = frame.with_columns(arrived.alias("\0arrived")).filter(wanted).sort("\0arrived")
        for (midnight,), rows in played.partition_by(
            "\0arrived", as_dict=True, include_key=False
        ).items():
            batch_id = f"{table.name}:{name}/{midnight - timedelta(days=1):%Y-%m-%d}"
            if batch_id not in known:
                yield Batch(batch_id, table.name, rows, midnight, digest.of(rows))

    def _paths(self) -> list[Path]:
        """Find the files; a folder that is not there is no empty folder."""
        pattern = Path(from_environment(self._options.path))
        whole = pattern if pattern.is_absolute() else self._root / pattern
        folder = next(p for p in whole.parents if not set(str(p)) & set("*?["))
        if not folder.is_dir():
            raise SourceError(f"{folder} does not exist")
        found = sorted(folder.glob(str(whole.relative_to(folder))))
        if not found and not set(str(whole)) & set("*?["):
            raise SourceError(f"{whole} does not exist")
        return [path for path in found if path.is_file() and not _unfinished(path)]

    def _relative(self, path: Path) -> str:
        inside = path.is_relative_to(self._root)
        return (path.relative_to(self._root) if inside else path).as_posix()

    def _growing(self, written: datetime) -> bool:
        age = time.time() - written.timestamp()
        return 0 <= age < self._options.settle_seconds


def read(
    name: str,
    content: bytes,
    table: Table,
    *,
    arrived: datetime,
    options: Options | None = None,
) -> Batch:
    """Make a batch of the bytes of a file; what cannot be read is a finding, not an error.

    Args:
        name: of the file; its ending is the format unless the options say so.
        content: its bytes.
        table: whose rows they are.
        arrived: when they arrived.
        options: how to read them; by default those of the table's source, if it has files.
    """
    options = options or _options_of(table)
    sha256 = hashlib.sha256(content).hexdigest()
    batch_id = f"{table.name}:{name}@{sha256[:12]}"
    try:
        frame = parse(content, options.format or _format(name), options)
    except UnreadableError as error:
        findings = (Finding("unreadable", "quarantine", None, str(error)),)
        return Batch(batch_id, table.name, pl.DataFrame(), arrived, sha256, findings)
    return Batch(batch_id, table.name, frame, arrived, sha256)


def parse(content: bytes, kind: str, options: Options) -> pl.DataFrame:
    """Read rows; CSV cells stay text, `conform` knows what they should be.

    Raises:
        UnreadableError: the content is cut off, or of another format.
    """
    if not content:
        raise UnreadableError("the file is empty")
    if kind != "parquet" and not options.unended and not content.endswith(b"\n"):
        raise UnreadableError("the last line has no end, so the file may be cut off")
    stream = io.BytesIO(content)
    try:
        if kind == "parquet":
            return pl.read_parquet(stream, hive_partitioning=False)
        if kind == "jsonl":
            return pl.read_ndjson(stream, infer_schema_length=None)
        return pl.read_csv(
            stream,
            infer_schema=False,
            separator=options.separator,
            null_values=list(options.null_values),
        )
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise UnreadableError(f"no {kind}: {str(error).splitlines()[0][:200]}") from error


def _options_of(table: Table) -> Options:
    known = {name: table.source[name] for name in Options.model_fields if name in table.source}
    return Options(**{"path": "", **known} if table.source["kind"] == "files" else {"path": ""})


def _format(name: str) -> str:
    suffixes = Path(name).suffixes
    if ".parquet" in suffixes or ".pq" in suffixes:
        return "parquet"
    return "jsonl" if {".jsonl", ".ndjson"} & set(suffixes) else "csv"


def is_file(batch_id: str) -> bool:
    """Say whether a batch is a whole file, as a folder or a person gives it."""
    return "@" in batch_id


def _name(batch_id: str) -> str:
    return batch_id.partition(":")[2].rpartition("@")[0]


def _written(stat: os.stat_result) -> datetime:
    return _EPOCH + timedelta(microseconds=stat.st_mtime_ns // 1000)


def _unfinished(path: Path) -> bool:
    return path.name.startswith((".", "_")) or path.suffix in _UNFINISHED


def _stable(path: Path) -> bytes | None:
    """Return the bytes of a file; None if it changed meanwhile, for a later run will see it."""
    try:
        before = path.stat()
        content = path.read_bytes()
        after = path.stat()
    except FileNotFoundError:
        return None
    same = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
    return content if same and len(content) == after.st_size else None


def _changed(batch: Batch) -> Batch:
    detail = "the file was taken before with other content; known rows stay as they were"
    finding = Finding("changed_file", "warn", None, detail)
    return Batch(
        batch.id,
        batch.table,
        batch.frame,
        batch.arrived,
        batch.sha256,
        (*batch.findings, finding),
    )
