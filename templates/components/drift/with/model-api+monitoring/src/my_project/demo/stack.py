"""What the demonstration starts: the service, and Prometheus if it is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from my_project.bundle import Bundle, Registry, Row, write
from my_project.bundle.model import MODEL
from my_project.demo import example, rules
from my_project.demo.processes import (
    Client,
    connected,
    free_port,
    running,
    wait_until_ready,
)
from my_project.demo.timeline import most_severe
from my_project.drift import MINIMUM_ROWS

READY_SECONDS = 30

Say = Callable[[str], None]
States = Callable[[], Mapping[str, str] | None]


def champion(models_dir: Path, folder: Path, say: Say) -> Bundle:
    """The champion, or an example model written below ``folder`` where there is none."""
    registry = Registry(models_dir)
    if "champion" not in registry.aliases():
        say(f"{models_dir} has no champion: an example model stands in.")
        registry = Registry(folder / "models")
        example.write(registry.models_dir)
    return Bundle.load(registry.resolve("champion"))


def rebased(bundle: Bundle, rows: Sequence[Row], folder: Path) -> Bundle:
    """The same model below ``folder``, with ``rows`` as its reference."""
    models_dir = folder / "rebased"
    model = (bundle.path / MODEL).read_bytes()
    write(models_dir, bundle.manifest, model, bundle.encode(rows))
    registry = Registry(models_dir)
    registry.promote(bundle.version)
    return Bundle.load(registry.resolve("champion"))


@contextmanager
def service(models_dir: Path, window_rows: int, folder: Path) -> Iterator[tuple[Client, int]]:
    """The real service on a free port, measuring drift twice a second; its client and port."""
    port = free_port()
    environment = {
        "APP_ENVIRONMENT": "development",
        "APP_API_KEYS": "",
        "APP_HOST": "127.0.0.1",
        "APP_PORT": str(port),
        "APP_MODELS_DIR": str(models_dir),
        "APP_RATE_LIMIT": "0",
        "APP_DRAIN_SECONDS": "0",
        "APP_DRIFT_WINDOW_ROWS": str(window_rows),
        "APP_DRIFT_MINIMUM_ROWS": str(MINIMUM_ROWS),
        "APP_DRIFT_EVALUATION_SECONDS": "0.5",
    }
    command = [sys.executable, "-m", "my_project", "serve"]
    with (
        running("the service", command, environment, folder / "service.log") as process,
        connected(port) as client,
    ):
        wait_until_ready(client, "/readyz", process, READY_SECONDS)
        yield client, port


@contextmanager
def prometheus(program: str, service_port: int, folder: Path) -> Iterator[States]:
    """A real Prometheus that evaluates `rules.yml` in ``folder``; gives the state of the alerts."""
    (folder / "prometheus.yml").write_text(rules.prometheus_config(service_port), encoding="utf-8")
    port = free_port()
    command = [
        program,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (
        running("Prometheus", command, {}, folder / "prometheus.log") as process,
        connected(port) as client,
    ):
        wait_until_ready(client, "/-/ready", process, READY_SECONDS)

        def states() -> dict[str, str]:
            active = client.get_json("/api/v1/alerts")["data"]["alerts"]
            return most_severe((one["labels"]["alertname"], one["state"]) for one in active)

        yield states
