"""One synchronisation: parses in parallel, indexes in groups, and reports what came of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .catalogue import Catalogue, Revision, Row
from .engine import LibraryError
from .folder import File, read, scan
from .locks import hold
from .model import Document, Failure, Sink, Source
from .prepare import Failed, Outcome, Preparation, Ready, Unchanged
from .report import Progress, Report, Skipped
from .settings import Settings
from .switch import Switch

# Documents are indexed together until they have so many chunks: embedding models work on batches,
# and a kill costs no more than this.
_GROUP_CHUNKS = 256
_GROUP_DOCUMENTS = 64
_AHEAD = 2  # documents per worker that are parsed while others are indexed
_NOTED = ("suspicious", "hidden", "mismatch", "pages_without_text", "pages_unreadable")


@dataclass(frozen=True, slots=True)
class _Task:
    id: str
    source: Source
    size: int
    read: Callable[[], bytes]


class Synchronisation:
    """See `Library.sync` for what it does and what its arguments mean."""

    def __init__(
        self,
        catalogue: Catalogue,
        parse: Callable[[bytes, str], Document],
        settings: Settings,
        sink: Sink,
        *,
        progress: Callable[[Progress], None] | None,
        rebuild: bool,
        retry: bool,
        allow_empty: bool,
    ) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._switch = Switch(catalogue, sink)
        self._preparation = Preparation(settings, parse, sink)
        self._show = progress or (lambda progress: None)  # noqa: ARG005
        self._rebuild = rebuild
        self._retry = retry
        self._allow_empty = allow_empty
        self._report = Report()
        self._progress = Progress(0, 0, 0, 0, "")
        self._group: list[tuple[_Task, Ready]] = []

    def run(self, folder: Path, wait: float) -> Report:
        """Do it; see `Library.sync` for what it raises."""
        begun = time.perf_counter()
        with hold(self._catalogue.engine, "sync", wait):
            self._switch.repair()
            try:
                files = scan(folder, self._settings.limits)
            except NotADirectoryError as error:
                raise LibraryError(f"{error}; create it and put documents into it") from error
            rows = self._catalogue.rows()
            gone = self._gone(folder, files, rows)
            tasks = [*self._of_folder(files), *self._of_others(rows)]
            total = len(tasks) + len(gone)
            self._progress = Progress(0, total, 0, sum(task.size for task in tasks), "")
            self._show(self._progress)
            if gone:
                self._switch.remove(gone)
                self._report.removed += gone
                self._advance(gone[-1], len(gone), 0)
            for task, outcome in self._prepared(tasks, rows):
                self._take(task, outcome)
            self._flush()
        self._report.seconds = time.perf_counter() - begun
        return self._report

    def _gone(self, folder: Path, files: list[File], rows: dict[str, Row]) -> list[str]:
        here = {file.id for file in files}
        known = [name for name, row in rows.items() if row.source == "folder"]
        gone = sorted(name for name in known if name not in here)
        if gone and not files and not self._allow_empty:
            raise LibraryError(
                f"{folder} is empty, and the library has {len(known)} documents of it. If it is not "
                "a folder that failed to mount, remove them with --allow-empty"
            )
        return gone

    def _of_folder(self, files: list[File]) -> Iterator[_Task]:
        for file in files:
            reading = partial(read, file, self._settings.limits)
            yield _Task(file.id, "folder", file.size, reading)

    def _of_others(self, rows: dict[str, Row]) -> Iterator[_Task]:
        """Give the uploads and pages that the present settings or index make something else of."""
        for name, row in sorted(rows.items()):
            if row.source == "folder" or not row.digest:
                continue
            if self._rebuild or row.revision != self._preparation.revision(row.digest):
                yield _Task(name, row.source, row.bytes, partial(self._catalogue.original, name))

    def _prepared(
        self, tasks: list[_Task], rows: dict[str, Row]
    ) -> Iterator[tuple[_Task, Outcome]]:
        """Give the outcomes in the order of the tasks, while the next ones are worked on."""
        workers = self._settings.workers
        waiting: deque[tuple[_Task, Future[Outcome]]] = deque()
        with ThreadPoolExecutor(workers, thread_name_prefix="parse") as threads:
            try:
                for task in tasks:
                    waiting.append((task, threads.submit(self._prepare, task, rows.get(task.id))))
                    if len(waiting) > _AHEAD * workers:
                        first, future = waiting.popleft()
                        yield first, future.result()
                while waiting:
                    first, future = waiting.popleft()
                    yield first, future.result()
            finally:
                threads.shutdown(cancel_futures=True)

    def _prepare(self, task: _Task, row: Row | None) -> Outcome:
        if row is not None and row.source != task.source:
            return _taken(task, row.source)
        try:
            data = task.read()
        except Failure as failure:
            return Failed(Skipped(task.id, failure.reason, failure.problem), task.source, task.size)
        return self._preparation.prepare(
            task.id, task.source, data, row, rebuild=self._rebuild, retry=self._retry
        )

    def _take(self, task: _Task, outcome: Outcome) -> None:
        self._report.bytes += task.size
        if isinstance(outcome, Ready):
            self._group.append((task, outcome))
            chunks = sum(len(ready.prepared.chunks) for _, ready in self._group)
            if chunks >= _GROUP_CHUNKS or len(self._group) >= _GROUP_DOCUMENTS:
                self._flush()
            return
        if isinstance(outcome, Unchanged):
            if outcome.recovered:
                self._catalogue.recover(outcome.id)
            self._report.unchanged.append(outcome.id)
        else:
            self._skip(outcome)
        self._advance(task.id, 1, task.size)

    def _skip(self, failed: Failed) -> None:
        self._report.skipped.append(failed.skipped)
        if not failed.known and failed.skipped.reason != "name-taken":
            name, reason, problem = failed.skipped
            self._catalogue.fail(
                name,
                source=failed.source,
                size=failed.size,
                attempt=failed.attempt,
                reason=reason,
                problem=problem,
            )

    def _flush(self) -> None:
        """Index the group, and report on every document of it."""
        group, self._group = self._group, []
        switched = self._switch.replace(
            [ready.prepared for _, ready in group],
            lambda revision, row: (
                unclaimed(revision, row)
                and (self._rebuild or row is None or row.revision != revision.revision)
            ),
        )
        before = {prepared.revision.id: row for prepared, row in switched}
        for task, ready in group:
            if task.id in before:
                self._count(ready, before[task.id])
            elif self._catalogue.rows()[task.id].source == task.source:
                self._report.unchanged.append(task.id)  # another process was faster
            else:
                self._skip(_taken(task, self._catalogue.rows()[task.id].source))
            self._advance(task.id, 1, task.size)

    def _count(self, ready: Ready, before: Row | None) -> None:
        revision = ready.prepared.revision
        new = before is None or before.revision is None
        (self._report.added if new else self._report.changed).append(revision.id)
        self._report.chunks += len(ready.prepared.chunks)
        self._report.duplicates += ready.duplicates
        self._report.repeated += self._catalogue.repeated(revision.id)
        self._report.notes += notes(revision)

    def _advance(self, document: str, documents: int, size: int) -> None:
        done = self._progress
        self._progress = done._replace(
            done=done.done + documents, bytes_done=done.bytes_done + size, document=document
        )
        self._show(self._progress)


def unclaimed(revision: Revision, row: Row | None) -> bool:
    """Whether a name is free, or belongs to the same source."""
    return row is None or row.source == revision.source


def notes(revision: Revision) -> list[tuple[str, str]]:
    """Return what is odd about a document that was taken, in words."""
    metadata = revision.facts["metadata"]
    found = [f"{key.replace('_', ' ')}: {metadata[key]}" for key in _NOTED if key in metadata]
    return [(revision.id, note) for note in found]


def _taken(task: _Task, source: Source) -> Failed:
    what = "an upload" if source == "upload" else "another document"
    skipped = Skipped(task.id, "name-taken", f"{what} has this name; rename one of them")
    return Failed(skipped, task.source, task.size)
