"""HTML: the main content as a reader sees it, without scripts, navigation and hidden parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from docs_qa.documents.builder import Builder, table
from docs_qa.documents.encoding import decode
from docs_qa.documents.model import Document

if TYPE_CHECKING:
    from . import Options

_DROPPED = (
    "script, style, template, noscript, iframe, object, embed, svg, canvas, audio, video, form, button, "
    "select, textarea, input, dialog, nav, aside, footer, [role=navigation], [role=banner], "
    "[role=contentinfo], [role=search], [role=complementary]"
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?:\.0+)?(?:[a-z%]*)\s*(?:;|$|!)",
    re.IGNORECASE,
)
_MAIN = ("main", "[role=main]", "article")
# Of the page's text: a smaller `main` is not the main content, whatever the page says
_MAIN_SHARE = 0.25
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCK_TAGS = """
address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure
footer header hgroup hr li main ol p section summary table tbody td tfoot th thead tr ul
"""
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_NAMES = {"author", "description", "keywords", "date", "article:published_time", "og:site_name"}


def read(data: bytes, name: str, options: Options) -> Document:
    """Read a page; `author`, `description` and the like become metadata."""
    text, encoding = decode(data, options.fallback_encoding)
    tree = LexborHTMLParser(text)
    metadata = {"encoding": encoding} if encoding != "utf-8" else {}
    title = _head(tree, metadata)
    skipped = {node.mem_id for node in tree.css(_DROPPED)}
    hidden = [node for node in _hidden(tree) if _text(node, skipped)]
    if hidden:
        metadata["hidden"] = f"{len(hidden)} parts that a reader does not see were left out"
    skipped |= {node.mem_id for node in _hidden(tree)}
    builder = Builder(options.limits.characters)
    if (root := _main(tree, skipped)) is not None:
        _Walk(builder, skipped).over(root)
    heading = builder.first_heading
    if heading and title.strip().startswith(heading):
        title = heading  # the rest is the name of the site
    return builder.finish(name, "html", title, metadata)


def add(fragment: str, builder: Builder) -> None:
    """Add a piece of HTML, out of Markdown for example."""
    tree = LexborHTMLParser(fragment)
    if tree.body is not None:
        dropped = [*tree.css(_DROPPED), *_hidden(tree)]
        _Walk(builder, {node.mem_id for node in dropped}).over(tree.body)


def _head(tree: LexborHTMLParser, metadata: dict[str, str]) -> str:
    for meta in tree.css("meta[content]"):
        key = meta.attributes.get("name") or meta.attributes.get("property") or ""
        if key.lower() in _NAMES:
            metadata[key.rpartition(":")[2].lower()] = meta.attributes.get("content") or ""
    if tree.root is not None and (language := tree.root.attributes.get("lang")):
        metadata["language"] = language
    title = tree.css_first("title")
    return "" if title is None else title.text()


def _hidden(tree: LexborHTMLParser) -> list[LexborNode]:
    styled = tree.css("[style]")
    hidden = [node for node in styled if _HIDDEN.search(node.attributes.get("style") or "")]
    return hidden + tree.css("[hidden], [aria-hidden=true]")


def _main(tree: LexborHTMLParser, skipped: set[int]) -> LexborNode | None:
    """Return the element with the main content, and mark the page's own header as skipped."""
    body = tree.body
    if body is None:
        return None
    whole = len(_text(body, skipped))
    for selector in _MAIN:
        found = tree.css(selector)
        if len(found) == 1 and len(_text(found[0], skipped)) >= _MAIN_SHARE * whole:
            return found[0]
    headers = tree.css("body > header")
    skipped |= {node.mem_id for node in headers if node.css_first("h1") is None}
    return body


def _text(root: LexborNode, skipped: set[int], separator: str = " ") -> str:
    """Return the text below a node, without what is skipped."""
    parts: list[str] = []
    node: LexborNode | None = root
    while node is not None:
        if node.mem_id in skipped:
            child = None
        elif node.tag == "-text":
            parts.append(node.text_content or "")
            child = None
        else:
            if node.tag in _BLOCKS or node.tag == "br":
                parts.append(separator)
            child = node.first_child
        while child is None and node is not None:
            if node.mem_id == root.mem_id:
                return "".join(parts).strip()
            child, node = node.next, node.parent
        node = child
    return "".join(parts).strip()


class _Walk:
    """Goes over a tree without recursion, which hostile nesting would exhaust."""

    def __init__(self, builder: Builder, skipped: set[int]) -> None:
        self.builder = builder
        self.skipped = skipped
        self.inline: list[str] = []
        self.items: list[str] = []
        self.lists: list[int | None] = []  # next number of each open list, None for bullets
        self.marker = ""

    def over(self, root: LexborNode) -> None:
        node: LexborNode | None = root
        while node is not None:
            child = node.first_child if self._enter(node) else None
            while child is None and node is not None:
                self._leave(node)
                if node.mem_id == root.mem_id:
                    node = None
                else:
                    child, node = node.next, node.parent
            node = child
        self._flush()
        self._end_list()

    def _enter(self, node: LexborNode) -> bool:
        """Take in a node; whether to go on into its children."""
        tag = node.tag or ""
        if node.mem_id in self.skipped:
            return False
        if tag == "-text":
            self.inline.append(node.text_content or "")
            return False
        if tag in _HEADINGS or tag == "pre":
            self._flush()
            self._end_list()
            if tag == "pre":
                self.builder.lines("code", _text(node, self.skipped, "\n"))
            else:
                self.builder.heading(_text(node, self.skipped), _HEADINGS[tag])
            return False
        if tag == "table" and (rows := _rows(node, self.skipped)):
            self._flush()
            self._end_list()
            self.builder.lines("table", *table(rows, header=node.css_first("th") is not None))
            return False
        if tag in ("br", "img"):
            self.inline.append(" " + (node.attributes.get("alt") or "") + " ")
        elif tag in _BLOCKS:
            self._flush()
            self._begin(tag)
        return not tag.startswith(("-", "_", "!"))

    def _begin(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.append(None if tag == "ul" else 1)
        elif tag == "li":
            number = self.lists[-1] if self.lists else None
            self.marker = "- " if number is None else f"{number}. "
            if number is not None:
                self.lists[-1] = number + 1

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self._flush()
        if tag in ("ul", "ol") and self.lists:
            self.lists.pop()
            if not self.lists:
                self._end_list()

    def _flush(self) -> None:
        text = " ".join("".join(self.inline).split())
        self.inline = []
        if not text:
            return
        if self.lists:
            indent = "  " * (len(self.lists) - 1)
            self.items.append(f"{indent}{self.marker or '  '}{text}")
            self.marker = ""
        else:
            self.builder.paragraph(text)

    def _end_list(self) -> None:
        if self.items:
            self.builder.lines("list", "\n".join(self.items))
            self.items = []


def _rows(node: LexborNode, skipped: set[int]) -> list[list[str]]:
    """Return the cells of a table of data; nothing for one that only arranges the page."""
    if len(node.css("table")) > 1:
        return []
    rows = [[_text(cell, skipped) for cell in row.css("th, td")] for row in node.css("tr")]
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    return rows if len(rows) > 1 and max(map(len, rows)) > 1 else []
