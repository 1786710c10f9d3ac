"""Measures the half of the questions for reporting, and writes the evidence records and plots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

from docs_qa.rag_eval import (
    answer_report,
    bootstrap,
    plots,
    retrieval,
    starter,
)
from docs_qa.rag_eval.judge import JudgeSettings
from docs_qa.rag_eval.metrics import ROOMS, SHORT, K
from docs_qa.rag_eval.retrieval import Ranking
from docs_qa.rag_eval.setup import Setup
from docs_qa.rag_eval.writer import (
    CHOSEN,
    Writer,
    row,
)

_NDCG, _MRR, _RECALL = f"ndcg@{K}", f"mrr@{K}", f"recall@{SHORT}"
_ROOM = f"recall in {ROOMS[0]:,} characters"

Say = Callable[[str], None]


def run(setup: Setup, say: Say, root: Path = Path()) -> list[Path]:
    """Measure everything and write the records.

    Raises:
        Unavailable: a chat model is configured and does not answer.
        ValueError: the chat model cannot be opened.
    """
    writer = Writer(setup, root)
    say("Ways to search")
    rankings = rank_all(setup)
    written = [write_retrieval(writer, rankings)]
    say("Follow-ups and filters")
    written.append(write_context(writer))
    say("Ways to answer")
    answered = answer_report.answer_all(setup)
    written.append(answer_report.write_answers(writer, answered))
    written.append(answer_report.write_abstention(writer, answered[-1]))
    judge = JudgeSettings()
    if judge.judge_model:
        say(f"Verdicts of {judge.judge_model}")
        written.append(answer_report.write_verdicts(writer, answered, judge))
    return written


def rank_all(setup: Setup) -> list[Ranking]:
    """Run the baseline, every family, and what is configured."""
    asked = setup.answerable("report")
    places = list(setup.corpus.places.values())
    baseline = starter.build(setup.corpus.texts, setup.corpus.index.embeddings)
    rank = retrieval.starter_ranker(baseline)
    found = [retrieval.run(starter.NAME, rank, asked, setup.gold, baseline.passages)]
    search = setup.search
    configured = f"{CHOSEN} ({search.fusion}, {search.rerank})"
    for name, settings in {**retrieval.families(search), configured: search}.items():
        rank = retrieval.ranker(setup.corpus, settings, rewrite=True, filters=True)
        found.append(retrieval.run(name, rank, asked, setup.gold, places))
    return found


def write_retrieval(writer: Writer, rankings: Sequence[Ranking]) -> Path:
    """Record one row per way to search, and what the configured one gains over the baseline."""
    values = [
        row(ranking.name, bootstrap.interval(ranking.values[_NDCG]), _ranking_note(ranking))
        for ranking in rankings
    ]
    baseline, chosen = rankings[0], rankings[-1]
    for metric in (_NDCG, _ROOM):
        gain = bootstrap.difference(chosen.values[metric], baseline.values[metric])
        values.append(row(f"gain over the starter, {metric}", gain, "paired"))
    named = [(ranking.name, bootstrap.interval(ranking.values[_NDCG])) for ranking in rankings]
    plot = writer.plot(
        plots.intervals(named, f"nDCG@{K}", writer.root / "evidence/retrieval.png"),
        f"nDCG@{K} of every way to search with its 95 % interval; as configured "
        f"{mean(chosen.values[_NDCG]):.2f}, LangChain starter {mean(baseline.values[_NDCG]):.2f}",
    )
    count = len(rankings[0].seconds)
    return writer.write("retrieval", f"Search: nDCG@{K}, {count} questions", values, plot)


def write_context(writer: Writer) -> Path:
    """Record what rewriting does for follow-ups, and filters for questions that have one."""
    setup = writer.setup
    asked = [question for question in setup.questions if question.answerable]
    followups = [question for question in asked if question.history]
    filtered = [question for question in asked if question.where]
    places = list(setup.corpus.places.values())
    values = []
    for name, part, off, on in (
        ("follow-ups", followups, "as typed", "rewritten by rules"),
        ("questions with a filter", filtered, "without it", "with it"),
    ):
        if not part:
            continue
        scores = []
        for used in (False, True):
            rank = retrieval.ranker(
                setup.corpus,
                setup.search,
                rewrite=used or part is filtered,
                filters=used or part is followups,
            )
            scores.append(retrieval.run(name, rank, part, setup.gold, places).values[_NDCG])
        values += [
            row(f"{len(part)} {name}, {how}", bootstrap.interval(score))
            for how, score in ((off, scores[0]), (on, scores[1]))
        ]
        gain = bootstrap.difference(scores[1], scores[0])
        values.append(row(f"{name}, difference", gain, "paired"))
    return writer.write("context", f"Follow-ups and filters: nDCG@{K}", values)


def _ranking_note(ranking: Ranking) -> str:
    parts = [
        f"{name} {mean(ranking.values[metric]):.2f}"
        for name, metric in (
            (_RECALL, _RECALL),
            (f"MRR@{K}", _MRR),
            (_ROOM, _ROOM),
        )
    ]
    return ", ".join([*parts, f"{ranking.milliseconds:.0f} ms"])
