"""Real documents made on the fly, a sink in memory, and a library in a temporary folder."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import docx
import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission

from docs_qa.documents import (
    Chunk,
    Document,
    Failure,
    Library,
    Settings,
    worker,
)
from docs_qa.documents.formats import Options, read
from docs_qa.documents.parser import unpack


class MemorySink:
    """Keeps chunks by document and revision, and counts what it was asked to do."""

    identity = "memory"

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], dict[str, Chunk]] = {}
        self.added = 0

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Keep chunks."""
        self.added += len(chunks)
        for chunk in chunks:
            self.kept.setdefault((chunk.document, chunk.revision), {})[chunk.id] = chunk

    def remove(self, document: str, *, keep: str | None = None) -> None:
        """Forget the chunks of a document but those of one revision."""
        for key in [key for key in self.kept if key[0] == document and key[1] != keep]:
            del self.kept[key]

    def revisions(self) -> dict[str, str]:
        """Document to revision; fails if there are several revisions of one document."""
        assert len({document for document, _ in self.kept}) == len(self.kept), list(self.kept)
        return dict(self.kept.keys())

    def texts(self, document: str) -> list[str]:
        """Texts of all chunks of a document."""
        return [
            chunk.text
            for (name, _), chunks in self.kept.items()
            if name == document
            for chunk in chunks.values()
        ]


def make_pdf(
    pages: Sequence[str],
    *,
    outline: Sequence[tuple[int, str, int]] = (),
    title: str = "",
    password: str | None = None,
    footer: str = "",
) -> bytes:
    """A PDF with a page per text.

    Args:
        pages: text of each page; a blank line begins a paragraph.
        outline: page from 1, title and level of each entry; the title is printed on the page.
        title: of the document.
        password: needed to open it; the empty one only restricts printing.
        footer: printed at the bottom of every page, with the number of the page.
    """
    pdf = FPDF()
    pdf.set_font("helvetica", size=11)
    if title:
        pdf.set_title(title)
    if password is not None:
        pdf.set_encryption(
            owner_password="owner",  # pragma: allowlist secret
            user_password=password or None,
            permissions=AccessPermission.none(),
        )
    for number, text in enumerate(pages, start=1):
        pdf.add_page()
        for _, heading, level in (entry for entry in outline if entry[0] == number):
            pdf.start_section(heading, level=level - 1)
            pdf.multi_cell(0, 8, heading, new_x="LMARGIN", new_y="NEXT")
        for paragraph in text.split("\n\n"):
            if paragraph:
                pdf.multi_cell(0, 6, paragraph, new_x="LMARGIN", new_y="NEXT")
                pdf.ln(6)
        if footer:
            pdf.set_y(-30)
            pdf.cell(0, 6, f"{footer} {number}")
    return bytes(pdf.output())


def make_docx(*blocks: tuple[str, str] | list[list[str]], title: str = "") -> bytes:
    """A DOCX file: (style, text) makes a paragraph, a list of rows a table."""
    document = docx.Document()
    document.core_properties.title = title
    for block in blocks:
        if isinstance(block, tuple):
            style, text = block
            document.add_paragraph(text, style=style)
            continue
        table = document.add_table(rows=0, cols=len(block[0]))
        for row in block:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def read_text(text: str, name: str) -> Document:
    """Parse text in this process."""
    return read(text.encode(), name, Options())


@pytest.fixture
def documents_settings(tmp_path: Path) -> Settings:
    """Settings whose folder and state are in a temporary folder."""
    folder = tmp_path / "documents"
    folder.mkdir()
    return Settings(folder=folder, data_dir=tmp_path / "data", workers=1)


def parse_here(library: Library) -> Library:
    """Let a library parse in this process, which is faster than to start another one."""
    options = library._parser.options

    def parse(data: bytes, name: str) -> Document:
        answer = worker.answer(data, name, options)
        if "document" in answer:
            return unpack(answer["document"])
        raise Failure(answer["reason"], answer["problem"])

    library._parser.parse = parse  # type: ignore[method-assign]
    return library


@pytest.fixture
def documents_library(documents_settings: Settings) -> Iterator[Library]:
    """An empty library, which parses in the process of the test."""
    with Library(settings=documents_settings) as library:
        yield parse_here(library)


@pytest.fixture
def memory_sink() -> MemorySink:
    """An empty sink."""
    return MemorySink()
