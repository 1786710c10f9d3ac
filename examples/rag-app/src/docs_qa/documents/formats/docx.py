"""DOCX: headings by outline level, lists, tables; what was deleted under tracked changes is left out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

import docx
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph

from docs_qa.documents.builder import Builder, table
from docs_qa.documents.model import Document, Failure

if TYPE_CHECKING:
    from . import Options

_MEMBERS = 10_000
_MIB = 2**20
_LEVELS = frozenset("123456789")
# Deleted and moved-away text, instructions of fields, and the second copy of drawings
_LEFT_OUT = frozenset(map(qn, ("w:del", "w:moveFrom", "w:instrText", "w:pPr"))) | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_TEXT, _TAB, _BREAKS = qn("w:t"), qn("w:tab"), frozenset({qn("w:br"), qn("w:cr")})


def read(data: bytes, name: str, options: Options) -> Document:
    """Read a document; its core properties become metadata."""
    _check(data, options)
    document = docx.Document(io.BytesIO(data))
    builder = Builder(options.limits.characters)
    items: list[str] = []
    for block in document.iter_inner_content():
        if isinstance(block, Paragraph) and (depth := _depth(block)) is not None:
            if text := _text(block._p).strip():  # noqa: SLF001 (python-docx leaves out inserted text)
                items.append(f"{'  ' * depth}- {text}")
            continue
        _end_list(items, builder)
        if isinstance(block, Table):
            _table(block, builder)
        else:
            _paragraph(block, builder)
    _end_list(items, builder)
    core = document.core_properties
    facts: dict[str, Any] = {
        "author": core.author,
        "keywords": core.keywords,
        "language": core.language,
        "subject": core.subject,
        "date": core.modified.date().isoformat() if core.modified else "",
    }
    title = core.title if core.title and core.title.lower() != "word document" else ""
    return builder.finish(name, "docx", title, facts)


def _check(data: bytes, options: Options) -> None:
    """Refuse an archive that would unpack to too much; `zipfile` holds members to what they declare."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        raise Failure("encrypted", "the archive has a password; save the document without one")
    size = sum(member.file_size for member in members)
    limits = options.limits
    bomb = size > _MIB and size > limits.unzip_ratio * len(data)
    if bomb or size > limits.unzipped_mib * _MIB or len(members) > _MEMBERS:
        raise Failure(
            "archive-bomb",
            f"it unpacks to {size} bytes in {len(members)} members, {size / len(data):.0f} times its "
            f"size (limits.unzipped_mib {limits.unzipped_mib}, limits.unzip_ratio {limits.unzip_ratio:g})",
        )


def _paragraph(paragraph: Paragraph, builder: Builder) -> None:
    text = _text(paragraph._p)  # noqa: SLF001
    level = _level(paragraph)
    if level is None:
        builder.paragraph(text)
    else:
        builder.heading(text, level)


def _level(paragraph: Paragraph) -> int | None:
    """Return the level of a heading: its own outline level, or that of its style or an ancestor."""
    outline = _outline(paragraph._p.pPr)  # noqa: SLF001
    style = paragraph.style
    while outline is None and style is not None:
        if style.name == "Title":
            return 1
        outline = _outline(style.element.pPr)
        if outline is None and (style.name or "").startswith("Heading "):
            outline = (style.name or "").removeprefix("Heading ")
        style = style.base_style
    if outline is None or outline not in _LEVELS:
        return None
    return int(outline)


def _outline(properties: Any) -> str | None:
    found = None if properties is None else properties.find(qn("w:outlineLvl"))
    if found is None:
        return None
    value = found.get(qn("w:val"))
    # Written from 0; 9 is body text
    return str(int(value) + 1) if value in set("012345678") else "none"


def _depth(paragraph: Paragraph) -> int | None:
    """Return how deep an item of a list is, from 0; None for what is no item."""
    if _level(paragraph) is not None:
        return None
    properties = paragraph._p.pPr  # noqa: SLF001
    numbering: Any = None if properties is None else properties.numPr
    if numbering is not None and numbering.numId is not None and numbering.numId.val:
        return min(numbering.ilvl.val if numbering.ilvl is not None else 0, 8)
    name = (paragraph.style.name if paragraph.style is not None else "") or ""
    if name.startswith("List") and name != "List Paragraph":
        return int(name[-1]) - 1 if name[-1] in "2345" else 0
    return None


def _table(grid: Table, builder: Builder) -> None:
    rows = [_cells(row._tr) for row in grid.rows]  # noqa: SLF001
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if rows and max(map(len, rows)) > 1:
        builder.lines("table", *table(rows, header=len(rows) > 1))
        return
    for row in rows:  # one column: a frame around text
        builder.paragraph(row[0])


def _cells(row: Any) -> list[str]:
    """Return the texts of a row, a cell that spans columns followed by empty ones."""
    cells: list[str] = []
    for cell in row.tc_lst:
        paragraphs = (_text(one) for one in cell.iter(qn("w:p")))
        cells += [" ".join(filter(None, paragraphs))] + [""] * (cell.grid_span - 1)
    return cells


def _text(paragraph: Element) -> str:
    return "".join(_runs(paragraph))


def _runs(element: Any) -> Iterator[str]:
    stack = [element]
    while stack:
        node = stack.pop()
        if node.tag in _LEFT_OUT:
            continue
        if node.tag == _TEXT:
            yield node.text or ""
        elif node.tag == _TAB:
            yield "\t"
        elif node.tag in _BREAKS:
            yield "\n"
        stack.extend(reversed(node))


def _end_list(items: list[str], builder: Builder) -> None:
    if items:
        builder.lines("list", "\n".join(items))
        items.clear()
