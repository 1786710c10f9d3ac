"""The dashboard of chat completions."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from text2json.monitoring import panels
from text2json.monitoring.panels import Levels, Query

JOB = 'job="$job"'
RATE = "[$__rate_interval]"

Panel = Builder[model.Panel]


def dashboard() -> Dashboard:
    """Build it."""
    board = panels.dashboard(
        "llm",
        "Text2json / Chat",
        "How soon answers begin, how fast they come, and whether they are still right.",
    )
    panels.add(board, "", *_overview())
    panels.add(board, "Speed", *_speed())
    panels.add(board, "Load", *_load())
    panels.add(board, "Quality by model", *_quality())
    return board


def _overview() -> list[Panel]:
    ended = f"sum(rate(llm_requests_total{{{JOB}}}[5m])) * 60"
    first = f"job:llm_time_to_first_token_seconds:p95_5m{{{JOB}}}"
    invalid = f"max(job_model:llm_outputs_invalid:ratio_rate1h{{{JOB}}})"
    return [
        panels.number("Answers", "Per minute.", Query(ended), "short", decimals=1),
        panels.number(
            "First token",
            "95th percentile. The alert fires at 2.5 s.",
            Query(first),
            "s",
            levels=Levels(1, 2.5),
            decimals=2,
        ),
        panels.number(
            "Tokens written",
            "Per second.",
            Query(f"sum(job_model:llm_completion_tokens:rate5m{{{JOB}}})"),
            "short",
            decimals=0,
        ),
        panels.number(
            "Waiting",
            "Requests in the queue now.",
            Query(f"sum(llm_requests_waiting{{{JOB}}})"),
            "short",
        ),
        panels.number(
            "Not JSON",
            "Share of an hour, of the worst model. The alert fires at 0.05.",
            Query(invalid),
            "percentunit",
            levels=Levels(0.02, 0.05),
        ),
        panels.number(
            "Canary set",
            "Share of right answers of the champion.",
            Query(f'max(llm_canary_score{{{JOB}, model="champion"}})'),
            "percentunit",
        ),
    ]


def _speed() -> list[Panel]:
    return [
        panels.series(
            "Time to the first token",
            "What somebody in front of the screen feels; includes the queue.",
            Query(_quantile(0.5, "llm_time_to_first_token_seconds"), "median"),
            Query(_quantile(0.95, "llm_time_to_first_token_seconds"), "95th percentile"),
            unit="s",
            levels=Levels(1, 2.5),
        ),
        panels.series(
            "Time between two tokens",
            "Reading takes about 0.2 s a word.",
            Query(_quantile(0.5, "llm_inter_token_seconds"), "median"),
            Query(_quantile(0.95, "llm_inter_token_seconds"), "95th percentile"),
            unit="s",
        ),
        panels.series(
            "Tokens",
            "Per second; read in prompts, written in answers.",
            Query(f"sum(rate(llm_prompt_tokens_total{{{JOB}}}{RATE}))", "read"),
            Query(f"sum(rate(llm_completion_tokens_total{{{JOB}}}{RATE}))", "written"),
            unit="short",
        ),
    ]


def _load() -> list[Panel]:
    return [
        panels.series(
            "Queue",
            "Requests that wait, and that are computed.",
            Query(f"sum(llm_requests_waiting{{{JOB}}})", "waiting"),
            Query(f"sum(llm_requests_running{{{JOB}}})", "running"),
            Query(f"sum(llm_requests_waiting_limit{{{JOB}}})", "limit"),
            unit="short",
        ),
        panels.distribution(
            "Requests continued at once",
            "Steps per second by size of the batch.",
            f"sum by (le) (rate(llm_batch_size_bucket{{{JOB}}}{RATE}))",
            "short",
        ),
        panels.series(
            "Time in the queue",
            "95th percentile.",
            Query(_quantile(0.95, "llm_queue_seconds"), "95th percentile"),
            unit="s",
        ),
    ]


def _quality() -> list[Panel]:
    ends = f"sum by (model, reason) (rate(llm_requests_total{{{JOB}}}{RATE}))"
    length = "llm_completion_length_tokens"
    mean = f"sum by (model) (rate({length}_sum{{{JOB}}}[1h]))"
    count = f"sum by (model) (rate({length}_count{{{JOB}}}[1h]))"
    return [
        panels.series(
            "Ends of the answers",
            "Per second. `length`: cut off; `cancelled`: the caller left.",
            Query(ends, "{{model}} {{reason}}"),
            unit="reqps",
            stacked=True,
        ),
        panels.series(
            "Not JSON, by model",
            "Share of the answers of an hour.",
            Query(f"job_model:llm_outputs_invalid:ratio_rate1h{{{JOB}}}", "{{model}}"),
            unit="percentunit",
            levels=Levels(0.02, 0.05),
        ),
        panels.series(
            "Length of the answers",
            "Mean of an hour, in tokens.",
            Query(f"{mean} / {count}", "{{model}}"),
            unit="short",
        ),
        panels.series(
            "Canary set: right answers",
            "Share; the questions never change.",
            Query(f"max by (model) (llm_canary_score{{{JOB}}})", "{{model}}"),
            unit="percentunit",
            span=6,
        ),
        panels.series(
            "Canary set: valid, failed",
            "Shares.",
            Query(f"max by (model) (llm_canary_valid{{{JOB}}})", "{{model}} valid"),
            Query(f"max by (model) (llm_canary_failed{{{JOB}}})", "{{model}} failed"),
            unit="percentunit",
            span=6,
        ),
        panels.series(
            "Canary set: time of an answer",
            "Median, to a lone caller.",
            Query(f"max by (model) (llm_canary_latency_seconds{{{JOB}}})", "{{model}}"),
            unit="s",
            span=6,
        ),
        panels.series(
            "Canary set: length of an answer",
            "Mean, in tokens.",
            Query(f"max by (model) (llm_canary_tokens{{{JOB}}})", "{{model}}"),
            unit="short",
            span=6,
        ),
    ]


def _quantile(share: float, name: str) -> str:
    return f"histogram_quantile({share}, sum by (le) (rate({name}_bucket{{{JOB}}}{RATE})))"
