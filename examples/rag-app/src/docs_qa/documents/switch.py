"""Puts new revisions in the place of old ones so that an interruption at any point can be repaired.

In the order of what is done, under the lock of writers:

1. the documents are noted as unsettled (committed),
2. the chunks of the new revisions are added to the sink, next to the old ones,
3. one transaction makes the new revisions the active ones: readers, who drop what is not active,
   see all of the change from here on, and nothing of it before,
4. the old revisions are removed from the sink, and the note is taken back.

Whoever gets the lock next and finds a note completes or undoes the change with a single rule: the
sink shall hold what is active, and nothing else, of an unsettled document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .catalogue import Catalogue, Revision, Row
from .locks import hold
from .model import Chunk, Sink

WAIT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A revision, with its chunks."""

    revision: Revision
    chunks: Sequence[Chunk]


class Switch:
    """Writes to one sink, and to the tables that say what of it is active.

    Args:
        catalogue: the tables.
        sink: where chunks go.
        wait: seconds to wait for another writer.
    """

    def __init__(self, catalogue: Catalogue, sink: Sink, wait: float = WAIT_SECONDS) -> None:
        self._catalogue = catalogue
        self._sink = sink
        self._wait = wait

    def replace(
        self,
        prepared: Sequence[Prepared],
        still_wanted: Callable[[Revision, Row | None], bool] = lambda revision, row: True,  # noqa: ARG005
    ) -> list[tuple[Prepared, Row | None]]:
        """Make prepared revisions the active ones.

        Args:
            prepared: of different documents.
            still_wanted: asked once nobody else can write, with what is known of the document now.

        Returns:
            Those that were wanted, each with what was known of it before.
        """
        with self._writing():
            rows = self._catalogue.rows()
            wanted = [
                (one, row)
                for one in prepared
                if still_wanted(one.revision, row := rows.get(one.revision.id))
            ]
            if not wanted:
                return []
            ids = [one.revision.id for one, _ in wanted]
            self._catalogue.unsettle(ids)
            self._sink.add([chunk for one, _ in wanted for chunk in one.chunks])
            self._catalogue.activate([one.revision for one, _ in wanted])
            for one, row in wanted:
                if row is not None:
                    self._sink.remove(one.revision.id, keep=one.revision.revision)
            self._catalogue.settle(ids)
            return wanted

    def remove(self, documents: Sequence[str]) -> None:
        """Forget documents and take their chunks out of the sink."""
        with self._writing():
            self._catalogue.unsettle(documents)
            self._catalogue.drop(documents)
            for document in documents:
                self._sink.remove(document)
            self._catalogue.settle(documents)

    def repair(self) -> None:
        """Complete or undo what was interrupted."""
        with self._writing():
            pass

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with hold(self._catalogue.engine, "write", self._wait):
            if left := self._catalogue.unsettled():
                active = self._catalogue.active()
                for document in left:
                    self._sink.remove(document, keep=active.get(document))
                self._catalogue.settle(left)
            yield
