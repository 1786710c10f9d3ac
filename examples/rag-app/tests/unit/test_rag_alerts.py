"""Objectives and thresholds of the alerts are those that the metrics can tell about."""

import re

from plugins.monitoring import dashboards, rules


def expressions(prefix: str) -> list[str]:
    """PromQL of the rules whose name starts so."""
    named = {rule.get("alert", rule.get("record")): rule["expr"] for rule in rules()}
    return [text for name, text in named.items() if name and name.startswith(prefix)]


def test_windows_of_the_latency_objective_are_those_of_the_alerts() -> None:
    recorded = expressions("job_stage:rag_answers_slow:")
    windows = {re.search(r"\[(\w+)\]", text)[1] for text in recorded}  # type: ignore[index]
    assert windows == {"5m", "30m", "1h", "2h", "6h", "1d", "3d"}
    for text in recorded:
        assert 'stage="first_token", le="2.5"' in text
        assert 'stage="total", le="10.0"' in text


def test_the_board_has_a_panel_for_each_thing_to_watch() -> None:
    panels = [panel for panel in dashboards()["rag.json"]["panels"] if panel["type"] != "row"]
    assert len(panels) >= 8
    queries = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    for name in (
        "rag_stage_duration_seconds",
        "rag_tokens",
        "rag_cost_usd",
        "rag_cache",
        "rag_feedback",
        "rag_questions_abstained",
        "rag_top_score",
        "rag_reference_top_score",
        "rag_model_calls",
        "rag_ingestion",
    ):
        assert name in queries
