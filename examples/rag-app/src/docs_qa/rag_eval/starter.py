"""The baseline: what a beginner's tutorial builds, passages of 1,000 characters and dense search.

LangChain's RAG tutorial cuts with `RecursiveCharacterTextSplitter(chunk_size=1000,
chunk_overlap=200)` and searches by similarity of embeddings. The embedding model is the configured
one, so what is compared is how documents are cut and searched.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from docs_qa.rag_eval.gold import Place
from docs_qa.store.embeddings import Encoder

NAME = "LangChain starter (1000/200, dense)"
SIZE = 1000
OVERLAP = 200


@dataclass(frozen=True, slots=True)
class Starter:
    """Passages with their embeddings, float32 [N, D], unit length."""

    passages: tuple[Place, ...]
    vectors: np.ndarray[tuple[int, int], np.dtype[np.float32]]
    encoder: Encoder

    def search(self, question: str, k: int) -> tuple[list[Place], float]:
        """Return the k most similar passages, best first, and the seconds that it took."""
        start = time.perf_counter()
        scores = self.vectors @ self.encoder.query(question)
        best = np.argsort(-scores, kind="stable")[:k]
        return [self.passages[i] for i in best], time.perf_counter() - start


def cut(texts: Mapping[str, str]) -> list[tuple[Place, str]]:
    """Cut texts as the tutorial does."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=SIZE,
        chunk_overlap=OVERLAP,
        add_start_index=True,
    )
    pieces = []
    for document, text in texts.items():
        for piece in splitter.create_documents([text]):
            start = piece.metadata["start_index"]
            end = start + len(piece.page_content)
            pieces.append((Place(document, start, end), piece.page_content))
    return pieces


def build(texts: Mapping[str, str], encoder: Encoder) -> Starter:
    """Cut and embed the documents.

    Each passage is embedded as a query would be: what exceeds the length that the model reads is
    cut off silently, as the usual embedding classes do, instead of being refused.
    """
    pieces = cut(texts)
    vectors = [encoder.query(text) for _, text in pieces]
    return Starter(tuple(place for place, _ in pieces), _stacked(vectors), encoder)


def _stacked(vectors: Sequence[np.ndarray]) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.stack(vectors).astype(np.float32)
