"""Which features are named as reasons, and which rows get any."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from plugins.data_ingestion import AS_OF
from plugins.model_bundle import sample_features

from payments_loop import bundle, scoring
from payments_loop.lake import Lake
from payments_loop.problem import Problem
from payments_loop.scoring import explainers
from payments_loop.scoring.reasons import reasons
from payments_loop.scoring.settings import ScoringSettings

DAY = date(2026, 2, 20)


@pytest.fixture
def explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One explainer, for every model: the second feature lowers a score, the others raise it."""

    def explain(model: bundle.Bundle, X: NDArray[np.float32]) -> NDArray[np.float64]:
        given = np.tile(np.arange(1.0, len(model.features) + 1), (len(X), 1))
        given[:, 1] = -9
        return given

    package = tmp_path / "explainers"
    package.mkdir()
    (package / "planted.py").touch()
    planted = ModuleType("planted")
    planted.explain = explain  # type: ignore[attr-defined]
    monkeypatch.setattr(explainers, "__path__", [str(package)])
    monkeypatch.setitem(sys.modules, f"{explainers.__name__}.planted", planted)


@pytest.mark.usefixtures("explained")
def test_the_strongest_come_first_and_only_those_that_raise(tiny_bundle: bundle.Bundle) -> None:
    assert reasons(tiny_bundle, sample_features(2), 1) == [["channel"], ["channel"]]
    assert reasons(tiny_bundle, sample_features(1), 3) == [["channel", "amount"]]


def test_without_an_explainer_there_are_none(
    tiny_bundle: bundle.Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explainers, "__path__", [str(tmp_path)])
    assert reasons(tiny_bundle, sample_features(3), 3) == [[], [], []]


@pytest.mark.usefixtures("explained")
@pytest.mark.parametrize("explain", ["positive", "all", "none"])
def test_rows_get_reasons_as_configured(
    problem: Problem, lake: Lake, shop_models: bundle.Registry, explain: str
) -> None:
    settings = ScoringSettings.model_validate({"explain": explain, "reasons": 2})
    scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF, settings=settings)
    start = AS_OF.replace(month=2, day=20)
    rows = scoring.read(lake, start=start, end=start.replace(day=21))
    assert rows is not None
    expected = {
        "positive": rows["decision"] == "call",
        "all": rows["decision"].is_not_null(),
        "none": rows["decision"].is_null(),
    }[explain]
    assert (rows["reasons"].list.len() == 2).to_list() == expected.to_list()
    assert 0 < (rows["decision"] == "call").sum() < rows.height


@pytest.mark.parametrize("text", ['explain = "some"', "reasons = 0", "typo = 1", "explain ="])
def test_malformed_settings_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "scoring.toml").write_text(text)
    with pytest.raises(scoring.ScoringError, match=r"scoring\.toml"):
        ScoringSettings.load(tmp_path)


def test_shipped_settings_are_the_defaults() -> None:
    assert ScoringSettings.load(Path(__file__).parents[2]) == ScoringSettings()
