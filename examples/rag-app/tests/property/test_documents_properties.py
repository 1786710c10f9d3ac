"""What must hold for every text: nothing lost, nothing mixed, nothing too large, no other errors."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from plugins.documents import read_text

from docs_qa.documents import (
    Block,
    Document,
    split,
)
from docs_qa.documents.builder import Builder, table
from docs_qa.documents.clean import clean
from docs_qa.documents.encoding import decode
from docs_qa.documents.formats import Options
from docs_qa.documents.model import BlockKind
from docs_qa.documents.parser import unpack
from docs_qa.documents.sentences import spans
from docs_qa.documents.settings import Chunking
from docs_qa.documents.tokens import estimate
from docs_qa.documents.units import units
from docs_qa.documents.worker import answer, pack

WORDS = st.text(st.sampled_from("abcdefgh \u00fc\u4f60."), min_size=1, max_size=12)
CELLS = st.lists(st.lists(WORDS, min_size=2, max_size=3), min_size=2, max_size=20)
CHUNKING = Chunking(target=20, ceiling=32)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A document in which no two sentences are the same, so that none is dropped."""
    builder = Builder(1_000_000)
    builder.paragraph("The beginning.")
    kinds = st.sampled_from(["heading", "paragraph", "list", "code", "table", "page"])
    for number, kind in enumerate(draw(st.lists(kinds, max_size=12))):
        words = draw(st.lists(WORDS, min_size=1, max_size=30))
        lines = [f"N{number}w{index} {word}" for index, word in enumerate(words)]
        if kind == "heading":
            builder.heading(lines[0], draw(st.integers(1, 4)))
        elif kind == "page":
            builder.page()
        elif kind == "table":
            rows = [[f"r{row}n{number}", *cells] for row, cells in enumerate(draw(CELLS))]
            builder.lines("table", *table(rows, header=draw(st.booleans())))
        elif kind == "paragraph":
            builder.paragraph(". ".join(lines))
        else:
            builder.lines("list" if kind == "list" else "code", "\n".join(lines))
    return builder.finish("a.txt", "text", title="Another title")


@given(documents())
def test_chunks_cover_the_text_and_stay_within_bounds(document: Document) -> None:
    chunks = split(document, CHUNKING, revision="r")
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    covered = bytearray(len(document.text))
    for chunk in chunks:
        assert estimate(chunk.text) <= CHUNKING.ceiling
        own = document.text[chunk.start : chunk.end]
        assert chunk.text == own or (chunk.text.endswith(own) and chunk.text.startswith("| "))
        assert own == own.strip()
        covered[chunk.start : chunk.end] = b"\1" * (chunk.end - chunk.start)
    known = [chunk.text for chunk in chunks] + [chunk.section for chunk in chunks]
    for missing in re.finditer(b"\0+", covered):
        # White space and ornaments, headings, and what occurs elsewhere in the same words
        text = document.text[missing.start() : missing.end()]
        parts = [part.strip() for part in text.split("\n") if any(map(str.isalnum, part))]
        assert all(any(part in one for one in known) for part in parts), text
    for before, after in pairwise(chunks):
        assert before.end <= after.start
        assert (before.page or 0) <= (after.page or 0)


@given(documents())
def test_no_chunk_crosses_a_heading(document: Document) -> None:
    for chunk in split(document, CHUNKING):
        for block in document.blocks:
            if block.kind == "heading" and (block.start, block.end) != (chunk.start, chunk.end):
                assert block.end <= chunk.start or block.start >= chunk.end


@given(st.text(min_size=1, max_size=300), st.sampled_from(["paragraph", "list", "code"]))
def test_units_cover_any_text_and_are_small_enough(text: str, kind: BlockKind) -> None:
    found = list(units(text, Block(kind, 0, len(text)), 0, 8, estimate))
    assert "".join("".join(text[unit.start : unit.end] for unit in found).split()) == "".join(
        text.split()
    )
    assert all(unit.size <= 8 for unit in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


@given(documents())
def test_documents_survive_the_way_between_processes(document: Document) -> None:
    assert unpack(pack(document)) == document


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once, _ = clean(text)
    assert clean(once) == (once, {})


@given(st.text(st.characters(max_codepoint=0x24F, exclude_categories=["Cc", "Cf"]), max_size=100))
def test_ordinary_text_is_only_composed(text: str) -> None:
    assert len(clean(text)[0]) <= len(text)
    assert not clean(text)[1]


@given(st.text(max_size=300))
def test_sentences_cover_the_text_in_order(text: str) -> None:
    found = spans(text)
    assert "".join(text[start:end] for start, end in found).split() == text.split() or "".join(
        "".join(text[start:end] for start, end in found).split()
    ) == "".join(text.split())
    for (_, before), (after, _) in pairwise(found):
        assert before <= after
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in found)


@given(st.binary(max_size=400))
def test_any_bytes_can_be_decoded(data: bytes) -> None:
    text, encoding = decode(data)
    assert isinstance(text, str)
    assert encoding


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(lambda data: b"%PDF-1.7\n" + data),
        st.text(max_size=300).map(lambda text: f"<html>{text}".encode("utf-8", "replace")),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
    ),
    st.sampled_from(["a.md", "a.html", "a.txt", "a.pdf", "a.docx", "a"]),
)
def test_any_bytes_are_a_document_or_a_failure(data: bytes, name: str) -> None:
    result = answer(data, name, Options())
    if "document" not in result:
        assert result["reason"] in {"empty", "binary", "broken", "unsupported", "no-text"}
        return
    document = unpack(result["document"])
    assert any(map(str.isalnum, document.text))
    assert clean(document.text)[0] == document.text
    assert split(document)


@given(
    st.lists(
        st.sampled_from(["# H", "## H", "text", "- item", "```", "| a | b |", "---", ""]),
        max_size=30,
    )
)
def test_markdown_of_any_shape(lines: list[str]) -> None:
    document = read_text("\n".join(["Begin.", "", *lines]), "a.md")
    ends = [0, *(block.end for block in document.blocks)]
    assert all(before <= block.start for before, block in zip(ends, document.blocks, strict=False))
    assert split(document)
