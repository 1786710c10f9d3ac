"""Sends the library's chunks into the vector store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docs_qa.store import IndexSink


@contextmanager
def open_sink() -> Iterator[IndexSink]:
    """Open the configured index for adding and removing documents.

    Raises:
        StoreError: it cannot be opened; the message says what to do.
    """
    from docs_qa.store import open_index

    with open_index() as index:
        yield index.sink()
