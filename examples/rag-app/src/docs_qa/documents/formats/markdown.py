"""Markdown: CommonMark with tables and front matter, read by markdown-it."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import yaml
from markdown_it import MarkdownIt

from docs_qa.documents.builder import Builder, table
from docs_qa.documents.encoding import decode
from docs_qa.documents.model import Document

from . import html

if TYPE_CHECKING:
    from markdown_it.token import Token

    from . import Options

_FRONT = re.compile(
    r"\A(---|\+\+\+)[ \t]*\n(.*?)^(?:\1|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE
)
_FRONT_LENGTH = 16_384


def read(data: bytes, name: str, options: Options) -> Document:
    """Read Markdown; what it says in its front matter becomes metadata, `title` the title."""
    text, encoding = decode(data, options.fallback_encoding)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    metadata, body = _front_matter(text)
    if encoding != "utf-8":
        metadata["encoding"] = encoding
    builder = Builder(options.limits.characters)
    _Walk(builder).over(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body))
    title = metadata.pop("title", "")
    return builder.finish(name, "markdown", title if isinstance(title, str) else "", metadata)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """Return metadata and the rest; what cannot be read as metadata stays in the text."""
    match = _FRONT.match(text)
    if match is None or len(match[2]) > _FRONT_LENGTH:
        return {}, text
    try:
        found = tomllib.loads(match[2]) if match[1] == "+++" else yaml.safe_load(match[2])
    except (ValueError, yaml.YAMLError, RecursionError):
        return {}, text
    if not isinstance(found, dict):
        return {}, text
    return {str(key): value for key, value in found.items()}, text[match.end() :]


class _Walk:
    """Goes over the tokens; lists and tables are collected until they end."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.markers: list[tuple[str, int]] = []  # of the lists that are open, with the number
        self.items: list[str] = []
        self.item_begins = False
        self.rows: list[list[str]] | None = None

    def over(self, tokens: list[Token]) -> None:
        for index, token in enumerate(tokens):
            if token.type == "inline":
                self._inline(token, tokens[index - 1])
            elif token.type in ("fence", "code_block"):
                self._end_list()
                self.builder.lines("code", token.content)
            elif token.type == "html_block":
                self._end_list()
                html.add(token.content, self.builder)
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                start = int(token.attrGet("start") or 1)
                self.markers.append(("-", 0) if token.type[0] == "b" else ("1", start))
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self.markers.pop()
                if not self.markers:
                    self._end_list()
            elif token.type == "list_item_open":
                self.item_begins = True
            else:
                self._table(token)
        self._end_list()

    def _inline(self, token: Token, opening: Token) -> None:
        text = _plain(token.children or [])
        if self.rows is not None:
            self.rows[-1].append(text)
        elif opening.type == "heading_open":
            self._end_list()
            self.builder.heading(text, int(opening.tag[1]))
        elif self.markers:
            self._item(text)
        else:
            self.builder.paragraph(text)

    def _item(self, text: str) -> None:
        indent = "  " * (len(self.markers) - 1)
        if not self.item_begins:
            self.items.append(f"{indent}  {text}")
            return
        marker, number = self.markers[-1]
        self.markers[-1] = marker, number + 1
        self.items.append(f"{indent}{'-' if marker == '-' else f'{number}.'} {text}")
        self.item_begins = False

    def _table(self, token: Token) -> None:
        if token.type == "table_open":
            self._end_list()
            self.rows = []
        elif token.type == "tr_open" and self.rows is not None:
            self.rows.append([])
        elif token.type == "table_close" and self.rows:
            self.builder.lines("table", *table(self.rows, header=True))
            self.rows = None

    def _end_list(self) -> None:
        if self.items:
            self.builder.lines("list", "\n".join(self.items))
            self.items = []


def _plain(tokens: list[Token]) -> str:
    """Return inline text without its markup: link texts, code, descriptions of images."""
    parts: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type == "image":
            parts.append(_plain(token.children or []))
        elif token.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return "".join(parts)
