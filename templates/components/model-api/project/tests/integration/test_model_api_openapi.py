"""The published description is true, and the committed one is fresh."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, given, settings
from plugins.model_bundle import FEATURES, logistic_onnx, sample_features
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from starlette.testclient import TestClient

from my_project import bundle
from my_project.api.app import create_app
from my_project.api.settings import Settings
from my_project.cli import main

KEY = "key-for-description"  # pragma: allowlist secret


@pytest.fixture(scope="module")
def description(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[schemathesis.BaseSchema]:
    """The description that a running application publishes, knowing the features of its model."""
    models = tmp_path_factory.mktemp("description") / "models"
    manifest = bundle.Manifest(
        version="v1",
        created=datetime(2026, 1, 1, tzinfo=UTC),
        features=FEATURES,
        threshold=0.5,
    )
    bundle.write(models, manifest, logistic_onnx(), sample_features(500))
    bundle.Registry(models).promote("v1")
    chosen = {"models_dir": models, "environment": "development", "api_keys": KEY, "rate_limit": 0}
    app = create_app(Settings.model_validate(chosen))
    with TestClient(app):
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described(
    description: schemathesis.BaseSchema, mode: GenerationMode
) -> None:
    """Statuses, media types, headers and bodies, for valid and for invalid requests."""
    tried = 0
    for found in description.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not operation.body:
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
            case.call_and_validate(headers={"X-API-Key": KEY})

        call()
    assert tried


def test_the_committed_description_is_fresh(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["openapi", "--check"])
    assert result.exit_code == 0, result.output
    written = tmp_path / "openapi.json"
    assert CliRunner().invoke(main, ["openapi", "--output", str(written)]).exit_code == 0
    written.write_text(written.read_text().replace("/v1/predict", "/v1/forecast"))
    result = CliRunner().invoke(main, ["openapi", "--check", "--output", str(written)])
    assert result.exit_code == 1
    assert "make openapi" in result.output
