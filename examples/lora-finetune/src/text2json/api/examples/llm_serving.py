"""A question to whatever model is served."""

from __future__ import annotations

import json

from text2json.api.examples import Example


def example() -> Example:
    """One short completion, in one piece."""
    body = {
        "model": "auto",
        "messages": [{"role": "user", "content": "What can you do?"}],
        "max_tokens": 8,
        "temperature": 0,
    }
    return Example("POST", "/v1/chat/completions", json.dumps(body).encode())
