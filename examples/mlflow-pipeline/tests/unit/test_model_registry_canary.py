"""The canary, by the metrics of a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from payments_loop.registry import RegistryError, load_policy
from payments_loop.registry.canary import (
    Traffic,
    judge,
    parse,
    read,
)
from payments_loop.registry.policy import Canary

TEXT = """\
# TYPE predictions_total counter
predictions_total{decision="approve",model_version="v1"} 950.0
predictions_total{decision="review",model_version="v1"} 50.0
predictions_total{decision="approve",model_version="v2"} 90.0
predictions_total{decision="review",model_version="v2"} 10.0
inference_duration_seconds_count{model_version="v1",role="champion"} 500.0
inference_duration_seconds_sum{model_version="v1",role="champion"} 0.5
inference_duration_seconds_count{model_version="v2",role="shadow"} 7.0
inference_duration_seconds_sum{model_version="v2",role="shadow"} 7.0
inference_duration_seconds_count{model_version="v2",role="challenger"} 100.0
inference_duration_seconds_sum{model_version="v2",role="challenger"} 0.1
"""
POLICY = Canary(minimum_rows=1000)
CHAMPION = Traffic(rows=50_000, positive=2500, calls=50_000, seconds=5.0)


def test_metrics_are_read_by_version_without_shadows() -> None:
    found = parse(TEXT, "review")
    assert found["v1"] == Traffic(rows=1000, positive=50, calls=500, seconds=0.5)
    assert found["v2"] == Traffic(rows=100, positive=10, calls=100, seconds=0.1)


@pytest.mark.parametrize(
    ("challenger", "outcome", "failed"),
    [
        (Traffic(5000, 260, 5000, 0.5), "good", []),
        (Traffic(999, 50, 999, 0.1), "wait", ["enough traffic"]),
        (Traffic(5000, 260, 5000, 1.1), "bad", ["as fast as the champion"]),
        (Traffic(5000, 900, 5000, 0.5), "bad", ["decides like the champion"]),
    ],
)
def test_canary_is_judged_by_what_it_did(
    challenger: Traffic,
    outcome: str,
    failed: list[str],
) -> None:
    verdict = judge({"v1": CHAMPION, "v2": challenger}, "v2", POLICY)
    assert verdict.outcome == outcome
    assert [check.name for check in verdict.checks if not check.passed] == failed
    assert verdict.reason.startswith("canary: ")


def test_version_that_has_no_traffic_waits() -> None:
    assert judge({"v1": CHAMPION}, "v2", POLICY).outcome == "wait"


def test_service_that_does_not_answer_is_named() -> None:
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:9"):
        read("http://127.0.0.1:9/metrics", "review")
    with pytest.raises(RegistryError, match="http or https"):
        read("file:///etc/hosts", "review")


def test_policy_of_the_project_is_valid_and_mistakes_are_named(tmp_path: Path) -> None:
    shipped = load_policy(Path(__file__).parents[2] / "config" / "registry.toml")
    assert shipped.gate.alpha == 0.05
    path = tmp_path / "registry.toml"
    path.write_text("[gate]\nalpha = 2\n")
    with pytest.raises(RegistryError, match=r"gate\.alpha"):
        load_policy(path)
    with pytest.raises(RegistryError, match="absent"):
        load_policy(tmp_path / "absent.toml")
