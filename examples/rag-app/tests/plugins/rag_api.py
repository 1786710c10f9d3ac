"""A small library, indexed with the real embedding model, for all tests of the service."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from docs_qa.documents import Library, Settings
from docs_qa.store import StoreError, StoreSettings, open_index
from docs_qa.store.embeddings.build import build

FEES = """# Fees

## Late returns

A late return costs ten cents per day and item, at most five euros. Children pay nothing.

## Lost items

A lost item costs its price and five euros for the work of replacing it.
"""
HOURS = """# Opening hours

The library is open from Monday to Friday between nine and six. On Saturday it closes at one.
"""
QUESTION = "What does a late return cost?"


def service_environment(folder: Path) -> dict[str, str]:
    """Build a model and an index in `folder`; a machine without the weights skips these tests."""
    try:
        build(folder / "embedding")
    except StoreError as error:
        pytest.skip(f"no embedding model: {error}")
    documents = folder / "documents"
    documents.mkdir()
    (documents / "fees.md").write_text(FEES, encoding="utf-8")
    (documents / "hours.md").write_text(HOURS, encoding="utf-8")
    data = folder / "data"
    store = StoreSettings(data_dir=data, embedding_dir=folder / "embedding", embedding_threads=1)
    settings = Settings(folder=documents, data_dir=data)
    with open_index(store) as index, Library(settings=settings) as library:
        library.sync(documents, index.sink())
    return {
        "APP_DATA_DIR": str(data),
        "APP_DOCUMENTS_FOLDER": str(documents),
        "APP_EMBEDDING_DIR": str(folder / "embedding"),
        "APP_EMBEDDING_THREADS": "1",
        "APP_ASK_RATE": "0",
        "APP_UPLOAD_RATE": "0",
    }


@pytest.fixture
def own_state(service_settings: Mapping[str, str], tmp_path: Path) -> dict[str, str]:
    """Settings for a library that a test may change: `make_client(**own_state)`."""
    made = {}
    for name in ("APP_DATA_DIR", "APP_DOCUMENTS_FOLDER"):
        copy = tmp_path / name.lower()
        shutil.copytree(service_settings[name], copy)
        made[name.removeprefix("APP_").lower()] = str(copy)
    return made


def finished(client: TestClient, job: str, seconds: float = 60) -> dict[str, Any]:
    """What became of a job, once it has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found: dict[str, Any] = client.get(f"/v1/jobs/{job}").json()
        if found["state"] in {"done", "failed"}:
            return found
        time.sleep(0.02)
    raise TimeoutError


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Names and data of server-sent events."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for `condition`.

    Raises:
        TimeoutError: it did not become true.
    """
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)
