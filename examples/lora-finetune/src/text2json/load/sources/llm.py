"""Chat requests: questions of the canary set, or the example where there is none."""

from __future__ import annotations

import json
import random

from text2json.load.traffic import TrafficError

RANK = 5
PATH = "/v1/chat/completions"
ENVIRONMENT = {"APP_LLM_QUEUE": "1000"}
MAX_TOKENS = 32


def bodies(count: int, seed: int) -> list[bytes]:
    """Return `count` streamed requests, whose questions are drawn from the canary set.

    Raises:
        TrafficError: a line of the canary set is not one.
    """
    from text2json.llm_canary.rows import PATH as ROWS
    from text2json.llm_canary.rows import CanaryError, read

    messages = [[{"role": "user", "content": "What can you do?"}]]
    if ROWS.is_file():
        try:
            messages = [row.messages for row in read(ROWS)]
        except CanaryError as error:
            raise TrafficError(str(error)) from error
    rng = random.Random(seed)  # noqa: S311 - traffic, not secrets
    return [_request(rng.choice(messages)) for _ in range(count)]


def _request(messages: list[dict[str, str]]) -> bytes:
    body = {"model": "auto", "messages": messages, "max_tokens": MAX_TOKENS, "temperature": 0}
    return json.dumps({**body, "stream": True}).encode()
