"""Serving models that change without a new image."""

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_mounted_models_cannot_be_changed_by_the_service() -> None:
    path = ROOT / "deploy" / "compose" / "mounted-models.yaml"
    override = yaml.safe_load(path.read_text(encoding="utf-8"))
    [volume] = override["services"]["api"]["volumes"]
    assert volume["read_only"] is True
    assert volume["target"] == "/app/models"
