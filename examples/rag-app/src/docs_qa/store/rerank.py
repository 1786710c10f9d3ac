"""Cross encoders: models that read question and passage together, which is slower and better."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from langchain_core.cross_encoders import BaseCrossEncoder

from docs_qa.store.types import StoreError

if TYPE_CHECKING:
    from docs_qa.store.settings import (
        SearchSettings,
        StoreSettings,
    )


class RerankServer(BaseCrossEncoder):
    """A re-ranking server with the API of Jina and Cohere, as vLLM and others offer it.

    `POST {"model", "query", "documents"}` is answered by
    `{"results": [{"index", "relevance_score"}]}`.
    """

    def __init__(self, url: str, model: str = "", key: str = "", timeout: float = 10.0) -> None:
        """Remember where the server is.

        Args:
            url: of the route itself, e.g. "http://reranker:8000/v1/rerank".
            model: name to send; servers with one model ignore it.
            key: bearer token; empty for none.
            timeout: seconds for one request.
        """
        import httpx2

        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx2.Client(timeout=timeout, headers=headers)
        self._url = url
        self._model = model

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        """Score pairs of (question, passage) that share their question.

        Raises:
            StoreError: the server cannot be reached, or does not answer as it should.
        """
        import httpx2

        if not text_pairs:
            return []
        body: dict[str, Any] = {
            "query": text_pairs[0][0],
            "documents": [passage for _, passage in text_pairs],
        }
        if self._model:
            body["model"] = self._model
        try:
            answer = self._client.post(self._url, json=body)
            answer.raise_for_status()
            scored = {r["index"]: float(r["relevance_score"]) for r in answer.json()["results"]}
            return [scored[i] for i in range(len(text_pairs))]
        except (httpx2.HTTPError, KeyError, TypeError, ValueError) as error:
            raise StoreError(
                f"the re-ranking server {self._url}: {type(error).__name__}: {error}",
            ) from error


def open_cross_encoder(search: SearchSettings, store: StoreSettings) -> BaseCrossEncoder | None:
    """Return the configured cross encoder, None if re-ranking does not use one.

    Raises:
        StoreError: none is configured although re-ranking needs it, or it cannot be imported.
    """
    if search.rerank != "cross-encoder":
        return None
    where = search.cross_encoder
    if where.startswith(("http://", "https://")):
        key = store.cross_encoder_key.get_secret_value()
        return RerankServer(where, search.cross_encoder_model, key, store.store_timeout)
    module, _, function = where.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise StoreError(
            f"cross_encoder = {where!r} in config/search.toml is neither a URL nor "
            f"`package.module:function`: {error}"
        ) from error
    if not isinstance(made, BaseCrossEncoder):
        raise StoreError(f"cross_encoder = {where!r} does not return a LangChain cross encoder")
    return made
