"""The assistant as a LangChain `Runnable`, to be composed, batched or traced like any chain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

from langchain_core.documents import Document
from langchain_core.runnables import AddableDict, Runnable, RunnableGenerator

from docs_qa.rag.answerer import Unavailable
from docs_qa.rag.assistant import Assistant
from docs_qa.rag.events import (
    Done,
    Failed,
    Meta,
    Source,
    Sources,
    Token,
    Turn,
)

Input = str | Mapping[str, Any]


def as_runnable(assistant: Assistant) -> Runnable[Input, dict[str, Any]]:
    """Return a chain with the keys of LangChain's retrieval chains.

    Its input is a question, or a mapping with `input` and, if wanted, `history` (a list of `Turn`)
    and `where` (filters). It streams mappings that add up to: `input` as searched, `context`
    (documents), `answer`, then `citations`, `abstained`, `reason` and `verified` (the answer
    without the citations that did not stand).

    `ainvoke` and `astream` are for services; `invoke` and `stream` run an event loop of their own,
    and raise RuntimeError inside one.
    """

    async def each(inputs: AsyncIterator[Input]) -> AsyncGenerator[AddableDict]:
        async for given in inputs:
            async with aclosing(_pieces(assistant, given)) as pieces:
                async for piece in pieces:
                    yield piece

    def together(inputs: Iterator[Input]) -> Iterator[AddableDict]:
        for given in inputs:
            yield from asyncio.run(_collect(assistant, given))

    return RunnableGenerator(together, each, name="question-answering")


async def _collect(assistant: Assistant, given: Input) -> list[AddableDict]:
    return [piece async for piece in _pieces(assistant, given)]


async def _pieces(assistant: Assistant, given: Input) -> AsyncGenerator[AddableDict]:
    query: Mapping[str, Any] = {"input": given} if isinstance(given, str) else given
    history: list[Turn] = list(query.get("history", ()))
    async with aclosing(assistant.ask(query["input"], history, query.get("where"))) as events:
        async for event in events:
            match event:
                case Meta():
                    yield AddableDict({"input": event.question})
                case Sources():
                    yield AddableDict({"context": [_document(each) for each in event.sources]})
                case Token():
                    yield AddableDict({"answer": event.text})
                case Done():
                    yield AddableDict(
                        {
                            "citations": list(event.citations),
                            "abstained": event.abstained,
                            "reason": event.reason,
                            "verified": event.answer,
                        }
                    )
                case Failed():
                    raise Unavailable(event.detail, retry_after=event.retry_after)


def _document(source: Source) -> Document:
    metadata = {
        "number": source.number,
        "document": source.document,
        "title": source.title,
        "section": source.section,
        "page": source.page,
        "score": source.score,
    }
    return Document(page_content=source.text, id=source.passage, metadata=metadata)
