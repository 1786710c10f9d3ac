"""Driving the engine, with a stand-in for the docker command that records what it was asked."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from payments_loop import compose, container
from payments_loop.commands.image import command

ROOT = Path(__file__).parents[2]
# Answers `docker NAME ...` with the file NAME, or fails with the file NAME.error
DOCKER = """#!/bin/sh
cd "$(dirname "$0")"
echo "$*" >> calls
if [ -f "$1.error" ]; then cat "$1.error" >&2; exit 1; fi
if [ -f "$1" ]; then cat "$1"; fi
"""


class Engine:
    """The stand-in: a folder on the PATH with canned answers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "docker").write_text(DOCKER)
        (folder / "docker").chmod(0o755)
        self.answer("network", "bridge\nhost\nnone")
        self.answer("inspect", "true")
        self.answer("image", json.dumps([{"Size": 123_400_000}]))

    def answer(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def fail(self, name: str, text: str) -> None:
        (self.folder / f"{name}.error").write_text(text)

    def calls(self, name: str) -> list[str]:
        lines = (self.folder / "calls").read_text().splitlines()
        return [line for line in lines if line.split()[0] == name]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Engine(folder)


class Ready(BaseHTTPRequestHandler):
    """Answers every GET with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port on which something is ready, and which the next container gets."""
    with HTTPServer(("127.0.0.1", 0), Ready) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(container, "_free_port", lambda: server.server_port)
        yield server.server_port
        server.shutdown()


def test_failure_carries_what_the_engine_said(engine: Engine) -> None:
    engine.fail("build", "no space left on device")
    with pytest.raises(container.ContainerError, match="docker build: no space left"):
        container.build(ROOT, "x:y")


def test_missing_docker_is_an_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    reason = container.obstacle(ROOT / "Dockerfile")
    assert reason is not None
    assert reason.startswith("no container engine")


def test_base_image_that_cannot_be_pulled_is_an_obstacle(engine: Engine) -> None:
    engine.fail("image", "No such image")
    engine.fail("pull", "no such host")
    reason = container.obstacle(ROOT / "Dockerfile")
    assert reason is not None
    assert "no such host" in reason


def test_nothing_is_pulled_when_the_base_images_are_there(engine: Engine) -> None:
    assert container.obstacle(ROOT / "Dockerfile") is None
    assert engine.calls("pull") == []


def test_base_images_are_those_of_the_stages_with_arguments_filled_in() -> None:
    text = "ARG V=3.12\nFROM python:${V}-slim AS build\nFROM build AS test\nFROM scratch AS last\n"
    assert container.base_images(text) == ["python:3.12-slim", "scratch"]


def test_container_is_restricted_and_removed(engine: Engine, port: int) -> None:
    with container.running("host/name:tag", {"APP_API_KEYS": "k"}, ROOT) as service:
        assert service.wait_ready() > 0
        engine.answer("inspect", "0")
        assert service.stop() == 0
    [run] = engine.calls("run")
    assert all(option in run.split() for option in compose.options(ROOT))
    assert f"--publish=127.0.0.1:{port}:8000" in run
    assert "--env=APP_API_KEYS=k" in run
    assert engine.calls("rm") == [f"rm --force --volumes {service.name}"]


def test_an_image_is_built_from_the_index_that_the_lock_was_made_with(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_INDEX", raising=False)
    container.build(ROOT, "x:y")
    monkeypatch.setenv("UV_INDEX", "mirror=http://127.0.0.1:9/simple")
    container.build(ROOT, "x:y")
    assert ["--build-arg UV_INDEX" in call for call in engine.calls("build")] == [False, True]


def test_engine_without_a_bridge_uses_the_network_of_the_host(engine: Engine, port: int) -> None:
    engine.answer("network", "host\nnone")
    container.build(ROOT, "x:y")
    assert "--network=host" in engine.calls("build")[0]
    with container.running("x:y", {}, ROOT):
        pass
    [run] = engine.calls("run")
    assert f"--env=APP_PORT={port}" in run
    assert "--env=APP_HOST=127.0.0.1" in run
    assert "--publish" not in run


def test_container_that_ends_is_reported_with_its_log(engine: Engine) -> None:
    engine.answer("inspect", "false")
    engine.answer("logs", "APP_API_KEYS must be set")
    with (
        container.running("x:y", {}, ROOT) as service,
        pytest.raises(container.ContainerError, match="APP_API_KEYS must be set"),
    ):
        service.wait_ready()


def test_container_that_never_answers_is_given_up(engine: Engine) -> None:
    engine.answer("logs", "still loading")
    with (
        container.running("x:y", {}, ROOT) as service,
        pytest.raises(container.ContainerError, match="not ready after 0 s"),
    ):
        service.wait_ready(timeout=0.1)


def test_context_holds_what_the_image_needs(tmp_path: Path) -> None:
    container.copy_context(ROOT, tmp_path, models=False)
    present = {name for name in container.SOURCES if (tmp_path / name).exists()}
    assert present == set(container.SOURCES)
    assert not (tmp_path / "models").exists()
    assert not list(tmp_path.rglob("__pycache__"))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the build context with a stand-in for what it needs, as working directory."""
    folder = tmp_path / "project"
    container.copy_context(ROOT, folder, models=False)
    for name in ("compose.yaml", "deploy/compose/hardened.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text((ROOT / name).read_text())
    (folder / "models").mkdir()
    (folder / "models" / "needed").write_text("x")
    (folder / "deploy/docker/contents.list").write_text("# Why\nmodels/needed\n")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("port")
def test_measurement_is_recorded(engine: Engine, project: Path) -> None:
    result = CliRunner().invoke(command, ["measure", "--runs", "3"])
    assert result.exit_code == 0, result.output
    record = json.loads((project / "evidence" / "image.json").read_text())
    values = {entry["name"]: entry["value"] for entry in record["values"]}
    assert values["Size, uncompressed"] == 123.4
    assert values["Container start to ready"] > 0
    assert len(engine.calls("run")) == 3
    assert len(engine.calls("build")) == 2


def test_measuring_without_an_engine_keeps_the_record(engine: Engine, project: Path) -> None:
    engine.fail("version", "Cannot connect to the Docker daemon")
    result = CliRunner().invoke(command, ["measure"])
    assert result.exit_code == 0
    assert "Cannot connect to the Docker daemon" in result.output
    assert not (project / "evidence").exists()


def test_measuring_without_what_the_image_needs_says_what_to_do(project: Path) -> None:
    (project / "models" / "needed").unlink()
    result = CliRunner().invoke(command, ["measure"])
    assert result.exit_code == 1
    assert "missing: models/needed; `make image` makes it" in result.output


def test_failing_build_is_an_error_and_no_traceback(engine: Engine, project: Path) -> None:
    engine.fail("build", "out of disk")
    result = CliRunner().invoke(command, ["measure"])
    assert result.exit_code == 1
    assert result.output.strip().endswith("out of disk")
    assert not (project / "evidence").exists()


@pytest.mark.usefixtures("project")
def test_image_is_started_restricted_on_its_port(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    monkeypatch.setattr(os, "execvp", lambda _, arguments: started.extend(arguments))
    result = CliRunner().invoke(command, ["run", "--image", "x:y", "--port", "8123"])
    assert result.exit_code == 0, result.output
    assert started[:3] == ["docker", "run", "--rm"]
    assert started[-1] == "x:y"
    expected = {*compose.options(keep=True), "--publish=127.0.0.1:8123:8000"}
    assert expected <= set(started)
    assert "--env=APP_ENVIRONMENT=development" in started
    engine.fail("network", "Cannot connect to the Docker daemon")
    result = CliRunner().invoke(command, ["run"])
    assert result.exit_code == 1
    assert "Cannot connect" in result.output
