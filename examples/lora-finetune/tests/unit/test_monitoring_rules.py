"""Every alert is tested, explained and routed; every query reads what exists."""

import pytest
import yaml
from plugins.monitoring import (
    ROOT,
    alert_tests,
    alerts,
    dashboards,
    metrics_in,
    queries,
    rules,
    runbook_sections,
)

NAMES = sorted({rule["alert"] for rule in alerts()})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("up", {"up"}),
        (
            'sum by (job) (rate(a_total{le="b", x=~"c|d"}[5m])) / on (job) group_left b',
            {"a_total", "b"},
        ),
        ("time() - max(x_seconds) > 45 * 86400", {"x_seconds"}),
        ('a{q="by (z)"} unless on (i) b or vector(0)', {"a", "b"}),
        ("histogram_quantile(0.99, sum by (le) (rate(h_bucket[$__rate_interval])))", {"h_bucket"}),
        ("job:a:b > bool 1e3 and c offset 5m", {"job:a:b", "c"}),
        ("topk(1, x{}) / 2^30", {"x"}),
    ],
)
def test_metrics_are_found_in_promql(expression: str, expected: set[str]) -> None:
    assert metrics_in(expression) == expected


@pytest.mark.parametrize("name", NAMES)
def test_alert_is_shown_to_fire_and_not_to_fire(name: str) -> None:
    expectations = [test for test in alert_tests() if test["alertname"] == name]
    severities = {rule["labels"]["severity"] for rule in alerts() if rule["alert"] == name}
    fired = {
        alert["exp_labels"]["severity"] for test in expectations for alert in test["exp_alerts"]
    }
    assert fired == severities
    assert any(not test["exp_alerts"] for test in expectations)


def test_no_test_is_about_an_alert_that_does_not_exist() -> None:
    assert {test["alertname"] for test in alert_tests()} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_alert_says_how_urgent_it_is_and_what_to_do(name: str) -> None:
    assert name in runbook_sections()
    for rule in alerts():
        if rule["alert"] == name:
            assert rule["labels"]["severity"] in {"page", "ticket"}
            assert rule["annotations"].keys() == {"summary", "description", "runbook"}
            assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"


def test_no_rule_reads_a_recorded_series_that_is_not_recorded() -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    expressions = [rule["expr"] for rule in rules()]
    expressions += [query for board in dashboards().values() for query in queries(board)]
    read = {name for expression in expressions for name in metrics_in(expression) if ":" in name}
    assert read <= recorded


def test_every_severity_has_a_receiver() -> None:
    path = ROOT / "monitoring" / "alertmanager" / "alertmanager.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {receiver["name"] for receiver in config["receivers"]} == {"page", "ticket"}
