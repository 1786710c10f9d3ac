"""Prompts with examples, contamination, errors and the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from text2json.llm import load
from text2json.llm_eval import errors
from text2json.llm_eval.answers import (
    Answered,
    choose_shots,
    room,
    with_shots,
)
from text2json.llm_eval.contamination import contaminated
from text2json.llm_eval.general import rows as general_rows
from text2json.llm_eval.settings import (
    EvaluationError,
    Settings,
    load_settings,
)
from text2json.sft.rows import Message, Row


def row(name: str, asked: str = "q", answer: str = '{"a":1}', **more: str) -> Row:
    turns = (("system", "s"), ("user", asked), ("assistant", answer))
    said = tuple(Message.model_validate({"role": role, "content": text}) for role, text in turns)
    return Row(id=name, messages=said, **more)


def test_examples_are_turns_between_the_system_text_and_the_question() -> None:
    found = with_shots(row("r", "asked"), [row("1", "one", "1"), row("2", "two", "2")])
    assert [message["role"] for message in found] == ["system", *["user", "assistant"] * 2, "user"]
    assert [message["content"] for message in found] == ["s", "one", "1", "two", "2", "asked"]


def test_examples_are_of_different_kinds_and_always_the_same() -> None:
    train = [row(str(i), "x" * (9 - i), composition=f"{'abc'[i % 3]}/1/-") for i in range(9)]
    chosen = choose_shots(train, 3)
    assert {found.composition[0] for found in chosen} == set("abc")
    assert choose_shots(train[::-1], 3) == chosen
    plain = [row(str(i)) for i in range(4)]
    assert len(choose_shots(plain, 3)) == 3


def test_every_right_answer_has_room(project: Path) -> None:
    assert project.exists()
    loaded = load()
    rows = [row("1", answer="a b c d"), row("2", answer="a")]
    needed = len(loaded.tokenizer("a b c d", add_special_tokens=False)["input_ids"]) + 1
    assert room(loaded, rows, Settings()) >= needed
    assert room(loaded, rows, Settings(max_new_tokens=2)) == 2


def test_a_shared_run_of_words_is_contamination() -> None:
    texts = ["We need Ten ropes, at the mill by noon!", "nothing"]
    questions = ["so we need ten ropes at the mill", "ten ropes at the harbour", "no"]
    assert contaminated(questions, texts, 6) == [0]
    assert contaminated(questions, texts, 4) == [0, 1]
    assert contaminated(questions, texts, 9) == []


def test_errors_are_counted_by_field_and_shown_by_slice(tmp_path: Path) -> None:
    rows = [row("r0", slice="values"), row("r1", "asked?", slice="phrasing"), row("r2")]
    said = Answered("LoRA", ['{"a":1}', '{"a":2,"b":3}', "no"], [True, False, False], [], [], 0.0)
    assert errors.fields(said, rows) == {"a": 1, "b": 1, "json": 1}
    text = errors.write(said, rows, tmp_path / "reports/errors.md").read_text()
    assert "2 of 3 answers are wrong" in text
    assert "## phrasing: 1 wrong" in text
    assert 'asked     asked?\nexpected  {"a":1}\nanswered  {"a":2,"b":3}' in text
    assert "r0" not in text


def test_forgetting_needs_rows_for_another_base(project: Path) -> None:
    asked = general_rows(Settings(general=5), [])
    assert len(asked) == 5
    assert (
        general_rows(Settings(general=5), asked[:2]) == asked[2:]
    )  # what is replayed is not asked
    with pytest.raises(EvaluationError, match="all rows are replayed"):
        general_rows(Settings(general=2), asked)
    (project / "config/model.toml").write_text('model = "smollm2-135m"\n')
    with pytest.raises(EvaluationError, match="general_file must name rows"):
        general_rows(Settings(), [])


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    path = tmp_path / "llm-eval.toml"
    assert load_settings(path) == Settings()
    path.write_text("shots = 0\n")
    with pytest.raises(EvaluationError, match="shots"):
        load_settings(path)
    path.write_text("shots = [")
    with pytest.raises(EvaluationError, match=r"llm-eval\.toml"):
        load_settings(path)
