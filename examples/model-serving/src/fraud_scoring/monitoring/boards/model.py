"""The dashboard of the models: which answer, how they score, and how challenger and shadow compare."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from fraud_scoring.monitoring import panels
from fraud_scoring.monitoring.panels import Levels, Query

JOB = 'job="$job"'
RATE = "$__rate_interval"

Panel = Builder[model.Panel]


def dashboard() -> Dashboard:
    """Build it."""
    board = panels.dashboard(
        "model",
        "Fraud Scoring / Model",
        "The models that answer, their predictions, and the way requests take to them.",
    )
    panels.add(board, "", *_overview())
    panels.add(board, "Predictions", *_predictions())
    panels.add(board, "Inference", *_inference())
    return board


def _overview() -> list[Panel]:
    age = Query(f'time() - max(model_created_timestamp_seconds{{{JOB}, alias="champion"}})')
    return [
        panels.number(
            "Champion",
            "The version that answers; more than one while instances differ.",
            Query(f'max by (version) (model_info{{{JOB}, alias="champion"}})', "{{version}}"),
            "none",
            names=True,
            span=8,
        ),
        panels.number(
            "Age of the champion",
            "Time since it was trained. The alert ModelStale fires at 45 days.",
            age,
            "s",
            levels=Levels(30 * 86400, 45 * 86400),
            span=8,
        ),
        panels.number(
            "Answered",
            "Rows that callers were given an answer for, per second.",
            Query(f"sum(rate(predictions_total{{{JOB}}}[5m]))"),
            "rowsps",
            span=8,
        ),
    ]


def _predictions() -> list[Panel]:
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


def _inference() -> list[Panel]:
    batch = f"sum by (le) (rate(inference_batch_size_bucket{{{JOB}}}[{RATE}]))"
    inference = f"rate(inference_duration_seconds_bucket{{{JOB}}}[{RATE}])"
    return [
        panels.series(
            "Queue in use",
            "Share of the places taken, per instance; at 1 requests are refused.",
            Query(f"instance:inference_queue:utilisation{{{JOB}}}", "{{instance}}"),
            unit="percentunit",
            levels=Levels(0.5, 0.8),
            span=6,
        ),
        panels.series(
            "Failures around scoring",
            "Per second, by kind.",
            Query(f"sum by (kind) (rate(inference_errors_total{{{JOB}}}[{RATE}]))", "{{kind}}"),
            unit="reqps",
            span=6,
        ),
        panels.series(
            "Rows per call of the model",
            "How far rows are scored together.",
            Query(f"histogram_quantile(0.5, {batch})", "p50"),
            Query(f"histogram_quantile(0.99, {batch})", "p99"),
            unit="short",
            span=6,
        ),
        panels.series(
            "Duration of a call of the model, p99",
            "By model and role.",
            Query(
                f"histogram_quantile(0.99, sum by (model_version, role, le) ({inference}))",
                "{{model_version}} {{role}}",
            ),
            unit="s",
            span=6,
        ),
    ]
