"""Streams of completions under load: when the first piece comes, and how fast the rest."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from text2json.load.sources.llm import PATH
from text2json.load.summary import Interval, median_interval

TIMEOUT = 120.0


class StreamError(Exception):
    """A stream was refused or broke off."""


@dataclass
class Stream:
    """One completion: seconds to its first piece, gaps between pieces, tokens."""

    first: float
    gaps: list[float] = field(default_factory=list)
    tokens: int = 0


@dataclass(frozen=True)
class Round:
    """All streams of one measurement, and the seconds that they took together."""

    streams: Sequence[Stream]
    elapsed: float

    def first_ms(self, share: float) -> float:
        """Milliseconds to the first piece that this share of the streams does not exceed."""
        return 1000 * _quantile([stream.first for stream in self.streams], share)

    def gap_ms(self, share: float) -> float:
        """The same of the time between two pieces."""
        return 1000 * _quantile([gap for one in self.streams for gap in one.gaps], share)

    def tokens_per_second(self) -> float:
        """Tokens of all streams."""
        return sum(stream.tokens for stream in self.streams) / self.elapsed


def run(
    url: str, headers: Mapping[str, str], bodies: Sequence[bytes], users: int, requests: int
) -> Round:
    """Let `users` ask at once, one request after another, until `requests` were answered.

    Raises:
        StreamError: one was not.
    """
    start = time.perf_counter()
    with ThreadPoolExecutor(users) as pool:
        chosen = [bodies[number % len(bodies)] for number in range(requests)]
        streams = list(pool.map(lambda body: one(url, headers, body), chosen))
    return Round(streams, time.perf_counter() - start)


def intervals(rounds: Sequence[Round]) -> dict[str, Interval]:
    """Medians over the rounds, by name."""
    return {
        "First piece, p50": median_interval([one.first_ms(0.5) for one in rounds]),
        "First piece, p95": median_interval([one.first_ms(0.95) for one in rounds]),
        "Between pieces, p50": median_interval([one.gap_ms(0.5) for one in rounds]),
        "Tokens": median_interval([one.tokens_per_second() for one in rounds]),
    }


def one(url: str, headers: Mapping[str, str], body: bytes) -> Stream:
    """Ask for one completion and read it as it comes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)
    asked = json.dumps({**json.loads(body), "stream_options": {"include_usage": True}})
    start = last = time.perf_counter()
    stream = Stream(first=0.0)
    try:
        connection.request("POST", PATH, asked, {"Content-Type": "application/json", **headers})
        response = connection.getresponse()
        if response.status != http.HTTPStatus.OK:
            raise StreamError(f"{response.status}: {response.read(300).decode(errors='replace')}")
        for line in response:
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[6:])
            if "error" in event:
                raise StreamError(event["error"]["message"])
            now = time.perf_counter()
            if event["choices"] and event["choices"][0]["delta"].get("content"):
                if stream.first:
                    stream.gaps.append(now - last)
                stream.first = stream.first or now - start
                last = now
            stream.tokens = (event.get("usage") or {}).get("completion_tokens", stream.tokens)
    finally:
        connection.close()
    return stream


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values) or [0.0]
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
