"""Loading: what cannot be loaded is explained."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from text2json.llm import ModelError, load
from text2json.llm.load import (
    load_model,
    load_tokenizer,
    pick_device,
)
from text2json.llm.presets import PRESETS
from text2json.llm.settings import Settings, load_settings, preset

CPU = pick_device("cpu")


def test_a_missing_base_says_what_makes_it() -> None:
    with pytest.raises(ModelError, match="`make base` makes it"):
        load_model("models/base/none", Settings(), CPU)
    with pytest.raises(ModelError, match="check the path"):
        load_model("./none", Settings(), CPU)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("you want to access a gated repo", "Accept its licence on https://huggingface.co/me"),
        ("nope is not a valid model identifier", "neither a folder, nor a preset"),
        ("We couldn't connect to the Hub", "the hub cannot be reached"),
        ("weights are broken", "weights are broken"),
    ],
)
def test_what_the_hub_says_becomes_what_to_do(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    import transformers

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(text)

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", refuse)
    with pytest.raises(ModelError, match=expected):
        load_model("llama-3.2-1b", Settings(), CPU)


def test_several_are_loaded_at_once(tiny_base: Path) -> None:
    """A service loads beside what its tests, or a reload, load in the same process."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(load, [tiny_base] * 8))
    assert not any(weights.is_meta for one in found for weights in one.model.parameters())


def test_four_bits_need_a_library(tiny_base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bitsandbytes", None)
    with pytest.raises(ModelError, match="needs bitsandbytes"):
        load_model(str(tiny_base), Settings(quantise=True), CPU)


def test_a_tokenizer_without_a_template_is_refused_unless_one_is_configured(
    tiny_base: Path, tmp_path: Path
) -> None:
    for path in tiny_base.iterdir():
        if path.name != "chat_template.jinja":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ModelError, match="no chat template"):
        load_tokenizer(str(tmp_path), Settings())
    template = Path("config/chat_templates/chatml.jinja")
    tokenizer = load_tokenizer(str(tmp_path), Settings(chat_template=template))
    text = tokenizer.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)
    assert text == "<|im_start|>user\nx<|im_end|>\n"


def test_presets_are_found_by_name_and_by_id() -> None:
    for name, known in PRESETS.items():
        assert preset(name) is known
        assert preset(known.hub_id) is known
    assert preset("models/base/house-0.9m") is None
    assert PRESETS["llama-3.2-1b"].gated


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.toml"
    assert load_settings(path) == Settings()
    path.write_text("[pretraining]\nsteps = 0\n")
    with pytest.raises(ModelError, match=r"pretraining\.steps"):
        load_settings(path)
    path.write_text("model = [")
    with pytest.raises(ModelError, match=r"model\.toml"):
        load_settings(path)


def test_the_configured_base_is_loaded_ready_to_answer(project: Path) -> None:
    loaded = load()
    assert project == Path.cwd()
    assert not loaded.model.training
    assert loaded.tokenizer.padding_side == "left"
    assert loaded.name == "tiny"
