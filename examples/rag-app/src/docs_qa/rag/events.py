"""What an assistant says while it answers, in this order: Meta, Sources, Token..., Done.

`Failed` ends the stream instead of `Done`. A stream that ends with neither was cancelled by the
caller. All times are seconds, all texts are plain text and must be shown as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["extractive", "model"]
FailureKind = Literal[
    "model-unavailable",
    "model-timeout",
    "overloaded",
    "search-failed",
    "bad-filters",
]


class Reason:
    """Why an answer is not what it should be; `Done.reason`."""

    NONE = ""
    WEAK_EVIDENCE = "weak-evidence"  # nothing found is similar enough to the question
    DECLINED = "model-declined"  # the model found no answer in the passages
    UNSUPPORTED = "unsupported"  # no sentence of the answer is borne out by what it cites
    CUT = "cut-off"  # the model reached its limit of tokens
    DEGRADED = "model-unavailable"  # extracted sentences, because no model could be reached


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier message of the conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Source:
    """A retrieved passage, as answers cite it.

    Attributes:
        number: what `[number]` in an answer refers to, from 1.
        passage: id of the chunk.
        page: first page, from 1; None where the format has none.
        score: of the search; its scale depends on the configured ranking.
        text: the passage without invisible characters.
        suspicious: it seems to address a language model; a hint for people, nothing is withheld.
    """

    number: int
    passage: str
    document: str
    title: str
    section: str
    page: int | None
    kind: str
    score: float
    text: str
    suspicious: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of all model calls behind one answer; `cost_usd` is None without a known price."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: Usage) -> Usage:
        """Return the sum; the cost is unknown as soon as one part of it is."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, checked against the passages.

    Attributes:
        start: of the sentence in `Done.answer`, in characters.
        end: first character behind it.
        citations: numbers of the sources that it cites and that bear it out.
        supported: whether a cited passage (any passage, if it cites none) bears it out.
    """

    start: int
    end: int
    citations: tuple[int, ...]
    supported: bool


@dataclass(frozen=True, slots=True)
class Meta:
    """The first event.

    Attributes:
        model: name of the chat model, or of the extractive method.
        question: as it was searched.
        rewritten: whether that differs from what was asked.
    """

    request_id: str
    mode: Mode
    model: str
    question: str
    rewritten: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages that the answer may cite, best first."""

    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of an answer.

    Attributes:
        answer: all tokens together, less the citations that did not stand up to the check.
        citations: numbers of the sources that remain cited, ascending.
        claims: its sentences, each with the result of the check.
        abstained: whether the answer is that the documents do not say.
        reason: one of `Reason`.
        mode: how the answer was made in the end; differs from `Meta.mode` when degraded.
        model: which model answered in the end; differs from `Meta.model` after a fallback.
        seconds: by stage: rewrite, retrieve, rerank, answer, first_token, total.
        cached: whether the answer was taken from the cache.
    """

    answer: str
    citations: tuple[int, ...]
    claims: tuple[Claim, ...]
    abstained: bool
    reason: str
    mode: Mode
    model: str
    usage: Usage
    seconds: Mapping[str, float] = field(default_factory=dict)
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event when there is no answer.

    Attributes:
        kind: stable name: `model-unavailable`, `model-timeout`, `overloaded`, `search-failed`, or
            `bad-filters` if the question cannot be searched as asked.
        detail: one sentence for the person who asked; no internals, no secrets.
        retry_after: seconds after which asking again may succeed, None if unknown.
    """

    kind: FailureKind
    detail: str
    retry_after: float | None = None


Event = Meta | Sources | Token | Done | Failed
