"""Reads rules, their tests and dashboards; knows enough PromQL to find the metrics in it."""

import functools
import importlib
import json
import pkgutil
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import plugins

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "monitoring" / "prometheus"
DASHBOARDS = ROOT / "monitoring" / "grafana" / "dashboards"

# Made by Prometheus itself rather than scraped from the service
SYNTHETIC = frozenset({"up", "ALERTS"})

_LITERALS = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')
_LABEL_MATCHERS = re.compile(r"\{[^{}]*\}")
_RANGES = re.compile(r"\[[^\[\]]*\]")
_LABEL_LISTS = re.compile(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)")
_NUMBERS = re.compile(r"\b\d[\w.]*")
_NAMES = re.compile(r"[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])")
_OPERATORS = frozenset({"and", "or", "unless", "bool", "offset", "inf", "nan"})
# Those of the grouping words that stand without a list of labels
_GROUPING = frozenset({"group_left", "group_right"})


def metrics_in(expression: str) -> set[str]:
    """Names of the metrics that a PromQL expression selects by name."""
    for pattern in (_LITERALS, _LABEL_MATCHERS, _RANGES, _LABEL_LISTS, _NUMBERS):
        expression = pattern.sub(" ", expression)
    return {
        name for name in _NAMES.findall(expression) if name.lower() not in _OPERATORS | _GROUPING
    }


def rules() -> list[dict[str, Any]]:
    """Every recording and alerting rule."""
    groups = [
        group
        for path in sorted((PROMETHEUS / "rules").glob("*.yml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    ]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[dict[str, Any]]:
    """Every alerting rule."""
    return [rule for rule in rules() if "alert" in rule]


def alert_tests() -> list[dict[str, Any]]:
    """Every expectation of an alert in the promtool tests."""
    return [
        expectation
        for path in sorted((PROMETHEUS / "tests").glob("*.yml"))
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for expectation in test.get("alert_rule_test", [])
    ]


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard by file name."""
    return {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(DASHBOARDS.glob("*.json"))
    }


def queries(dashboard: dict[str, Any]) -> Iterator[str]:
    """PromQL of all panels."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"]


def used_metrics() -> set[str]:
    """Metrics that rules and dashboards read and that no rule records."""
    expressions = [rule["expr"] for rule in rules()]
    expressions += [query for board in dashboards().values() for query in queries(board)]
    used = set().union(*(metrics_in(expression) for expression in expressions))
    return used - {rule["record"] for rule in rules() if "record" in rule} - SYNTHETIC


def exported_elsewhere() -> set[str]:
    """Metrics of exporters beside the service.

    Every module `exports_<component>` beside this one has a function `names()` that gives those of
    the component's exporter.
    """
    found: set[str] = set()
    for module in pkgutil.iter_modules(plugins.__path__):
        if module.name.startswith("exports_"):
            exporter = importlib.import_module(f"{plugins.__name__}.{module.name}")
            found |= exporter.names()
    return found


def run_tool(*command: str | Path) -> None:
    """Run promtool or amtool; skips where it is not installed, fails with what it says."""
    program = shutil.which(str(command[0]))
    if program is None:
        pytest.skip(f"{command[0]} is not installed (Debian: apt install prometheus)")
    done = subprocess.run(
        [program, *map(str, command[1:])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@functools.cache
def runbook_sections() -> frozenset[str]:
    """Headings of the runbook."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^## (.+)$", text, flags=re.MULTILINE))
