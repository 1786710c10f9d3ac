"""Prometheus' and Alertmanager's own tools on the real files."""

from pathlib import Path

import pytest
import yaml
from plugins.monitoring import (
    PROMETHEUS,
    ROOT,
    dashboards,
    queries,
    run_tool,
)

RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTMANAGER = ROOT / "monitoring" / "alertmanager" / "alertmanager.yml"


def test_prometheus_accepts_the_configuration_and_all_rules() -> None:
    run_tool("promtool", "check", "config", PROMETHEUS / "prometheus.yml")


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_rules_are_accepted_without_duplicates(path: Path) -> None:
    run_tool("promtool", "check", "rules", "--lint=all", "--lint-fatal", path)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    run_tool("promtool", "test", "rules", path)


def test_queries_of_the_dashboards_parse(tmp_path: Path) -> None:
    """As rules, with values for the variables that Grafana would put in."""
    texts = [query for board in dashboards().values() for query in queries(board)]
    filled = [text.replace("$__rate_interval", "1m").replace("$job", "any") for text in texts]
    assert not any("$" in text for text in filled)
    recorded = [{"record": f"query:{n}", "expr": text} for n, text in enumerate(filled)]
    rules = tmp_path / "queries.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": recorded}]}))
    run_tool("promtool", "check", "rules", rules)


def test_every_rule_file_has_a_test_file() -> None:
    names = [path.stem for path in TESTS]  # several for one file of rules have longer names
    for rules in RULES:
        assert any(name.startswith(f"{rules.stem}_") for name in names), rules


def test_alertmanager_accepts_its_configuration() -> None:
    run_tool("amtool", "check-config", ALERTMANAGER)


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("alertname=ServiceDown", "severity=page"), "page"),
        (("alertname=ErrorBudgetBurn", "severity=ticket"), "ticket"),
        (("alertname=Unheard",), "ticket"),
    ],
)
def test_alerts_reach_their_receiver(labels: tuple[str, ...], receiver: str) -> None:
    command = ("config", "routes", "test", f"--config.file={ALERTMANAGER}")
    run_tool("amtool", *command, f"--verify.receivers={receiver}", *labels)
