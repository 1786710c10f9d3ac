"""When to say "I do not know": from how strong the evidence is to a threshold for it.

Each question has an evidence (the best similarity among its passages), and an outcome: whether the
answer, if one is given, is right. Below the threshold none is given. What a threshold is worth is
the right answers that it lets through, less the wrong ones, which cost `WRONG` each; an answer to a
question that the documents do not answer is a wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WRONG = 0.5
"""Cost of a wrong answer in right answers. Answers come with their sources, so a wrong one can be
recognised by who asked; it costs their time, and not as much as a right one is worth."""


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        evidence: of its best passage.
        answerable: whether the documents answer it.
        right: share of the facts that the answer says; 0 if it cannot be answered.
    """

    evidence: float
    answerable: bool
    right: float


@dataclass(frozen=True, slots=True)
class Point:
    """What happens at one threshold, in shares of all questions of the kind named.

    Attributes:
        threshold: evidence from which on an answer is given.
        answered: of the answerable questions, those that get an answer.
        right: of the answerable questions, those whose answer is right.
        refused: of the unanswerable questions, those that are refused.
        precision: of all answers given, those that are right; 1 if none is given.
        worth: right answers less the cost of wrong ones, per question.
    """

    threshold: float
    answered: float
    right: float
    refused: float
    precision: float
    worth: float


def at(cases: Sequence[Case], threshold: float, wrong: float = WRONG) -> Point:
    """Return what happens at a threshold; shares of kinds that do not occur are 0."""
    answerable = [case for case in cases if case.answerable]
    others = [case for case in cases if not case.answerable]
    given = [case for case in cases if case.evidence >= threshold]
    right = sum(case.right for case in given)
    kept = sum(case.answerable for case in given)
    return Point(
        threshold=threshold,
        answered=kept / len(answerable) if answerable else 0.0,
        right=right / len(answerable) if answerable else 0.0,
        refused=1 - (len(given) - kept) / len(others) if others else 0.0,
        precision=right / len(given) if given else 1.0,
        worth=(right - wrong * (len(given) - right)) / len(cases),
    )


def curve(cases: Sequence[Case], wrong: float = WRONG) -> list[Point]:
    """Return a point for every threshold that makes a difference, rising.

    Thresholds lie half way between neighbouring evidences, so that they hold for new questions.
    """
    levels = sorted({case.evidence for case in cases})
    middles = [(low + high) / 2 for low, high in pairwise(levels)]
    return [at(cases, threshold, wrong) for threshold in (levels[0] - 0.01, *middles)]


def calibrate(cases: Sequence[Case], wrong: float = WRONG) -> Point:
    """Return the point of the greatest worth; of equal ones the lowest threshold.

    Raises:
        ValueError: there are no cases of one of the two kinds, which a threshold would separate.
    """
    if len({case.answerable for case in cases}) != len((True, False)):
        raise ValueError("calibration needs answerable and unanswerable questions")
    return max(curve(cases, wrong), key=lambda point: (point.worth, -point.threshold))
