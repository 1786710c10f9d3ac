"""Metrics of the canary set, which a Pushgateway or a node exporter exports."""

from __future__ import annotations

from text2json.llm_canary.asking import Outcome
from text2json.llm_canary.metrics import registry


def names() -> set[str]:
    """Their names."""
    outcome = Outcome("base", rows=1, score=1, valid=1, failed=0, latency_seconds=1, tokens=1)
    return {family.name for family in registry([outcome]).collect()}
