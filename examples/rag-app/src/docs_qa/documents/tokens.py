"""How many tokens a text has, where no tokenizer is at hand."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z]+|\d+|[^\W\d_a-zA-Z]+|[^\w\s]|_")
# Word pieces of BERT's English vocabulary: short words are one, digits go in twos and threes,
# letters beyond ASCII nearly one each. Meant to be too high rather than too low.
_WHOLE_WORD = 5
_LETTERS_PER_PIECE = 3
_DIGITS_PER_PIECE = 2


def estimate(text: str) -> int:
    """Estimate the word pieces of a text, rather too many than too few."""
    return sum(_pieces(match[0]) for match in _WORD.finditer(text))


def _pieces(word: str) -> int:
    if not word.isascii():
        return len(word)
    if word.isdigit():
        return -(-len(word) // _DIGITS_PER_PIECE)
    return 1 + max(0, -(-(len(word) - _WHOLE_WORD) // _LETTERS_PER_PIECE))
