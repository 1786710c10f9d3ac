"""Compose with the service's documents and state, and with a Qdrant server instead of its own index."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs_qa import compose
from docs_qa.rag_api.settings import AllSettings, RagSettings
from docs_qa.store import StoreSettings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/compose/qdrant.yaml"


@pytest.fixture(scope="module")
def override() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def test_state_has_a_volume_and_documents_are_read_only() -> None:
    settings = AllSettings()
    mounts = compose.api(ROOT)["volumes"]
    assert f"data:/app/{settings.store.data_dir}" in mounts
    folder = settings.documents.folder
    assert f"./{folder}:/app/{folder}:ro" in mounts
    system = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    assert "data" in system["volumes"]


def test_the_embedding_model_uses_as_many_threads_as_it_may_have_processors() -> None:
    api = compose.api(ROOT)
    limits = api["deploy"]["resources"]["limits"]
    assert api["environment"]["APP_EMBEDDING_THREADS"] == limits["cpus"]


def test_settings_in_compose_are_ones_that_exist(override: dict[str, Any]) -> None:
    fields = (*RagSettings.model_fields, *StoreSettings.model_fields)
    known = {f"APP_{name.upper()}" for name in fields}
    general = {"APP_ENVIRONMENT", "APP_HOST", "APP_PORT"}  # of every service
    assert compose.api(ROOT)["environment"].keys() - general <= known
    assert override["services"]["api"]["environment"].keys() <= known


def test_the_server_is_restricted_like_the_service(override: dict[str, Any]) -> None:
    server = override["services"]["qdrant"]
    assert server["extends"] == {"file": "deploy/compose/hardened.yaml", "service": "hardened"}
    assert (ROOT / server["extends"]["file"]).is_file()
    assert server["user"] == "1000:1000"
    assert re.fullmatch(r"qdrant/qdrant:v\d+\.\d+\.\d+-unprivileged", server["image"])
    assert "ports" not in server, "only the service talks to it"


def test_the_server_writes_to_its_volume_and_tmp_only(override: dict[str, Any]) -> None:
    server = override["services"]["qdrant"]
    [mount] = server["volumes"]
    volume, folder = mount.split(":")
    assert volume in override["volumes"]
    environment = server["environment"]
    assert environment["QDRANT__STORAGE__SNAPSHOTS_PATH"].startswith(f"{folder}/")
    assert environment["QDRANT_INIT_FILE_PATH"].startswith("/tmp/")  # noqa: S108 (inside the container)


def test_server_and_service_have_the_same_key_which_is_not_in_the_file(
    override: dict[str, Any],
) -> None:
    server, api = (override["services"][name] for name in ("qdrant", "api"))
    assert server["environment"]["QDRANT__SERVICE__API_KEY"].startswith("${APP_STORE_KEY:?")
    assert api["environment"]["APP_STORE_KEY"] == "${APP_STORE_KEY}"
    assert api["environment"]["APP_STORE_URL"] == "http://qdrant:6333"
    assert api["depends_on"] == {"qdrant": {"condition": "service_healthy"}}


def test_the_image_gets_the_client_of_the_server(override: dict[str, Any]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    options = override["services"]["api"]["build"]["args"]["SYNC_ARGS"].split()
    [extra] = [name for option, name in pairwise(options) if option == "--extra"]
    assert any(line.startswith("qdrant-client") for line in project["optional-dependencies"][extra])
