"""Laws of fusion, of term weights and of the stored form, on generated inputs."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from plugins.vector_store import make_chunk, make_entries

from docs_qa.store import fusion, payload
from docs_qa.store.bm25 import Bm25, words
from docs_qa.store.embeddings import unit
from docs_qa.store.entries import (
    MOST_SENTENCES,
    quantise,
    sentence_spans,
)
from docs_qa.store.types import Sentences

Scores = NDArray[np.float64]

SIZES = st.shared(st.integers(1, 30), key="size")
COSINES = arrays.arrays(np.float64, SIZES, elements=st.floats(-1, 1, width=32))
BM25_SCORES = arrays.arrays(np.float64, SIZES, elements=st.floats(0, 50, width=32))
WEIGHTS = st.floats(0, 1)
TEXTS = st.text(max_size=200)
BM25 = Bm25("english")


@given(scores=COSINES)
def test_normalisations_have_their_range_and_keep_the_order(scores: Scores) -> None:
    bounded = fusion.min_max(scores)
    assert np.all((bounded >= 0) & (bounded <= 1))
    spread = fusion.three_sigma(scores)
    assert spread.mean() == pytest.approx(0.5)
    assert spread.std() == pytest.approx(1 / 6) or spread.std() == pytest.approx(0)
    for scaled in (bounded, spread):
        order = np.argsort(scores, kind="stable")
        assert np.all(np.diff(scaled[order]) >= -1e-12)


@given(scores=COSINES, factor=st.floats(0.01, 100), shift=st.floats(-10, 10))
def test_normalisations_ignore_unit_and_origin(scores: Scores, factor: float, shift: float) -> None:
    # Differences that vanish when shifted cannot be compared.
    if 0 < np.ptp(scores) < 1e-3:
        return
    for normalise in (fusion.min_max, fusion.three_sigma):
        moved = normalise(scores * factor + shift)
        np.testing.assert_allclose(moved, normalise(scores), atol=1e-6)


@given(dense=COSINES, lexical=BM25_SCORES, weight=WEIGHTS)
def test_the_best_of_both_stays_first(dense: Scores, lexical: Scores, weight: float) -> None:
    dense, lexical = np.append(dense, 1.5), np.append(lexical, 60.0)
    for fused in (
        fusion.convex(dense, lexical, weight),
        fusion.dbsf(dense, lexical, weight),
        fusion.rrf(dense, lexical, 10),
    ):
        assert fused[-1] == pytest.approx(fused.max())


@given(dense=COSINES, lexical=BM25_SCORES)
def test_extreme_weights_are_one_leg(dense: Scores, lexical: Scores) -> None:
    np.testing.assert_allclose(fusion.convex(dense, lexical, 1), fusion.min_max(dense))
    np.testing.assert_allclose(fusion.convex(dense, lexical, 0), fusion.min_max(lexical))
    np.testing.assert_allclose(fusion.dbsf(dense, lexical, 0), fusion.three_sigma(lexical))


@given(scores=COSINES)
def test_ranks_are_a_permutation(scores: Scores) -> None:
    ranked = fusion.ranks(scores)
    assert sorted(ranked) == list(range(1, len(scores) + 1))
    assert scores[ranked == 1] == scores.max()


@given(dense=COSINES, lexical=BM25_SCORES, k=st.floats(0.1, 100))
def test_reciprocal_ranks_are_bounded(dense: Scores, lexical: Scores, k: float) -> None:
    fused = fusion.rrf(dense, lexical, k)
    assert np.all(fused > 0)
    assert np.all(fused <= 2 / (k + 1) + 1e-12)
    assert np.all(fused[lexical == 0] <= 1 / (k + 1) + 1e-12)


@given(text=TEXTS)
def test_sparse_vectors_are_well_formed(text: str) -> None:
    for sparse in (BM25.document(text), BM25.query(text)):
        assert sparse.indices == sorted(set(sparse.indices))
        assert all(0 <= index < 2**32 for index in sparse.indices)
        assert len(sparse.values) == len(sparse.indices)
        assert all(0 < value <= 2.2 for value in sparse.values)
    assert BM25.document(text).indices == BM25.query(text).indices


@given(text=TEXTS)
def test_words_do_not_depend_on_case_or_composition(text: str) -> None:
    found = words(text)
    assert all(found)
    assert words(" ".join(found)) == found


@given(first=TEXTS, second=TEXTS)
def test_a_text_weighs_less_when_more_is_added(first: str, second: str) -> None:
    alone = dict(zip(*BM25.document(first), strict=True))
    longer = f"{first} unrelated {second}"
    both = dict(zip(*BM25.document(longer), strict=True))
    new = set(BM25.query(f"unrelated {second}").indices)
    for term in set(alone) - new:
        assert both.get(term, 0) < alone[term]


@given(
    vectors=arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 8), st.just(16)),
        elements=st.floats(-1, 1, width=32),
    ),
    query=arrays.arrays(np.float32, 16, elements=st.floats(-1, 1, width=32)),
)
def test_quantised_cosines_are_close(
    vectors: NDArray[np.float32],
    query: NDArray[np.float32],
) -> None:
    vectors, query = unit(vectors), unit(query)
    stored = quantise([(0, 1)] * len(vectors), vectors)
    # Half a step per dimension, and the query has unit length.
    bound = 0.5 / 127 * np.sqrt(16) + 1e-4
    np.testing.assert_allclose(stored.scores(query), vectors @ query, atol=bound)


@given(text=st.text(max_size=400), metadata=st.dictionaries(st.text(max_size=9), TEXTS, max_size=3))
def test_records_survive_json(text: str, metadata: dict[str, str]) -> None:
    chunk = make_chunk(text, metadata=metadata)
    (entry,) = make_entries(chunk)
    stored = json.loads(json.dumps(payload.record(entry)))
    again = payload.entry(chunk.id, stored, entry.vector)
    assert again.chunk == chunk
    _same(again.sentences, entry.sentences)


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=2000))
def test_sentences_lie_in_the_text(text: str) -> None:
    found = sentence_spans(text)
    assert 1 <= len(found) <= MOST_SENTENCES
    assert all(0 <= start <= end <= len(text) for start, end in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))


def _same(one: Sentences, other: Sentences) -> None:
    assert one.spans == other.spans
    np.testing.assert_array_equal(one.codes, other.codes)
    np.testing.assert_array_equal(one.scales, other.scales)
