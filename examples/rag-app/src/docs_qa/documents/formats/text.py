"""Plain text: paragraphs between blank lines, lists, and headings that are underlined."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docs_qa.documents.builder import Builder
from docs_qa.documents.encoding import decode
from docs_qa.documents.model import Document

if TYPE_CHECKING:
    from . import Options

_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}")
ITEM = re.compile(r"\s*(?:[-*+\u2022\u25aa\u25e6\u2013]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+\S")
_GAP = re.compile(r"\n\s*\n")
_COLUMNS = re.compile(r"\S(?: {3,}|\t)\S")


def read(data: bytes, name: str, options: Options) -> Document:
    """Read text; an underline must be about as long as its heading, as reStructuredText wants it."""
    text, encoding = decode(data, options.fallback_encoding)
    builder = Builder(options.limits.characters)
    styles: list[str] = []  # underlines in order of appearance: the first is level 1
    for part in _GAP.split(text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n")):
        _part(part.strip("\n").split("\n"), builder, styles)
    return builder.finish(
        name, "text", metadata={} if encoding == "utf-8" else {"encoding": encoding}
    )


def _part(lines: list[str], builder: Builder, styles: list[str]) -> None:
    """Add what stands between two blank lines."""
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[0].strip()):
        lines = lines[1:]  # a line above the heading, too
    while len(lines) > 1 and _is_underline(lines[1], lines[0]):
        style = lines[1].strip()[0]
        if style not in styles:
            styles.append(style)
        builder.heading(lines[0], styles.index(style) + 1)
        lines = lines[2:]
    if not lines or _UNDERLINE.fullmatch(lines[0].strip()):
        return
    body = "\n".join(lines)
    if ITEM.match(lines[0]) and (len(lines) == 1 or any(ITEM.match(one) for one in lines[1:])):
        builder.lines("list", join_items(lines))
    elif sum(bool(_COLUMNS.search(one)) for one in lines) > max(1, len(lines) // 2):
        builder.lines("table", body)
    else:
        builder.paragraph(body)


def _is_underline(below: str, heading: str) -> bool:
    below, heading = below.strip(), heading.strip()
    if not heading or _UNDERLINE.fullmatch(below) is None or _UNDERLINE.fullmatch(heading):
        return False
    return len(heading) - 2 <= len(below) <= len(heading) + 20


def join_items(lines: list[str]) -> str:
    """Return list items, one per line, with their continuation lines joined to them."""
    items: list[str] = []
    for one in lines:
        if items and not ITEM.match(one):
            items[-1] += " " + one.strip()
        else:
            items.append(one.rstrip())
    return "\n".join(items)
