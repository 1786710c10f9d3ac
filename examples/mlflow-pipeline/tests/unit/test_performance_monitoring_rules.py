"""Alerts and dashboard of the pipeline read what the exporter has, and hear every problem."""

import re

from plugins.exports_performance_monitoring import (
    names,
)
from plugins.monitoring import (
    alerts,
    dashboards,
    metrics_in,
    queries,
)

from payments_loop.monitor import catalog


def test_everything_that_is_read_is_exported() -> None:
    expressions = [rule["expr"] for rule in alerts()]
    expressions += list(queries(dashboards()["pipeline.json"]))
    read = {name for expression in expressions for name in metrics_in(expression)}
    read = {name for name in read if name.startswith("pipeline_")}
    assert len(read) > 20
    assert read <= names()


def test_every_kind_of_problem_has_an_alert() -> None:
    text = "\n".join(rule["expr"] for rule in alerts())
    heard = {
        kind
        for names in re.findall(r'pipeline_problem\{name=~?"([^"]+)"', text)
        for kind in names.split("|")
    }
    # Decisions without a score have a metric of their own, with their number.
    assert heard | {"unscored"} == set(catalog.PROBLEMS)
    assert "pipeline_unscored_rows" in text


def test_dashboard_has_what_a_reader_looks_for() -> None:
    board = dashboards()["pipeline.json"]
    assert len([panel for panel in board["panels"] if panel["type"] != "row"]) >= 8
