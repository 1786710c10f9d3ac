"""Comparing answers with references: normalised words, containment, exact match, F1.

Normalisation follows SQuAD (Rajpurkar et al., 2016): case, punctuation and articles do not count.
Here `1,204` and `1204`, `€5.00` and `5 euros`, `two` and `2` are the same as well.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from docs_qa.rag_eval.questions import Question

_MARK = re.compile(r"\s*\[\d{1,3}\]")
_MONEY = re.compile(r"(\d(?:[\d.,:]*\d)?)\s*(?:€|(?:euros?|eur)\b)", re.IGNORECASE)
_GROUP = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_CENTS = re.compile(r"(?<=\d)\.00(?!\d)")
_TOKEN = re.compile(r"€|\d+(?:[.,:]\d+)*|[^\W\d_]+|%")
_SPELLED = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve".split(),  # noqa: SIM905
        map(str, range(1, 13)),
        strict=True,
    )
)
_ARTICLES = frozenset({"a", "an", "the"})


def tokens(text: str) -> list[str]:
    """Return the normalised words of a text, citations left out; an amount is `€`, number."""
    text = _CENTS.sub("", _GROUP.sub("", _MARK.sub("", text)))
    text = _MONEY.sub(r"€ \1", text)
    words = (word for word in _TOKEN.findall(text.casefold()) if word not in _ARTICLES)
    return [_SPELLED.get(word, word) for word in words]


def contains(answer: Sequence[str], wording: Sequence[str]) -> bool:
    """Whether the words of `wording` stand in `answer`, one after the other."""
    size = len(wording)
    wanted = list(wording)
    return size > 0 and any(
        list(answer[start : start + size]) == wanted for start in range(len(answer) - size + 1)
    )


def facts_said(answer: str, question: Question) -> float:
    """Return the share of the question's facts that the answer says in one of their wordings."""
    said = tokens(answer)
    hits = [any(contains(said, tokens(w)) for w in fact.answers) for fact in question.facts]
    return sum(hits) / len(hits)


def exact(answer: str, references: Iterable[str]) -> bool:
    """Whether the answer is one of the references."""
    said = tokens(answer)
    return any(said == tokens(reference) for reference in references)


def f1(answer: str, references: Iterable[str]) -> float:
    """Return the best harmonic mean of precision and recall of words over the references."""
    return max((_f1(tokens(answer), tokens(reference)) for reference in references), default=0.0)


def references(question: Question) -> tuple[str, ...]:
    """Return what counts as a right answer: the reference, and wordings if there is one fact."""
    single = question.facts[0].answers if len(question.facts) == 1 else ()
    return (question.reference, *single) if question.reference else tuple(single)


def quoted(answer: str, question: Question) -> float:
    """Return how well an answer quotes: F1 of its words against the quotations of the facts.

    Quoting more than is needed costs precision, quoting less recall. Of several quotations that say
    the same fact, the one most like the answer counts.
    """
    said = tokens(answer)
    wanted: list[str] = []
    for fact in question.facts:
        quotes = [tokens(span.quote) for span in fact.spans]
        best: list[str] = max(quotes, key=lambda quote: _f1(said, quote))
        wanted += best
    return _f1(said, wanted)


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    common = sum((Counter(said) & Counter(wanted)).values())
    return 2 * common / (len(said) + len(wanted)) if common else 0.0
