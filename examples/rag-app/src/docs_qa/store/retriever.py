"""The search as a LangChain retriever, for chains and graphs that expect one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict

from docs_qa.store.search import Searcher
from docs_qa.store.types import Where

if TYPE_CHECKING:
    from langchain_core.callbacks import CallbackManagerForRetrieverRun

    from docs_qa.store.ranking import Found


class StoreRetriever(BaseRetriever):
    """Returns chunks as LangChain documents, best first.

    Attributes:
        searcher: does the work.
        k: documents wanted; the search settings' `k` if None.
        where: filter for every question.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    searcher: Searcher
    k: int | None = None
    where: Where | None = None

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
    ) -> list[Document]:
        del run_manager
        return [_document(found) for found in self.searcher.search(query, self.k, self.where).hits]


def _document(found: Found) -> Document:
    chunk = found.chunk
    return Document(
        id=chunk.id,
        page_content=chunk.text,
        metadata={
            **chunk.metadata,
            "document": chunk.document,
            "title": chunk.title,
            "section": chunk.section,
            "page": chunk.page,
            "kind": chunk.kind,
            "score": found.score,
        },
    )
