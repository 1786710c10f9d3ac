"""Keeps generated questions that lead back to where they came from, and to no other place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docs_qa.rag.words import terms
from docs_qa.rag_eval import wording
from docs_qa.rag_eval.corpus import Corpus
from docs_qa.rag_eval.generate import Draft, plausible
from docs_qa.rag_eval.gold import Place, Words
from docs_qa.rag_eval.metrics import holds
from docs_qa.store import Found, SearchSettings

_DEPTH = 20
_RIVALS = 5
_SAME = 0.9


def returning(
    found: Sequence[Draft],
    corpus: Corpus,
    settings: SearchSettings,
) -> Iterator[Draft]:
    """Yield the drafts that can be understood and have one answer.

    Dropped are questions whose passage is not among the first 20 that the search finds (they are
    unclear, and a person could not find it either), and those with another passage near the top
    that holds nearly all their words but not their answer (two passages answer them differently).

    Args:
        found: drafts with an exact quotation.
        corpus: the documents, with an index.
        settings: how to search.
    """
    searcher = corpus.index.searcher(active=lambda: corpus.active, settings=settings)
    indexed = {document: Words(text) for document, text in corpus.texts.items()}
    for draft in found:
        if not plausible(draft):
            continue
        places = [
            Place(draft.document, start, end)
            for start, end in indexed[draft.document].find(draft.quote)
        ]
        hits = searcher.search(draft.question, _DEPTH).hits
        own = [hit for hit in hits if _holds(hit, places)]
        rivals = [hit for hit in hits[:_RIVALS] if not _holds(hit, places)]
        if own and not any(_contradicts(rival, draft) for rival in rivals):
            yield draft


def _holds(hit: Found, places: Sequence[Place]) -> bool:
    passage = Place(hit.chunk.document, hit.chunk.start, hit.chunk.end)
    return any(holds(passage, place) for place in places)


def _contradicts(hit: Found, draft: Draft) -> bool:
    asked = terms(draft.question)
    text = f"{hit.chunk.title}\n{hit.chunk.section}\n{hit.chunk.text}"
    shared = len(asked & terms(text)) / len(asked)
    answers = wording.contains(wording.tokens(text), wording.tokens(draft.answer))
    return shared >= _SAME and not answers
