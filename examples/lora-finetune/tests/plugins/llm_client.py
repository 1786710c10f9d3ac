"""A server with OpenAI's protocol, for tests that hold for any: ours, or the one at LLM_TEST_URL.

To hold vLLM to the same tests: `LLM_TEST_URL=http://host:8000/v1 LLM_TEST_KEY=... LLM_TEST_MODEL=base
pytest tests/integration/test_llm_serving_client.py`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from plugins.http_api import KEY, launched


class ChatServer(NamedTuple):
    """Where it is, and a name of a model there."""

    url: str
    key: str
    model: str


@pytest.fixture(scope="session")
def chat_server(
    service_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ChatServer]:
    """The server under test."""
    given = os.environ.get("LLM_TEST_URL")
    if given:
        key = os.environ.get("LLM_TEST_KEY", "none")
        yield ChatServer(given, key, os.environ.get("LLM_TEST_MODEL", "base"))
        return
    settings = service_settings | {"APP_API_KEYS": KEY}
    with launched(settings, tmp_path_factory.mktemp("chat-server")) as service:
        yield ChatServer(f"{service.url}/v1", KEY, "base")
