"""The configuration refuses what would fail later, and says where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugins.tabular_model import CONFIG

from fraud_scoring.training import config
from fraud_scoring.training.errors import TrainingError


def test_shipped_configuration_is_valid() -> None:
    loaded = config.load(CONFIG)
    assert loaded.data.generated
    assert loaded.policy.amount == loaded.data.amount


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("seed = 7", "seed = -1", "seed: "),
        ("seed = 7", "sead = 7", "sead: "),
        ("seed = 7", "seed = ", "Invalid"),
        ("train = 0.6", "train = 0.9", "split: .*test set"),
        ('amount = "amount"\n', "", "fee"),
        ("drop = []", 'drop = ["amount"]', "cannot be dropped"),
        ("drop = []", 'positive = "yes"\ntarget_above = 3', "not both"),
        ("fee = 15.0", 'fee = 15.0\namount = "other"', r"given in \[data\]"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = CONFIG.read_text()
    if not new:
        text = text.replace("fee = 15.0", "fee = 0.0")
    assert text.count(old) == 1
    path = tmp_path / "broken.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(TrainingError, match=message):
        config.load(path)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"absent\.toml"):
        config.load(tmp_path / "absent.toml")
