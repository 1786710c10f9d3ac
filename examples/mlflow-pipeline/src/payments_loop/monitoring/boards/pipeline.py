"""The dashboard of the pipeline: quality by late labels, drift, data and runs."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from payments_loop.monitoring import panels
from payments_loop.monitoring.panels import Levels, Query

JOB = 'job="$job"'
PSI_LEVELS = Levels(0.075, 0.1)

Panel = Builder[model.Panel]


def dashboard() -> Dashboard:
    """Build it."""
    board = panels.dashboard(
        "model-pipeline",
        "Payments Loop / Pipeline",
        "Is the champion still good, does its data arrive, do the runs succeed?",
    )
    panels.add(board, "", *_overview())
    panels.add(board, "Quality, by labels that arrived late", *_quality())
    panels.add(board, "Drift", *_drift())
    panels.add(board, "Data and runs", *_flow())
    return board


def _overview() -> list[Panel]:
    problems = f'pipeline_problem{{{JOB}, severity="alarm"}}'
    return [
        panels.number(
            "Alarms",
            "Problems that ask for action; the page reports/monitor.html explains them.",
            Query(f"count({problems}) or vector(0)"),
            "short",
            levels=Levels(1, 1),
        ),
        panels.number(
            "AUC",
            "Of the newest decisions with matured labels.",
            Query(f"min(pipeline_auc{{{JOB}}})"),
            "short",
            decimals=3,
        ),
        panels.number(
            "Promised at the gate",
            "The champion's AUC on held-out rows before its promotion.",
            Query(f"max(pipeline_auc_promised{{{JOB}}})"),
            "short",
            decimals=3,
        ),
        panels.number(
            "Last observation",
            "Time since the moment that was last looked from. The alert fires at 26 hours.",
            Query(f"time() - max(pipeline_observation_timestamp_seconds{{{JOB}}})"),
            "s",
            levels=Levels(90000, 93600),
        ),
        panels.number(
            "Age of the champion",
            "At the time of the observation.",
            Query(f"max(pipeline_champion_age_seconds{{{JOB}}})"),
            "s",
        ),
        panels.number(
            "Champion",
            "The version that was observed.",
            Query(f"max by (version) (pipeline_champion_info{{{JOB}}})", "{{version}}"),
            "none",
            names=True,
        ),
    ]


def _quality() -> list[Panel]:
    return [
        panels.series(
            "AUC with its interval",
            "A drop counts when both results' noise does not explain it.",
            Query(f"max by (window) (pipeline_auc{{{JOB}}})", "{{window}}"),
            Query(f"max by (window) (pipeline_auc_low{{{JOB}}})", "{{window}} low"),
            Query(f"max by (window) (pipeline_auc_high{{{JOB}}})", "{{window}} high"),
            Query(f"max(pipeline_auc_promised{{{JOB}}})", "at the gate"),
            unit="short",
            span=12,
        ),
        panels.series(
            "Observed / expected positives",
            "Calibration: 1 is right.",
            Query(f"max by (window) (pipeline_calibration_ratio{{{JOB}}})", "{{window}}"),
            unit="short",
            span=12,
        ),
        panels.series(
            "Cost of 1,000 decisions",
            "In the currency of the problem, by matured labels.",
            Query(f"max by (window) (pipeline_cost_per_1000{{{JOB}}})", "{{window}}"),
            Query(f"max(pipeline_cost_per_1000_promised{{{JOB}}})", "at the gate"),
            unit="short",
        ),
        panels.series(
            "Log loss",
            "Mean negative log likelihood of matured labels.",
            Query(f"max by (window) (pipeline_log_loss{{{JOB}}})", "{{window}}"),
            Query(f"max(pipeline_log_loss_promised{{{JOB}}})", "at the gate"),
            unit="short",
        ),
        panels.series(
            "Base rate and decisions",
            "Share of positives among matured labels, and of positive decisions now.",
            Query(f"max by (window) (pipeline_base_rate{{{JOB}}})", "positives {{window}}"),
            Query(f"max(pipeline_decision_rate{{{JOB}}})", "decisions"),
            unit="percentunit",
        ),
    ]


def _drift() -> list[Panel]:
    return [
        panels.series(
            "PSI by feature",
            "Against the champion's reference; only beyond its noise it is a problem.",
            Query(f"max by (feature) (pipeline_feature_psi{{{JOB}}})", "{{feature}}"),
            unit="short",
            levels=PSI_LEVELS,
            span=12,
        ),
        panels.series(
            "Predictions",
            "Index of the champion's probabilities, and what noise explains.",
            Query(f"max(pipeline_prediction_psi{{{JOB}}})", "PSI"),
            Query(f"max(pipeline_prediction_psi_noise{{{JOB}}})", "noise up to"),
            unit="short",
            levels=PSI_LEVELS,
            span=12,
        ),
    ]


def _flow() -> list[Panel]:
    volume = f'pipeline_volume_rows{{{JOB}, window="1d"}}'
    usual = f'pipeline_volume_usual_rows{{{JOB}, window="1d"}}'
    return [
        panels.series(
            "Rows yesterday",
            "As a share of what is usual.",
            Query(f"max by (table) ({volume} / {usual})", "{{table}}"),
            unit="percentunit",
        ),
        panels.series(
            "Age of the newest row",
            "By table, at the time of the observation.",
            Query(f"max by (table) (pipeline_data_age_seconds{{{JOB}}})", "{{table}}"),
            unit="s",
        ),
        panels.series(
            "Batches in quarantine",
            "Their rows are not used until somebody releases them.",
            Query(f"max(pipeline_quarantined_batches{{{JOB}}})", "batches"),
            Query(f"max(pipeline_unscored_rows{{{JOB}}})", "decisions without a score"),
            unit="short",
        ),
        panels.series(
            "Time since the last success",
            "By step of the pipeline.",
            Query(
                f"time() - max by (step) (pipeline_last_success_timestamp_seconds{{{JOB}}})",
                "{{step}}",
            ),
            unit="s",
        ),
        panels.series(
            "Duration of steps",
            "Of the last run.",
            Query(f"max by (step) (pipeline_step_seconds{{{JOB}}})", "{{step}}"),
            unit="s",
        ),
        panels.series(
            "Runs and promotions",
            "Failed steps and verdicts of the gate, counted from the records.",
            Query(
                f'sum by (step) (pipeline_run_total{{{JOB}, outcome="failed"}})',
                "failed {{step}}",
            ),
            Query(f"sum by (verdict) (pipeline_promotions_total{{{JOB}}})", "gate: {{verdict}}"),
            unit="short",
        ),
    ]
