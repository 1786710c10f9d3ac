"""How good a ranking is, judged by which quotations its passages hold.

A passage holds a quotation if it has at least half of its characters. Ranks are compared by recall,
mean reciprocal rank and nDCG; chunkings of different sizes by the recall within equal *room*, the
characters that a reader or a model gets to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

from docs_qa.rag_eval.gold import Gold, Place

K = 10
SHORT = 5
ROOMS = (2000, 4000)
HALF = 0.5


def holds(passage: Place, place: Place) -> bool:
    """Whether the passage has at least half of the quotation's characters."""
    return passage.overlap(place) >= HALF * (place.end - place.start)


def facts_in(passage: Place, gold: Gold) -> frozenset[int]:
    """Return the indices of the facts that can be known from one passage."""
    return frozenset(
        index for index, places in enumerate(gold) if any(holds(passage, place) for place in places)
    )


def measure(ranking: Sequence[Place], gold: Gold, ideal: float) -> dict[str, float]:
    """Measure one ranking.

    Args:
        ranking: passages, best first.
        gold: facts of the question; at least one.
        ideal: the greatest discounted gain that any ranking has, see `ideal_gain`.

    Returns:
        `recall@5`, `recall@10`, `mrr@10`, `ndcg@10`, and the recall within 2,000 and 4,000
        characters, each in [0, 1].
    """
    found = [facts_in(passage, gold) for passage in ranking]
    values = {f"recall@{k}": recall(found[:k], len(gold)) for k in (SHORT, K)}
    values[f"mrr@{K}"] = next((1 / rank for rank, facts in enumerate(found[:K], 1) if facts), 0.0)
    values[f"ndcg@{K}"] = discounted_gain(found[:K]) / ideal if ideal else 0.0
    for room in ROOMS:
        values[f"recall in {room:,} characters"] = recall_within(ranking, gold, room)
    return values


def recall(found: Sequence[frozenset[int]], facts: int) -> float:
    """Return the share of facts that at least one of the passages holds."""
    return len(frozenset[int]().union(*found)) / facts


def discounted_gain(found: Sequence[frozenset[int]]) -> float:
    """Return the sum over ranks of the facts that are new there, discounted by log2(rank + 1).

    A passage that repeats what a better one says gains nothing: alpha-nDCG with alpha = 1 (Clarke
    et al., SIGIR 2008, https://doi.org/10.1145/1390334.1390446).
    """
    known: frozenset[int] = frozenset()
    gain = 0.0
    for rank, facts in enumerate(found, start=1):
        gain += len(facts - known) / log2(rank + 1)
        known |= facts
    return gain


def ideal_gain(passages: Sequence[Place], gold: Gold, k: int = K) -> float:
    """Return the gain of the best ranking of these passages, found greedily."""
    useful = [facts for passage in passages if (facts := facts_in(passage, gold))]
    chosen: list[frozenset[int]] = []
    known: frozenset[int] = frozenset()
    while len(chosen) < k:
        best = max(useful, key=lambda facts: len(facts - known), default=frozenset())
        if not best - known:
            break
        chosen.append(best)
        known |= best
    return discounted_gain(chosen)


def recall_within(ranking: Sequence[Place], gold: Gold, room: int) -> float:
    """Return the mean share of each fact's characters that are seen in `room` characters."""
    seen: list[Place] = []
    left = room
    for passage in ranking:
        if left <= 0:
            break
        end = min(passage.end, passage.start + left)
        seen.append(Place(passage.document, passage.start, end))
        left -= end - passage.start
    return sum(max(_share(place, seen) for place in places) for places in gold) / len(gold)


def _share(place: Place, seen: Sequence[Place]) -> float:
    """Share of a quotation that is covered by passages, which may overlap each other."""
    covered = 0
    reached = place.start
    for passage in sorted(seen, key=lambda passage: passage.start):
        if passage.document != place.document:
            continue
        end = min(passage.end, place.end)
        covered += max(0, end - max(passage.start, reached))
        reached = max(reached, end)
    return covered / (place.end - place.start)
