"""Measures ways to answer, and when nothing is answered; writes their records and plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from docs_qa.evidence import Value
from docs_qa.rag_eval import (
    abstention,
    bootstrap,
    plots,
)
from docs_qa.rag_eval.abstention import Point
from docs_qa.rag_eval.answers import Answered, Answering
from docs_qa.rag_eval.judge import Judge, JudgeSettings, Pair
from docs_qa.rag_eval.setup import Setup
from docs_qa.rag_eval.writer import (
    CHOSEN,
    Writer,
    row,
)


def answer_all(setup: Setup) -> list[Answering]:
    """Run every way to answer, what is configured last."""
    asked = setup.half("report")
    found = [setup.first_passage(asked)]
    for count in (1, 2, 3):
        plural = "s" if count > 1 else ""
        found.append(setup.quote(f"best {count} sentence{plural}", asked, {"sentences": count}))
    if setup.chat.chat_model:
        return [*found, setup.write(asked)]
    return [*found, setup.quote(CHOSEN, asked)]


def write_answers(writer: Writer, answered: Sequence[Answering]) -> Path:
    """Record one row per way to answer."""
    values = [
        row(each.name, bootstrap.interval(each.values("facts said")), _answer_note(each))
        for each in answered
    ]
    named = [(each.name, bootstrap.interval(each.values("facts said"))) for each in answered]
    plot = writer.plot(
        plots.intervals(named, "facts said", writer.root / "evidence/answers.png"),
        "share of the facts asked for that each way to answer says, with its 95 % interval",
    )
    count = len(answered[0].values("facts said"))
    return writer.write("answers", f"Answers: facts said, {count} questions", values, plot)


def write_abstention(writer: Writer, answering: Answering) -> Path:
    """Record how well weak evidence is told from strong, and what the threshold does."""
    limits = writer.setup.answers.evidence
    model = answering.answered[0].answer.meta.mode == "model"
    threshold = limits.model if model else limits.extractive
    point = abstention.at(answering.cases, threshold, writer.setup.config.wrong)
    values = _separation(answering)
    answerable = [case for case in answering.cases if case.answerable]
    values.append(Value("threshold of the evidence", round(threshold, 3)))
    kept = bootstrap.interval([float(case.evidence >= threshold) for case in answerable])
    values.append(row("answerable questions that are answered", kept))
    for kind in _unanswerable_kinds(answering):
        refused = [
            float(each.evidence < threshold or each.answer.done.abstained)
            for each in answering.answered
            if each.question.kind == kind
        ]
        values.append(row(f"{kind} questions that are refused", bootstrap.interval(refused)))
    given = [case.right for case in answering.cases if case.evidence >= threshold]
    if given:
        values.append(row("facts said per answer given", bootstrap.interval(given)))
    points = abstention.curve(answering.cases, writer.setup.config.wrong)
    path = plots.abstention(points, point, writer.root / "evidence/abstention.png")
    plot = writer.plot(path, _describe(points, point))
    return writer.write("abstention", "Saying that the documents do not say", values, plot)


def write_verdicts(writer: Writer, answered: Sequence[Answering], chosen: JudgeSettings) -> Path:
    """Record how often a judge prefers what is configured to each other way to answer."""
    from docs_qa.rag.chat import open_model

    setup = writer.setup
    model = open_model(chosen.judge_model, chosen.judge_url, setup.answers)
    judge = Judge(model, chosen.judge_model, setup.config.work_dir / "verdicts.jsonl")
    *others, new = answered
    values = []
    for old in others:
        pairs = [
            Pair(a.question.question, a.question.reference, _text(a), _text(b))
            for a, b in zip(new.answered, old.answered, strict=True)
            if a.question.answerable
        ]
        values.append(row(f"preferred to {old.name}", judge.win_rate(pairs), "a tie is 0.5"))
    return writer.write("verdicts", f"Preference of {chosen.judge_model}", values)


def _text(answered: Answered) -> str:
    return answered.answer.done.answer


def _separation(answering: Answering) -> list[Value]:
    right = [case.evidence for case in answering.cases if case.answerable]
    values = []
    for kind in _unanswerable_kinds(answering):
        wrong = [each.evidence for each in answering.answered if each.question.kind == kind]
        area = bootstrap.auroc(right, wrong)
        values.append(row(f"AUROC, answerable against {kind}", area, f"{len(wrong)} questions"))
    return values


def _unanswerable_kinds(answering: Answering) -> list[str]:
    kinds = [each.question.kind for each in answering.answered if not each.question.answerable]
    return list(dict.fromkeys(kinds))


def _describe(points: Sequence[Point], chosen: Point) -> str:
    return (
        f"facts said per answer against the share of answerable questions that are answered, for "
        f"{len(points)} thresholds; the configured one answers {chosen.answered:.0%} with "
        f"{chosen.precision:.0%}"
    )


def _answer_note(each: Answering) -> str:
    parts = [
        f"{name} {mean(each.values(name)):.2f}"
        for name in ("F1", "quoted", "grounded", "citation precision", "citation recall")
    ]
    words = mean(each.values("words"))
    milliseconds = 1000 * median(answered.seconds for answered in each.answered)
    return ", ".join([*parts, f"{words:.0f} words", f"{milliseconds:.0f} ms"])
