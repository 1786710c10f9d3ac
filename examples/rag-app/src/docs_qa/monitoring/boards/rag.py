"""The dashboard of questions, answers and documents."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from docs_qa.monitoring import panels
from docs_qa.monitoring.panels import Levels, Query

JOB = 'job="$job"'
RATE = "[$__rate_interval]"

Panel = Builder[model.Panel]


def dashboard() -> Dashboard:
    """Build it."""
    board = panels.dashboard(
        "rag",
        "Docs QA / Questions and answers",
        "How fast answers come, what they cost, how well the documents cover what is asked.",
    )
    panels.add(board, "", *_overview())
    panels.add(board, "Answers", *_answers())
    panels.add(board, "Model", *_model())
    panels.add(board, "Quality", *_quality())
    panels.add(board, "Documents", *_documents())
    return board


def _overview() -> list[Panel]:
    asked = f"sum(rate(rag_questions_total{{{JOB}}}[5m])) * 60"
    return [
        panels.number("Questions", "Per minute.", Query(asked), "short", decimals=1),
        panels.number(
            "First token",
            "95th percentile of the last hour. The objective is 2.5 s.",
            Query(_quantile(0.95, "first_token", "[1h]")),
            "s",
            levels=Levels(1, 2.5),
            decimals=2,
        ),
        panels.number(
            "Without an answer",
            "Share of the last hour that was answered with not knowing. The alert fires at 0.5.",
            Query(f"job:rag_questions_abstained:ratio_rate1h{{{JOB}}}"),
            "percentunit",
            levels=Levels(0.3, 0.5),
        ),
        panels.number(
            "Cost",
            "USD per hour, of models with a known price. The alert fires at 5.",
            Query(f"job:rag_cost_usd:rate1h{{{JOB}}}"),
            "currencyUSD",
            levels=Levels(2.5, 5),
            decimals=2,
        ),
        panels.number(
            "Rated down",
            "Share of the ratings of the last day. The alert fires at 0.4.",
            Query(f"job:rag_feedback_negative:ratio_increase1d{{{JOB}}}"),
            "percentunit",
            levels=Levels(0.2, 0.4),
        ),
        panels.number(
            "Last full look at the folder",
            "The alert fires after 26 hours.",
            Query(f"time() - max(rag_last_sync_timestamp_seconds{{{JOB}}} > 0)"),
            "s",
            levels=Levels(86400, 93600),
        ),
    ]


def _answers() -> list[Panel]:
    outcomes = f"sum by (outcome) (rate(rag_questions_total{{{JOB}}}{RATE}))"
    slow = f"job_stage:rag_answers_slow:ratio_rate1h{{{JOB}}}"
    means = (
        f"sum by (stage) (rate(rag_stage_duration_seconds_sum{{{JOB}}}{RATE}))"
        f" / sum by (stage) (rate(rag_stage_duration_seconds_count{{{JOB}}}{RATE}))"
    )
    return [
        panels.series(
            "Questions by outcome",
            "Per second. Cancelled: the caller did not wait for the end.",
            Query(outcomes, "{{outcome}}"),
            unit="reqps",
            stacked=True,
        ),
        panels.series(
            "Time to the first token",
            "What somebody in front of the screen feels.",
            Query(_quantile(0.5, "first_token"), "median"),
            Query(_quantile(0.95, "first_token"), "95th percentile"),
            unit="s",
            levels=Levels(1, 2.5),
        ),
        panels.series(
            "Time to the end of the answer",
            "From the request to the last event.",
            Query(_quantile(0.5, "total"), "median"),
            Query(_quantile(0.95, "total"), "95th percentile"),
            unit="s",
            levels=Levels(5, 10),
        ),
        panels.series(
            "Mean duration by stage",
            "Where the time goes: rewriting, searching, re-ranking, answering.",
            Query(means, "{{stage}}"),
            unit="s",
            span=12,
        ),
        panels.series(
            "Share that misses the objective",
            "Of an hour, by stage; the budget over 30 days is 0.05.",
            Query(slow, "{{stage}}"),
            unit="percentunit",
            levels=Levels(0.05, 0.15),
            span=12,
        ),
    ]


def _model() -> list[Panel]:
    def by(labels: str, name: str) -> str:
        return f"sum by ({labels}) (rate({name}{{{JOB}}}{RATE}))"

    hits = (
        f'sum by (cache) (rate(rag_cache_total{{{JOB}, outcome="hit"}}{RATE}))'
        f" / {by('cache', 'rag_cache_total')}"
    )
    return [
        panels.series(
            "Model calls by outcome",
            "Attempts per second; open_circuit: refused without asking, after many failures.",
            Query(by("model, outcome", "rag_model_calls_total"), "{{model}} {{outcome}}"),
            unit="reqps",
            stacked=True,
        ),
        panels.series(
            "Tokens",
            "Per second; input is what was read, output what was written.",
            Query(by("model, kind", "rag_tokens_total"), "{{model}} {{kind}}"),
            unit="short",
            stacked=True,
        ),
        panels.series(
            "Cost and cache",
            "USD per hour by model, and the share of cache looks that found something.",
            Query(f"{by('model', 'rag_cost_usd_total')} * 3600", "USD/h {{model}}"),
            Query(hits, "hits {{cache}}"),
            unit="short",
        ),
    ]


def _quality() -> list[Panel]:
    reference = f"max(rag_reference_top_score{{{JOB}}} > 0)"
    abstained = f"job:rag_questions_abstained:ratio_rate1h{{{JOB}}}"
    ratings = f"sum by (rating) (increase(rag_feedback_total{{{JOB}}}[1h]))"
    return [
        panels.distribution(
            "Score of the best passage",
            "Questions per second and score. Moving down: people ask what the documents do not say.",
            f"sum by (le) (rate(rag_top_score_bucket{{{JOB}}}{RATE}))",
            "short",
        ),
        panels.series(
            "Mean score and its reference",
            "Over 6 hours, and on the evaluation set. The alert fires below 0.8 of the reference.",
            Query(f"job:rag_top_score:mean6h{{{JOB}}}", "live"),
            Query(reference, "evaluation set"),
            unit="short",
        ),
        panels.series(
            "Answered with not knowing",
            "Share of the questions of an hour.",
            Query(abstained, "share"),
            unit="percentunit",
            levels=Levels(0.3, 0.5),
        ),
        panels.series(
            "Ratings",
            "Per hour.",
            Query(ratings, "{{rating}}"),
            unit="short",
            stacked=True,
            span=12,
        ),
        panels.series(
            "Citations removed and suspicious passages",
            "Per hour: citations that did not stand up to the check, and retrieved passages that "
            "seem to address a language model.",
            Query(f"sum(increase(rag_invalid_citations_total{{{JOB}}}[1h]))", "citations"),
            Query(f"sum(increase(rag_suspicious_passages_total{{{JOB}}}[1h]))", "passages"),
            unit="short",
            span=12,
        ),
    ]


def _documents() -> list[Panel]:
    changes = f"sum by (outcome) (increase(rag_ingestion_total{{{JOB}}}[1h]))"
    return [
        panels.series(
            "Documents by what became of them",
            "Per hour; skipped: unchanged since the last look.",
            Query(changes, "{{outcome}}"),
            unit="short",
            stacked=True,
            span=12,
        ),
        panels.series(
            "Size of the library",
            "Documents, and passages in the index.",
            Query(f"max(rag_documents{{{JOB}}})", "documents"),
            Query(f"max(rag_chunks{{{JOB}}})", "passages"),
            unit="short",
            span=12,
        ),
    ]


def _quantile(share: float, stage: str, window: str = RATE) -> str:
    buckets = f'rag_stage_duration_seconds_bucket{{{JOB}, stage="{stage}"}}'
    return f"histogram_quantile({share}, sum by (le) (rate({buckets}{window})))"
