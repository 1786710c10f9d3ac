"""Rated questions as candidates for the evaluation set.

The service writes what people rated (`docs-qa feedback export`). A good answer becomes a
question with its passage; a bad one a question without facts, since nobody knows yet which passage
would have been right, or whether the documents answer it at all. A person has to decide that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from docs_qa.documents.sentences import spans
from docs_qa.rag.citations import without_marks
from docs_qa.rag.words import terms
from docs_qa.rag_eval.questions import (
    Fact,
    Question,
    QuestionError,
    Span,
)

KIND = "feedback"


class _Cited(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    document: str
    text: str


class _Rated(BaseModel):
    """A line of the export; what else it holds is for other readers."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    request_id: str
    question: str
    answer: str
    rating: Literal["up", "down"]
    abstained: bool
    cited: tuple[_Cited, ...] = ()


def candidates(lines: Iterable[str]) -> Iterator[Question]:
    """Yield one question per rated question, the first rating of each.

    Raises:
        QuestionError: a line is not of the export.
    """
    seen: set[str] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            rated = _Rated.model_validate_json(line)
        except ValidationError as error:
            raise QuestionError(
                f"line {number} is no line of a feedback export: {error}"
            ) from error
        asked = " ".join(rated.question.split())
        if asked and asked.casefold() not in seen:
            seen.add(asked.casefold())
            yield _candidate(rated, asked)


def _candidate(rated: _Rated, asked: str) -> Question:
    answer = without_marks(rated.answer).strip()
    good = rated.rating == "up" and rated.cited and not rated.abstained
    spans_ = tuple(
        Span(document=cited.document, quote=_closest(cited.text, answer)) for cited in rated.cited
    )
    return Question(
        id=f"{KIND}-{rated.request_id}",
        kind=f"{KIND}-{rated.rating}",
        question=asked,
        reference=answer if good else "",
        facts=(Fact(spans=spans_, answers=(answer,)),) if good else (),
    )


def _closest(text: str, answer: str) -> str:
    """The sentence of a passage that shares most words with the answer."""
    wanted = terms(answer)
    sentences = [text[start:end] for start, end in spans(text)] or [text]
    return max(sentences, key=lambda sentence: len(terms(sentence) & wanted))
