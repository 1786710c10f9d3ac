"""Configuration of the ingestion flow: environment variables that start with `APP_FLOW_`."""

from pathlib import Path

from pydantic import AliasChoices, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class FlowSettings(BaseSettings):
    """What an operator may choose.

    Attributes:
        folder: the documents to watch, as this process sees them.
        service_url: the service that owns the index, e.g. `http://api:8000`; empty: this process
            opens the index itself, which an embedded one allows only while no service runs.
        service_key: API key for it.
        cron: when the index is brought up to date whatever the sensor has seen.
        timezone: of `cron`.
        poll_seconds: pause between two looks at the folder.
        settle_seconds: age that the youngest change must have; files take time to be copied.
        timeout_seconds: longest wait for the service to finish one update.
    """

    model_config = SettingsConfigDict(
        env_prefix="APP_FLOW_",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    folder: Path = Field(
        default=Path("documents"),
        validation_alias=AliasChoices("APP_DOCUMENTS_FOLDER", "folder"),
    )
    service_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$")
    service_key: SecretStr = SecretStr("")
    cron: str = "0 3 * * *"
    timezone: str = "UTC"
    poll_seconds: int = Field(default=30, ge=1)
    settle_seconds: float = Field(default=5, ge=0)
    timeout_seconds: float = Field(default=3600, gt=0)
