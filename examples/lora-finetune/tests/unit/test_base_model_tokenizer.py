"""The tokenizer: names and numbers are the same tokens everywhere, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from text2json.llm import prompt
from text2json.llm.load import load_tokenizer
from text2json.llm.settings import Settings
from text2json.pretraining import words
from text2json.pretraining.batches import encode


@pytest.mark.parametrize("seed", range(20))
def test_a_name_is_cut_the_same_way_in_a_sentence_and_in_json(tiny_base: Path, seed: int) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    name = words.name(Random(seed))

    def tokens(text: str) -> list[str]:
        found: list[str] = tokenizer.tokenize(text)
        return found

    alone = tokens(name)
    for text in (f"this is {name}, thanks", f'{{"who":"{name}"}}'):
        found = tokens(text)
        assert any(found[at : at + len(alone)] == alone for at in range(len(found)))


def test_text_comes_back_as_it_was(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    text = 'Über 12 ropes; "so" → {"a":[1]}\n'
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def test_the_chat_template_marks_every_turn(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    messages = [{"role": "system", "content": "list"}, {"role": "user", "content": "a, b"}]
    assert prompt(tokenizer, messages) == "<|system|>list<|end|><|user|>a, b<|end|><|assistant|>"
    merged = prompt(tokenizer, messages, system_role=False)
    assert merged == "<|user|>list\n\na, b<|end|><|assistant|>"


def test_only_what_the_assistant_says_is_learned(tiny_base: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_base), Settings())
    turns = (
        ("system", "list"),
        ("user", "a"),
        ("assistant", "b"),
        ("user", "c"),
        ("assistant", "d"),
    )
    messages = [{"role": role, "content": content} for role, content in turns]
    [(tokens, wanted)] = encode(tokenizer, [("any", messages)])
    assert tokenizer.decode(tokens) == tokenizer.apply_chat_template(messages, tokenize=False)
    learned = [token for token, want in zip(tokens, wanted, strict=True) if want]
    assert tokenizer.decode(learned) == "b<|end|>d<|end|>"
