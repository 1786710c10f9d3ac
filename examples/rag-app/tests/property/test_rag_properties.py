"""Laws of the parts that decide what an answer may say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from plugins.rag_parts import chunk, found

from docs_qa.rag.breaker import CircuitBreaker
from docs_qa.rag.citations import (
    CitationFilter,
    cited,
    without_marks,
)
from docs_qa.rag.events import Source, Turn
from docs_qa.rag.followup import standalone
from docs_qa.rag.links import LinkFilter
from docs_qa.rag.retrieval import evidence
from docs_qa.rag.settings import Support
from docs_qa.rag.support import Check
from docs_qa.rag.untrusted import clean, fence
from docs_qa.rag.words import sentences

PROSE = st.lists(
    st.sampled_from(
        [
            *("The fee", " is 5", " euros", ". ", ".", "\n", "  ", " ", "a", "It", "`code`", "`"),
            *("[1]", "[2]", "[9]", "[1, 2]", "[1-3]", "[", "]", "[ 3 ]", "[x]", "[12]", "a[0]"),
            *("\u30101\u2020source\u3011", "\u3010", "\u3011", "[1" + ",1" * 30 + "]"),
            *("https://a.example/x", "www.b.example", "http", "s://", "(", ")", "www", "https:"),
        ]
    ),
    max_size=25,
).map("".join)
TEXT = PROSE | st.text(max_size=80)


def pieces(text: str, cuts: Sequence[int]) -> list[str]:
    places = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


CUTS = st.lists(st.integers(0, 10_000), max_size=12)


def run(stream: CitationFilter | LinkFilter, parts: Sequence[str]) -> str:
    return "".join([*map(stream.feed, parts), stream.close()])


@given(TEXT, CUTS, st.integers(0, 4))
def test_citations_do_not_depend_on_how_the_text_arrives(
    text: str, cuts: list[int], count: int
) -> None:
    whole, parts = CitationFilter(count), CitationFilter(count)
    assert run(whole, [text]) == run(parts, pieces(text, cuts))
    assert whole.removed == parts.removed


@given(TEXT, CUTS, st.integers(0, 4))
def test_outside_code_no_invented_citation_remains(text: str, cuts: list[int], count: int) -> None:
    plain = text.replace("`", "")
    assert set(cited(run(CitationFilter(count), pieces(plain, cuts)))) <= set(range(1, count + 1))


@given(st.text(alphabet="ab .\n`", max_size=60), CUTS)
def test_text_without_brackets_passes_as_it_is(text: str, cuts: list[int]) -> None:
    assert run(CitationFilter(3), pieces(text, cuts)) == text


@given(TEXT, CUTS)
def test_addresses_do_not_depend_on_how_the_text_arrives(text: str, cuts: list[int]) -> None:
    known = ["see https://a.example/x."]
    assert run(LinkFilter(known), [text]) == run(LinkFilter(known), pieces(text, cuts))


@given(TEXT, CUTS)
def test_only_addresses_of_the_passages_remain(text: str, cuts: list[int]) -> None:
    shown = run(LinkFilter(["see https://a.example/x."]), pieces(text, cuts))
    for address in re.findall(r"https?:[^\s\[\]()<>\"'`]+", shown):
        assert address.rstrip(".,;:!?") == "https://a.example/x"


@given(TEXT)
def test_sentences_cover_all_words_once_and_in_order(text: str) -> None:
    found_spans = sentences(text)
    ends = [0, *(end for _, end in found_spans)]
    assert all(start >= before for (start, _), before in zip(found_spans, ends, strict=False))
    inside = without_marks("".join(text[start:end] + "\n" for start, end in found_spans))
    assert [c for c in inside if c.isalnum()] == [c for c in without_marks(text) if c.isalnum()]


@given(TEXT, st.integers(1, 3))
def test_the_check_only_ever_takes_citations_away(text: str, count: int) -> None:
    sources = [
        Source(n, f"p{n}", "d", "t", "", None, "text", 0.1, "The fee is 5 euros.")
        for n in range(1, count + 1)
    ]
    verified = Check("What?", sources, Support()).verify(text)
    assert set(cited(verified.answer)) <= set(cited(text))
    assert set(cited(verified.answer)) == {n for c in verified.claims for n in c.citations}
    for claim in verified.claims:
        sentence = verified.answer[claim.start : claim.end]
        assert sentence == sentence.strip()
        assert set(cited(sentence)) == set(claim.citations)
        assert claim.supported or not claim.citations


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(max_size=200), st.text(max_size=60))
def test_no_passage_ends_its_fence(text: str, title: str) -> None:
    source = Source(1, "p", "d", title, title, None, "text", 0.1, text)
    fenced, tag = fence([source])
    assert fenced.count(f"</{tag}>") == 1
    assert fenced.count(f"<{tag} ") == 1


@given(st.text(max_size=80), st.lists(st.text(max_size=80), max_size=4))
def test_rewriting_by_rules_never_fails_and_is_deterministic(
    question: str, texts: list[str]
) -> None:
    history = [Turn("user" if i % 2 == 0 else "assistant", text) for i, text in enumerate(texts)]
    assert standalone(question, history) == standalone(question, history)
    if not history:
        assert standalone(question, history) == " ".join(question.split())


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 5))
def test_a_breaker_is_open_exactly_after_enough_failures_in_a_row(
    outcomes: list[bool], limit: int
) -> None:
    breaker = CircuitBreaker(limit, 30, lambda: 0.0)
    in_a_row = 0
    for worked in outcomes:
        assert breaker.allow() == (in_a_row < limit)
        if in_a_row >= limit:
            break
        in_a_row = 0 if worked else in_a_row + 1
        if worked:
            breaker.succeeded()
        else:
            breaker.failed()


@given(st.lists(st.sampled_from(["Fees are due.", "Dogs bark.", "Late books cost."]), max_size=5))
def test_more_passages_never_weaken_the_evidence(texts: list[str]) -> None:
    hits = [found(chunk(text, index), "late fees") for index, text in enumerate(texts)]
    strengths = [evidence(hits[:count], "sentence") for count in range(len(hits) + 1)]
    assert strengths == sorted(strengths)
