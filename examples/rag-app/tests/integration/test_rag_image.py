"""The image answers from documents, and keeps them; part of `make image-test`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs_qa import container
from docs_qa.api.examples import Example
from docs_qa.commands.request import ask
from docs_qa.rag_api.client import Client

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-the-tests-only"  # pragma: allowlist secret
SURVEY = """# Survey of Sule Skerry

## Grey seals

In October 1,482 grey seals were counted on Sule Skerry, by drone and on foot.
"""


@pytest.fixture
def service(image: str) -> Iterator[container.Container]:
    with container.running(image, {"APP_API_KEYS": KEY}, ROOT) as started:
        started.wait_ready()
        yield started


def answer(service: container.Container) -> dict[str, Any]:
    body = {"question": "How many grey seals were counted on Sule Skerry?", "stream": False}
    example = Example("POST", "/v1/ask", json.dumps(body).encode())
    found: dict[str, Any] = json.loads(ask(service.url, KEY, example))
    return found


def test_an_upload_is_answered_from_and_survives_a_restart(
    service: container.Container,
    tmp_path: Path,
) -> None:
    assert answer(service)["abstained"]
    client = Client(service.url, KEY)
    (tmp_path / "survey.md").write_text(SURVEY, encoding="utf-8")
    *_, job = client.follow(client.put(tmp_path / "survey.md"))
    assert job["state"] == "done", job["problem"]
    first = answer(service)
    assert "1,482" in first["answer"]
    assert first["sources"][0]["document"] == "survey.md"

    container.docker("restart", "--time=20", service.name)
    service.wait_ready()
    assert answer(service)["answer"] == first["answer"]


def test_the_embedding_model_in_the_image_is_the_one_that_was_built(image: str) -> None:
    code = (
        "from pathlib import Path; from docs_qa.store.embeddings.build import is_intact;"
        "print(is_intact(Path('models/embedding')))"
    )
    assert container.docker("run", "--rm", "--network=none", image, "python", "-c", code) == "True"


def test_documents_are_read_and_never_written(service: container.Container) -> None:
    with pytest.raises(container.ContainerError, match="Read-only file system"):
        service.execute("python", "-c", "open('/app/documents/x', 'w')")
