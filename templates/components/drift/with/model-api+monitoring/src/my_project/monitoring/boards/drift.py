"""The dashboard of the drift detector."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from my_project.monitoring import panels
from my_project.monitoring.panels import Levels, Query

JOB = 'job="$job"'
# "Slight" by the usual rule of thumb, and what the alerts ask for.
PSI_LEVELS = Levels(0.1, 0.2)

Panel = Builder[model.Panel]


def dashboard() -> Dashboard:
    """Build it."""
    board = panels.dashboard(
        "model-drift",
        "My Project / Drift",
        "Distance of the champion's live inputs and predictions from the reference in its bundle.",
    )
    panels.add(board, "", *_overview())
    panels.add(board, "Distances", *_distances())
    panels.add(board, "Detector", *_detector())
    return board


def _overview() -> list[Panel]:
    since = f"time() - min(drift_last_evaluation_timestamp_seconds{{{JOB}}})"
    names = f'max by (version) (model_info{{{JOB}, alias="champion"}})'
    return [
        panels.number(
            "Worst feature",
            "The feature with the largest PSI, averaged over instances.",
            Query(f"topk(1, job:drift_psi:avg{{{JOB}}})", "{{feature}}"),
            "none",
            levels=PSI_LEVELS,
            names=True,
        ),
        panels.number(
            "Its PSI",
            "0.1 is called slight, 0.25 major; the alert fires at 0.2.",
            Query(f"max(job:drift_psi:avg{{{JOB}}})"),
            "short",
            levels=PSI_LEVELS,
            decimals=3,
        ),
        panels.number(
            "Prediction PSI",
            "Of the probabilities.",
            Query(f"job:drift_prediction_psi:avg{{{JOB}}}"),
            "short",
            levels=PSI_LEVELS,
            decimals=3,
        ),
        panels.number(
            "Rows in the window",
            "Of the emptiest instance. Below 1000 nothing is claimed.",
            Query(f"min(drift_window_rows{{{JOB}}})"),
            "short",
        ),
        panels.number(
            "Last evaluation",
            "Time since the slowest instance measured. The alert fires at 5 minutes.",
            Query(since),
            "s",
            levels=Levels(60, 300),
        ),
        panels.number(
            "Champion",
            "Whose reference counts; a new champion starts with an empty window.",
            Query(names, "{{version}}"),
            "none",
            names=True,
        ),
    ]


def _distances() -> list[Panel]:
    return [
        panels.series(
            "PSI by feature",
            "Population stability index: how much mass moved between bins, missing values included.",
            Query(f"job:drift_psi:avg{{{JOB}}}", "{{feature}}"),
            unit="short",
            levels=PSI_LEVELS,
            span=12,
        ),
        panels.series(
            "Kolmogorov-Smirnov by feature",
            "The largest difference between the distribution functions; numeric features only.",
            Query(f"avg by (feature) (drift_ks{{{JOB}}})", "{{feature}}"),
            unit="short",
            span=12,
        ),
        panels.series(
            "Predictions",
            "The same two distances for the probabilities.",
            Query(f"job:drift_prediction_psi:avg{{{JOB}}}", "PSI"),
            Query(f"avg(drift_prediction_ks{{{JOB}}})", "Kolmogorov-Smirnov"),
            unit="short",
            levels=PSI_LEVELS,
            span=12,
        ),
        panels.distribution(
            "Predicted probabilities",
            "Predictions per second and probability: what the distance summarises.",
            f"sum by (le) (rate(prediction_probability_bucket{{{JOB}}}[$__rate_interval]))",
            "short",
            span=12,
        ),
    ]


def _detector() -> list[Panel]:
    return [
        panels.series(
            "Window by instance",
            "Rows; falls to 0 with a new champion.",
            Query(f"drift_window_rows{{{JOB}}}", "{{instance}}"),
            unit="short",
            span=12,
        ),
        panels.series(
            "Duration of an evaluation",
            "In a thread beside the requests.",
            Query(f"drift_evaluation_duration_seconds{{{JOB}}}", "{{instance}}"),
            unit="s",
            span=12,
        ),
    ]
