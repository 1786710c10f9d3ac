"""Builds the assistant that the settings describe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from docs_qa.rag.answerer import Answerer
from docs_qa.rag.assistant import Assistant
from docs_qa.rag.breaker import CircuitBreaker
from docs_qa.rag.exporters import configure
from docs_qa.rag.extractive import ExtractiveAnswerer
from docs_qa.rag.recorder import Recorder, Silent
from docs_qa.rag.rewrite import NoRewriter, Rewriter, RuleRewriter
from docs_qa.rag.settings import (
    AnswersConfig,
    ChatSettings,
    load,
)
from docs_qa.rag.support import Similarity
from docs_qa.rag.tracing import Tracing

if TYPE_CHECKING:
    from docs_qa.rag.calls import Caller, Endpoint
    from docs_qa.store import Index


def open_assistant(
    index: Index,
    *,
    active: Callable[[], Mapping[str, str]] | None = None,
    chat: ChatSettings | None = None,
    config: AnswersConfig | None = None,
    recorder: Recorder | None = None,
    tracing: Tracing | None = None,
) -> Assistant:
    """Build an assistant over an open index.

    Args:
        index: what is searched; it must stay open.
        active: documents with their active revisions; None: all that is in the index.
        chat: the models; None: from the environment.
        config: how to answer; None: from the file that `chat` names.
        recorder: is told what happens.
        tracing: where spans go; None: as the environment says.

    Raises:
        ValueError: a setting is wrong, or a provider is not installed or lacks its key.
    """
    chat = chat or ChatSettings()
    config = config or load(chat.answers_config)
    recorder = recorder or Silent()
    tracing = tracing or configure(content=chat.trace_content)
    answerer: Answerer = ExtractiveAnswerer(config.extractive)
    caller = open_caller(chat, config, recorder, tracing) if chat.chat_model else None
    if caller:
        from docs_qa.rag.generative import GenerativeAnswerer

        answerer = GenerativeAnswerer(caller, config)
    return Assistant(
        index.searcher(active),
        answerer,
        config,
        rewriter=_rewriter(caller, config),
        similarity=_similarity(index),
        revisions=active,
        recorder=recorder,
        tracing=tracing,
    )


def open_caller(
    chat: ChatSettings,
    config: AnswersConfig,
    recorder: Recorder,
    tracing: Tracing,
) -> Caller:
    """Open the chat model and its fallback; no request is made.

    Raises:
        ValueError: a provider is unknown, not installed or lacks its key.
    """
    from docs_qa.rag.calls import Caller

    endpoints = [_endpoint(chat.chat_model, chat.chat_url, config)]
    if chat.chat_fallback:
        endpoints.append(_endpoint(chat.chat_fallback, chat.chat_fallback_url, config))
    return Caller(endpoints, config, recorder, tracing)


def _endpoint(name: str, url: str, config: AnswersConfig) -> Endpoint:
    from docs_qa.rag.calls import Endpoint
    from docs_qa.rag.chat import open_model

    breaker = CircuitBreaker(config.breaker.failures, config.breaker.reset)
    return Endpoint(name, open_model(name, url, config), breaker, config.prices.get(name))


def _rewriter(caller: Caller | None, config: AnswersConfig) -> Rewriter:
    if config.rewrite == "off":
        return NoRewriter()
    if config.rewrite == "rules" or caller is None:
        return RuleRewriter()
    from docs_qa.rag.model_rewriter import ModelRewriter

    return ModelRewriter(caller, config)


def _similarity(index: Index) -> Similarity:
    """The index's own embeddings, against the sentence embeddings that it stores."""

    def likeness(texts: Sequence[str], passages: Sequence[str]) -> NDArray[np.float32]:
        vectors = index.embeddings.documents(texts)
        entries = {entry.chunk.id: entry for entry in index.store.get(passages)}
        scores = np.zeros((len(texts), len(passages)), np.float32)
        for column, passage in enumerate(passages):
            if passage in entries:
                for row, vector in enumerate(vectors):
                    sentences = entries[passage].sentences.scores(vector)
                    scores[row, column] = sentences.max(initial=-1.0)
        return scores

    return likeness
