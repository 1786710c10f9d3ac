"""The bundled documents and questions, and a tiny project that can be evaluated without a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from docs_qa.documents import Document
from docs_qa.rag_eval import corpus, questions
from docs_qa.rag_eval.questions import (
    Fact,
    Question,
    Span,
)
from docs_qa.store import Index, StoreSettings
from docs_qa.store.backends.qdrant_edge import EdgeStore

from .vector_store import LEXICAL, SIGNATURE, tiny_encoder

ROOT = Path(__file__).parents[2]

FEES = """# Fees

## Late returns

A drill that comes back late costs 1.50 euros per day.

## Deposits

The deposit for the thermal camera is 100 euros.

| Item | Deposit |
| --- | --- |
| Chainsaw | 60 euros |
| Cargo trailer | 150 euros |
"""
HOURS = """# Opening hours

The branch in Quayside opens at ten and closes at six.

The branch in Millfield is closed on Tuesdays and Thursdays.
"""


@pytest.fixture(scope="session")
def sample_questions() -> tuple[Question, ...]:
    """The bundled questions."""
    return questions.load(ROOT / questions.PATH)


@pytest.fixture(scope="session")
def sample_documents() -> Mapping[str, Document]:
    """The bundled documents, parsed."""
    return corpus.read(ROOT / "documents").documents


@pytest.fixture(scope="session")
def sample_texts(sample_documents: Mapping[str, Document]) -> Mapping[str, str]:
    """Their texts."""
    return {name: document.text for name, document in sample_documents.items()}


def question(
    id: str,  # noqa: A002 (its name in the file)
    asked: str,
    quote: str = "",
    answer: str = "",
    document: str = "fees.md",
    **fields: object,
) -> Question:
    """A question with one fact, or with none if there is no quotation."""
    span = Span(document=document, quote=quote) if quote else None
    facts = (Fact(spans=(span,), answers=(answer,)),) if span else ()
    values = {"kind": "fact", "reference": answer, "facts": facts} | fields
    return Question.model_validate({"id": id, "question": asked} | values)


def small_questions() -> list[Question]:
    """Questions about the tiny project, the same for both halves."""
    found = []
    for split in ("choose", "report"):
        late = "A drill that comes back late costs 1.50 euros per day."
        closed = "The branch in Millfield is closed on Tuesdays and Thursdays."
        camera = "The deposit for the thermal camera is 100 euros."
        found += [
            question(f"{split}-1", "What does a late drill cost per day?", late, "1.50 euros"),
            question(f"{split}-2", "When is Millfield closed?", closed, "Tuesdays", "hours.md"),
            question(f"{split}-3", "What is the deposit for the camera?", camera, "100 euros"),
            question(
                f"{split}-4",
                "And for the cargo trailer?",
                "Cargo trailer | 150 euros",
                "150 euros",
                kind="follow-up",
                history=[{"role": "user", "content": "What is the deposit for the camera?"}],
                where={"kind": ["markdown"]},
            ),
            question(f"{split}-5", "Who painted the ceiling of the chapel?", kind="off-topic"),
            question(f"{split}-6", "What does a broken window cost?", kind="near-miss"),
        ]
    return [each.model_copy(update={"split": each.id.partition("-")[0]}) for each in found]


@pytest.fixture
def small_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two documents, questions and a tiny embedding model in place of the real one."""
    monkeypatch.chdir(tmp_path)
    for name in ("APP_CHAT_MODEL", "APP_JUDGE_MODEL", "APP_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/fees.md").write_text(FEES, encoding="utf-8")
    (tmp_path / "documents/hours.md").write_text(HOURS, encoding="utf-8")
    questions.save(small_questions(), tmp_path / questions.PATH)
    monkeypatch.setattr(corpus, "open_index", open_tiny)
    return tmp_path


def open_tiny(settings: StoreSettings) -> Index:
    """Open a real embedded index with the tiny model."""
    store = EdgeStore(settings.data_dir / "index", SIGNATURE, LEXICAL, verify=True)
    return Index(settings, store, tiny_encoder(), SIGNATURE)


def rated(question: str, rating: str, **fields: object) -> str:
    """A line of a feedback export."""
    line = {
        "request_id": "r1",
        "question": question,
        "answer": "It costs 1.50 euros. [1]",
        "rating": rating,
        "abstained": False,
        "cited": [{"document": "fees.md", "section": "Late returns", "page": None, "text": FEES}],
    }
    return json.dumps(line | fields)
