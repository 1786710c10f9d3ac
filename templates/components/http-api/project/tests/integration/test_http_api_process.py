"""The service as a process: it stops without dropping a request, and is asked by its own command."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugins.http_api import KEY, ServiceProcess, StartService, launched, wait_until

from my_project.api import examples
from my_project.cli import main

CALLERS = 4


class Caller(threading.Thread):
    """Asks on a kept-alive connection until it is sent away."""

    def __init__(self, port: int, outcomes: Counter[str]) -> None:
        super().__init__()
        self.port = port
        self.outcomes = outcomes

    def run(self) -> None:
        """Ask again and again."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            while self.outcomes["sent away"] < CALLERS:
                connection.request("GET", "/v1")
                response = connection.getresponse()
                response.read()
                self.outcomes[str(response.status)] += 1
                if response.getheader("Connection") == "close":
                    self.outcomes["sent away"] += 1
                    return
        except (OSError, HTTPException) as error:
            self.outcomes[repr(error)] += 1
        finally:
            connection.close()


def test_a_shutdown_under_load_drops_no_request(start_service: StartService) -> None:
    service = start_service(APP_DRAIN_SECONDS="600")
    outcomes: Counter[str] = Counter()
    callers = [Caller(service.port, outcomes) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    wait_until(lambda: outcomes["200"] > 50)
    service.ask_to_stop()
    wait_until(lambda: service.get("/readyz") == 503)
    wait_until(lambda: outcomes["sent away"] == CALLERS)
    assert service.get("/healthz") == 200  # not ready, but who comes is still served
    service.ask_to_stop()  # nobody is left to wait for
    assert service.process.wait(60) == 0
    for caller in callers:
        caller.join()
    assert set(outcomes) == {"200", "sent away"}
    assert service.log.read_text().count('"route":"/v1"') == outcomes["200"]


def test_the_time_to_drain_has_an_end(start_service: StartService) -> None:
    service = start_service(APP_DRAIN_SECONDS="0.5")
    service.ask_to_stop()
    assert service.process.wait(60) == 0


def test_a_second_signal_does_not_wait(start_service: StartService) -> None:
    service = start_service(APP_DRAIN_SECONDS="600")
    service.ask_to_stop()
    wait_until(lambda: service.get("/readyz") == 503)
    service.ask_to_stop()
    assert service.process.wait(60) == 0


def test_a_body_that_does_not_come_is_given_up(start_service: StartService) -> None:
    service = start_service(APP_BODY_TIMEOUT="0.2")
    for method in ("POST", "PUT"):
        connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
        connection.putrequest(method, "/v1")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        assert connection.getresponse().status == 408, method
        connection.close()


@pytest.fixture(scope="module")
def with_keys(
    service_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServiceProcess]:
    """A service with keys."""
    settings = service_settings | {"APP_API_KEYS": KEY}
    with launched(settings, tmp_path_factory.mktemp("service")) as started:
        yield started


@pytest.fixture
def service(with_keys: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> ServiceProcess:
    """The same, and the command finds it in the environment."""
    monkeypatch.setenv("APP_PORT", str(with_keys.port))
    monkeypatch.setenv("APP_API_KEYS", f"{KEY},other")
    return with_keys


def test_the_request_command_sends_the_examples(service: ServiceProcess) -> None:
    found = CliRunner().invoke(main, ["request", "service"])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["service"] == "my-project"
    assert found.stderr == "GET /v1\n"
    named = CliRunner().invoke(main, ["request", "service", "--url", service.url + "/"])
    assert named.stdout == found.stdout


def test_the_request_command_explains_failures(
    service: ServiceProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = tmp_path / "body"
    body.write_bytes(b"x")

    def ask(*arguments: str) -> tuple[int, str]:
        found = CliRunner().invoke(main, ["request", *arguments])
        return found.exit_code, found.output

    assert ask("service", "--url", service.url)[0] == 0
    assert ask("service", "--key", "wrong")[0] == 1
    assert "unauthorized" in ask("service", "--key", "wrong")[1]
    assert "is the service running" in ask("service", "--url", "http://127.0.0.1:1")[1]
    assert ask("--url", "file:///etc/passwd")[0] == 2
    assert ask("--body", str(body))[0] == 2
    assert ask("nothing")[0] == 2

    def none(_: str) -> examples.Example:
        raise examples.NoExampleError("Train a model first")

    monkeypatch.setattr(examples, "load", none)
    code, output = ask("service")
    assert (code, "Error: service: Train a model first" in output) == (1, True)
