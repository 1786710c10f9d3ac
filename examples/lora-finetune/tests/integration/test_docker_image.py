"""The image, built and run with a container engine; skipped with the reason where there is none.

IMAGE=name:tag tests an image that exists, as `make image-test` does; otherwise one is built, with small
models in place of those that were trained.
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from text2json import compose, container

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-the-tests-only"  # pragma: allowlist secret
PACKAGE = "text2json"


@pytest.fixture(scope="module")
def service(image: str) -> Iterator[container.Container]:
    with container.running(image, {"APP_API_KEYS": KEY}, ROOT) as started:
        started.wait_ready()
        yield started


def fetch(service: container.Container, path: str, key: str = KEY) -> tuple[int, dict[str, Any]]:
    """Send a GET and return status and parsed answer."""
    request = urllib.request.Request(  # noqa: S310 (the service under test, over http)
        service.url + path,
        headers={"X-API-Key": key},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def inside(service: container.Container, code: str) -> str:
    """Run Python in the container: the image has little else."""
    return service.execute("python", "-c", code)


def test_metadata_tells_user_health_and_origin(image: str) -> None:
    config = container.inspect(image)["Config"]
    assert config["User"] == "10001:10001"
    assert config["Cmd"] == ["text2json", "serve"]
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert config["StopSignal"] == "SIGTERM"
    assert "org.opencontainers.image.revision" in config["Labels"]


def test_process_has_no_privileges(service: container.Container) -> None:
    status = inside(service, "print(open('/proc/1/status').read())")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["10001"] * 4
    assert int(fields["CapEff"], 16) == 0
    assert int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"


def test_file_system_is_read_only_but_for_what_compose_mounts(service: container.Container) -> None:
    volumes = compose.api(ROOT).get("volumes", [])
    writable = [mount.split(":")[1] for mount in volumes if not mount.endswith(":ro")]
    for folder in ("/tmp", *writable):  # noqa: S108 (inside the container)
        inside(service, f"open('{folder}/scratch', 'w').write('x')")
    for path in ("/app/x", "/home/x", "/usr/local/x"):
        with pytest.raises(container.ContainerError, match="Read-only file system"):
            inside(service, f"open('{path}', 'w')")


def test_nothing_can_build_or_install(service: container.Container) -> None:
    tools = ["cc", "gcc", "g++", "clang", "ld", "make", "uv", "uvx", "pip", "pip3", "easy_install"]
    found = inside(
        service,
        f"import os, shutil; path = os.environ['PATH'] + ':/usr/local/bin:/usr/bin:/bin:/sbin';"
        f"print([t for t in {tools} if shutil.which(t, path=path)])",
    )
    assert found == "[]"
    for module in ("pip", "ensurepip", "setuptools"):
        with pytest.raises(container.ContainerError, match="No module named"):
            service.execute("python", "-m", module, "--version")
        with pytest.raises(container.ContainerError, match="No module named"):
            service.execute("/usr/local/bin/python3", "-m", module, "--version")


def test_only_dependencies_of_the_service_are_installed(service: container.Container) -> None:
    for module in ("pytest", "mypy", "hypothesis"):
        with pytest.raises(container.ContainerError, match="No module named"):
            inside(service, f"import {module}")
    place = inside(service, f"import {PACKAGE}; print({PACKAGE}.__file__)")
    assert place.startswith("/app/.venv/lib/")


def test_engine_reports_it_healthy(service: container.Container) -> None:
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        state = container.docker("inspect", "--format", "{{.State.Health.Status}}", service.name)
        if state == "healthy":
            return
        assert state == "starting", state
        time.sleep(0.5)
    pytest.fail("still not healthy after 240 s")


def test_answers_every_example_for_callers_with_a_key_only(service: container.Container) -> None:
    # Fails when one is not answered with success
    service.execute("text2json", "request")
    assert fetch(service, "/v1")[0] == 200
    assert fetch(service, "/v1", key="not-" + KEY)[0] == 401


def test_refuses_to_start_without_keys(image: str) -> None:
    with (
        container.running(image, {}, ROOT) as started,
        pytest.raises(container.ContainerError, match="APP_API_KEYS"),
    ):
        started.wait_ready()


def test_sigterm_is_announced_before_requests_are_refused(image: str) -> None:
    """A load balancer sees 503 on /readyz, goes elsewhere, and no request is lost meanwhile."""
    with (
        container.running(image, {"APP_API_KEYS": KEY}, ROOT) as started,
        ThreadPoolExecutor(1) as pool,
    ):
        started.wait_ready()
        stopped = pool.submit(started.stop)
        answers = []
        while fetch(started, "/readyz")[0] == 200:
            answers.append(fetch(started, "/v1")[0])
        answers += [fetch(started, "/v1")[0] for _ in range(50)]
        assert set(answers) == {200}
        assert stopped.result() == 0, started.log()
