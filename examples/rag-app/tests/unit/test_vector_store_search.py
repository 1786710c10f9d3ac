"""The search: legs, fusion, re-ranking, revisions, timings."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from langchain_core.cross_encoders import BaseCrossEncoder
from plugins.vector_store import make_chunk

from docs_qa.documents import Chunk
from docs_qa.store import (
    IndexSink,
    Searcher,
    SearchSettings,
    Store,
    StoreError,
)
from docs_qa.store.embeddings import Encoder

PASSAGES = (
    "The library opens at nine. Late returns cost ten cents per day. Bring your card.",
    "Cards are free for pupils. A lost card costs two euros.",
    "Rooms can be booked for two hours. Ask at the desk.",
    "The history of the building begins in 1897 with a brewery.",
)
LANES = ("even", "odd")
QUESTION = "late returns cost how many cents per day"


def chunks() -> list[Chunk]:
    return [
        make_chunk(text, f"{number}.md", index=number, metadata={"lane": LANES[number % 2]})
        for number, text in enumerate(PASSAGES)
    ]


@pytest.fixture
def filled(edge_store: Store, encoder: Encoder) -> Store:
    IndexSink(edge_store, encoder).add(chunks())
    return edge_store


class Reversing(BaseCrossEncoder):
    """Prefers what it is given last."""

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        assert all(question == QUESTION for question, _ in text_pairs)
        return [float(i) for i in range(len(text_pairs))]


class Failing(BaseCrossEncoder):
    """Is not there."""

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        raise ConnectionError(f"gone with {len(text_pairs)} pairs")


@pytest.mark.parametrize("fusion", ["convex", "dbsf", "rrf", "dense", "lexical"])
@pytest.mark.parametrize("rerank", ["none", "sentences"])
def test_every_combination_finds_the_passage(
    filled: Store,
    encoder: Encoder,
    fusion: str,
    rerank: str,
) -> None:
    settings = SearchSettings.model_validate({"fusion": fusion, "rerank": rerank})
    results = Searcher(filled, encoder, settings).search(QUESTION)
    best = results.hits[0]
    assert best.chunk.document == "0.md"
    assert [hit.score for hit in results.hits] == sorted(
        (hit.score for hit in results.hits), reverse=True
    )
    assert set(results.seconds) == {"embed", "retrieve", "rerank", "total"}
    parts = sum(seconds for stage, seconds in results.seconds.items() if stage != "total")
    assert 0 < parts <= results.seconds["total"]
    assert ("dense" in best.scores) == (fusion != "lexical" or rerank == "sentences")
    assert ("lexical" in best.scores) == (fusion != "dense")
    assert ("sentence" in best.scores) == (rerank == "sentences")


def test_sentences_carry_their_scores(filled: Store, encoder: Encoder) -> None:
    best = Searcher(filled, encoder, SearchSettings(rerank="sentences")).search(QUESTION).hits[0]
    assert len(best.sentences) == 3
    top = max(best.sentences, key=lambda sentence: sentence.score)
    assert best.chunk.text[top.start : top.end] == "Late returns cost ten cents per day."
    assert best.scores["sentence"] == top.score
    vector = encoder.query(QUESTION)
    exact = float(encoder.documents([best.chunk.text[top.start : top.end]])[0] @ vector)
    assert top.score == pytest.approx(exact, abs=0.02)


def test_every_candidate_has_a_cosine(filled: Store, encoder: Encoder) -> None:
    settings = SearchSettings(depth=1, fusion="convex", rerank="none")
    hits = Searcher(filled, encoder, settings).search("desk history").hits
    vector = encoder.query("desk history")
    for hit in hits:
        entry = filled.get([hit.chunk.id])[0]
        assert hit.scores["dense"] == pytest.approx(float(entry.vector @ vector), abs=1e-5)


def test_k_and_filters(filled: Store, encoder: Encoder) -> None:
    searcher = Searcher(filled, encoder, SearchSettings(k=2))
    assert len(searcher.search(QUESTION).hits) == 2
    assert len(searcher.search(QUESTION, k=4).hits) == 4
    odd = searcher.search(QUESTION, k=4, where={"lane": "odd"}).hits
    assert {hit.chunk.document for hit in odd} == {"1.md", "3.md"}
    assert searcher.search(QUESTION, where={"document": []}).hits == ()


def test_stale_revisions_are_not_returned(filled: Store, encoder: Encoder) -> None:
    active = {"0.md": "r2", "1.md": "r1", "2.md": "r1"}
    searcher = Searcher(filled, encoder, SearchSettings(k=9), active=lambda: active)
    found = {hit.chunk.document for hit in searcher.search(QUESTION).hits}
    assert found == {"1.md", "2.md"}
    IndexSink(filled, encoder).add([make_chunk(PASSAGES[0], "0.md", "r2", index=0)])
    hits = [hit for hit in searcher.search(QUESTION).hits if hit.chunk.document == "0.md"]
    assert [hit.chunk.revision for hit in hits] == ["r2"]


def test_an_empty_index_finds_nothing(edge_store: Store, encoder: Encoder) -> None:
    assert Searcher(edge_store, encoder, SearchSettings()).search(QUESTION).hits == ()


class Vanishing:
    """A store whose candidates are deleted between the legs and the second look."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def get(self, ids: Sequence[str]) -> list[object]:
        del ids
        return []


def test_chunks_that_vanish_meanwhile_are_left_out(filled: Store, encoder: Encoder) -> None:
    gone: Store = Vanishing(filled)  # type: ignore[assignment]
    assert Searcher(gone, encoder, SearchSettings()).search(QUESTION).hits == ()


def test_a_cross_encoder_reorders_the_first(filled: Store, encoder: Encoder) -> None:
    settings = SearchSettings(rerank="cross-encoder", rerank_depth=2, k=4)
    plain = SearchSettings(rerank="none", k=4)
    before = [hit.chunk.id for hit in Searcher(filled, encoder, plain).search(QUESTION).hits]
    searcher = Searcher(filled, encoder, settings, cross_encoder=Reversing())
    hits = searcher.search(QUESTION).hits
    assert [hit.chunk.id for hit in hits] == [before[1], before[0], *before[2:]]
    assert hits[0].scores["cross_encoder"] == 1.0


def test_a_failing_cross_encoder_costs_order_only(
    filled: Store,
    encoder: Encoder,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = SearchSettings(rerank="cross-encoder")
    searcher = Searcher(filled, encoder, settings, cross_encoder=Failing())
    assert searcher.search(QUESTION).hits[0].chunk.document == "0.md"
    assert "the cross encoder failed" in caplog.text


def test_a_cross_encoder_must_be_configured(filled: Store, encoder: Encoder) -> None:
    with pytest.raises(StoreError, match="needs `cross_encoder`"):
        Searcher(filled, encoder, SearchSettings(rerank="cross-encoder"))


def test_it_is_a_langchain_retriever(filled: Store, encoder: Encoder) -> None:
    searcher = Searcher(filled, encoder, SearchSettings())
    documents = searcher.as_retriever(k=2, where={"lane": "even"}).invoke(QUESTION)
    assert [document.metadata["document"] for document in documents] == ["0.md", "2.md"]
    assert documents[0].page_content == PASSAGES[0]
    assert documents[0].metadata["section"] == "Part 0"
    assert documents[0].metadata["source"] == "folder"
