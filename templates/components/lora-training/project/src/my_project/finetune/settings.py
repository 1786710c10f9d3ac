"""`config/finetune.toml`, typed."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import FinetuneError

PATH = Path("config/finetune.toml")
Method = Literal["lora", "full"]


class Settings(BaseModel):
    """How a model is fine-tuned.

    Attributes:
        method: `lora`, or `full` for all weights.
        rank, alpha: of the adapters; the update is scaled by alpha / rank.
        rslora: scale by alpha / sqrt(rank) instead (Kalajdzievski 2023), for ranks above 64.
        dora: learn magnitude and direction apart (Liu et al. 2024); slower.
        targets: layers with an adapter; `all-linear` means all but the output layer.
        learning_rate, full_learning_rate: highest one of LoRA, and of all weights; without them
            `rates.py` chooses by the model.
        epochs: times that every row is seen, at most.
        row_tokens: length of a packed row; no conversation may be longer.
        step_rows: packed rows per update, over all processes.
        micro_rows: packed rows at once per process; the rest is accumulated.
        replay: share of the training rows that are general examples, against forgetting.
        replay_file: rows for that; without it, what the small base of `make base` read. Another
            base without a file gets none.
        warm_up: share of the steps in which the rate rises; it falls linearly to zero afterwards.
        evaluations: times that the validation loss is measured during training.
        patience: end after so many evaluations without a better one; 0 never does.
        checkpoints: times that the state is saved, so that a killed run goes on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method = "lora"
    seed: int = Field(default=17, ge=0)
    rank: int = Field(default=16, ge=1, le=1024)
    alpha: float = Field(default=32, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    rslora: bool = False
    dora: bool = False
    targets: str | list[str] = "all-linear"
    learning_rate: float | None = Field(default=None, gt=0)
    full_learning_rate: float | None = Field(default=None, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    epochs: int = Field(default=3, ge=1)
    row_tokens: int = Field(default=256, ge=16)
    step_rows: int = Field(default=9, ge=1)
    micro_rows: int = Field(default=9, ge=1)
    replay: float = Field(default=0.2, ge=0, lt=1)
    replay_file: Path | None = None
    warm_up: float = Field(default=0.05, ge=0, lt=1)
    gradient_checkpointing: bool = False
    evaluations: int = Field(default=8, ge=1)
    patience: int = Field(default=3, ge=0)
    checkpoints: int = Field(default=8, ge=0)

    def version(self, base: str, data: str) -> str:
        """A name that says what is trained from what: the same inputs give the same name.

        Args:
            base: hash of the base model.
            data: hash of the rows.
        """
        text = f"{self.model_dump_json()}/{base}/{data}"
        method = "dora" if self.method == "lora" and self.dora else self.method
        return f"{method}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def load_settings(path: Path = PATH, **changes: object) -> Settings:
    """Read the file, a missing one meaning the defaults, with `changes` made to it.

    Raises:
        FinetuneError: it is not TOML, or a key is wrong; the message names it.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        changed = {key: value for key, value in changes.items() if value is not None}
        return Settings.model_validate(values | changed)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise FinetuneError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise FinetuneError(f"{path}: {where}: {first['msg']}") from error
