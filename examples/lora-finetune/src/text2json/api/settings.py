"""Configuration of the service: environment variables that start with `APP_`.

Plugins have settings classes of their own, and read them in `install`.
"""

from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MINIMUM_KEY_LENGTH = 16


class Settings(BaseSettings):
    """What an operator may choose. Every field is read from `APP_<NAME>`; `.env.example` lists them.

    Attributes:
        environment: `production` refuses to start without API keys, or with short ones.
        host: address to listen on; `0.0.0.0` inside a container.
        port: TCP port.
        api_keys: accepted values of `X-API-Key`, separated by commas.
        rate_limit: requests per second and API key in this process; 0 turns the limit off.
        rate_burst: requests that a key may send at once after a pause.
        max_body_bytes: largest request body, where a plugin sets no other limit.
        body_timeout: seconds a request body may take to arrive; a long one has more (`edge`).
        max_in_flight: requests with a key that are served at the same time; more are refused.
        drain_seconds: time between SIGTERM and the end of accepting connections.
        shutdown_seconds: longest wait for open requests after that.
    """

    model_config = SettingsConfigDict(env_prefix="APP_", frozen=True, hide_input_in_errors=True)

    environment: Literal["development", "production"] = "development"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()

    rate_limit: float = Field(default=1000, ge=0)
    rate_burst: int = Field(default=2000, ge=1)
    max_body_bytes: int = Field(default=1_048_576, ge=1)
    body_timeout: float = Field(default=10, gt=0)
    max_in_flight: int = Field(default=1024, ge=1)

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


def explain(error: ValidationError) -> str:
    """What is wrong with settings, by variable and without values: some are secret."""
    lines = []
    for entry in error.errors(include_input=False, include_url=False):
        name = "_".join(str(step) for step in entry["loc"])
        variable = f"{_prefix(error.title, name)}{name}".upper()
        lines.append((f"{variable}: " if name else "") + entry["msg"].removeprefix("Value error, "))
    return "; ".join(lines)


def _prefix(title: str, field: str) -> str:
    """What the variable of `field` begins with, in the settings class called `title` that has it."""
    for settings in BaseSettings.__subclasses__():
        if settings.__name__ == title and field in settings.model_fields:
            return settings.model_config.get("env_prefix", "")
    return ""
