"""One module per format: `read(data, name, options) -> Document`, or a `Failure`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from docs_qa.documents.model import Document, Failure, Kind
from docs_qa.documents.settings import Limits
from docs_qa.documents.sniff import named, sniff

#: Raise it when a change makes other text or blocks of the same bytes: all documents are read again.
VERSION = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What readers must know.

    Attributes:
        limits: of one document.
        fallback_encoding: of text that is not Unicode and does not say what it is.
    """

    limits: Limits = field(default_factory=Limits)
    fallback_encoding: str = "cp1252"


Reader = Callable[[bytes, str, Options], Document]


def read(data: bytes, name: str, options: Options) -> Document:
    """Read a document in this process; `parser.Parser` does it in one that can be killed.

    Raises:
        Failure: it is empty, encrypted, broken, too large or not supported.
    """
    if len(data) > options.limits.max_bytes:
        raise too_large(len(data), options.limits)
    kind = sniff(data, name)
    document = _reader(kind)(data, name, options)
    promised = named(name)
    if promised in (None, kind):
        return document
    noticed = {"mismatch": f"named like {promised}, is {kind}"}
    return replace(document, metadata={**document.metadata, **noticed})


def too_large(size: int, limits: Limits) -> Failure:
    """Return the failure of a file that is not even read."""
    return Failure(
        "too-large", f"it has {size} bytes; the limit is {limits.max_bytes} (limits.max_bytes)"
    )


def _reader(kind: Kind) -> Reader:
    module = importlib.import_module(f"{__name__}.{kind}")
    reader: Reader = module.read
    return reader
