"""The library: an incremental, restartable collection of documents in front of an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from .catalogue import Catalogue
from .engine import LibraryError
from .locks import LibraryBusyError
from .model import Failure, Sink, Source
from .parser import Parser
from .prepare import Failed, Preparation, Ready, check_name
from .report import Entry, Progress, Report
from .settings import Settings
from .switch import Switch
from .synchronise import Synchronisation, notes, unclaimed

__all__ = ["Library", "LibraryBusyError", "LibraryError"]


class Library:
    """Which documents there are, and which revision of each answers may come from.

    Reading is safe from any thread and process at any time. Writers take turns.

    Args:
        url: SQLAlchemy URL of an SQLite file or a PostgreSQL database; that of the settings if
            empty.
        settings: limits and sizes; those of the configuration if None.

    Raises:
        LibraryError: the database was written by another version, or is of another kind.
    """

    def __init__(self, url: str = "", settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self._catalogue = Catalogue(url or self.settings.database)
        self._parser = Parser(self.settings)

    def documents(self) -> list[Entry]:
        """Return all documents in the order of their ids."""
        return self._catalogue.entries()

    def document(self, id: str) -> Entry | None:  # noqa: A002 (its name everywhere else)
        """Return one document, None if there is none with this id."""
        return next(iter(self._catalogue.entries(id)), None)

    def active(self) -> Mapping[str, str]:
        """Return the active revision of every document; do not change the mapping.

        Readers of the index drop chunks of any other revision: they are about to appear or to
        vanish.
        """
        return self._catalogue.active()

    def sync(
        self,
        folder: Path,
        sink: Sink,
        *,
        progress: Callable[[Progress], None] | None = None,
        rebuild: bool = False,
        retry: bool = False,
        allow_empty: bool = False,
        wait: float = 0.0,
    ) -> Report:
        """Make the library equal to a folder, and bring uploads up to the present settings.

        Unchanged documents are not even parsed. One that fails is reported, and its earlier
        revision, if there is one, stays. After an interruption, the next call goes on.

        Args:
            folder: of the documents.
            sink: where chunks go.
            progress: called after each document.
            rebuild: index unchanged documents, too (after the loss of the index, say).
            retry: try documents again that failed and have not changed since.
            allow_empty: remove all documents if the folder is empty, which otherwise is taken for
                a folder that is not mounted.
            wait: seconds to wait for another `sync` to end.

        Raises:
            LibraryBusyError: another `sync` is running.
            LibraryError: the folder does not exist or is empty.
        """
        run = Synchronisation(
            self._catalogue,
            self._parser.parse,
            self.settings,
            sink,
            progress=progress,
            rebuild=rebuild,
            retry=retry,
            allow_empty=allow_empty,
        )
        return run.run(folder, wait)

    def put(self, name: str, data: bytes, sink: Sink) -> Report:
        """Add or replace an upload.

        Args:
            name: its id.
            data: its bytes.
            sink: where chunks go.

        Raises:
            Failure: it cannot be taken, or the name belongs to a file of the folder.
        """
        check_name(name)
        return self._put(name, "upload", data, sink)

    def put_url(self, url: str, sink: Sink) -> Report:
        """Fetch a document from the web, and add or replace it; its id is the URL.

        Raises:
            Failure: it cannot be fetched, its address is not public, or it cannot be taken.
        """
        from .fetch import fetch, normalise

        url = normalise(url)
        return self._put(url, "url", fetch(url, self.settings.fetch), sink)

    def remove(self, id: str, sink: Sink) -> None:  # noqa: A002
        """Remove a document. One of the folder comes back with the next `sync`.

        Raises:
            KeyError: there is no such document.
        """
        if self.document(id) is None:
            raise KeyError(id)
        Switch(self._catalogue, sink).remove([id])

    def close(self) -> None:
        """End the parsing processes and close the database."""
        self._parser.close()
        self._catalogue.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _put(self, name: str, source: Source, data: bytes, sink: Sink) -> Report:
        preparation = Preparation(self.settings, self._parser.parse, sink)
        row = self._catalogue.rows().get(name)
        taken = Failure("name-taken", f"{name} is a document of another source")
        if row is not None and row.source != source:
            raise taken
        outcome = preparation.prepare(name, source, data, row, retry=True)
        report = Report(bytes=len(data))
        if isinstance(outcome, Failed):
            raise Failure(outcome.skipped.reason, outcome.skipped.problem)
        if not isinstance(outcome, Ready):
            report.unchanged.append(name)
            return report
        switched = Switch(self._catalogue, sink).replace([outcome.prepared], unclaimed)
        if not switched:
            raise taken
        before = switched[0][1]
        (report.added if before is None or before.revision is None else report.changed).append(name)
        report.chunks = len(outcome.prepared.chunks)
        report.duplicates = outcome.duplicates
        report.repeated = self._catalogue.repeated(name)
        report.notes += notes(outcome.prepared.revision)
        return report
