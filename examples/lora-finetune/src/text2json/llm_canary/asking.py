"""Asks a server with OpenAI's protocol: this service, or vLLM."""

from __future__ import annotations

import json
import statistics
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .rows import CanaryError, Row

TIMEOUT = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back, or `failed`; seconds and tokens of it."""

    text: str
    seconds: float
    tokens: int
    failed: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a model did on the canary set.

    Attributes:
        rows: questions.
        score: share that was answered right.
        valid: share whose answer is JSON.
        failed: share without an answer.
        latency_seconds: median time of an answer.
        tokens: mean length of an answer.
    """

    model: str
    rows: int
    score: float
    valid: float
    failed: float
    latency_seconds: float
    tokens: float


Ask = Callable[[str, Row], Answer]


def measure(model: str, rows: Sequence[Row], ask: Ask) -> Outcome:
    """Ask a model all questions, one after another, so that latency is that of a lone caller.

    Raises:
        CanaryError: no question was answered at all.
    """
    answers = [ask(model, row) for row in rows]
    came = [answer for answer in answers if not answer.failed]
    if not came:
        raise CanaryError(f"{model}: none of {len(rows)} questions was answered")
    right = sum(same(row.expected, answer.text) for row, answer in zip(rows, answers, strict=True))
    count = len(rows)
    return Outcome(
        model=model,
        rows=count,
        score=right / count,
        valid=sum(parsed(answer.text) is not None for answer in came) / len(came),
        failed=1 - len(came) / count,
        latency_seconds=statistics.median(answer.seconds for answer in came),
        tokens=statistics.fmean(answer.tokens for answer in came),
    )


def same(expected: str, text: str) -> bool:
    """Whether an answer is right: equal as JSON where the right one is JSON, else as text."""
    value = parsed(expected)
    return expected.strip() == text.strip() if value is None else parsed(text) == value


def parsed(text: str) -> Any:
    """The JSON object or array that a text is; None if it is none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def asker(url: str, key: str, max_tokens: int) -> Ask:
    """Asks the server at `url` (up to `/v1`), greedily, so that answers can be repeated.

    Raises:
        CanaryError: the server refuses the key or does not know the model.
    """

    def ask(model: str, row: Row) -> Answer:
        wanted = {"model": model, "messages": row.messages, "max_tokens": max_tokens}
        body = json.dumps({**wanted, "temperature": 0}).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        request = urllib.request.Request(f"{url}/chat/completions", body, headers)  # noqa: S310
        start = time.perf_counter()
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                found = json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in {401, 404}:
                    raise CanaryError(f"{url}, {model}: refused with {error.code}") from error
            return Answer("", 0.0, 0, failed=True)
        except (OSError, ValueError):
            return Answer("", 0.0, 0, failed=True)
        text = found["choices"][0]["message"]["content"] or ""
        seconds = time.perf_counter() - start
        return Answer(text, seconds, found["usage"]["completion_tokens"])

    return ask
