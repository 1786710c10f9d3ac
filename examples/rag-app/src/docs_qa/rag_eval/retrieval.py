"""Runs rankings side by side on the same questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from docs_qa.rag.followup import standalone
from docs_qa.rag_eval import metrics
from docs_qa.rag_eval.corpus import Corpus
from docs_qa.rag_eval.gold import Gold, Place
from docs_qa.rag_eval.questions import Question
from docs_qa.rag_eval.starter import Starter
from docs_qa.store import SearchSettings

DEPTH = 30
"""Passages per question: enough small ones to fill the largest room."""

Rank = Callable[[Question], list[Place]]


@dataclass(frozen=True, slots=True)
class Ranking:
    """How one way to search did.

    Attributes:
        name: of the way.
        values: per metric one value per question, in the order of the questions.
        seconds: per question.
    """

    name: str
    values: Mapping[str, Sequence[float]]
    seconds: Sequence[float]

    @property
    def milliseconds(self) -> float:
        """Median time of a question."""
        return 1000 * median(self.seconds)


def families(base: SearchSettings) -> dict[str, SearchSettings]:
    """Return every way to fuse, without and with re-ranking by sentences; weights as configured."""
    named = {
        "BM25": {"fusion": "lexical"},
        "dense": {"fusion": "dense"},
        "RRF": {"fusion": "rrf"},
        "DBSF": {"fusion": "dbsf"},
        "convex": {"fusion": "convex"},
    }
    plain = {
        name: base.model_copy(update={**change, "rerank": "none"}) for name, change in named.items()
    }
    ranked = {
        f"{name}, re-ranked": settings.model_copy(update={"rerank": "sentences"})
        for name, settings in plain.items()
    }
    return {**plain, **ranked}


def grid(base: SearchSettings) -> dict[str, SearchSettings]:
    """Return what the choice is made from: the families, with several weights each."""
    found = {}
    for name, settings in families(base).items():
        for detail, change in _weights(settings):
            found[f"{name} ({detail})" if detail else name] = settings.model_copy(update=change)
    return found


def _weights(settings: SearchSettings) -> list[tuple[str, dict[str, float]]]:
    """Few and coarse: half a question set cannot tell finer steps apart."""
    if settings.fusion == "rrf":
        return [(f"k {k:g}", {"rrf_k": k}) for k in (10.0, 60.0)]
    shares = (0.3, 0.5, 0.7) if settings.fusion in ("dbsf", "convex") else (None,)
    best = (0.5, 0.8) if settings.rerank == "sentences" else (None,)
    found = []
    for share in shares:
        for sentence in best:
            change = {"dense_weight": share, "sentence_weight": sentence}
            detail = ", ".join(
                f"{name} {value:g}"
                for name, value in (("dense", share), ("sentence", sentence))
                if value is not None
            )
            found.append((detail, {key: v for key, v in change.items() if v is not None}))
    return found


def ranker(corpus: Corpus, settings: SearchSettings, *, rewrite: bool, filters: bool) -> Rank:
    """Return a search of the corpus.

    Args:
        corpus: what is searched.
        settings: how.
        rewrite: make follow-ups complete by rules; otherwise they are searched as typed.
        filters: apply the filters of questions.
    """
    searcher = corpus.index.searcher(active=lambda: corpus.active, settings=settings)

    def rank(question: Question) -> list[Place]:
        query = standalone(question.question, question.history) if rewrite else question.question
        where = question.where if filters and question.where else None
        return [
            Place(hit.chunk.document, hit.chunk.start, hit.chunk.end)
            for hit in searcher.search(query, DEPTH, where).hits
        ]

    return rank


def starter_ranker(starter: Starter) -> Rank:
    """Return the baseline's search; follow-ups are rewritten for it too, filters it has none."""

    def rank(question: Question) -> list[Place]:
        query = standalone(question.question, question.history)
        return starter.search(query, DEPTH)[0]

    return rank


def run(
    name: str,
    rank: Rank,
    questions: Sequence[Question],
    gold: Mapping[str, Gold],
    passages: Sequence[Place],
) -> Ranking:
    """Ask every question and measure the ranking.

    Args:
        name: for the result.
        rank: the search.
        questions: answerable ones.
        gold: places of the facts by question.
        passages: all that could have been found, for the best possible gain.
    """
    by_document: dict[str, list[Place]] = {}
    for passage in passages:
        by_document.setdefault(passage.document, []).append(passage)
    rows: list[dict[str, float]] = []
    seconds: list[float] = []
    for question in questions:
        start = time.perf_counter()
        ranking = rank(question)
        seconds.append(time.perf_counter() - start)
        facts = gold[question.id]
        documents = {place.document for places in facts for place in places}
        useful = [passage for name_ in documents for passage in by_document.get(name_, [])]
        rows.append(metrics.measure(ranking, facts, metrics.ideal_gain(useful, facts)))
    return Ranking(name, {key: [row[key] for row in rows] for key in rows[0]}, seconds)
