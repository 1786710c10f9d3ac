"""`config/model.toml`, typed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import ModelError
from .presets import PRESETS, Preset

PATH = Path("config/model.toml")
ADAPTERS = Path("models/adapters")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pretraining(_Section):
    """How the small base model is made; the defaults are the best that were tried.

    Attributes:
        steps: updates of the weights.
        tokens: per update, padding included.
        vocabulary: entries of the tokenizer.
        width, layers, heads, feed_forward: shape of the Llama architecture.
        rope_theta: base of the rotary embedding; small, as texts are short.
        initial_std: standard deviation of the first weights.
        muon_rate: learning rate of the hidden matrices (Muon).
        adam_rate: learning rate of everything else (AdamW).
        copying: share of the steps, the first, that are mostly copying.
        cool_down: share of the steps, the last, in which the rates fall to zero.
    """

    seed: int = Field(default=1, ge=0)
    steps: int = Field(default=900, ge=1)
    tokens: int = Field(default=1600, ge=128)
    vocabulary: int = Field(default=1024, ge=300)
    width: int = Field(default=128, ge=16)
    layers: int = Field(default=4, ge=1)
    heads: int = Field(default=4, ge=1)
    feed_forward: int = Field(default=352, ge=16)
    context: int = Field(default=1024, ge=64)
    rope_theta: float = Field(default=500.0, gt=1)
    initial_std: float = Field(default=0.02, gt=0)
    muon_rate: float = Field(default=0.006, gt=0)
    adam_rate: float = Field(default=0.003, gt=0)
    copying: float = Field(default=0.2, ge=0, lt=1)
    cool_down: float = Field(default=0.4, gt=0, le=1)


class Settings(_Section):
    """The whole file.

    Attributes:
        model: a folder, a name in `presets.py`, or an id on the hub.
        revision: commit of the hub's repository; without one, what is newest.
        quantise: load a frozen base in 4 bits (QLoRA); needs bitsandbytes, meant for NVIDIA GPUs.
        chat_template: a Jinja file, for models whose tokenizer has none.
    """

    model: str = Field(default="models/base/house-0.9m", min_length=1)
    revision: str | None = None
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "auto"
    quantise: bool = False
    chat_template: Path | None = None
    pretraining: Pretraining = Pretraining()

    @property
    def preset(self) -> Preset | None:
        """The preset that `model` names, by its short name or its id on the hub."""
        return preset(self.model)


def preset(model: str) -> Preset | None:
    """The preset of a short name or an id on the hub; None where there is none."""
    if model in PRESETS:
        return PRESETS[model]
    return next((found for found in PRESETS.values() if found.hub_id == model), None)


def load_settings(path: Path = PATH) -> Settings:
    """Read the file; a missing one means the defaults.

    Raises:
        ModelError: it is not TOML, or a key is wrong; the message names it.
    """
    try:
        values: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return Settings.model_validate(values)
    except FileNotFoundError:
        return Settings()
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ModelError(f"{path}: {where}: {first['msg']}") from error
