"""The dashboard of the service: traffic, errors, latency and saturation."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from text2json.monitoring import panels
from text2json.monitoring.panels import Levels, Query

API = 'job="$job", route=~"/v1(/.+)?"'
JOB = 'job="$job"'
RATE = "$__rate_interval"

Panel = Builder[model.Panel]


def dashboard() -> Dashboard:
    """Build it."""
    board = panels.dashboard(
        "service",
        "Text2json / Service",
        "Objectives over 30 days: 99.5 % of requests without a 5xx status, 99 % within the time"
        " set for their route.",
    )
    panels.add(board, "", *_overview())
    panels.add(board, "Traffic, errors, latency", *_traffic())
    panels.add(board, "Saturation", *_saturation())
    return board


def _overview() -> list[Panel]:
    failed = Query(f"job:http_requests_failed:ratio_rate1h{{{JOB}}} or vector(0)")
    slow = Query(f"job:http_requests_slow:ratio_rate1h{{{JOB}}}")
    firing = Query(f'sum(ALERTS{{{JOB}, alertstate="firing"}}) or vector(0)')
    return [
        panels.number(
            "Requests",
            "Requests to /v1 per second.",
            Query(f"job:http_requests:rate5m{{{JOB}}}"),
            "reqps",
        ),
        panels.number(
            "Failed, 1 h",
            "Share of requests with a 5xx status. The objective allows 0.5 %.",
            failed,
            "percentunit",
            levels=Levels(0.005, 0.072),
            decimals=2,
        ),
        panels.number(
            "Slow, 1 h",
            "Share of requests that took longer than their objective, which 1 % may.",
            slow,
            "percentunit",
            levels=Levels(0.01, 0.144),
            decimals=2,
        ),
        panels.number(
            "Alerts",
            "Alerts that are firing; docs/runbook.md says what to do about each.",
            firing,
            "short",
            levels=Levels(1, 2),
        ),
        panels.number(
            "Instances",
            "Instances that can be scraped.",
            Query(f"sum(up{{{JOB}}})"),
            "short",
        ),
        panels.number(
            "Refused",
            "Requests refused or given up per second, while draining excepted.",
            Query(f'sum(rate(http_requests_rejected_total{{{JOB}, reason!="draining"}}[5m]))'),
            "reqps",
            decimals=2,
        ),
    ]


def _traffic() -> list[Panel]:
    buckets = f"sum by (le) (rate(http_request_duration_seconds_bucket{{{API}}}[{RATE}]))"
    quantiles = [
        Query(f"histogram_quantile({quantile}, {buckets})", f"p{100 * quantile:g}")
        for quantile in (0.5, 0.95, 0.99)
    ]
    burning = [
        Query(
            f"job:http_requests_{what}:ratio_rate{window}{{{JOB}}} / {budget}", f"{name}, {window}"
        )
        for what, name, budget in (("failed", "errors", 0.005), ("slow", "latency", 0.01))
        for window in ("1h", "6h", "3d")
    ]
    return [
        panels.series(
            "Requests by status",
            "Requests to /v1 per second.",
            Query(f"sum by (status) (rate(http_requests_total{{{API}}}[{RATE}]))", "{{status}}"),
            unit="reqps",
            stacked=True,
        ),
        panels.series(
            "Latency",
            "Of requests to /v1, from the start of the request to the end of the response.",
            *quantiles,
            unit="s",
        ),
        panels.series(
            "Error budget burn rate",
            "1 spends exactly the budget in 30 days; 6 (over 6 h) and 14.4 (over 1 h) page.",
            *burning,
            unit="short",
            levels=Levels(1, 14.4),
        ),
        panels.distribution(
            "Latency distribution",
            "Requests to /v1 per second and latency.",
            buckets,
            "s",
        ),
        panels.series(
            "Latency by route, p99",
            "From the start of the request to the end of the response.",
            Query(
                "histogram_quantile(0.99, sum by (route, le) "
                f"(rate(http_request_duration_seconds_bucket{{{API}}}[{RATE}])))",
                "{{route}}",
            ),
            unit="s",
        ),
        panels.series(
            "Slow by route",
            "Share of requests that took longer than the objective of their route.",
            Query(
                "1 - sum by (route) "
                f"(rate(http_request_duration_seconds_bucket{{{API}}}[{RATE}])"
                " and on (route, le) route:http_latency_objective:info)"
                " / sum by (route) "
                f"(rate(http_request_duration_seconds_count{{{API}}}[{RATE}])"
                " and on (route) route:http_latency_objective:info)",
                "{{route}}",
            ),
            unit="percentunit",
            levels=Levels(0.01, 0.144),
        ),
    ]


def _saturation() -> list[Panel]:
    return [
        panels.series(
            "Requests in flight",
            "Per instance; autoscaling aims at a mean of this.",
            Query(f"http_requests_in_flight{{{JOB}}}", "{{instance}}"),
            unit="short",
        ),
        panels.series(
            "Requests refused",
            "Per second, by reason.",
            Query(
                f"sum by (reason) (rate(http_requests_rejected_total{{{JOB}}}[{RATE}]))",
                "{{reason}}",
            ),
            unit="reqps",
        ),
        panels.series(
            "Processor and memory",
            "Cores in use and GiB resident, per instance.",
            Query(f"rate(process_cpu_seconds_total{{{JOB}}}[{RATE}])", "cores {{instance}}"),
            Query(f"process_resident_memory_bytes{{{JOB}}} / 2^30", "GiB {{instance}}"),
            unit="short",
        ),
    ]
