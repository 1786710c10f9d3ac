"""The shard of the embedded store: its vectors and indexes, made once, opened ever after."""

from __future__ import annotations

import shutil
from pathlib import Path

import qdrant_edge as qe

from docs_qa.store import payload
from docs_qa.store.backends import _edge_folder as place
from docs_qa.store.types import StoreError

DENSE, SPARSE = "dense", "bm25"


def open_shard(folder: Path, dimensions: int) -> qe.EdgeShard:
    """Open the shard in a folder that this process holds, or create it.

    Raises:
        StoreError: the shard is damaged.
    """
    place.finish_replacing(folder)
    path = folder / "shard"
    if not path.exists():
        _create(path, dimensions)
    try:
        return qe.EdgeShard.load(str(path))
    except Exception as error:  # the engine raises nothing more specific
        raise StoreError(
            f"{path} cannot be opened ({error}). Delete {folder} and run "
            "`docs-qa documents sync`: it indexes every document again."
        ) from error


def _create(path: Path, dimensions: int) -> None:
    # A kill in the middle must not leave a shard without its indexes.
    fresh = path.with_name("shard.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    dense = qe.EdgeVectorParams(size=dimensions, distance=qe.Distance.Cosine)
    sparse = qe.EdgeSparseVectorParams(modifier=qe.Modifier.Idf)
    config = qe.EdgeConfig(vectors={DENSE: dense}, sparse_vectors={SPARSE: sparse})
    shard = qe.EdgeShard.create(str(fresh), config)
    for name in (*payload.FIELDS, payload.path("source")):
        keyword = qe.PayloadSchemaType.Keyword
        shard.update(qe.UpdateOperation.create_field_index(name, keyword))
    shard.flush()
    shard.close()
    fresh.rename(path)
