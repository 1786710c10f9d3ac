"""Documents: parsed in limited processes, cut into chunks, kept in an incremental library."""

from typing import TYPE_CHECKING, Any

from docs_qa.documents.model import (
    Block,
    Chunk,
    Counter,
    Document,
    Failure,
    Kind,
    Sink,
    SinkError,
)
from docs_qa.documents.parser import Parser, parse
from docs_qa.documents.report import (
    Entry,
    Progress,
    Report,
    Skipped,
)
from docs_qa.documents.settings import Settings
from docs_qa.documents.split import split

if TYPE_CHECKING:
    from docs_qa.documents.library import Library

__all__ = [
    "Block",
    "Chunk",
    "Counter",
    "Document",
    "Entry",
    "Failure",
    "Kind",
    "Library",
    "Parser",
    "Progress",
    "Report",
    "Settings",
    "Sink",
    "SinkError",
    "Skipped",
    "parse",
    "split",
]


def __getattr__(name: str) -> Any:
    """Import the library when it is asked for: parsing processes start without SQLAlchemy."""
    if name == "Library":
        from docs_qa.documents.library import Library

        return Library
    raise AttributeError(name)
