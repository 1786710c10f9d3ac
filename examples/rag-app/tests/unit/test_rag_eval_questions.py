from __future__ import annotations

from pathlib import Path

import pytest
from plugins.rag_eval import question, rated, small_questions

from docs_qa.rag_eval import feedback, questions
from docs_qa.rag_eval.gold import Place, Words, resolve
from docs_qa.rag_eval.questions import QuestionError


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "q.jsonl"
    questions.save(small_questions(), path)

    assert list(questions.load(path)) == small_questions()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "holds no questions"),
        ("{}\n", "line 1: id: Field required"),
        ('{"id": "a", "kind": "x", "question": "Why?", "typo": 1}\n', "line 1: typo"),
        ('{"id": "a", "kind": "x", "question": "Why?"}\n' * 2, "line 2: the id 'a' occurs twice"),
        (
            '{"id": "a", "kind": "x", "question": "?", "facts": [{"spans": [], "answers": ["x"]}]}',
            "spans",
        ),
        ("no json\n", "line 1"),
    ],
)
def test_a_bad_file_says_where(tmp_path: Path, content: str, problem: str) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(QuestionError, match=problem):
        questions.load(path)


def test_a_missing_file_and_a_missing_half_are_explained(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match=r"nothing\.jsonl"):
        questions.load(tmp_path / "nothing.jsonl")
    with pytest.raises(QuestionError, match='"split": "choose"'):
        questions.part([question("a", "Why?")], "choose")


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("It costs €4 to replace.", "costs €4", ["costs €4"]),
        ("| Class D | **€8.00** |", "Class D | €8.00", ["Class D | **€8.00"]),
        ("One\nline   and\nanother", "LINE AND another", ["line   and\nanother"]),
        ("a b a b", "a b", ["a b", "a b"]),
        ("cat catalogue", "cat", ["cat"]),
        ("nothing here", "absent", []),
        ("nothing here", "...", []),
        ("", "x", []),
    ],
)
def test_quotations_are_found_by_their_words(text: str, quote: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in Words(text).find(quote)] == found


def test_alternatives_and_repetitions_are_all_places() -> None:
    asked = question("a", "What?", "late fee", "late fee", document="a.md")

    gold = resolve([asked], {"a.md": "late fee and late fee"})

    assert gold == {"a": ((Place("a.md", 0, 8), Place("a.md", 13, 21)),)}


def test_good_ratings_bring_their_passage_and_bad_ones_a_question_to_settle() -> None:
    lines = [
        rated("What does a late drill cost?", "up"),
        rated("what does a late drill  cost?", "down"),
        rated("Where is the key?", "down", request_id="r2"),
        "",
    ]
    good, bad = feedback.candidates(lines)

    (fact,) = good.facts
    assert fact.spans[0].quote == "A drill that comes back late costs 1.50 euros per day."
    assert good.reference == "It costs 1.50 euros."
    assert (bad.id, bad.kind, bad.facts, bad.reference) == ("feedback-r2", "feedback-down", (), "")


def test_a_line_of_something_else_is_refused() -> None:
    with pytest.raises(QuestionError, match="line 1"):
        list(feedback.candidates(['{"question": "Why?"}']))
