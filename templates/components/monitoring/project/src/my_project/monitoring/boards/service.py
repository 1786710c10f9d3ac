"""The dashboard of the service: traffic, errors, latency, saturation and the models it serves."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from my_project.monitoring import panels
from my_project.monitoring.panels import Levels, Query

API = 'job="$job", route=~"/v1/.+"'
JOB = 'job="$job"'
RATE = "$__rate_interval"

Panel = Builder[model.Panel]


def dashboard() -> Dashboard:
    """Build it."""
    board = panels.dashboard(
        "model-service",
        "My Project / Service",
        "Objectives over 30 days: 99.5 % of requests without a 5xx status, 99 % within 0.1 s.",
    )
    panels.add(board, "", *_overview())
    panels.add(board, "Traffic, errors, latency", *_traffic())
    panels.add(board, "Saturation", *_saturation())
    panels.add(board, "Models", *_models())
    return board


def _overview() -> list[Panel]:
    failed = Query(f"job:http_requests_failed:ratio_rate1h{{{JOB}}} or vector(0)")
    slow = Query(f"job:http_requests_slow:ratio_rate1h{{{JOB}}}")
    firing = Query(f'sum(ALERTS{{{JOB}, alertstate="firing"}}) or vector(0)')
    age = Query(f'time() - max(model_created_timestamp_seconds{{{JOB}, alias="champion"}})')
    return [
        panels.number(
            "Requests",
            "Requests to /v1/ per second.",
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
            "Share of requests that took over 0.1 s. The objective allows 1 %.",
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
            "Champion",
            "The version that answers; more than one while instances differ.",
            Query(f'max by (version) (model_info{{{JOB}, alias="champion"}})', "{{version}}"),
            "none",
            names=True,
        ),
        panels.number(
            "Age of the champion",
            "Time since it was trained. The alert ModelStale fires at 45 days.",
            age,
            "s",
            levels=Levels(30 * 86400, 45 * 86400),
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
            "Requests to /v1/ per second.",
            Query(f"sum by (status) (rate(http_requests_total{{{API}}}[{RATE}]))", "{{status}}"),
            unit="reqps",
            stacked=True,
        ),
        panels.series(
            "Latency",
            "Of requests to /v1/, from the start of the request to the end of the response.",
            *quantiles,
            unit="s",
            levels=Levels(0.1, 0.25),
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
            "Requests to /v1/ per second and latency.",
            buckets,
            "s",
            span=12,
        ),
        panels.series(
            "Latency by route, p99",
            "Single predictions and batches have different costs.",
            Query(
                "histogram_quantile(0.99, sum by (route, le) "
                f"(rate(http_request_duration_seconds_bucket{{{API}}}[{RATE}])))",
                "{{route}}",
            ),
            unit="s",
            levels=Levels(0.1, 0.25),
            span=12,
        ),
    ]


def _saturation() -> list[Panel]:
    batch = f"sum by (le) (rate(inference_batch_size_bucket{{{JOB}}}[{RATE}]))"
    inference = f"rate(inference_duration_seconds_bucket{{{JOB}}}[{RATE}])"
    return [
        panels.series(
            "Requests in flight",
            "Per instance; autoscaling aims at a mean of this.",
            Query(f"inference_in_flight{{{JOB}}}", "{{instance}}"),
            unit="short",
        ),
        panels.series(
            "Queue in use",
            "Share of the places taken, per instance; at 1 requests are refused.",
            Query(f"instance:inference_queue:utilisation{{{JOB}}}", "{{instance}}"),
            unit="percentunit",
            levels=Levels(0.5, 0.8),
        ),
        panels.series(
            "Refused and failed predictions",
            "Per second: refusals by reason, failures by kind.",
            Query(
                f"sum by (reason) (rate(inference_rejected_total{{{JOB}}}[{RATE}]))", "{{reason}}"
            ),
            Query(f"sum by (kind) (rate(inference_errors_total{{{JOB}}}[{RATE}]))", "{{kind}}"),
            unit="reqps",
        ),
        panels.series(
            "Rows per call of the model",
            "How far rows are scored together.",
            Query(f"histogram_quantile(0.5, {batch})", "p50"),
            Query(f"histogram_quantile(0.99, {batch})", "p99"),
            unit="short",
        ),
        panels.series(
            "Duration of a call of the model, p99",
            "By model and role.",
            Query(
                f"histogram_quantile(0.99, sum by (model_version, role, le) ({inference}))",
                "{{model_version}} {{role}}",
            ),
            unit="s",
        ),
        panels.series(
            "Processor and memory",
            "Cores in use and GiB resident, per instance.",
            Query(f"rate(process_cpu_seconds_total{{{JOB}}}[{RATE}])", "cores {{instance}}"),
            Query(f"process_resident_memory_bytes{{{JOB}}} / 2^30", "GiB {{instance}}"),
            unit="short",
        ),
    ]


def _models() -> list[Panel]:
    scores = f"rate(prediction_probability_bucket{{{JOB}}}[{RATE}])"
    total = f"rate(prediction_probability_sum{{{JOB}}}[{RATE}])"
    count = f"rate(prediction_probability_count{{{JOB}}}[{RATE}])"
    return [
        panels.distribution(
            "Predicted probabilities",
            "Predictions per second and probability, of all models that answer.",
            f"sum by (le) ({scores})",
            "short",
        ),
        panels.series(
            "Mean probability by version",
            "Champion and challenger see random parts of the same traffic: they should agree.",
            Query(
                f"sum by (model_version) ({total}) / sum by (model_version) ({count})",
                "{{model_version}}",
            ),
            unit="percentunit",
        ),
        panels.series(
            "Decisions by version",
            "Share of each decision among those of the same version.",
            Query(
                f"sum by (model_version, decision) (rate(predictions_total{{{JOB}}}[{RATE}]))"
                " / on (model_version) group_left "
                f"sum by (model_version) (rate(predictions_total{{{JOB}}}[{RATE}]))",
                "{{model_version}} {{decision}}",
            ),
            unit="percentunit",
        ),
        panels.series(
            "Rows by version and role",
            "Who answers (champion, challenger) and who only listens (shadow).",
            Query(
                f"sum by (model_version, role) (rate(inference_rows_total{{{JOB}}}[{RATE}]))",
                "{{model_version}} {{role}}",
            ),
            unit="rowsps",
            stacked=True,
        ),
        panels.series(
            "Champion against shadow",
            "Mean absolute difference of their probabilities. The alert fires at 0.1.",
            Query(f"job:shadow_absolute_difference:mean30m{{{JOB}}}", "difference"),
            unit="short",
            levels=Levels(0.05, 0.1),
        ),
        panels.series(
            "Reload failures and rows dropped by the shadow",
            "Failures within 15 minutes; dropped rows per second.",
            Query(f"sum(increase(model_reload_failures_total{{{JOB}}}[15m]))", "failed reloads"),
            Query(f"sum(rate(shadow_dropped_total{{{JOB}}}[{RATE}]))", "dropped rows/s"),
            unit="short",
        ),
    ]
