"""Questions with the passages that answer them, as JSON Lines.

A question has *facts*: what an answer must say. A fact has *spans*, quotations of documents any of
which is enough to know it. Quotations and not passages are recorded, so that every way to cut
documents into passages can be judged by the same questions. A question without facts cannot be
answered from the documents; the right answer is to say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from docs_qa.rag import Turn

PATH = Path("evaluation/questions.jsonl")

Split = Literal["choose", "report"]


class QuestionError(ValueError):
    """A file of questions cannot be used; the message names the file and the line or question."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Part):
    """A quotation.

    Attributes:
        document: id of the document, i.e. its path below the folder of documents.
        quote: some of its words, in order; case, markup and white space do not count.
    """

    document: str = Field(min_length=1)
    quote: str = Field(min_length=1)


class Fact(_Part):
    """Something that an answer must say.

    Attributes:
        spans: quotations that say it; each alone is enough.
        answers: wordings one of which an answer must contain.
    """

    spans: tuple[Span, ...] = Field(min_length=1)
    answers: tuple[str, ...] = Field(min_length=1)


class Question(_Part):
    """One question.

    Attributes:
        id: unique in its file.
        split: half of the set; the configuration is chosen on one and reported on the other.
        kind: what makes it hard, e.g. "table", "follow-up", "near-miss".
        question: as a person would ask.
        history: earlier turns of the conversation, oldest first.
        where: filter of the search.
        reference: a complete and brief answer.
        facts: what an answer must say; none if the documents do not answer the question.
    """

    id: str = Field(min_length=1)
    split: Split = "report"
    kind: str = Field(min_length=1)
    question: str = Field(min_length=1, max_length=2000)
    history: tuple[Turn, ...] = ()
    where: dict[str, list[str]] = Field(default_factory=dict)
    reference: str = ""
    facts: tuple[Fact, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether the documents answer it."""
        return bool(self.facts)


def load(path: Path = PATH) -> tuple[Question, ...]:
    """Read a file of questions.

    Raises:
        QuestionError: it is missing or empty, a line is no question, or an id occurs twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{path}: {error}") from error
    found: dict[str, Question] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            question = Question.model_validate_json(line)
        except ValidationError as error:
            raise QuestionError(f"{path}, line {number}: {_problems(error)}") from error
        if question.id in found:
            raise QuestionError(f"{path}, line {number}: the id {question.id!r} occurs twice")
        found[question.id] = question
    if not found:
        raise QuestionError(f"{path} holds no questions")
    return tuple(found.values())


def save(questions: Iterable[Question], path: Path) -> None:
    """Write a file of questions; what has its default value is left out."""
    lines = [question.model_dump_json(exclude_defaults=True) for question in questions]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def part(questions: Sequence[Question], split: Split) -> tuple[Question, ...]:
    """Return the questions of one half.

    Raises:
        QuestionError: there are none.
    """
    chosen = tuple(question for question in questions if question.split == split)
    if not chosen:
        raise QuestionError(f'no question has "split": "{split}"')
    return chosen


def _problems(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(str(place) for place in problem['loc']) or 'line'}: {problem['msg']}"
        for problem in error.errors()
    )
