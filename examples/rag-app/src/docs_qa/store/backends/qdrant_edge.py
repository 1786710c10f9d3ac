"""The embedded default: Qdrant's engine inside this process, in a folder, for one process at a time.

Calls into the engine hold Python's global lock. Searching 50,000 chunks without a vector index takes
6 ms, so that is no harm; building the index takes a second per 2,000 chunks, so another process does
it, on a copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, RLock, Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import qdrant_edge as qe

from docs_qa.store import payload
from docs_qa.store.backends import _edge_folder as place
from docs_qa.store.backends._edge_shard import (
    DENSE,
    SPARSE,
    open_shard,
)
from docs_qa.store.bm25 import Bm25
from docs_qa.store.entries import searchable
from docs_qa.store.types import Entry, Hit, StoreError, Vector

if TYPE_CHECKING:
    from docs_qa.documents import Chunk
    from docs_qa.store.settings import StoreSettings
    from docs_qa.store.types import Signature, Where

OPTIMIZE_FROM = 50_000
"""Changes since the last optimisation that start the next one in the background."""
_BATCH = 64  # points per call: the lock is held for about 10 ms
_PAGE = 256
_OPTIMIZER = ("-m", "docs_qa.store.backends._optimize")
_FOUND = qe.PayloadSelector.Exclude([payload.SENTENCES])


def open_backend(
    settings: StoreSettings,
    signature: Signature,
    *,
    verify: bool = True,
) -> EdgeStore:
    """Open the index in the data folder; see `open_store`."""
    return EdgeStore(
        settings.data_dir / "index",
        signature,
        Bm25(settings.search_language),
        verify=verify,
    )


class EdgeStore:
    """A folder with one shard of Qdrant's engine.

    Every change is in the engine's write-ahead log and flushed when a method returns, so that
    neither a killed process nor a power cut loses it.
    """

    def __init__(
        self,
        folder: Path,
        signature: Signature,
        lexical: Bm25,
        *,
        verify: bool = True,
    ) -> None:
        """Open or create the index.

        Args:
            folder: of the index and nothing else.
            signature: what its vectors are made with.
            lexical: words to sparse vectors.
            verify: refuse an index with another signature.

        Raises:
            StoreError: another process has it open, its signature differs, or it is damaged.
        """
        self._folder = folder
        self._signature = signature
        self._lexical = lexical
        self._calls = Lock()  # around each call of the engine, and around replacing the shard
        self._changes = RLock()  # changes wait while the index is built, searches do not
        self._changed = 0
        self._builder: subprocess.Popen[bytes] | None = None
        self._background: Thread | None = None
        self._closed = False
        folder.mkdir(parents=True, exist_ok=True)
        self._held = place.hold(folder)
        try:
            self._identity = place.recorded_identity(folder) or self._record()
            if verify:
                signature.verify(self._identity)
            self._shard = open_shard(folder, signature.dimensions)
        except BaseException:
            os.close(self._held)
            raise

    @property
    def identity(self) -> str:
        """The signature, and which index of it this is."""
        return self._identity

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those with the same chunk id."""
        with self._changes:
            for start in range(0, len(entries), _BATCH):
                points = [self._point(entry) for entry in entries[start : start + _BATCH]]
                self._update(qe.UpdateOperation.upsert_points(points))
            self._flush(len(entries))

    def delete(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document, except those of one revision."""
        other = [] if keep is None else [_is("revision", [keep])]
        chosen = qe.Filter(must=[_is("document", [document])], must_not=[*other])
        with self._changes:
            self._update(qe.UpdateOperation.delete_points_by_filter(chosen))
            self._flush(1)

    def dense(self, vector: Vector, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks by falling cosine."""
        return self._nearest(vector.tolist(), DENSE, k, where)

    def lexical(self, text: str, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks that share a word with a text, by falling BM25 score."""
        indices, values = self._lexical.query(text)
        if not indices:
            return []
        terms = qe.SparseVector(indices=indices, values=values)
        return self._nearest(terms, SPARSE, k, where)

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Return the entries with these ids, in their order; unknown ids are left out."""
        with self._engine() as shard:
            records = shard.retrieve(list(ids), with_payload=True, with_vector=[DENSE])
        found = {str(record.id): record for record in records}
        return [_entry(found[one]) for one in ids if one in found]

    def scan(self) -> Iterator[Chunk]:
        """Yield every chunk, in the order of their ids."""
        offset = None
        while True:
            request = qe.ScrollRequest(limit=_PAGE, offset=offset, with_payload=_FOUND)
            with self._engine() as shard:
                records, offset = shard.scroll(request)
            for record in records:
                yield payload.chunk(str(record.id), record.payload or {})
            if offset is None:
                return

    def count(self) -> int:
        """Return how many chunks there are."""
        with self._engine() as shard:
            return shard.count(qe.CountRequest(exact=True))

    def optimize(self) -> None:
        """Merge segments and build the vector index, in another process; searches go on.

        Raises:
            StoreError: that process failed; the index is as it was.
        """
        with self._changes:
            with self._engine() as shard:
                shard.flush()
            copy = self._folder / "shard.new"
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self._folder / "shard", copy)
            self._build(copy)
            with self._engine() as shard:
                shard.close()
                place.replace(self._folder)
                self._shard = qe.EdgeShard.load(str(self._folder / "shard"))
            self._changed = 0

    def clear(self) -> None:
        """Remove everything; the index gets a new identity."""
        with self._changes, self._engine() as shard:
            shard.close()
            (self._folder / "identity.json").unlink(missing_ok=True)
            shutil.rmtree(self._folder / "shard")
            self._identity = self._record()
            self._shard = open_shard(self._folder, self._signature.dimensions)

    def close(self) -> None:
        """Close the files and give up the lock; an optimisation that is running is dropped."""
        if self._closed:
            return
        with self._calls:
            self._closed = True
        if (builder := self._builder) is not None:
            builder.kill()
        if (background := self._background) is not None:
            background.join()
        with self._changes, self._calls:
            self._shard.close()
            os.close(self._held)

    @contextmanager
    def _engine(self) -> Iterator[qe.EdgeShard]:
        with self._calls:
            if self._closed:
                raise StoreError("the store is closed")
            yield self._shard

    def _nearest(self, query: Any, using: str, k: int, where: Where | None) -> list[Hit]:
        wanted = payload.conditions(where)
        if not all(wanted.values()):
            return []
        request = qe.QueryRequest(
            limit=k,
            query=qe.Query.Nearest(query, using=using),
            filter=qe.Filter(must=[_is(payload.path(key), v) for key, v in wanted.items()]),
            with_payload=_FOUND,
        )
        with self._engine() as shard:
            points = shard.query(request)
        return [Hit(payload.chunk(str(p.id), p.payload or {}), p.score) for p in points]

    def _point(self, entry: Entry) -> qe.Point:
        indices, values = self._lexical.document(searchable(entry.chunk))
        vectors: dict[str, Any] = {
            DENSE: entry.vector.tolist(),
            SPARSE: qe.SparseVector(indices=indices, values=values),
        }
        return qe.Point(entry.chunk.id, vectors, payload.record(entry))

    def _update(self, operation: qe.UpdateOperation) -> None:
        with self._engine() as shard:
            shard.update(operation)

    def _flush(self, changes: int) -> None:
        with self._engine() as shard:
            shard.flush()
        self._changed += changes
        busy = self._background is not None and self._background.is_alive()
        if self._changed >= OPTIMIZE_FROM and not busy:
            self._background = Thread(target=self._optimize_quietly, name="optimize", daemon=True)
            self._background.start()

    def _optimize_quietly(self) -> None:
        # Without it searches are slower and right; the next change tries again.
        with suppress(StoreError, OSError):
            self.optimize()

    def _build(self, shard: Path) -> None:
        command = [sys.executable, *_OPTIMIZER, str(shard)]
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:  # noqa: S603 (own code)
            self._builder = process
            if self._closed:  # closed before it could know of this process
                process.kill()
            _, said = process.communicate()
        self._builder = None
        if process.returncode:
            shutil.rmtree(shard, ignore_errors=True)
            raise StoreError(f"the index could not be built: {said.decode(errors='replace')}")

    def _record(self) -> str:
        return place.record_identity(self._folder, self._signature.new_identity())


def _is(path: str, values: Sequence[str]) -> qe.FieldCondition:
    return qe.FieldCondition(key=path, match=qe.MatchAny(any=list(values)))


def _entry(record: qe.Record) -> Entry:
    vectors: Any = record.vector
    vector = np.asarray(vectors[DENSE], dtype=np.float32)
    return payload.entry(str(record.id), record.payload or {}, vector)
