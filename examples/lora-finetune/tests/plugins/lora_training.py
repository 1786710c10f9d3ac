"""A trainer on a tiny model and a few rows, without a tracking store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from text2json.finetune.encode import Encoded, encode
from text2json.finetune.loop import Trainer
from text2json.finetune.model import adapt
from text2json.finetune.settings import Settings
from text2json.llm.load import (
    load_model,
    load_tokenizer,
    pick_device,
)
from text2json.llm.settings import Settings as ModelSettings
from text2json.sft.make import generated
from text2json.sft.settings import Settings as DataSettings

SETTINGS = Settings(
    epochs=4, row_tokens=512, step_rows=4, micro_rows=2, evaluations=4, checkpoints=6, dropout=0.1
)
MakeTrainer = Callable[..., Trainer]


@pytest.fixture(scope="session")
def encoded(tiny_base: Path) -> list[Encoded]:
    """Sixteen conversations of the task by default, as tokens."""
    tokenizer = load_tokenizer(str(tiny_base), ModelSettings())
    rows = generated(DataSettings(train=16, validation=4, test=6))["train"]
    return encode(tokenizer, rows, SETTINGS.row_tokens)


@pytest.fixture
def tiny_model(tiny_base: Path) -> Any:
    """The tiny base itself, in evaluation mode."""
    return load_model(str(tiny_base), ModelSettings(), pick_device("cpu")).eval()


@pytest.fixture
def make_trainer(tiny_base: Path, encoded: list[Encoded]) -> MakeTrainer:
    """Makes a trainer; its arguments change `SETTINGS`."""
    from accelerate import Accelerator

    def make(**changes: object) -> Trainer:
        settings = Settings.model_validate(SETTINGS.model_dump() | changes)
        model = load_model(str(tiny_base), ModelSettings(), pick_device("cpu"))
        return Trainer(
            Accelerator(cpu=True),
            adapt(model, settings),
            settings,
            encoded[:12],
            encoded[12:],
            rate=5e-3,
            pad=0,
        )

    return make
