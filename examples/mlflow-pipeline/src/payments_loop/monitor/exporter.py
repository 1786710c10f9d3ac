"""The last observation and the pipeline's run records as Prometheus metrics."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from payments_loop.lake import LakeError
from payments_loop.monitor import catalog, runs
from payments_loop.monitor.report import Report

PREFIX = "pipeline_"
_log = logging.getLogger(__name__)


class Exporter(Collector):
    """Reads the last report and the records anew at every scrape; both are small."""

    def __init__(self, latest: Callable[[], Report | None], records: Path = runs.FOLDER) -> None:
        """Export what `latest` gives and the records in a folder, which need not exist."""
        self._latest = latest
        self._records = records

    def collect(self) -> Iterator[Metric]:
        """Give all families; those that nothing is known about are empty."""
        readable = GaugeMetricFamily(f"{PREFIX}report_readable", "Whether the lake could be read")
        report = None
        try:
            report = self._latest()
            readable.add_metric([], 1)
        except (LakeError, OSError) as error:
            _log.warning("the last report cannot be read", extra={"reason": str(error)})
            readable.add_metric([], 0)
        yield readable
        yield from _report(report)
        yield from _runs(runs.read(self._records))


def registry(exporter: Exporter) -> CollectorRegistry:
    """A registry with nothing but an exporter."""
    made = CollectorRegistry()
    made.register(exporter)
    return made


def _report(report: Report | None) -> Iterator[Metric]:
    moment = GaugeMetricFamily(
        f"{PREFIX}observation_timestamp_seconds", "The moment that was last looked from"
    )
    champion = GaugeMetricFamily(
        f"{PREFIX}champion_info", "The champion that was looked at", labels=["version"]
    )
    problem = GaugeMetricFamily(
        f"{PREFIX}problem",
        "1 for each problem that the last observation found",
        labels=["name", "subject", "severity"],
    )
    if report:
        moment.add_metric([], report.as_of.timestamp())
        if report.version:
            champion.add_metric([report.version], 1)
        for one in report.problems:
            problem.add_metric([one.name, one.subject, one.severity], 1)
    yield from (moment, champion, problem)
    for name, text in catalog.MEASURES.items():
        yield from _measure(name, text, report)


def _measure(name: str, text: str, report: Report | None) -> Iterator[Metric]:
    labels = catalog.LABELS.get(name, ())
    value = GaugeMetricFamily(PREFIX + name, text, labels=labels)
    low = GaugeMetricFamily(f"{PREFIX}{name}_low", f"{text}: lower 95 % bound", labels=labels)
    high = GaugeMetricFamily(f"{PREFIX}{name}_high", f"{text}: upper 95 % bound", labels=labels)
    for one in report.values if report else ():
        if one.name != name:
            continue
        given = [one.labels[label] for label in labels]
        value.add_metric(given, one.value)
        if one.low is not None and one.high is not None:
            low.add_metric(given, one.low)
            high.add_metric(given, one.high)
    yield value
    if name in catalog.INTERVALS:
        yield from (low, high)


def _runs(records: list[runs.Run]) -> Iterator[Metric]:
    total = CounterMetricFamily(
        f"{PREFIX}run", "Steps of the pipeline that ended", labels=["step", "outcome"]
    )
    success = GaugeMetricFamily(
        f"{PREFIX}last_success_timestamp_seconds",
        "When a step last began a run that did not fail",
        labels=["step"],
    )
    seconds = GaugeMetricFamily(
        f"{PREFIX}step_seconds", "How long the last run of a step took", labels=["step"]
    )
    promotions = CounterMetricFamily(
        f"{PREFIX}promotions", "Verdicts of the gate", labels=["verdict"]
    )
    for (step, outcome), count in Counter((run.step, run.outcome) for run in records).items():
        total.add_metric([step, outcome], count)
    for step, run in {run.step: run for run in records}.items():
        seconds.add_metric([step], run.seconds)
    good = {run.step: run for run in records if run.outcome != runs.FAILED}
    for step, run in good.items():
        success.add_metric([step], run.started.timestamp())
    for verdict, count in Counter(run.verdict for run in records if run.verdict).items():
        promotions.add_metric([verdict], count)
    yield from (total, success, seconds, promotions)
