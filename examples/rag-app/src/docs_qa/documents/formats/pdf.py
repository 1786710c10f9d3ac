"""PDF: text page by page, sections from the outline, without running headers and footers."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pypdf import PasswordType, PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

from docs_qa.documents.builder import Builder, from_name
from docs_qa.documents.clean import line
from docs_qa.documents.model import Document, Failure

from .pdf_layout import Heading, Page, lay_out

if TYPE_CHECKING:
    from . import Options

# pypdf tells every oddity of every file; what matters ends up in the metadata.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_SHORTEST = 4  # characters of a title that says something
_JUNK = ("microsoft word", "untitled", "slide 1", "powerpoint presentation", "no title")
_FILE_ENDINGS = (".doc", ".docx", ".tex", ".dvi", ".pdf", ".indd", ".qxd", ".ppt", ".pptx", ".md")


def read(data: bytes, name: str, options: Options) -> Document:
    """Read a PDF; what it says about itself becomes metadata."""
    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        _unlock(reader)
    count = len(reader.pages)
    if count > options.limits.pages:
        raise Failure(
            "too-long", f"it has {count} pages; the limit is {options.limits.pages} (limits.pages)"
        )
    texts, unreadable = _texts(reader)
    empty = [number for number, text in enumerate(texts, start=1) if not text.strip()]
    if len(empty) == count:
        if len(unreadable) == count:
            raise Failure("broken", "no page of it can be read")
        raise Failure(
            "no-text",
            f"none of its {count} pages has text: a scan? Recognise the text first (ocrmypdf)",
        )
    builder = Builder(options.limits.characters)
    headings = list(_outline(reader))
    lay_out(
        [Page(text, [h for h in headings if h.page == index]) for index, text in enumerate(texts)],
        builder,
    )
    title, facts = _facts(reader)
    facts["pages_without_text"] = _numbers([page for page in empty if page not in unreadable])
    facts["pages_unreadable"] = _numbers(unreadable)
    return builder.finish(name, "pdf", title or from_name(name), facts)


def _unlock(reader: PdfReader) -> None:
    """Open what anybody may read: many files only restrict printing, and their password is empty."""
    try:
        opened = reader.decrypt("") != PasswordType.NOT_DECRYPTED
    except (DependencyError, NotImplementedError, FileNotDecryptedError) as error:
        raise Failure("encrypted", f"its encryption is not supported: {error}") from error
    if not opened:
        raise Failure("encrypted", "it has a password; save it without one")


def _texts(reader: PdfReader) -> tuple[list[str], list[int]]:
    """Return the text of each page, and the numbers of those that cannot be read."""
    texts: list[str] = []
    unreadable: list[int] = []
    for number, page in enumerate(reader.pages, start=1):
        try:
            texts.append(page.extract_text())
        except (MemoryError, RecursionError):
            raise
        except Exception:  # noqa: BLE001 (pypdf raises anything on broken pages; the others count)
            texts.append("")
            unreadable.append(number)
    return texts, unreadable


def _outline(reader: PdfReader) -> Iterator[Heading]:
    """Give the entries of the outline in order; a broken outline ends where it is broken."""
    try:
        stack: list[tuple[int, Any]] = [(1, reader.outline)]
        while stack:
            level, entry = stack.pop()
            if isinstance(entry, list):
                stack.extend((level + isinstance(part, list), part) for part in reversed(entry))
                continue
            page = reader.get_destination_page_number(entry)
            if page is not None and page >= 0 and (title := line(str(entry.title or ""))):
                yield Heading(title, level, page)
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError, IndexError):
        return


def _facts(reader: PdfReader) -> tuple[str, dict[str, object]]:
    try:
        info = reader.metadata
        found = (
            {}
            if info is None
            else {"author": info.author, "subject": info.subject, "keywords": info.keywords}
        )
        title = "" if info is None else line(str(info.title or ""))
        if info is not None and (created := info.creation_date) is not None:
            found["date"] = created.date().isoformat()
    except (PyPdfError, KeyError, ValueError, TypeError, AttributeError):
        return "", {}
    lowered = title.lower()
    junk = len(title) < _SHORTEST or lowered.startswith(_JUNK) or lowered.endswith(_FILE_ENDINGS)
    return "" if junk else title, dict(found)


def _numbers(pages: list[int]) -> str:
    """Return page numbers as a reader writes them, e.g. "3, 5-9"."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][-1] + 1:
            ranges[-1] = [ranges[-1][0], page]
        else:
            ranges.append([page])
    return ", ".join("-".join(map(str, one)) for one in ranges)
