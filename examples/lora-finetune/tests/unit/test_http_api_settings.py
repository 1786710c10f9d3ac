"""Configuration: what is refused, and that errors keep secrets."""

import pytest
from click.testing import CliRunner
from plugins.http_api import KEY, OTHER_KEY, forget_settings
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from text2json.api import plugins
from text2json.api.settings import Settings
from text2json.cli import main


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)


def test_development_needs_nothing() -> None:
    assert Settings().api_keys == ()
    assert Settings().host == "127.0.0.1"


def test_keys_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_API_KEYS", f" {KEY}, {OTHER_KEY},")
    assert [key.get_secret_value() for key in Settings().api_keys] == [KEY, OTHER_KEY]


@pytest.mark.parametrize("keys", ["", " , ", f"{KEY},short"])
def test_production_needs_keys_of_some_length(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("APP_ENVIRONMENT", "production")
    monkeypatch.setenv("APP_API_KEYS", keys)
    with pytest.raises(ValidationError, match=r"API_KEYS must be set|needs at least 16"):
        Settings()


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_API_KEYS", KEY)
    assert KEY not in repr(Settings())
    monkeypatch.setenv("APP_API_KEYS", "visible")
    monkeypatch.setenv("APP_ENVIRONMENT", "production")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "visible" not in str(caught.value)


def test_serve_refuses_to_start_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENVIRONMENT", "production")
    monkeypatch.setenv("APP_PORT", "none")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert "APP_PORT" in result.output
    monkeypatch.delenv("APP_PORT")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert "Error: APP_API_KEYS must be set" in result.output


class QueueSettings(BaseSettings):
    """Settings of a plugin, with a prefix of its own."""

    model_config = SettingsConfigDict(env_prefix="APP_QUEUE_")

    length: int = Field(default=10, ge=1)


def test_settings_of_plugins_are_explained_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "install", lambda _: QueueSettings())
    monkeypatch.setenv("APP_QUEUE_LENGTH", "0")
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert "Error: APP_QUEUE_LENGTH: Input should be greater" in result.output
