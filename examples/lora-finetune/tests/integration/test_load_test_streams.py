"""Streams are read as they come, and their tokens counted."""

from __future__ import annotations

import pytest
from plugins.llm_client import ChatServer

from text2json.load import streams
from text2json.load.sources import llm


def test_streams_are_timed_and_counted(chat_server: ChatServer) -> None:
    headers = {"Authorization": f"Bearer {chat_server.key}"}
    url = chat_server.url.removesuffix("/v1")
    found = streams.run(url, headers, llm.bodies(2, seed=0), users=2, requests=4)
    assert len(found.streams) == 4
    assert all(stream.tokens > 0 for stream in found.streams)
    assert found.tokens_per_second() > 0
    names = streams.intervals([found])
    assert names["First piece, p50"].median <= names["First piece, p95"].median


def test_a_refusal_is_an_error(chat_server: ChatServer) -> None:
    with pytest.raises(streams.StreamError, match="401"):
        streams.one(chat_server.url.removesuffix("/v1"), {}, llm.bodies(1, seed=0)[0])
