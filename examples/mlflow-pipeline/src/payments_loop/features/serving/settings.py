"""Configuration of the route: further environment variables that start with `APP_FEATURES_`."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FeatureSettings(BaseSettings):
    """What an operator may choose. Every field is read from `APP_FEATURES_<NAME>`.

    Attributes:
        root: folder with `config/pipeline.toml` and `problems/`; a local lake is below it.
        refresh_seconds: pause between two looks for new rows in the lake.
    """

    model_config = SettingsConfigDict(
        env_prefix="APP_FEATURES_",
        frozen=True,
        hide_input_in_errors=True,
    )

    root: Path = Path()
    refresh_seconds: float = Field(default=60, gt=0)
