"""Some components in some repositories of the zoo, installed as declared and tested as their user would."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from zoo_life import installed, join

pytestmark = pytest.mark.life


def both(application: str) -> str:
    """A program that asks an application for a route of its own, one of the components and one that nobody has."""
    module, _, name = application.partition(":")
    return (
        f"from starlette.testclient import TestClient; from {module} import {name} as app\n"
        "with TestClient(app) as client:\n"
        "    found = [client.get(path).status_code for path in ('/', '/healthz', '/v1', '/nobody')]\n"
        "assert found == [200, 200, 200, 404], found\n"
    )


MOUNT = "tests/integration/test_http_api_mount.py"


#: A service that joins theirs (FastAPI, Flask), one that learns and measures, one that takes data in. Of our tests
#: those that depend on where things are: imports, fixtures, the program in a process of its own. `make zoo` runs more.
@pytest.mark.parametrize(
    ("host", "component", "tests", "application"),
    [
        (
            "poetry_app",
            "http-api",
            [f"tests/test_score.py tests/unit {MOUNT} tests/integration/test_http_api_process.py"],
            "churn_scores.api:app",
        ),
        ("flask_service", "http-api", ["test", MOUNT], "invoices.app:asgi"),
        ("hydra_style", "drift", ["tests/test_train.py tests/unit tests/integration/test_drift_command.py"], ""),
        (
            "conda_research",
            "data-ingestion",
            ["tests/test_melt.py tests/unit tests/integration/test_data_ingestion_command.py"],
            "",
        ),
    ],
)
def test_their_tests_and_ours_pass(
    host: str, component: str, tests: list[str], application: str, repository: Callable[[str], Path]
) -> None:
    root = repository(host)
    join(root, [component])
    run = installed(root)
    for paths in tests:  # theirs by themselves where two files conftest.py may not get along
        run(".venv/bin/python", "-m", "pytest", "-q", *paths.split())
    if application:
        run(".venv/bin/python", "-c", both(application))
    run("make", "-f", "components.mk", "help")
