"""Words and weights."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from plugins.vector_store import make_chunk, make_entries

from docs_qa.store import Store
from docs_qa.store.bm25 import (
    AVERAGE_LENGTH,
    LENGTH_WEIGHT,
    SATURATION,
    Bm25,
    term_id,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Late returns, 10 cents!", ["late", "returns", "10", "cents"]),
        ("Beyoncé's café", ["beyonce", "cafe"]),
        ("Stra\u00dfe STRASSE", ["strasse", "strasse"]),
        ("\uff26\uff55\uff4c\uff4c \ufb01n", ["full", "fin"]),
        ("it\u2019s isn't", ["it", "isn't"]),
        ("図書館は9時", ["図書", "書館", "館は", "9", "時"]),
        ("snake_case e-mail a.b", ["snake", "case", "e", "mail", "a", "b"]),
        ("Привет, мир", ["привет", "мир"]),
        ("\U0001f4da ...", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_stems_follow_the_language() -> None:
    assert Bm25("english").terms("running libraries") == ["run", "librari"]
    assert Bm25("german").terms("Bibliotheken") == Bm25("german").terms("Bibliothek")
    assert Bm25("none").terms("running libraries") == ["running", "libraries"]
    assert Bm25("english").name != Bm25("none").name


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no stemmer for 'klingon'.*german"):
        Bm25("klingon")


def test_ids_never_change() -> None:
    # Stored indexes depend on them.
    assert term_id("library") == 288087607
    assert term_id("é") != term_id("e")


def test_scores_are_bm25(edge_store: Store) -> None:
    """The engine's product of weights and document frequency is the formula of the textbooks."""
    texts = ["fee fee card", "card room", "room room room desk", "desk"]
    found = [make_chunk(text, f"{i}.md") for i, text in enumerate(texts)]
    edge_store.upsert(make_entries(*found))
    bm25 = Bm25("english")
    stored = [Counter(bm25.terms(f"Rules > Part 0\n{text}")) for text in texts]
    for question in ("fee", "card desk", "room card"):
        expected = {}
        for chunk, counts in zip(found, stored, strict=True):
            length = sum(counts.values())
            norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / AVERAGE_LENGTH)
            score = 0.0
            for term in set(bm25.terms(question)):
                having = sum(term in other for other in stored)
                idf = math.log(1 + (len(stored) - having + 0.5) / (having + 0.5))
                score += idf * counts[term] * (SATURATION + 1) / (counts[term] + norm)
            if score:
                expected[chunk.id] = score
        hits = {hit.chunk.id: hit.score for hit in edge_store.lexical(question, 9)}
        assert hits == pytest.approx(expected, rel=1e-4)
