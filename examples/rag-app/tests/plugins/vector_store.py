"""Made-up chunks, a tiny embedding model, and every back end as one parametrised fixture."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from docs_qa.documents import Chunk
from docs_qa.documents.model import chunk_id
from docs_qa.store import Entry, Signature, Store, StoreSettings
from docs_qa.store import entries as making
from docs_qa.store.bm25 import Bm25, words
from docs_qa.store.embeddings import Encoder
from docs_qa.store.embeddings.build import build, is_intact

DIMENSIONS = 32
LEXICAL = Bm25("english")
SIGNATURE = Signature("tiny-1", DIMENSIONS, LEXICAL.name)


class TinyEmbeddings(Embeddings):
    """The mean of a random vector per word: deterministic, and texts that share words are near."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Embed a text."""
        total = np.full(DIMENSIONS, 1e-3)
        for word in words(text):
            seed = int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "big")
            total += np.random.default_rng(seed).standard_normal(DIMENSIONS)
        vector: list[float] = total.tolist()
        return vector


def tiny_encoder(cache: int = 16) -> Encoder:
    """An encoder around `TinyEmbeddings`."""
    return Encoder(TinyEmbeddings(), SIGNATURE.embeddings, DIMENSIONS, cache)


def make_chunk(
    text: str,
    document: str = "a.md",
    revision: str = "r1",
    index: int = 0,
    metadata: Mapping[str, str] | None = None,
) -> Chunk:
    """A chunk of a Markdown document with rules."""
    return Chunk(
        id=chunk_id(document, revision, index),
        document=document,
        revision=revision,
        index=index,
        title="Rules",
        section=f"Part {index}",
        page=None,
        kind="markdown",
        text=text,
        start=0,
        end=len(text),
        metadata={"source": "folder", **(metadata or {})},
    )


def make_entries(*chunks: Chunk) -> list[Entry]:
    """Entries with the tiny model's vectors."""
    return making.make(chunks, tiny_encoder())


class OpenStore(Protocol):
    """Opens the same place of one back end, as often as wanted; what it opened ends with the test."""

    def __call__(self, signature: Signature = SIGNATURE, *, verify: bool = True) -> Store:
        """Open it."""
        ...


Opener = Callable[[Signature, bool], Store]


@contextmanager
def closing(opener: Opener) -> Iterator[OpenStore]:
    """Close everything that was opened."""
    opened: list[Store] = []

    def open_store(signature: Signature = SIGNATURE, *, verify: bool = True) -> Store:
        opened.append(opener(signature, verify))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def open_qdrant_edge(tmp_path: Path) -> Iterator[OpenStore]:
    """The embedded store."""
    from docs_qa.store.backends.qdrant_edge import EdgeStore

    folder = tmp_path / "index"
    with closing(lambda sig, verify: EdgeStore(folder, sig, LEXICAL, verify=verify)) as opener:
        yield opener


class OneAtATime:
    """Lets one thread at a time call an object: the client's local mode cannot read while it writes."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        """The method of that name, behind the lock."""
        method = getattr(self._wrapped, name)

        def call(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                return method(*arguments, **options)

        return call


@pytest.fixture
def open_qdrant(tmp_path: Path) -> Iterator[OpenStore]:
    """The client's local mode: the same client code, records and filters, without a server."""
    qdrant_client = pytest.importorskip("qdrant_client")
    from docs_qa.store.backends.qdrant import QdrantStore

    def open_store(signature: Signature, verify: bool) -> Store:
        client: Any = OneAtATime(qdrant_client.QdrantClient(path=str(tmp_path / "qdrant")))
        with warnings.catch_warnings():
            # A server has them; the local mode says that it searches without.
            warnings.filterwarnings("ignore", message="Payload indexes have no effect")
            try:
                return QdrantStore(client, "passages", signature, LEXICAL, verify=verify)
            except BaseException:
                client.close()
                raise

    with closing(open_store) as opener:
        yield opener


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL with pgvector, out of a Python package; one for all tests."""
    found = importlib.util.find_spec("pgserver")
    if found is None or found.origin is None:
        pytest.skip("pgserver has no wheel for this Python")
    package = Path(found.origin).parent
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        # PostgreSQL refuses to be root and becomes another user, who must reach its programs.
        Path(folder).chmod(0o755)
        locks = Path(folder) / "locks"
        locks.mkdir(mode=0o700)
        patch.setenv("XDG_RUNTIME_DIR", str(locks))  # not every login has one
        if os.geteuid() == 0 and is_private(package):
            if is_private(Path(folder)):
                pytest.skip("PostgreSQL does not run as root, and others may not read TMPDIR")
            for part in package.parent.glob("pgserver*"):
                shutil.copytree(part, Path(folder) / "programs" / part.name)
            patch.syspath_prepend(str(Path(folder) / "programs"))
        pgserver = importlib.import_module("pgserver")
        try:
            server = pgserver.get_server(Path(folder) / "postgres")
        except subprocess.TimeoutExpired:  # after 10 seconds; it goes on starting
            server = pgserver.get_server(Path(folder) / "postgres")
        yield server.get_uri()
        server.cleanup()


def is_private(folder: Path) -> bool:
    """Whether other users cannot enter a folder, or one above it."""
    return any(not each.stat().st_mode & 0o001 for each in (folder, *folder.parents))


@pytest.fixture
def open_pgvector(postgres: str) -> Iterator[OpenStore]:
    """PostgreSQL, with tables of their own for every test."""
    from docs_qa.store.backends.pgvector import PgVectorStore

    name = f"t{next(_NUMBERS)}"

    def open_store(signature: Signature, verify: bool) -> Store:
        return PgVectorStore(postgres, name, signature, LEXICAL, verify=verify)

    with closing(open_store) as opener:
        yield opener


BACKENDS = ("pgvector", "pinecone", "qdrant", "qdrant-edge", "weaviate")
"""Back ends under contract; each has a fixture `open_<name>`, from an empty place to a store."""
_NUMBERS = itertools.count()


@pytest.fixture(params=BACKENDS)
def open_backend(request: pytest.FixtureRequest) -> OpenStore:
    """Each back end in turn, empty."""
    opener: OpenStore = request.getfixturevalue(f"open_{request.param.replace('-', '_')}")
    return opener


@pytest.fixture
def store(open_backend: OpenStore) -> Store:
    """Each back end in turn, open and empty."""
    return open_backend()


@pytest.fixture
def edge_store(open_qdrant_edge: OpenStore) -> Store:
    """The embedded store, empty."""
    return open_qdrant_edge()


@pytest.fixture
def encoder() -> Encoder:
    """The tiny embedding model."""
    return tiny_encoder()


@pytest.fixture(scope="session")
def embedding_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in model: the project's own if it is built, otherwise one built for the tests."""
    here = Path("models/embedding")
    if is_intact(here):
        return here.absolute()
    folder = tmp_path_factory.mktemp("embedding")
    build(folder)
    return folder


@pytest.fixture
def store_settings(
    tmp_path: Path,
    embedding_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> StoreSettings:
    """Settings of an embedded store in an empty folder, also in the environment."""
    for name in StoreSettings.model_fields:
        monkeypatch.delenv(f"APP_{name.upper()}", raising=False)
    monkeypatch.setenv("APP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("APP_EMBEDDING_DIR", str(embedding_dir))
    return StoreSettings()


def ids(chunks: Sequence[Chunk]) -> set[str]:
    """The ids of chunks."""
    return {chunk.id for chunk in chunks}
