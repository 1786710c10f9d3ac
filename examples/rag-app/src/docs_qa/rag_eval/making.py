"""Makes a file of questions from a folder of documents."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

from docs_qa.rag import ChatSettings
from docs_qa.rag.settings import load as load_answers
from docs_qa.rag_eval import (
    corpus,
    generate,
    generate_model,
    roundtrip,
    settings,
)
from docs_qa.rag_eval.corpus import Corpus
from docs_qa.rag_eval.generate import Draft
from docs_qa.rag_eval.questions import Question
from docs_qa.store import SearchSettings

# Of the drafts, about so many pass the checks; more are drawn than are wanted.
_SPARE = 3


def make(documents: Path, count: int, seed: int) -> list[Question]:
    """Make up to `count` questions: by the configured chat model, or by patterns without one.

    Args:
        documents: the folder.
        count: most questions.
        seed: of the selection.

    Raises:
        CorpusError: there are no documents.
        StoreError: the index cannot be opened.
        ValueError: a configuration file is wrong, or the model cannot be opened.
    """
    chat = ChatSettings()
    with corpus.open_corpus(documents, settings.load().work_dir / "questions") as opened:
        if chat.chat_model:
            drafts = _written(opened, chat, count, seed)
        else:
            found = generate.sample(_found(documents), _SPARE * count, seed)
            passing = roundtrip.returning(found, opened, SearchSettings.load())
            drafts = list(islice(passing, count))
    return generate.numbered(drafts)


def _found(documents: Path) -> list[Draft]:
    return [
        draft
        for name, document in corpus.read(documents).documents.items()
        for draft in generate.drafts(name, document)
    ]


def _written(opened: Corpus, chat: ChatSettings, count: int, seed: int) -> list[Draft]:
    from docs_qa.rag.chat import open_model

    model = open_model(chat.chat_model, chat.chat_url, load_answers(chat.answers_config))
    passages = sorted(
        (chunk for chunk in opened.index.store.scan() if chunk.id in opened.places),
        key=lambda chunk: (chunk.document, chunk.index),
    )
    random.Random(seed).shuffle(passages)  # noqa: S311 (a sample, not a secret)
    return list(islice(generate_model.drafts(model, passages), count))
