"""The service as a process: reloads and stops under load, overflows, is asked by its command."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from click.testing import CliRunner
from plugins.http_api import KEY, ServiceProcess, StartService, wait_until
from plugins.model_api import ROW
from plugins.model_bundle import MakeBundle

from payments_loop.bundle import Registry
from payments_loop.cli import main

BODY = json.dumps({"features": ROW})
HEADERS = {"Content-Type": "application/json"}
CALLERS = 4


class Load:
    """Callers on kept-alive connections; each asks again as soon as it has its answer.

    When the service closes a connection after an answer, the caller goes to another replica, as
    behind a load balancer.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.outcomes: Counter[str] = Counter()
        self.versions: Counter[str] = Counter()
        self.stopping = threading.Event()

    def call(self) -> None:
        """Ask until told to stop, or sent away."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            while not self.stopping.is_set():
                connection.request("POST", "/v1/predict", BODY, HEADERS)
                response = connection.getresponse()
                answer = json.loads(response.read())
                self.outcomes[str(response.status)] += 1
                self.versions[answer.get("model_version", "none")] += 1
                if response.getheader("Connection") == "close":
                    self.outcomes["sent away"] += 1
                    return
        except (OSError, HTTPException) as error:
            self.outcomes[repr(error)] += 1
        finally:
            connection.close()


@contextmanager
def load(service: ServiceProcess) -> Iterator[Load]:
    found = Load(service.port)
    threads = [threading.Thread(target=found.call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.stopping.set()
        for thread in threads:
            thread.join()


def test_promotion_and_shutdown_under_load_drop_no_request(
    start_models: StartService, champion_dir: Path, make_bundle: MakeBundle
) -> None:
    for version in ("v2", "v3"):
        make_bundle(version, bias=0.5)
    registry = Registry(champion_dir)
    service = start_models(APP_DRAIN_SECONDS="600")
    with load(service) as found:
        wait_until(lambda: found.versions["v1"] > 20)
        registry.promote("v2")
        wait_until(lambda: found.versions["v2"] > 20)
        # A version that is damaged is not taken into use.
        (champion_dir / "v3" / "model.onnx").write_bytes(b"damaged")
        registry.promote("v3")
        wait_until(lambda: "model not loaded" in service.log.read_text())
        before = found.versions["v2"]
        wait_until(lambda: found.versions["v2"] > before + 20)
        assert set(found.versions) == {"v1", "v2"}
        assert service.get("/readyz") == 200

        service.ask_to_stop()
        wait_until(lambda: service.get("/readyz") == 503)
        wait_until(lambda: found.outcomes["sent away"] == CALLERS)
        assert service.get("/healthz") == 200  # not ready, but who comes is still served
        service.ask_to_stop()  # nobody is left to wait for
        assert service.process.wait(60) == 0
    assert set(found.outcomes) == {"200", "sent away"}
    decisions = service.log.read_text().count('"event":"decision"')
    assert decisions == found.outcomes["200"]


def test_overflow_is_refused_with_a_time_to_come_back(start_models: StartService) -> None:
    service = start_models(
        APP_INLINE_BUDGET_MS="0",
        APP_MAX_INSTANCES="200",
        APP_QUEUE_ROWS="200",
        APP_CHALLENGER="off",
    )
    body = json.dumps({"instances": [{"features": ROW}] * 200})
    statuses: Counter[int] = Counter()
    after: set[str | None] = set()

    def call() -> None:
        connection = HTTPConnection("127.0.0.1", service.port, timeout=60)
        for _ in range(10):
            connection.request("POST", "/v1/predict/batch", body, HEADERS)
            response = connection.getresponse()
            response.read()
            statuses[response.status] += 1
            if response.status == 503:
                after.add(response.getheader("Retry-After"))
        connection.close()

    threads = [threading.Thread(target=call) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) == {200, 503}
    assert after == {"1"}


def test_the_request_command_asks_for_a_prediction(
    start_models: StartService,
    champion_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = start_models(APP_API_KEYS=KEY)
    monkeypatch.setenv("APP_MODELS_DIR", str(champion_dir))
    runner = CliRunner()
    ask = ["request", "prediction", "--url", service.url, "--key", KEY]
    example = runner.invoke(main, ask)
    assert example.exit_code == 0, example.output
    assert 0 <= json.loads(example.stdout)["probability"] <= 1

    row = tmp_path / "row.json"
    row.write_text(json.dumps({"features": ROW}))
    own = runner.invoke(main, [*ask, "--body", str(row)])
    assert json.loads(own.stdout)["model_version"] == "v1"
    row.write_text(json.dumps({"features": ROW | {"channel": "fax"}}))
    wrong = runner.invoke(main, [*ask, "--body", str(row)])
    assert wrong.exit_code == 1
    assert "must be one of app, terminal, web" in wrong.output

    monkeypatch.setenv("APP_MODELS_DIR", str(tmp_path / "nothing"))
    nothing = runner.invoke(main, ask)
    assert nothing.exit_code == 1
    assert "champion" in nothing.output
