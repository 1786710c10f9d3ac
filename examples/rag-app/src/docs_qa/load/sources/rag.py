"""Questions about what the indexed documents say."""

from __future__ import annotations

import json
import random
import re

from docs_qa.load.traffic import TrafficError

RANK = 5
PATH = "/v1/ask"
ENVIRONMENT = {
    # No limit per key: the load comes from one. No model: load on a paid one costs money.
    "APP_ASK_RATE": "0",
    "APP_ASK_CONCURRENCY": "1000",
    "APP_CHAT_MODEL": "",
    "APP_CHAT_FALLBACK": "",
}

_WORD = re.compile(r"\w[\w'-]*")
_LONGEST = 6
_SHORTEST = 3
_PASSAGES = 5000


def bodies(count: int, seed: int) -> list[bytes]:
    """Return `count` questions, each about a few consecutive words of a random passage.

    Raises:
        TrafficError: there are no passages, or another process has the index open.
    """
    from docs_qa.store import StoreError, open_index

    try:
        with open_index() as index:
            texts = sorted(chunk.text for chunk in index.store.scan())
    except StoreError as error:
        raise TrafficError(f"no passages to ask about: {error}") from error
    rng = random.Random(seed)  # noqa: S311 - traffic, not secrets
    sampled = texts if len(texts) <= _PASSAGES else rng.sample(texts, _PASSAGES)
    worded = [words for text in sampled if len(words := _WORD.findall(text)) >= _SHORTEST]
    if not worded:
        raise TrafficError("no passages to ask about: make sync")
    return [_question(rng.choice(worded), rng) for _ in range(count)]


def _question(words: list[str], rng: random.Random) -> bytes:
    length = rng.randint(_SHORTEST, min(_LONGEST, len(words)))
    start = rng.randint(0, len(words) - length)
    about = " ".join(words[start : start + length])
    return json.dumps({"question": f"What is said about {about}?", "stream": False}).encode()
