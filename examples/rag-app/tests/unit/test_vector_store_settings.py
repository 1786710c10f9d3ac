"""Settings, and opening what they name."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from plugins.vector_store import SIGNATURE
from pydantic import ValidationError

from docs_qa.store import (
    SearchSettings,
    StoreError,
    StoreSettings,
    open_index,
    open_store,
)
from docs_qa.store.backends import names


def changed(settings: StoreSettings, **changes: object) -> StoreSettings:
    return StoreSettings.model_validate(settings.model_dump() | changes)


def test_the_shipped_configuration_is_the_default() -> None:
    assert SearchSettings.load(Path("config/search.toml")) == SearchSettings()


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert SearchSettings.load(tmp_path / "none.toml") == SearchSettings()


@pytest.mark.parametrize(
    "text",
    ["k = 0", "fusion = 'average'", "unknown = 1", "k = [", "sentence_weight = 1.1"],
)
def test_wrong_settings_name_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "search.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"search\.toml"):
        SearchSettings.load(path)


def test_settings_come_from_the_environment(
    store_settings: StoreSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP_STORE", "qdrant")
    monkeypatch.setenv("APP_STORE_KEY", "made-up")
    read = StoreSettings()
    assert read.store == "qdrant"
    assert read.store_key.get_secret_value() == "made-up"
    assert "made-up" not in repr(read)
    assert read.data_dir == store_settings.data_dir


@pytest.mark.parametrize(
    "wrong",
    [{"store": "../x"}, {"store_collection": "a;b"}, {"embeddings": ""}, {"store_timeout": 0}],
)
def test_wrong_values_are_refused(store_settings: StoreSettings, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        changed(store_settings, **wrong)


def test_an_unknown_back_end_lists_the_known(store_settings: StoreSettings) -> None:
    with pytest.raises(StoreError, match=r"APP_STORE=oracle: there are .*qdrant-edge"):
        open_store(changed(store_settings, store="oracle"), SIGNATURE)
    assert {"qdrant", "qdrant-edge"} <= set(names())
    assert not any(name.startswith("_") for name in names())


def test_a_client_that_is_not_installed_is_named(
    store_settings: StoreSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "qdrant_client", None)
    module = "docs_qa.store.backends.qdrant"
    monkeypatch.delitem(sys.modules, module, raising=False)
    with pytest.raises(StoreError, match=r"needs the package qdrant_client.*extra qdrant"):
        open_store(changed(store_settings, store="qdrant"), SIGNATURE)


def test_a_server_needs_an_address(store_settings: StoreSettings) -> None:
    pytest.importorskip("qdrant_client")
    with pytest.raises(StoreError, match="needs APP_STORE_URL"):
        open_store(changed(store_settings, store="qdrant"), SIGNATURE)


def test_a_server_that_is_not_there_is_explained(store_settings: StoreSettings) -> None:
    pytest.importorskip("qdrant_client")
    nowhere = {"store": "qdrant", "store_url": "http://127.0.0.1:9", "store_timeout": 1}
    with pytest.raises(StoreError, match="the Qdrant server"):
        open_store(changed(store_settings, **nowhere), SIGNATURE)


def test_an_unknown_language_is_explained(store_settings: StoreSettings) -> None:
    with pytest.raises(StoreError, match=r"APP_SEARCH_LANGUAGE.*klingon"):
        open_index(changed(store_settings, search_language="klingon"))


def test_another_language_is_another_index(store_settings: StoreSettings) -> None:
    with open_index(store_settings) as index:
        assert index.store.identity.startswith(str(index.signature))
    with pytest.raises(StoreError, match="store rebuild"):
        open_index(changed(store_settings, search_language="german"))
