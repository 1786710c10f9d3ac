"""The assistant without a model: from a question to a quotation."""

from __future__ import annotations

import pytest
from plugins.rag_parts import FEES, HOUSE, LOANS, QUESTION, Quoting, Tally, WordSearch, ask, events

from docs_qa.rag import (
    AnswersConfig,
    Done,
    Failed,
    Meta,
    Reason,
    Sources,
    Token,
    Turn,
)


def test_events_come_in_order_and_add_up(quoting: Quoting, tally: Tally) -> None:
    happened = events(quoting())
    kinds = [type(event) for event in happened]
    assert kinds[:2] == [Meta, Sources]
    assert set(kinds[2:-1]) == {Token}
    done = happened[-1]
    assert isinstance(done, Done)
    assert "".join(event.text for event in happened if isinstance(event, Token)) == done.answer
    assert set(done.seconds) == {"rewrite", "retrieve", "rerank", "answer", "first_token", "total"}
    assert tally.questions == [("extractive", "answered")]
    assert set(tally.stages) == set(done.seconds)


def test_a_quotation_names_its_passage(quoting: Quoting) -> None:
    answer = ask(quoting())
    assert answer.done.answer.startswith("Books are lent for three weeks.")
    assert answer.done.citations == (1,)
    assert answer.sources.sources[0].text == LOANS
    assert all(claim.supported for claim in answer.done.claims)
    assert answer.done.usage.cost_usd == 0


def test_a_sentence_that_leans_on_the_one_before_brings_it_along(quoting: Quoting) -> None:
    done = ask(quoting(), "May loans be renewed twice?").done
    assert "Books are lent for three weeks. They may be renewed twice." in done.answer


def test_several_passages_are_quoted_each_with_its_number(quoting: Quoting) -> None:
    texts = ("Late books cost 0.50 euros.", "Late DVDs cost 1 euro.", HOUSE)
    assistant = quoting(*texts, extractive={"relative": 0.5})
    done = ask(assistant, "What do late books and late DVDs cost?").done
    assert "Late books cost 0.50 euros. [" in done.answer
    assert "Late DVDs cost 1 euro. [" in done.answer
    assert done.citations == (1, 2)


def test_a_documents_own_numbers_are_not_citations(quoting: Quoting) -> None:
    done = ask(quoting("Books are lent for three weeks.[2] See there.")).done
    assert "(2)" in done.answer
    assert done.citations == (1,)


@pytest.mark.parametrize("question", ["Who won the football match?", "How long do cats sleep?"])
def test_without_evidence_it_does_not_know(quoting: Quoting, tally: Tally, question: str) -> None:
    done = ask(quoting(), question).done
    assert (done.abstained, done.reason) == (True, Reason.WEAK_EVIDENCE)
    assert done.answer == AnswersConfig().unknown
    assert tally.questions == [("extractive", "abstained")]


def test_a_follow_up_is_searched_with_what_it_leaves_out(quoting: Quoting) -> None:
    search = WordSearch(LOANS, FEES)
    history = [Turn("user", QUESTION), Turn("assistant", "Three weeks [1].")]
    answer = ask(quoting(search=search), "And DVDs?", history)
    assert answer.meta.rewritten
    assert search.queries[0][0] == answer.meta.question == "How long are books lent: DVDs?"


def test_a_repeated_question_comes_from_the_cache(quoting: Quoting, tally: Tally) -> None:
    search = WordSearch(LOANS)
    assistant = quoting(search=search, cache={"entries": 2})
    first, second = ask(assistant), ask(assistant, f"  {QUESTION} ")
    assert second.done.cached
    assert not first.done.cached
    assert second.done.answer == first.done.answer
    assert second.sources == first.sources
    assert len(search.queries) == 1
    assert tally.looks == [("answers", False), ("answers", True)]


@pytest.mark.parametrize(
    ("error", "kind"),
    [(RuntimeError("disk"), "search-failed"), (ValueError("no key nonsense"), "bad-filters")],
)
def test_a_search_that_fails_is_said_without_its_details(
    quoting: Quoting, error: Exception, kind: str
) -> None:
    class Broken(WordSearch):
        def search(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise error

    last = events(quoting(search=Broken()))[-1]
    assert isinstance(last, Failed)
    assert last.kind == kind
    assert "disk" not in last.detail
