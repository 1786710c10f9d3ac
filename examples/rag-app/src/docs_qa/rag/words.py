"""Words, numbers and sentences of texts, for checks that have to be explainable."""

from __future__ import annotations

import re
from functools import lru_cache

from docs_qa.documents.sentences import spans
from docs_qa.rag.citations import MARK
from docs_qa.store.bm25 import Bm25
from docs_qa.store.bm25 import words as split_words

# English stems. Words of other languages get some stem too, the same one on both sides.
_ENGLISH = Bm25("english")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
# Behind a sentence on its line, or alone on the next.
_MARKS = re.compile(r"(?:\s*\[\d{1,3}\])+(?=\s*(?:\n|$))|(?:[^\S\n]*\[\d{1,3}\])+")
_SPELLED = dict(
    zip(
        "one two three four five six seven eight nine ten eleven twelve".split(),  # noqa: SIM905
        map(str, range(1, 13)),
        strict=True,
    )
)
STOPWORDS = frozenset(
    """a about after again all also am an and any are as at be because been before being below
    between both but by can could did do does doing down during each either else few for from
    further had has have having he her here hers him his how i if in into is it its itself just may
    me might more most must my no nor not of off on once one only or other ought our out over own
    please same shall she should so some such than that the their them then there these they this
    those through to too under until up upon us very was we were what when where which while who
    whom whose why will with within without would yes you your""".split()  # noqa: SIM905
)


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return _ENGLISH.terms(word)[0]


def words(text: str) -> list[str]:
    """Return the words of a text in order, without case and accents."""
    return split_words(text)


def terms(text: str) -> frozenset[str]:
    """Return the stems of the words that carry meaning."""
    return frozenset(_stem(word) for word in split_words(text) if word and word not in STOPWORDS)


def numbers(text: str, *, spelled: bool = False) -> frozenset[str]:
    """Return the numbers of a text in digits, without commas.

    Args:
        text: where they are.
        spelled: whether words from "one" to "twelve" are numbers too.
    """
    found = {number.replace(",", "") for number in _NUMBER.findall(text)}
    if spelled:
        found |= {_SPELLED[word] for word in split_words(text) if word in _SPELLED}
    return frozenset(found)


def tokens(text: str) -> int:
    """Estimate the tokens of a text for a language model: one is about four characters."""
    return len(text) // 4 + 1


def sentences(text: str) -> list[tuple[int, int]]:
    """Return start and end of each sentence; citations behind its full stop belong to it."""
    bare = MARK.sub(lambda match: " " * len(match[0]), text)
    found: list[tuple[int, int]] = []
    for start, end in spans(bare):
        begin = max(found[-1][1] if found else 0, text.rfind("\n", 0, start) + 1)
        lead = text[begin:start]
        behind = _MARKS.match(text, end)
        found.append((start - len(lead.lstrip()), behind.end() if behind else end))
    return found
