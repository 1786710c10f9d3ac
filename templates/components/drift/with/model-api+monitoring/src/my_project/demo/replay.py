"""Evaluates the rules with promtool on what was sampled, where there is no Prometheus."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from math import isnan
from pathlib import Path

import yaml

from my_project.demo.timeline import Moment

LABELS = 'job="my-project", instance="demo"'
FIRING = 'count(ALERTS{alertname="FeatureDrift", alertstate="firing"})'


def promtool_test(moments: Sequence[Moment], rules: Path) -> str:
    """A promtool test: silent until the shift, firing at the end.

    Moments are replayed one per second, which is what they were sampled at.

    Args:
        moments: at least one before and one after the shift.
        rules: the rules to evaluate.

    Returns:
        YAML for `promtool test rules`.
    """
    shift = sum(not moment.shifted for moment in moments) - 1
    expectations = [
        {"eval_time": f"{shift}s", "expr": FIRING, "exp_samples": []},
        {
            "eval_time": f"{len(moments) - 1}s",
            "expr": f"{FIRING} > bool 0",
            "exp_samples": [{"labels": "{}", "value": 1}],
        },
    ]
    test = {
        "name": "sampled traffic",
        "interval": "1s",
        "input_series": _series(moments),
        "promql_expr_test": expectations,
    }
    document = {"rule_files": [str(rules)], "evaluation_interval": "1s", "tests": [test]}
    return yaml.safe_dump(document, sort_keys=False)


def _series(moments: Sequence[Moment]) -> list[dict[str, str]]:
    gauges = [moment.gauges for moment in moments]
    columns: dict[str, list[float | None]] = {
        f"drift_window_rows{{{LABELS}}}": [one.window_rows for one in gauges],
        f"drift_prediction_psi{{{LABELS}}}": [one.prediction_psi for one in gauges],
    }
    for name in sorted({name for one in gauges for name in one.psi}):
        series = f'drift_psi{{{LABELS}, feature="{name}"}}'
        columns[series] = [one.psi.get(name) for one in gauges]
    return [
        {"series": series, "values": " ".join(map(_written, values))}
        for series, values in columns.items()
    ]


def _written(value: float | None) -> str:
    if value is None:
        return "_"
    return "NaN" if isnan(value) else repr(value)


def evaluate(promtool: str, test: Path) -> tuple[bool, str]:
    """Run promtool; returns whether the expectations hold, and what it said."""
    done = subprocess.run(  # noqa: S603 (the program that was found on the PATH)
        [promtool, "test", "rules", str(test)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, (done.stdout + done.stderr).strip()
