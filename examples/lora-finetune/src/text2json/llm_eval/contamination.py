"""Whether held-out questions stand in what a model was trained on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"\w+")


def runs(text: str, length: int) -> set[str]:
    """All runs of `length` words of a text, in lower case."""
    words = _WORD.findall(text.lower())
    return {" ".join(words[at : at + length]) for at in range(len(words) - length + 1)}


def contaminated(questions: Sequence[str], texts: Iterable[str], length: int) -> list[int]:
    """Places of the questions that share a run of `length` words with one of the texts."""
    wanted: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        for run in runs(question, length):
            wanted.setdefault(run, []).append(place)
    found: set[int] = set()
    for text in texts:
        for run in runs(text, length) & wanted.keys():
            found.update(wanted[run])
    return sorted(found)
