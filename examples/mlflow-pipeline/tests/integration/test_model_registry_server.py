"""The registry on a real server: over the wire, with lost answers, and from two machines."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest
from plugins.model_bundle import MakeBundle
from plugins.model_registry import promoting
from plugins.model_registry_proxy import MakeProxy

from payments_loop import bundle
from payments_loop.registry import ModelRegistry, RegistryError
from payments_loop.registry.follow import follow
from payments_loop.registry.rest import RestSource
from payments_loop.tracking import TrackingError, connect


@pytest.fixture
def prepared(
    tracking_server: str,
    tmp_path: Path,
    make_bundle: MakeBundle,
    request: pytest.FixtureRequest,
) -> ModelRegistry:
    """v1 is champion; v2 and v3 are registered. One model per test, as the server is shared."""
    tracking = connect(tmp_path, tracking_server)
    models = bundle.Registry(tmp_path / "models")
    name = request.node.name.replace("_", "-")[:60]
    registry = ModelRegistry(tracking, models, name, audit=tmp_path / "audit")
    for version in ("v1", "v2", "v3"):
        path = make_bundle(version, rows=50).path
        with tracking.run(version) as run:
            registry.register(path, run.info.run_id)
    registry.promote("v1", reason="first")
    return registry


def test_service_follows_and_survives_the_server(
    prepared: ModelRegistry,
    tmp_path: Path,
    make_proxy: MakeProxy,
) -> None:
    proxy = make_proxy(prepared.tracking.uri)
    far = bundle.Registry(tmp_path / "far")

    def look() -> list[str]:
        with closing(RestSource(proxy.url, prepared.name)) as source:
            return follow(source, far)

    assert look() == ["v1"]
    prepared.promote("v2", promoting("v2", "v1"))
    for requests in range(3):
        proxy.requests_left = requests
        with pytest.raises(RegistryError, match=r"127\.0\.0\.1"):
            look()
        assert far.aliases() == {"champion": "v1"}
    proxy.requests_left = None
    assert look() == ["v2"]
    assert far.aliases() == prepared.aliases() == {"champion": "v2", "previous": "v1"}
    assert bundle.Bundle.load(far.resolve("champion")).version == "v2"
    assert not list(far.models_dir.glob(".fetching-*"))


def test_answers_lost_during_a_promotion_leave_nothing_half_promoted(
    prepared: ModelRegistry,
    tmp_path: Path,
    make_proxy: MakeProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = make_proxy(prepared.tracking.uri)
    far = ModelRegistry(
        connect(tmp_path, proxy.url),
        prepared.models,
        prepared.name,
        audit=tmp_path / "audit",
    )
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    states = []
    for requests in range(2, 60, 6):
        proxy.requests_left = requests
        try:
            far.promote("v2", reason="test")
            break
        except (RegistryError, TrackingError):
            states.append(prepared.aliases())
        finally:
            proxy.requests_left = None
    assert len(states) >= 3
    for state in states:
        assert state in ({"champion": "v1"}, {"champion": "v2", "previous": "v1"})
    far.promote("v2", reason="again")
    assert prepared.aliases() == {"champion": "v2", "previous": "v1"}
    assert far.models.aliases() == prepared.aliases()
    done = [one for one in prepared.history() if one.version == "v2" and one.outcome == "done"]
    assert len(done) == 1


def test_two_machines_promote_at_once(prepared: ModelRegistry, tmp_path: Path) -> None:
    refused: list[str] = []

    def promote(version: str) -> None:
        # Another folder: another machine, which shares no file lock.
        registry = ModelRegistry(
            connect(tmp_path, prepared.tracking.uri),
            bundle.Registry(tmp_path / f"machine-{version}"),
            prepared.name,
            audit=tmp_path / version,
        )
        try:
            registry.promote(version, promoting(version, "v1"))
        except RegistryError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=promote, args=(version,)) for version in ("v2", "v3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert "judge again" in refused[0]
    found = prepared.aliases()
    assert found["previous"] == "v1"
    assert found["champion"] in {"v2", "v3"}
