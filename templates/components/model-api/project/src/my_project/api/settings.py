"""Configuration of the service: environment variables that start with `APP_`."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MINIMUM_KEY_LENGTH = 16


class Settings(BaseSettings):
    """What an operator may choose. Every field is read from `APP_<NAME>`; `.env.example` lists them.

    Attributes:
        environment: `production` refuses to start without API keys, or with short ones.
        host: address to listen on; `0.0.0.0` inside a container.
        port: TCP port.
        api_keys: accepted values of `X-API-Key`, separated by commas.
        models_dir: folder of the model bundles and `aliases.json`.
        challenger: what a challenger does: scores copies of the traffic without being answered
            from (`shadow`), answers a share of it (`split`), or nothing (`off`).
        challenger_share: share of routing keys that the challenger answers when it splits.
        rate_limit: requests per second and API key in this process; 0 turns the limit off.
        rate_burst: requests that a key may send at once after a pause.
        max_body_bytes: largest request body.
        body_timeout: seconds a request body may take to arrive.
        max_instances: most rows in one batch request.
        max_in_flight: requests served at the same time; more are refused.
        queue_rows: rows that may wait for the scoring thread; more are refused.
        batch_rows: rows that the scoring thread takes at once.
        inline_budget_ms: longest scoring, in milliseconds, that may run on the event loop itself.
        request_timeout: seconds a request may wait for its score.
        shadow_rows: rows that may wait to be scored by a shadow; more are dropped.
        reload_seconds: pause between two looks at `aliases.json`.
        drain_seconds: time between SIGTERM and the end of accepting connections.
        shutdown_seconds: longest wait for open requests after that.
    """

    model_config = SettingsConfigDict(env_prefix="APP_", frozen=True, hide_input_in_errors=True)

    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    models_dir: Path = Path("models")

    challenger: Literal["shadow", "split", "off"] = "shadow"
    challenger_share: float = Field(default=0.1, ge=0, le=1)

    rate_limit: float = Field(default=1000, ge=0)
    rate_burst: int = Field(default=2000, ge=1)
    max_body_bytes: int = Field(default=1_048_576, ge=1)
    body_timeout: float = Field(default=10, gt=0)
    max_instances: int = Field(default=1000, ge=1)
    max_in_flight: int = Field(default=1024, ge=1)

    queue_rows: int = Field(default=2048, ge=1)
    batch_rows: int = Field(default=256, ge=1)
    inline_budget_ms: float = Field(default=1, ge=0)
    request_timeout: float = Field(default=1, gt=0)
    shadow_rows: int = Field(default=4096, ge=1)

    reload_seconds: float = Field(default=1, gt=0)
    drain_seconds: float = Field(default=3, ge=0)
    shutdown_seconds: float = Field(default=10, gt=0)

    @field_validator("api_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(key.strip() for key in value.split(",") if key.strip())
        return value

    @model_validator(mode="after")
    def _safe_in_production(self) -> Self:
        if self.environment == "production":
            if not self.api_keys:
                raise ValueError("APP_API_KEYS must be set when APP_ENVIRONMENT is production")
            if any(len(key.get_secret_value()) < MINIMUM_KEY_LENGTH for key in self.api_keys):
                raise ValueError(f"every API key needs at least {MINIMUM_KEY_LENGTH} characters")
        return self

    @model_validator(mode="after")
    def _batch_fits_queue(self) -> Self:
        if self.max_instances > self.queue_rows:
            raise ValueError("APP_MAX_INSTANCES must not exceed APP_QUEUE_ROWS")
        return self
