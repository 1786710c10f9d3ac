"""What the parts of the store agree on: entries, hits, filters, and the protocol of a back end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from docs_qa.documents import Chunk
from docs_qa.documents.model import SinkError

_ID = "; index "

Vector = NDArray[np.float32]
Where = Mapping[str, str | Sequence[str]]
"""A filter: the values of one key are alternatives, all keys must match.

Keys are `document`, `revision`, `kind`, `section`, `title`, or the name of an entry of the chunk's
metadata, such as `source`. An empty list of values matches nothing.
"""


class StoreError(SinkError):
    """The store cannot do what was asked; the message says why and what to do."""


class Hit(NamedTuple):
    """A chunk that one leg of the search found.

    Attributes:
        chunk: the chunk.
        score: cosine in [-1, 1] from `dense`, BM25 (0 or more) from `lexical`; higher is better.
    """

    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class Sentences:
    """The embeddings of a chunk's sentences, 8 bits per dimension.

    Attributes:
        spans: start and end of each sentence in the chunk's text, S of them.
        codes: int8 [S, D].
        scales: float32 [S]; row i of the embedding is `codes[i] * scales[i]`.
    """

    spans: tuple[tuple[int, int], ...]
    codes: NDArray[np.int8]
    scales: Vector

    def scores(self, query: Vector) -> Vector:
        """Return the cosine of every sentence with a query of unit length [D], float32 [S]."""
        products: Vector = (self.codes @ query) * self.scales
        return products


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What is stored of a chunk.

    Attributes:
        chunk: the chunk, with its text.
        vector: the embedding of its text, float32 [D], unit length.
        sentences: the embeddings of its sentences, for re-ranking.
    """

    chunk: Chunk
    vector: Vector
    sentences: Sentences


@dataclass(frozen=True, slots=True)
class Signature:
    """What the vectors of an index were made with; vectors of different makers do not compare.

    Attributes:
        embeddings: name of the embedding model, with its version.
        dimensions: D.
        lexical: name and version of the tokeniser and term weights.
    """

    embeddings: str
    dimensions: int
    lexical: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.embeddings}, {self.dimensions} dimensions, {self.lexical}"

    def new_identity(self) -> str:
        """Return what a back end records when it creates or clears an index."""
        return f"{self}{_ID}{uuid4().hex[:12]}"

    def verify(self, identity: str) -> None:
        """Refuse an index whose vectors do not compare with those of this configuration.

        Args:
            identity: what the index has recorded.

        Raises:
            StoreError: it was made with something else.
        """
        recorded = identity.partition(_ID)[0]
        if recorded != str(self):
            raise StoreError(
                f"the index was made with {recorded or 'something unknown'}; this configuration "
                f"uses {self}. Set APP_EMBEDDINGS back, or run `docs-qa store rebuild`."
            )


class Store(Protocol):
    """A vector database with dense and lexical search; all methods may be called by any thread.

    Attributes:
        identity: the signature and a random part that is new with every new or cleared index. A
            library of documents that saw another identity has to add everything again.
    """

    @property
    def identity(self) -> str:
        """See above."""
        ...

    def upsert(self, entries: Sequence[Entry]) -> None:
        """Add entries, replacing those with the same chunk id; durable when it returns."""
        ...

    def delete(self, document: str, *, keep: str | None = None) -> None:
        """Remove the chunks of a document, except those of the revision `keep`."""
        ...

    def dense(self, vector: Vector, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks by falling cosine with a vector of unit length [D]."""
        ...

    def lexical(self, text: str, k: int, where: Where | None = None) -> list[Hit]:
        """Return at most k chunks that share a word with the text, by falling BM25 score."""
        ...

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Return the entries with these chunk ids; unknown ids are left out, order is kept."""
        ...

    def scan(self) -> Iterator[Chunk]:
        """Yield every chunk, in no particular order."""
        ...

    def count(self) -> int:
        """Return how many chunks there are."""
        ...

    def optimize(self) -> None:
        """Build indexes and merge segments now, where the back end does not do so by itself."""
        ...

    def clear(self) -> None:
        """Remove everything; the index then belongs to the signature it was opened with."""
        ...

    def close(self) -> None:
        """Release files and connections; may be called twice."""
        ...
