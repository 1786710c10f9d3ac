"""Labels: the answer with its end is learned, nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from text2json.finetune import FinetuneError
from text2json.finetune.encode import IGNORED, encode
from text2json.llm.load import load_tokenizer
from text2json.llm.settings import Settings
from text2json.sft.rows import Message, Row


def row(*turns: tuple[str, str]) -> Row:
    said = tuple(Message.model_validate({"role": role, "content": text}) for role, text in turns)
    return Row(id="r", messages=said)


def test_only_the_answer_and_its_end_have_labels(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    (found,) = encode(
        tokenizer, [row(("system", "list"), ("user", "a, b"), ("assistant", '["a","b"]'))], 100
    )

    def ids(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    end = tokenizer.convert_tokens_to_ids("<|end|>")
    asked = [
        *(tokenizer.convert_tokens_to_ids("<|system|>"), *ids("list"), end),
        *(tokenizer.convert_tokens_to_ids("<|user|>"), *ids("a, b"), end),
        tokenizer.convert_tokens_to_ids("<|assistant|>"),
    ]
    answer = [*ids('["a","b"]'), end]
    assert found.ids == asked + answer
    assert found.labels == [IGNORED] * len(asked) + answer
    assert found.learned == len(answer)


def test_of_several_turns_only_the_last_answer_is_learned(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    turns = [("user", "a"), ("assistant", "early"), ("user", "b"), ("assistant", "late")]
    (found,) = encode(tokenizer, [row(*turns)], 100)
    learned = [label for label in found.labels if label != IGNORED]
    assert tokenizer.decode(learned) == "late<|end|>"


def test_a_system_text_goes_to_the_user_where_the_template_has_no_place(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    turns = [("system", "list"), ("user", "a"), ("assistant", "x")]
    (found,) = encode(tokenizer, [row(*turns)], 100, system_role=False)
    assert tokenizer.decode(found.ids) == "<|user|>list\n\na<|end|><|assistant|>x<|end|>"


def test_what_does_not_fit_is_named(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    with pytest.raises(FinetuneError, match=r"row r has \d+ tokens and row_tokens is 5"):
        encode(tokenizer, [row(("user", "a b c"), ("assistant", "d"))], 5)
    # Some templates drop the thoughts of earlier turns, or add a system text to complete chats.
    tokenizer.chat_template = "{{ messages | length }}{{ messages[0]['content'] }}"
    with pytest.raises(FinetuneError, match="writes the prompt differently"):
        encode(tokenizer, [row(("user", "a"), ("assistant", "b"))], 100)
