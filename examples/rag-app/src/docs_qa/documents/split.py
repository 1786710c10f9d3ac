"""Cuts documents into chunks along their structure.

A chunk holds whole sentences (items, rows, lines) of one section; a table or a piece of code that
fits is not cut. How large they are is decided in docs/decisions/0301-small-chunks-of-whole-sentences.md.
"""

from __future__ import annotations

import bisect
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .model import Block, Chunk, Counter, Document, Source, chunk_id
from .settings import Chunking
from .tokens import estimate
from .units import Unit, units

#: Raise it when a change makes other chunks of the same text: all documents are cut again.
VERSION = 1

_SEPARATOR = " > "
# A last piece smaller than this share of the target is put to the one before it.
_CRUMB = 0.4
# A chunk of this share of the target may end where a paragraph ends, rather than within the next.
_ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk in the making: a part of the text, with something to repeat in front of it."""

    start: int
    end: int
    prefix: str = ""


def split(
    document: Document,
    chunking: Chunking | None = None,
    *,
    name: str = "",
    revision: str = "",
    source: Source = "folder",
    count: Counter = estimate,
) -> list[Chunk]:
    """Cut a document into chunks; a text that occurred before in it is left out.

    Args:
        document: what was parsed.
        chunking: sizes in tokens.
        name: id of the document in the library; the document's own name if empty.
        revision: of the document.
        source: how it came into the library.
        count: counts tokens as the embedding model does; an estimate if there is none.

    Returns:
        Chunks in the order of the document, each of at most `chunking.ceiling` tokens.
    """
    return cut(document, chunking, name=name, revision=revision, source=source, count=count)[0]


def cut(
    document: Document,
    chunking: Chunking | None = None,
    *,
    name: str = "",
    revision: str = "",
    source: Source = "folder",
    count: Counter = estimate,
) -> tuple[list[Chunk], int]:
    """Do what `split` does, and say how many texts were left out because they occurred before."""
    chunking = chunking or Chunking()
    name = name or document.name
    metadata = {**document.metadata, "source": source}
    chunks: list[Chunk] = []
    seen: set[str] = set()
    repeated = 0
    for section, blocks in sections(document):
        for piece in _pieces(document.text, blocks, chunking, count):
            text = piece.prefix + document.text[piece.start : piece.end]
            if not any(map(str.isalnum, text)):
                continue
            if (digest := fingerprint(text)) in seen:
                repeated += 1
                continue
            seen.add(digest)
            chunks.append(
                Chunk(
                    id=chunk_id(name, revision, len(chunks)),
                    document=name,
                    revision=revision,
                    index=len(chunks),
                    title=document.title,
                    section=section,
                    page=bisect.bisect_right(document.pages, piece.start) or None,
                    kind=document.kind,
                    text=text,
                    start=piece.start,
                    end=piece.end,
                    metadata=metadata,
                )
            )
    return chunks, repeated


def fingerprint(text: str) -> str:
    """Return a hash that texts share if they differ in case and white space only."""
    same = " ".join(text.casefold().split())
    return hashlib.blake2b(same.encode("utf-8", "replace"), digest_size=16).hexdigest()


def sections(document: Document) -> Iterator[tuple[str, list[Block]]]:
    """Give the blocks between headings with the path of headings above them.

    A heading with nothing below it is a block of the section above it, so that nothing is lost.
    """
    path: list[tuple[int, str]] = []
    blocks: list[Block] = []
    for index, block in enumerate(document.blocks):
        if block.kind != "heading":
            blocks.append(block)
            continue
        if blocks:
            yield _joined(path, document.title), blocks
            blocks = []
        while path and path[-1][0] >= block.level:
            path.pop()
        if _is_leaf(document.blocks, index):
            yield _joined(path, document.title), [block]
        path.append((block.level, document.text[block.start : block.end]))
    if blocks:
        yield _joined(path, document.title), blocks


def _is_leaf(blocks: Sequence[Block], index: int) -> bool:
    """Whether there is neither text nor a deeper heading below a heading."""
    if index + 1 == len(blocks):
        return True
    following = blocks[index + 1]
    return following.kind == "heading" and following.level <= blocks[index].level


def _joined(path: list[tuple[int, str]], title: str) -> str:
    names = [name for _, name in path]
    if names and names[0].casefold() == title.casefold():
        del names[0]
    return _SEPARATOR.join(names)


def _pieces(
    text: str, blocks: Sequence[Block], chunking: Chunking, count: Counter
) -> Iterator[Piece]:
    """Cut a section: running text is packed, long tables are cut with their header repeated."""
    packed: list[Unit] = []
    for number, block in enumerate(blocks):
        size = count(text[block.start : block.end])
        if block.kind == "table" and size > chunking.ceiling:
            yield from _packed(text, packed, chunking, count)
            packed = []
            yield from _long_table(text, block, chunking, count)
        elif block.kind in ("table", "code") and size <= chunking.ceiling:
            packed.append(Unit(block.start, block.end, size, number))
        else:
            packed += units(text, block, number, chunking.target, count)
    yield from _packed(text, packed, chunking, count)


def _packed(
    text: str, given: Sequence[Unit], chunking: Chunking, count: Counter
) -> Iterator[Piece]:
    groups: list[list[Unit]] = []
    for unit in given:
        if not groups or _size(groups[-1]) + unit.size > chunking.target:
            groups.append(_carried(groups[-1], unit, chunking.target) if groups else [])
        groups[-1].append(unit)
    if len(groups) > 1 and _size(groups[-1]) < _CRUMB * chunking.target:
        joined = groups[-2] + groups[-1]
        if _size(joined) <= chunking.ceiling:
            groups[-2:] = [joined]
    for group in groups:
        yield from _checked(text, group, chunking, count)


def _carried(group: list[Unit], following: Unit, target: int) -> list[Unit]:
    """Take out of a full group what should rather stand with what follows, and return it.

    That is the beginning of the block that goes on, if the group is large enough without it, or
    the announcement of what follows.
    """
    keep = len(group)
    while keep and group[keep - 1].block == following.block:
        keep -= 1
    if _size(group[:keep]) < _ENOUGH * target:
        keep = len(group)
    if keep > 1 and group[keep - 1].leads:
        keep -= 1
    if _size(group[keep:]) + following.size > target:
        return []
    carried = group[keep:]
    del group[keep:]
    return carried


def _size(group: Sequence[Unit]) -> int:
    return sum(unit.size for unit in group)


def _checked(
    text: str, group: Sequence[Unit], chunking: Chunking, count: Counter
) -> Iterator[Piece]:
    """Give a group as one piece; cut it where its tokens are more than those of its units."""
    if not group:
        return
    piece = Piece(group[0].start, group[-1].end)
    if count(text[piece.start : piece.end]) <= chunking.ceiling or len(group) == 1:
        yield piece
        return
    half = len(group) // 2
    yield from _checked(text, group[:half], chunking, count)
    yield from _checked(text, group[half:], chunking, count)


def _long_table(text: str, block: Block, chunking: Chunking, count: Counter) -> Iterator[Piece]:
    """Cut a table between rows, with its header in front of every part."""
    prefix = text[block.start : block.start + block.repeat]
    body = block.start + block.repeat
    header = count(prefix + "\n") if prefix else 0
    if not prefix or header > chunking.target // 2:
        prefix, body, header = "", block.start, 0
    smaller = chunking.model_copy(
        update={"target": chunking.target - header, "ceiling": chunking.ceiling - header}
    )
    rows = units(text, replace(block, start=body), 0, smaller.target, count)
    for index, piece in enumerate(_packed(text, list(rows), smaller, count)):
        if index == 0:
            yield Piece(block.start, piece.end)
            continue
        headed = replace(piece, prefix=f"{prefix}\n" if prefix else "")
        whole = headed.prefix + text[piece.start : piece.end]
        yield headed if count(whole) <= chunking.ceiling else piece
