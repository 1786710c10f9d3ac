"""BM25 as sparse vectors: the same words and weights for every back end.

A text becomes weighted term ids here, in `document`; the inverse document frequency is the
database's part, because only it knows how many chunks have a term. The product is Okapi BM25
(Robertson and Zaragoza, "The probabilistic relevance framework", 2009) with one approximation: the
average length is a constant, because a stored weight cannot follow the corpus. The splitter keeps
chunks near that length, so little is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from threading import Lock
from typing import NamedTuple

import snowballstemmer  # type: ignore[import-untyped]

VERSION = 1
"""Part of an index's signature: raise it with anything that changes ids or weights."""

SATURATION = 1.2
LENGTH_WEIGHT = 0.75
AVERAGE_LENGTH = 110.0
"""Words; that of chunks of 150 word pieces."""

# Scripts that are written without spaces are cut into pairs of characters.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f"
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:['\u2019][^\W_{_UNSPACED}]+)*")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_POSSESSIVE = re.compile(r"['\u2019]s?$")
_LONGEST = 64


class Sparse(NamedTuple):
    """A sparse vector.

    Attributes:
        indices: term ids, unsigned 32 bits, increasing and without repetition.
        values: the weight of each term.
    """

    indices: list[int]
    values: list[float]


class Bm25:
    """Texts to sparse vectors, for one language of stemming; safe to share between threads."""

    def __init__(self, language: str = "english") -> None:
        """Choose the stemmer.

        Args:
            language: a Snowball algorithm such as `english` or `german`; `none` leaves words as
                they are, for collections in many languages.

        Raises:
            ValueError: there is no such algorithm.
        """
        if language != "none" and language not in snowballstemmer.algorithms():
            known = ", ".join(sorted(snowballstemmer.algorithms()))
            raise ValueError(f"no stemmer for {language!r}; there are: none, {known}")
        self.name = f"bm25-{VERSION} {language}"
        self._stemmer = None if language == "none" else snowballstemmer.stemmer(language)
        self._lock = Lock()  # a Snowball stemmer keeps the word it works on
        self._stem = lru_cache(maxsize=65536)(self._stem_uncached)

    def document(self, text: str) -> Sparse:
        """Return the term weights of a stored text: saturating in frequency, relative to length."""
        counts = Counter(self.terms(text))
        length = sum(counts.values())
        norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * length / AVERAGE_LENGTH)
        weights = {term: n * (SATURATION + 1) / (n + norm) for term, n in counts.items()}
        return _sparse(weights)

    def query(self, text: str) -> Sparse:
        """Return the terms of a question, each with weight 1."""
        return _sparse(dict.fromkeys(self.terms(text), 1.0))

    def terms(self, text: str) -> list[str]:
        """Return the stems of a text's words, in order and with repetitions."""
        return [self._stem(word) for word in words(text)]

    def _stem_uncached(self, word: str) -> str:
        if self._stemmer is None:
            return word
        with self._lock:
            stem: str = self._stemmer.stemWord(word)
        return stem


def words(text: str) -> list[str]:
    """Cut a text into comparable words, in order and with repetitions.

    Compatibility forms, case, accents and possessive endings are ignored. In scripts without
    spaces, neighbouring characters form a word.
    """
    found: list[str] = []
    plain = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    for match in _RUN.finditer(unicodedata.normalize("NFC", bare)):
        run = match[0]
        if _IS_UNSPACED.match(run):
            found.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        else:
            found.append(_POSSESSIVE.sub("", run[:_LONGEST]))
    return found


def term_id(term: str) -> int:
    """Return a term's id: 32 bits of a hash, so that no vocabulary has to be kept or shared.

    Two of 50,000 different terms collide with probability 0.25; such a pair is only searched less
    precisely.
    """
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "big")


def _sparse(weights: dict[str, float]) -> Sparse:
    by_id: dict[int, float] = {}
    for term, weight in weights.items():
        key = term_id(term)
        by_id[key] = max(weight, by_id.get(key, 0.0))
    pairs = sorted(by_id.items())
    return Sparse([key for key, _ in pairs], [weight for _, weight in pairs])
