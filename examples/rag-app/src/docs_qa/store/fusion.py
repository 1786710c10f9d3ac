"""Combines the scores of several rankings of the same candidates; pure numpy.

Every function takes arrays over the N candidates and returns one array over them; higher is better.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def min_max(scores: Scores) -> Scores:
    """Scale to [0, 1]: the worst candidate gets 0, the best 1; all 0 where they are equal."""
    if scores.size == 0:
        return scores
    low, high = scores.min(), scores.max()
    if high <= low:
        return np.zeros_like(scores)
    scaled: Scores = (scores - low) / (high - low)
    return scaled


def three_sigma(scores: Scores) -> Scores:
    """Scale mean - 3 standard deviations to 0 and mean + 3 standard deviations to 1.

    The normalisation of distribution-based score fusion (Mazzeschi 2023, also in Qdrant). Unlike
    `min_max` it depends little on a single candidate. Not clipped: an outstanding BM25 score lies
    beyond 1, and that is information. Equal scores all become 0.5.
    """
    if scores.size == 0:
        return scores
    # Not by the deviation, which rounding keeps above 0 for equal scores.
    if scores.max() <= scores.min():
        return np.full_like(scores, 0.5)
    scaled: Scores = (scores - scores.mean()) / (6 * scores.std()) + 0.5
    return scaled


def convex(dense: Scores, lexical: Scores, dense_weight: float) -> Scores:
    """Weighted mean of min-max normalised scores.

    Better than reciprocal ranks where scores carry information (Bruch et al., "An Analysis of
    Fusion Functions for Hybrid Retrieval", 2023).
    """
    return dense_weight * min_max(dense) + (1 - dense_weight) * min_max(lexical)


def dbsf(dense: Scores, lexical: Scores, dense_weight: float) -> Scores:
    """Weighted mean of scores normalised by `three_sigma`."""
    return dense_weight * three_sigma(dense) + (1 - dense_weight) * three_sigma(lexical)


def rrf(dense: Scores, lexical: Scores, k: float) -> Scores:
    """Reciprocal rank fusion: the sum of 1 / (k + rank), ranks from 1.

    Cormack, Clarke and Buettcher (2009). A candidate that shares no word with the question (lexical
    score 0) gets nothing from the lexical ranking.

    Args:
        dense: cosine of every candidate.
        lexical: BM25 of every candidate, 0 for those not found.
        k: 60 in the paper; smaller values trust the first ranks more.
    """
    found = np.where(lexical > 0, 1 / (k + ranks(lexical)), 0.0)
    summed: Scores = 1 / (k + ranks(dense)) + found
    return summed


def ranks(scores: Scores) -> NDArray[np.int64]:
    """Rank from 1 for the highest; equal scores keep the order of the candidates."""
    order = np.argsort(-scores, kind="stable")
    ranked = np.empty(len(scores), dtype=np.int64)
    ranked[order] = np.arange(1, len(scores) + 1)
    return ranked


def semantic(dense: Scores, sentence: Scores, sentence_weight: float) -> Scores:
    """Weighted mean of a chunk's cosine and that of its best sentence."""
    return (1 - sentence_weight) * dense + sentence_weight * sentence
