"""The documents that the questions are about: their texts, and an index of their own.

The evaluation never touches the index of the service. It keeps its own in `data/evaluation`, so a
second run embeds only what has changed since the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from docs_qa.documents import (
    Document,
    Failure,
    Library,
    Parser,
)
from docs_qa.documents import Settings as DocumentSettings
from docs_qa.rag_eval.gold import Place
from docs_qa.store import (
    Index,
    StoreSettings,
    open_index,
)


class CorpusError(Exception):
    """The documents cannot be evaluated on; the message says why."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The documents, and an index of them.

    Attributes:
        texts: extracted text by document.
        skipped: documents that could not be parsed, with the reason.
        sha256: hash of the names and contents of all files.
        index: with all documents, by the configured splitter and embedding model.
        active: revision by document; what the index holds of others is not searched.
        places: of the index's passages in the texts, by id of the passage.
    """

    texts: Mapping[str, str]
    skipped: tuple[str, ...]
    sha256: str
    index: Index
    active: Mapping[str, str]
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Parsed:
    """The documents of a folder.

    Attributes:
        documents: by path below the folder.
        skipped: those that could not be parsed, with the reason.
        sha256: hash of the names and contents of all files.
    """

    documents: Mapping[str, Document]
    skipped: tuple[str, ...]
    sha256: str

    @property
    def texts(self) -> dict[str, str]:
        """Return the extracted texts."""
        return {name: document.text for name, document in self.documents.items()}


def read(folder: Path) -> Parsed:
    """Parse the documents of a folder; as in the library, a broken one does not stop the others.

    Raises:
        CorpusError: there are no documents.
    """
    documents: dict[str, Document] = {}
    skipped: list[str] = []
    digest = sha256()
    with Parser() as parser:
        for path in files(folder):
            name = path.relative_to(folder).as_posix()
            data = path.read_bytes()
            digest.update(f"{name}\n{sha256(data).hexdigest()}\n".encode())
            try:
                documents[name] = parser.parse(data, name)
            except Failure as failure:
                skipped.append(f"{name}: {failure}")
    if not documents:
        raise CorpusError(f"{folder} holds no documents")
    return Parsed(documents, tuple(skipped), digest.hexdigest())


@contextmanager
def open_corpus(folder: Path, data_dir: Path) -> Iterator[Corpus]:
    """Bring the evaluation's index up to date and open it.

    Args:
        folder: the documents.
        data_dir: where the index and its library are kept.

    Raises:
        CorpusError: there are no documents.
        LibraryError: they cannot be indexed.
        StoreError: the index cannot be opened, e.g. because the embedding model is not built.
    """
    parsed = read(folder)
    data_dir.mkdir(parents=True, exist_ok=True)
    # Always the embedded store: measurements compare rankings, and need no server.
    settings = StoreSettings(store="qdrant-edge", data_dir=data_dir, query_cache=0)
    library_settings = DocumentSettings(folder=folder, data_dir=data_dir)
    database = library_settings.database
    with open_index(settings) as index, Library(database, library_settings) as library:
        library.sync(folder, index.sink())
        active = dict(library.active())
        places = {
            chunk.id: Place(chunk.document, chunk.start, chunk.end)
            for chunk in index.store.scan()
            if active.get(chunk.document) == chunk.revision
        }
        yield Corpus(parsed.texts, parsed.skipped, parsed.sha256, index, active, places)


def files(folder: Path) -> list[Path]:
    """Return the files of a folder as the library takes them: hidden ones are left out."""
    found = (path for path in folder.rglob("*") if path.is_file())
    hidden = (path for path in found if not _is_hidden(path.relative_to(folder)))
    return sorted(hidden)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "~")) for part in path.parts)
