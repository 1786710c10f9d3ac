"""Questions from the user's own documents, without a model.

Four patterns whose answer is certain: headings that are questions, definitions, cells of tables,
and numbers in sentences. They are made of the documents' own words, so searches find them more
easily than people's questions: good for comparing settings and for noticing a regression, too
optimistic as an estimate. Whoever reviews them should reword them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from docs_qa.documents import Block, Document
from docs_qa.documents.sentences import spans
from docs_qa.rag.words import terms
from docs_qa.rag_eval import wording
from docs_qa.rag_eval.questions import Fact, Question, Span

_DEFINITION = re.compile(
    r"(?:An?|The)?\s?(?P<term>[A-Z]?[\w-]+(?: [\w-]+){0,3}) (?:is|are|means) "
    r"(?P<meaning>(?:an?|the|every|all) [^.]{15,200})\."
)
_NUMBER = re.compile(
    r"(?P<before>[A-Z][^.;:|]{15,160}?\b(?:is|are|of|for|at most|at least|within|costs?|takes?|"
    r"lasts?|has|have|after|up to|every) )"
    r"(?P<answer>\d+(?:[.,]\d+)*) (?P<unit>%|[a-z]{3,})"
)
_POINTING = re.compile(r"(?:it|this|that|these|those|they|he|she|there|here)\b", re.IGNORECASE)
_LONGEST_CELL = 60
_FEWEST_TERMS = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """A question in the making; the answer stands in the quotation."""

    kind: str
    question: str
    answer: str
    document: str
    quote: str

    def question_with(self, id: str) -> Question:  # noqa: A002 (its name in the file)
        """Return it in the format of the evaluation set."""
        span = Span(document=self.document, quote=self.quote)
        fact = Fact(spans=(span,), answers=(self.answer,))
        return Question(
            id=id,
            kind=self.kind,
            question=self.question,
            reference=self.answer,
            facts=(fact,),
        )


def drafts(name: str, document: Document) -> Iterator[Draft]:
    """Yield every question that the patterns find in a document.

    Args:
        name: its id in the library.
        document: as parsed.
    """
    heading = ""
    for block in document.blocks:
        text = document.text[block.start : block.end]
        if block.kind == "heading":
            heading = text
        elif block.kind == "table":
            yield from _of_table(name, document.title, heading, text, block)
        elif block.kind in ("paragraph", "list"):
            if heading.endswith("?"):
                yield from _of_heading(name, heading, text)
            heading = "" if heading.endswith("?") else heading
            for start, end in spans(text):
                yield from _of_sentence(name, text[start:end])


def plausible(draft: Draft) -> bool:
    """Whether a question says enough to be understood, and does not give its answer away."""
    asked = wording.tokens(draft.question)
    answer = wording.tokens(draft.answer)
    enough = len(terms(draft.question)) >= _FEWEST_TERMS
    return enough and bool(answer) and not wording.contains(asked, answer)


def sample(found: Iterable[Draft], count: int, seed: int) -> list[Draft]:
    """Return up to `count` drafts, spread over documents and kinds; of one quotation, one only."""
    generator = random.Random(seed)  # noqa: S311 (a sample, not a secret)
    unique = {(draft.document, draft.quote): draft for draft in found}
    asked = {draft.question: draft for draft in unique.values()}
    groups: dict[tuple[str, str], list[Draft]] = {}
    for draft in asked.values():
        groups.setdefault((draft.document, draft.kind), []).append(draft)
    for group in groups.values():
        generator.shuffle(group)
    chosen: list[Draft] = []
    while len(chosen) < count and groups:
        keys = list(groups)
        generator.shuffle(keys)
        for key in keys[: count - len(chosen)]:
            chosen.append(groups[key].pop())
            if not groups[key]:
                del groups[key]
    return chosen


def numbered(found: Sequence[Draft], prefix: str = "g") -> list[Question]:
    """Return drafts as questions with ids, every second one for each half."""
    questions = (draft.question_with(f"{prefix}{i:03}") for i, draft in enumerate(found, start=1))
    return [
        question.model_copy(update={"split": ("choose", "report")[number % 2]})
        for number, question in enumerate(questions)
    ]


def _of_heading(name: str, heading: str, text: str) -> Iterator[Draft]:
    first = spans(text)[:1]
    for start, end in first:
        yield Draft("heading", heading, text[start:end], name, text[start:end])


def _of_table(name: str, title: str, heading: str, text: str, block: Block) -> Iterator[Draft]:
    lines = text.splitlines()
    if not block.repeat or len(lines) < len(("header", "rule", "row")):
        return
    header = _cells(lines[0])
    where = heading or title
    for line in lines[2:]:
        row = _cells(line)
        if len(row) != len(header) or not row[0]:
            continue
        for column, cell in list(zip(header, row, strict=True))[1:]:
            if column and cell and len(cell) <= _LONGEST_CELL:
                question = f"{where}: what does the table say under “{column}” for {row[0]}?"
                yield Draft("table", question, cell, name, line)


def _of_sentence(name: str, sentence: str) -> Iterator[Draft]:
    if _POINTING.match(sentence):
        return
    if match := _DEFINITION.fullmatch(sentence):
        verb = "are" if f"{match['term']} are " in sentence else "is"
        yield Draft("definition", f"What {verb} {match['term']}?", match["meaning"], name, sentence)
    if match := _NUMBER.match(sentence):
        asked = "what percentage" if match["unit"] == "%" else f"how many {match['unit']}"
        # The rest of the clause, without which it may be unclear what is asked about.
        rest = re.split(r"[,;:.](?:\s|$)", sentence[match.end() :], maxsplit=1)[0]
        question = f"{match['before']}{asked}{rest}?"
        answer = f"{match['answer']} {match['unit']}"
        yield Draft("number", question, answer, name, sentence)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
