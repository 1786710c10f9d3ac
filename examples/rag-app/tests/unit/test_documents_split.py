"""Chunks: sections, sentences, tables, code, duplicates, and sizes."""

from __future__ import annotations

import pytest
from plugins.documents import read_text

from docs_qa.documents import (
    Block,
    Chunk,
    Document,
    split,
)
from docs_qa.documents.sentences import spans
from docs_qa.documents.settings import Chunking
from docs_qa.documents.tokens import estimate

SMALL = Chunking(target=20, ceiling=32)


def words(text: str) -> int:
    return len(text.split())


def chunks(text: str, chunking: Chunking = SMALL) -> list[Chunk]:
    return split(read_text(text, "a.md"), chunking, count=words)


def sentence(start: int, length: int = 8) -> str:
    return " ".join(f"W{number}" for number in range(start, start + length)) + "."


def test_fields_of_a_chunk() -> None:
    document = read_text("# Rules\n\nWelcome.\n\n## Fees\n\n### Late\n\nPay.\n", "rules.md")
    first, second = split(document, revision="r1", source="upload")
    assert (first.document, first.section, first.page, first.index) == ("rules.md", "", None, 0)
    assert (second.title, second.section, second.text) == ("Rules", "Fees > Late", "Pay.")
    assert second.metadata == {"source": "upload"}
    assert document.text[second.start : second.end] == "Pay."
    assert first.id != second.id
    assert split(document, revision="r1")[0].id == first.id
    assert split(document, revision="r2")[0].id != first.id


def test_a_chunk_never_mixes_sections() -> None:
    found = chunks("# A\n\none two\n\n# B\n\nthree\n\n## C\n\nfour\n\n# D\n\nfive")
    assert [(one.section, one.text) for one in found] == [
        ("", "one two"),
        ("B", "three"),
        ("B > C", "four"),
        ("D", "five"),
    ]


def test_a_heading_with_nothing_below_is_kept() -> None:
    found = chunks("Text.\n\n# Closed on Monday\n\n# Open\n\n## Daily")
    assert [(one.section, one.text) for one in found] == [
        ("", "Text."),
        ("", "Closed on Monday"),
        ("Open", "Daily"),
    ]


def test_sentences_stay_whole_and_fill_the_target() -> None:
    text = " ".join(sentence(start) for start in range(0, 80, 8))
    found = chunks(text)
    assert [words(one.text) for one in found] == [16] * 5
    assert " ".join(one.text for one in found) == text


def test_a_chunk_rather_ends_with_a_paragraph() -> None:
    first, second = sentence(0, 14), f"{sentence(20, 5)} {sentence(30, 9)}"
    assert [one.text for one in chunks(f"{first}\n\n{second}")] == [first, second]


def test_an_announcement_stays_with_what_it_announces() -> None:
    found = chunks(
        f"{sentence(0, 12)}\n\nThe fees are:\n\n- {sentence(20, 8)}\n- {sentence(30, 6)}"
    )
    assert found[1].text.startswith("The fees are:\n\n- W20")


def test_a_small_rest_joins_the_chunk_before() -> None:
    found = chunks(f"{sentence(0, 18)}\n\nSo it is.")
    assert len(found) == 1


def test_a_sentence_that_is_too_long_is_cut_at_a_clause() -> None:
    long = (
        " ".join(f"w{number}" for number in range(14)) + ", " + " ".join("xyz" for _ in range(30))
    )
    found = chunks(long)
    assert found[0].text.endswith("w13,")
    assert all(words(one.text) <= SMALL.ceiling for one in found)
    assert " ".join(one.text for one in found) == long


def test_what_has_no_spaces_is_cut_anywhere() -> None:
    found = split(read_text("x" * 300, "a.txt"), SMALL, count=len)
    assert "".join(one.text for one in found) == "x" * 300 or len(found) == 1
    assert all(len(one.text) <= SMALL.ceiling for one in found)


def table(rows: int) -> str:
    lines = ["| Item | Fee |", "| --- | --- |"]
    return "\n".join(lines + [f"| Book {number} | {number} |" for number in range(rows)])


