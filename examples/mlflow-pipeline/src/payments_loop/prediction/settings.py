"""Configuration of predictions: further environment variables that start with `APP_`."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class PredictionSettings(BaseSettings):
    """What an operator may choose. Every field is read from `APP_<NAME>`.

    Attributes:
        models_dir: folder of the model bundles and `aliases.json`.
        challenger: what a challenger does: scores copies of the traffic without being answered
            from (`shadow`), answers a share of it (`split`), or nothing (`off`).
        challenger_share: share of routing keys that the challenger answers when it splits.
        max_instances: most rows in one batch request.
        queue_rows: rows that may wait for the scoring thread; more are refused.
        batch_rows: rows that the scoring thread takes at once.
        inline_budget_ms: longest scoring, in milliseconds, that may run on the event loop itself.
        request_timeout: seconds a request may wait for its score.
        shadow_rows: rows that may wait to be scored by a shadow; more are dropped.
        reload_seconds: pause between two looks at `aliases.json`.
    """

    model_config = SettingsConfigDict(env_prefix="APP_", frozen=True, hide_input_in_errors=True)

    models_dir: Path = Path("models")

    challenger: Literal["shadow", "split", "off"] = "shadow"
    challenger_share: float = Field(default=0.1, ge=0, le=1)

    max_instances: int = Field(default=1000, ge=1)
    queue_rows: int = Field(default=2048, ge=1)
    batch_rows: int = Field(default=256, ge=1)
    inline_budget_ms: float = Field(default=1, ge=0)
    request_timeout: float = Field(default=1, gt=0)
    shadow_rows: int = Field(default=4096, ge=1)
    reload_seconds: float = Field(default=1, gt=0)

    @model_validator(mode="after")
    def _batch_fits_queue(self) -> Self:
        if self.max_instances > self.queue_rows:
            raise ValueError("APP_MAX_INSTANCES must not exceed APP_QUEUE_ROWS")
        return self
