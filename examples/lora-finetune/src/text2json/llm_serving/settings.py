"""Settings of the chat service: environment variables that start with `APP_`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LlmSettings(BaseSettings):
    """What an operator may choose. Every field is read from `APP_<NAME>`.

    Attributes:
        llm_base: folder or hub id of the base model; empty: what `config/model.toml` says.
        llm_adapters: folder of the adapter versions and `aliases.json`.
        llm_device: `cpu`, `cuda`, or `auto`.
        llm_threads: threads that PyTorch computes with; 0: its own choice.
        llm_context: most tokens of prompt and completion together; 0: what the model was made for.
        llm_max_tokens: most tokens of one completion, and how many there are if none are asked for.
        llm_batch: requests that are answered at once.
        llm_queue: requests that may wait; more are refused.
        llm_queue_seconds: longest wait in the queue; then the request is refused.
        llm_challenger_share: share of the callers of `auto` that the challenger answers.
        llm_output: what completions are, so that `llm_outputs_total` can count broken ones.
        llm_reload_seconds: pause between two looks at `aliases.json`.
        llm_keep_alive_seconds: pause in a stream after which a comment is sent.
    """

    model_config = SettingsConfigDict(env_prefix="APP_", frozen=True, hide_input_in_errors=True)

    llm_base: str = ""
    llm_adapters: Path = Path("models/adapters")
    llm_device: str = "auto"
    llm_threads: int = Field(default=0, ge=0)
    llm_context: int = Field(default=0, ge=0)
    llm_max_tokens: int = Field(default=512, ge=1)
    llm_batch: int = Field(default=16, ge=1)
    llm_queue: int = Field(default=64, ge=1)
    llm_queue_seconds: float = Field(default=30, gt=0)
    llm_challenger_share: float = Field(default=0.1, ge=0, le=1)
    llm_output: Literal["json", "text"] = "json"
    llm_reload_seconds: float = Field(default=2, gt=0)
    llm_keep_alive_seconds: float = Field(default=15, gt=0)
