"""Adapters and loss: where they sit, what they scale by, and that nothing is left out."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from text2json.finetune import FinetuneError, Settings, load_settings
from text2json.finetune.encode import Encoded
from text2json.finetune.model import adapt, token_losses, trainable
from text2json.finetune.packing import collate
from text2json.finetune.rates import choose, fitted
from text2json.llm.load import load_model, pick_device
from text2json.llm.settings import Settings as ModelSettings


def test_the_loss_is_that_of_all_logits_and_so_are_its_gradients(
    encoded: list[Encoded], tiny_model: Any
) -> None:
    batch = collate([encoded[:2], encoded[2:3]], pad=0)
    logits = tiny_model(
        input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False
    ).logits
    expected = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), batch["labels"][:, 1:].flatten(), reduction="sum"
    )
    weight = tiny_model.get_input_embeddings().weight
    (wanted,) = torch.autograd.grad(expected, weight)
    found = token_losses(tiny_model, tiny_model.get_output_embeddings(), batch)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, weight)[0], wanted)


def test_adapters_sit_on_every_linear_layer_but_the_output(tiny_model: Any) -> None:
    model = adapt(tiny_model, Settings(rank=2))
    layers = {name.split(".lora_")[0].rsplit(".", 1)[-1] for name in trainable(model)}
    assert layers == {f"{part}_proj" for part in ("q", "k", "v", "o", "gate", "up", "down")}
    assert all("lora_" in name for name in trainable(model))


@pytest.mark.parametrize(
    ("changes", "scale"), [({}, 2.0), ({"rslora": True}, 8.0), ({"dora": True}, 2.0)]
)
def test_updates_are_scaled_by_rank(
    tiny_model: Any, changes: dict[str, bool], scale: float
) -> None:
    model = adapt(tiny_model, Settings.model_validate({"rank": 16, "alpha": 32} | changes))
    layer = model.base_model.model.model.layers[0].self_attn.q_proj
    assert layer.scaling["default"] == scale
    magnitudes = [name for name in trainable(model) if "magnitude" in name]
    assert bool(magnitudes) == changes.get("dora", False)


def test_adapters_learn_on_a_base_in_four_bits(tiny_base: Path, encoded: list[Encoded]) -> None:
    pytest.importorskip("bitsandbytes")  # installed with CUDA only; `uv pip install` adds it
    four_bits = load_model(str(tiny_base), ModelSettings(quantise=True), pick_device("cpu"))
    model = adapt(four_bits, Settings(rank=2, gradient_checkpointing=True))
    frozen = model.base_model.model.model.layers[0].self_attn.q_proj.base_layer
    assert (type(frozen).__name__, frozen.weight.dtype) == ("Linear4bit", torch.uint8)
    optimizer = torch.optim.AdamW(trainable(model).values(), lr=1e-2)
    losses = []
    for _ in range(6):
        loss = token_losses(model, model.get_output_embeddings(), collate([encoded[:2]], pad=0))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]


def test_full_fine_tuning_trains_everything(tiny_model: Any) -> None:
    model = adapt(tiny_model, Settings(method="full", gradient_checkpointing=True))
    assert model is tiny_model
    assert trainable(model).keys() == dict(model.named_parameters()).keys()
    assert model.model.layers[0].gradient_checkpointing


def test_the_rate_is_the_named_one_then_the_presets_then_by_width() -> None:
    llama = SimpleNamespace(model_type="llama", hidden_size=4096)
    preset = ModelSettings(model="llama-3.1-8b")
    other = ModelSettings(model="somebody/other")
    assert choose(Settings(learning_rate=1.0), preset, llama) == 1.0
    assert choose(Settings(), preset, llama) == 2e-4
    assert choose(Settings(method="full"), preset, llama) == pytest.approx(2e-5)
    # The published rule: 2.86e-4 for the width of Llama 3.1 8B; Qwen's hardly depends on it.
    assert choose(Settings(), other, llama) == pytest.approx(2.86e-4, rel=0.01)
    assert fitted(SimpleNamespace(model_type="qwen3", hidden_size=4096)) == pytest.approx(
        4.7e-4, rel=0.01
    )
    assert fitted(SimpleNamespace(model_type="llama", hidden_size=128)) == pytest.approx(
        4.3e-3, rel=0.01
    )


def test_a_version_is_named_after_everything_that_decides_it() -> None:
    names = {
        Settings().version("base", "rows"),
        Settings().version("other", "rows"),
        Settings().version("base", "others"),
        Settings(seed=1).version("base", "rows"),
        Settings(dora=True).version("base", "rows"),
    }
    assert len(names) == 5
    assert Settings().version("base", "rows") in names
    assert {name.split("-")[0] for name in names} == {"lora", "dora"}


def test_a_wrong_setting_is_named(tmp_path: Any) -> None:
    path = tmp_path / "finetune.toml"
    assert load_settings(path, seed=3, method=None) == Settings(seed=3)
    path.write_text("rank = 0\n")
    with pytest.raises(FinetuneError, match="rank"):
        load_settings(path)
    path.write_text("rank = [")
    with pytest.raises(FinetuneError, match=r"finetune\.toml"):
        load_settings(path)
