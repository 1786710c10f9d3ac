"""A question; it has an answer, if only that the documents do not say."""

from __future__ import annotations

import json

from docs_qa.api.examples import Example


def example() -> Example:
    """One question, answered in one piece."""
    body = {"question": "What are these documents about?", "stream": False}
    return Example("POST", "/v1/ask", json.dumps(body).encode())
