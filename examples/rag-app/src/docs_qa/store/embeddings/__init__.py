"""Embedding models: the built-in one, or any that LangChain knows by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from docs_qa.store.types import StoreError, Vector

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from docs_qa.documents import Counter
    from docs_qa.store.settings import StoreSettings

BUILT_IN = "minilm"


class CacheStats(NamedTuple):
    """How often a question's embedding was known already, since the start."""

    hits: int
    misses: int


class Encoder:
    """An embedding model as the store uses it: arrays of unit length, questions cached.

    Attributes:
        embeddings: LangChain's object.
        name: of the model, as recorded in an index.
        dimensions: D.
    """

    def __init__(self, embeddings: Embeddings, name: str, dimensions: int, cache: int = 0) -> None:
        self.embeddings = embeddings
        self.name = name
        self.dimensions = dimensions
        self._capacity = cache
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._lock = Lock()
        self._hits = self._misses = 0

    @property
    def stats(self) -> CacheStats:
        """Hits and misses of the cache of questions."""
        return CacheStats(self._hits, self._misses)

    def documents(self, texts: Sequence[str]) -> Vector:
        """Embed texts: float32 [N, D] of unit length, in their order."""
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        encode = getattr(self.embeddings, "encode", self.embeddings.embed_documents)
        return unit(np.asarray(encode(list(texts)), dtype=np.float32))

    @property
    def counter(self) -> Counter | None:
        """Counts the tokens of a text; None where the model does not say how."""
        return getattr(self.embeddings, "count", None)

    def fits(self, text: str) -> bool:
        """Return whether the model reads all of a text; true where its limit is not known."""
        known = getattr(self.embeddings, "fits", None)
        return known is None or bool(known(text))

    def query(self, text: str) -> Vector:
        """Embed a question: float32 [D] of unit length; the array is shared, do not change it."""
        with self._lock:
            if (known := self._known.get(text)) is not None:
                self._known.move_to_end(text)
                self._hits += 1
                return known
            self._misses += 1
        vector = unit(np.asarray(self.embeddings.embed_query(text), dtype=np.float32))
        vector.flags.writeable = False
        with self._lock:
            self._known[text] = vector
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return vector


def unit(vectors: Vector) -> Vector:
    """Scale vectors [..., D] to length 1; the zero vector stays."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vector = (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return scaled


def open_encoder(settings: StoreSettings) -> Encoder:
    """Load the embedding model that the settings name.

    Raises:
        StoreError: the model is not built, its package is not installed, or it does not answer.
    """
    if settings.embeddings == BUILT_IN:
        from docs_qa.store.embeddings.minilm import OnnxEmbeddings

        model = OnnxEmbeddings(settings.embedding_dir, settings.embedding_threads)
        return Encoder(model, model.name, model.dimensions, settings.query_cache)
    try:
        other = _from_langchain(settings)
        dimensions = len(other.embed_query("dimensions"))
    except ImportError as error:
        raise StoreError(f"APP_EMBEDDINGS={settings.embeddings}: {error}") from error
    except Exception as error:  # each provider has its own
        raise StoreError(
            f"APP_EMBEDDINGS={settings.embeddings} does not answer: {type(error).__name__}: {error}"
        ) from error
    return Encoder(other, settings.embeddings, dimensions, settings.query_cache)


def _from_langchain(settings: StoreSettings) -> Embeddings:
    from langchain.embeddings import init_embeddings
    from langchain_core.embeddings import Embeddings

    options: dict[str, Any] = {}
    if settings.embeddings_url:
        options["base_url"] = settings.embeddings_url
    if settings.embeddings.startswith("openai:"):
        # Chunks are short. The check would download a tokenizer and send token ids, which other
        # servers with this API do not understand.
        options["check_embedding_ctx_length"] = False
    if key := settings.embeddings_key.get_secret_value():
        options["api_key"] = key
    made = init_embeddings(settings.embeddings, **options)
    if not isinstance(made, Embeddings):
        raise StoreError(f"APP_EMBEDDINGS={settings.embeddings} is no embedding model")
    return made
