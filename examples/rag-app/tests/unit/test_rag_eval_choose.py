from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from docs_qa.rag_eval import gate, settings
from docs_qa.rag_eval.choose import (
    CONFIGURED,
    Option,
    decide,
)
from docs_qa.rag_eval.toml import edit

NOISE = [0.0, 1.0] * 20


def option(name: str, values: list[float]) -> Option:
    return Option(name, {"fusion": name}, values)


def test_what_is_surely_better_is_taken() -> None:
    better = option("rrf", [value * 0.5 + 0.5 for value in NOISE])

    decision = decide(option(CONFIGURED, NOISE), [option("dense", [0.0] * 40), better])

    assert decision.chosen is better
    assert decision.gains[CONFIGURED].low > 0
    assert set(decision.gains) == {CONFIGURED, "dense"}
    assert "better than what was configured by 0.250" in decision.explain("nDCG")


def test_what_may_be_better_by_chance_is_not() -> None:
    lucky = option("rrf", [1.0, *NOISE[1:]])
    configured = option(CONFIGURED, NOISE)

    decision = decide(configured, [lucky])

    assert decision.chosen is configured
    assert decision.best is lucky
    assert "which may be chance" in decision.explain("nDCG")


def test_the_best_stays() -> None:
    decision = decide(option(CONFIGURED, NOISE), [option("dense", [0.0] * 40)])

    assert decision.chosen.name == CONFIGURED
    assert "nothing is better" in decision.explain("nDCG")


def test_editing_keeps_comments_and_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('# Why\nfusion = "rrf" # how\nk = 5\n\n[evidence] # of it\nmodel = 0.250\n')

    changed = edit(
        path, {"fusion": "convex", "evidence.extractive": 0.384219, "evidence.model": 0.25}
    )

    assert changed
    assert path.read_text() == (
        '# Why\nfusion = "convex" # how\nk = 5\n\n[evidence] # of it\nmodel = 0.250\n'
        "extractive = 0.3842\n"
    )
    assert not edit(path, {"fusion": "convex"})


def test_a_missing_file_is_made(tmp_path: Path) -> None:
    path = tmp_path / "config" / "a.toml"

    assert edit(path, {"evidence.extractive": 0.5})
    assert tomllib.loads(path.read_text()) == {"evidence": {"extractive": 0.5}}


def test_a_key_through_a_value_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("evidence = 1\n")

    with pytest.raises(ValueError, match="evidence is no table"):
        edit(path, {"evidence.extractive": 0.5})


def test_the_gate_allows_the_tolerance_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    gate.save({"a": 0.90, "b": 0.90, "c": 0.5}, path)

    rows = gate.compare({"a": 0.88, "b": 0.87, "c": 0.7}, path, tolerance=0.02)

    assert [(row.name, row.passed) for row in rows] == [("a", True), ("b", False), ("c", True)]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "there is no baseline"), ("[1]", "other metrics"), ("{", "is no baseline")],
)
def test_a_gate_without_a_baseline_says_what_to_do(
    tmp_path: Path,
    content: str | None,
    problem: str,
) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_text(content)

    with pytest.raises(gate.GateError, match=problem):
        gate.compare({"a": 1.0}, path, 0.02)


def test_other_metrics_are_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(json.dumps({"a": 1.0, "gone": 1.0}))

    with pytest.raises(gate.GateError, match="--gate --update"):
        gate.compare({"a": 1.0}, path, 0.02)


def test_the_configuration_of_the_evaluation(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.toml"
    assert settings.load(path) == settings.EvaluationConfig()
    path.write_text("tolerance = 0.05\n")
    assert settings.load(path).tolerance == 0.05
    path.write_text("tolerence = 0.05\n")
    with pytest.raises(ValueError, match=r"evaluation\.toml"):
        settings.load(path)