def test_a_table_that_fits_the_ceiling_is_not_cut() -> None:
    assert 20 < words(table(2)) <= 32
    assert [one.text for one in chunks(table(2))] == [table(2)]


def test_a_long_table_repeats_its_header() -> None:
    chunking = Chunking(target=30, ceiling=40)
    found = chunks(table(12), chunking)
    assert len(found) > 2
    assert all(one.text.startswith("| Item | Fee |\n| --- | --- |\n| Book") for one in found)
    assert all(words(one.text) <= 40 for one in found)
    rows = [line for one in found for line in one.text.splitlines() if "Book" in line]
    assert rows == table(12).splitlines()[2:]


def test_a_table_with_a_huge_header_is_cut_without_it() -> None:
    header = " ".join(f"h{number}" for number in range(18))
    text = f"| {header} |\n| --- |\n" + "\n".join(f"| row {number} |" for number in range(20))
    found = chunks(text)
    assert all(words(one.text) <= SMALL.ceiling for one in found)
    assert sum("h0" in one.text for one in found) == 1


def test_code_is_whole_if_it_fits_and_cut_between_lines() -> None:
    short = "```\n" + "\n".join(f"line {number};" for number in range(15)) + "\n```"
    assert len(chunks(short)) == 1
    long = "```\n" + "\n".join(f"line {number};" for number in range(40)) + "\n```"
    found = chunks(long)
    assert len(found) > 1
    assert all(one.text.startswith("line") and one.text.endswith(";") for one in found)


def test_what_occurs_twice_is_kept_once() -> None:
    found = chunks("# A\n\nSame text here.\n\n# B\n\nSAME  text here.\n\n# C\n\nOther.")
    assert [one.text for one in found] == ["Same text here.", "Other."]
    assert [one.index for one in found] == [0, 1]


def test_ornaments_are_no_chunks() -> None:
    blocks = (
        Block("paragraph", 0, 5),
        Block("heading", 7, 11, level=1),
        Block("paragraph", 13, 17),
    )
    document = Document("a", "text", "a", "* * *\n\nPart\n\nText", blocks)
    assert [one.text for one in split(document)] == ["Text"]


def test_pages_of_chunks() -> None:
    text = f"{sentence(0, 18)}\n\n{sentence(20, 18)}"
    middle = text.index("\n\n") + 2
    blocks = (Block("paragraph", 0, middle - 2), Block("paragraph", middle, len(text)))
    document = Document("a", "pdf", "a", text, blocks, pages=(0, 5, middle))
    assert [one.page for one in split(document, SMALL, count=words)] == [1, 3]


def test_a_counter_that_counts_more_for_the_whole_is_obeyed() -> None:
    def jealous(text: str) -> int:
        return words(text) ** 2 // 8

    found = split(
        read_text(" ".join(sentence(n) for n in range(0, 80, 8)), "a.md"), SMALL, count=jealous
    )
    assert all(jealous(one.text) <= SMALL.ceiling for one in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('He said "Stop." Then left.', ['He said "Stop."', "Then left."]),
        ("See Fig. 3 and Dr. Smith. Done.", ["See Fig. 3 and Dr. Smith.", "Done."]),
        ("J. Smith wrote it. It costs 3.50 EUR.", ["J. Smith wrote it.", "It costs 3.50 EUR."]),
        ("1. Fees apply. 2. None.", ["1. Fees apply.", "2. None."]),
        ("at approx. noon etc. and so on", ["at approx. noon etc. and so on"]),
        ("\u7b2c\u4e00\u3002\u7b2c\u4e8c\uff01", ["\u7b2c\u4e00\u3002", "\u7b2c\u4e8c\uff01"]),
        ("- one\n- two", ["- one", "- two"]),
        ("Das gilt z.B. Montags. Ende.", ["Das gilt z.B. Montags.", "Ende."]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in spans(text)] == expected


def test_the_estimate_is_rather_too_high() -> None:
    # Counted with the tokenizer of all-MiniLM-L6-v2
    known = {
        "The library opens at nine and closes at five.": 10,
        "Internationalization of misconfigured hyperparameters": 12,
        "Call +49 (0)30 1234567 before 2026-11-20.": 19,
    }
    for text, pieces in known.items():
        assert pieces <= estimate(text) <= 2 * pieces
