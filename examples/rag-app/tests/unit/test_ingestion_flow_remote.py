"""The index of a running service is brought up to date by that service."""

import socket

import pytest
from plugins.ingestion_flow import IndexService

from docs_qa.flows import targets
from docs_qa.flows.settings import FlowSettings
from docs_qa.flows.targets import (
    Remote,
    State,
    UpdateError,
    choose,
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "POLL_SECONDS", 0.001)


def test_the_job_is_followed_to_its_end(index_service: IndexService) -> None:
    said: list[str] = []
    remote = Remote(index_service.url, "", 10)
    remote.update(said.append)
    assert remote.state() == State(1, 7, {"scan.pdf": "no text: a scanned document"})
    assert index_service.started == 1
    assert said == ["0 of 0 documents", "1 of 2 documents"]


def test_a_job_that_failed_is_an_error_with_its_reason(index_service: IndexService) -> None:
    index_service.jobs = [{"state": "failed", "done": 0, "total": 2, "problem": "disk full"}]
    with pytest.raises(UpdateError, match="failed: disk full"):
        Remote(index_service.url, "", 10).update(list[str]().append)


def test_a_job_without_end_is_given_up(index_service: IndexService) -> None:
    index_service.jobs = [{"state": "running", "done": 0, "total": 2, "problem": None}]
    with pytest.raises(UpdateError, match="longer than 0 s"):
        Remote(index_service.url, "", 0).update(list[str]().append)


def test_the_key_is_sent(index_service: IndexService) -> None:
    index_service.key = "key-of-the-flow"  # pragma: allowlist secret
    with pytest.raises(UpdateError, match="refused"):
        Remote(index_service.url, "", 10).update(list[str]().append)
    settings = FlowSettings.model_validate(
        {"service_url": index_service.url, "service_key": index_service.key}
    )
    assert choose(settings).state().documents == 1


def test_a_service_that_is_not_there(unused_port: int) -> None:
    with pytest.raises(UpdateError, match="is the service running"):
        Remote(f"http://127.0.0.1:{unused_port}", "", 10).update(list[str]().append)


@pytest.fixture
def unused_port() -> int:
    """A port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
