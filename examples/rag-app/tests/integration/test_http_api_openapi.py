"""The published description is true, and the committed ones are fresh."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from plugins.http_api import no_events, wait_until
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.testclient import TestClient

from docs_qa.api.app import create_app
from docs_qa.cli import main

KEY = "key-for-description"  # pragma: allowlist secret
PATIENCE = 120  # seconds for an answer: a busy machine is no fault of the service


@pytest.fixture(scope="module")
def description(
    service_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[schemathesis.BaseSchema]:
    """The description that the running application publishes, all plugins included."""
    with pytest.MonkeyPatch.context() as patch:
        chosen = {"APP_ENVIRONMENT": "development", "APP_API_KEYS": KEY, "APP_RATE_LIMIT": "0"}
        for name, value in (service_settings | chosen).items():
            patch.setenv(name, own(value, tmp_path_factory))
        app = create_app(events=no_events())
        with TestClient(app) as client:
            wait_until(lambda: client.get("/readyz").status_code == 200)
            yield schemathesis.openapi.from_asgi("/openapi.json", app)


def own(value: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the folder that a setting names: what is tried here changes the state."""
    if not Path(value).is_dir():
        return value
    return str(shutil.copytree(value, tmp_path_factory.mktemp("state"), dirs_exist_ok=True))


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described(
    description: schemathesis.BaseSchema, mode: GenerationMode
) -> None:
    """Statuses, media types, headers and bodies, for valid and for invalid requests."""
    tried = 0
    for found in description.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        parts = (operation.body, operation.query)
        if mode is GenerationMode.NEGATIVE and not any(parts):
            continue  # nothing about it could be wrong

        @settings(
            max_examples=25,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def call(case: schemathesis.Case[Any]) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(
                headers={"X-API-Key": KEY}, excluded_checks=unjudged(case), timeout=PATIENCE
            )

        call()
    assert tried or mode is GenerationMode.NEGATIVE


def unjudged(case: schemathesis.Case[Any]) -> list[CheckFunction]:
    """Checks that cannot hold: of uploads, no schema tells which bytes are a good document."""
    judged_by_content = "415" in case.operation.definition.raw["responses"]
    return [positive_data_acceptance] if judged_by_content else []


def test_the_committed_descriptions_are_fresh() -> None:
    result = CliRunner().invoke(main, ["openapi", "--check"])
    assert result.exit_code == 0, result.output


def test_stale_descriptions_are_found_and_replaced(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        found = CliRunner().invoke(main, ["openapi", "--output", str(tmp_path), *arguments])
        return found.exit_code, found.output

    assert run()[0] == 0
    assert run("--check")[0] == 0
    written = tmp_path / "service.json"
    fresh = written.read_text()
    written.write_text(fresh.replace("/v1", "/v2"))
    (tmp_path / "gone.json").write_text("{}")
    code, output = run("--check")
    assert code == 1
    assert "make openapi" in output
    assert "service.json" in output
    assert "gone.json" in output
    assert "operation.json" not in output
    assert run()[0] == 0
    assert written.read_text() == fresh
    assert not (tmp_path / "gone.json").exists()
