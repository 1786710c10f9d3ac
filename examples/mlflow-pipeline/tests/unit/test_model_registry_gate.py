"""The gate: each condition, and how often it is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from plugins.model_bundle import (
    FEATURES,
    MakeBundle,
    sample_features,
)

from payments_loop.bundle import Costs
from payments_loop.evaluation import Dataset
from payments_loop.registry import (
    Decision,
    Policy,
    RegistryError,
    Scored,
    judge,
    score,
)
from payments_loop.registry.policy import Gate
from payments_loop.registry.study import simulate

COSTS = Costs(review=20, fee=15, currency="EUR")
BASELINE = "ranks better than the baseline"
CHAMPION = "ranks better than the champion"


def dataset(rows: int = 6000, seed: int = 0) -> tuple[Dataset, np.ndarray]:
    """Rows of which a tenth is positive, and the true log odds."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-2.6, 1, rows)
    truth = 1 / (1 + np.exp(-odds))
    features = sample_features(rows, seed)
    time = np.datetime64("2026-01-01", "s") + np.arange(rows)
    made = Dataset(FEATURES, features, rng.random(rows) < truth, time, np.full(rows, 50.0), truth)
    return made, odds


def scored(version: str, odds: np.ndarray, noise: float, seed: int, **changes: object) -> Scored:
    """A calibrated version that sees the log odds through `noise`."""
    seen = odds + np.random.default_rng(seed).normal(0, noise, len(odds))
    shrunk = -2.6 + (seen + 2.6) / (1 + noise**2)
    p = 1 / (1 + np.exp(-shrunk))
    p *= (1 / (1 + np.exp(-odds))).mean() / p.mean()
    made = Scored(version, p, review=p > 0.3, costs=COSTS, latency_ms=1.0, size_bytes=10_000)
    return replace(made, **changes)  # type: ignore[arg-type]


ROWS, ODDS = dataset()
WEAK = scored("baseline", ODDS, 2.5, 1)
OLD = scored("old", ODDS, 1.5, 2)
NEW = scored("new", ODDS, 0.3, 3)
LENIENT = Policy(gate=Gate(max_calibration_error=0.05))


def failed(decision: Decision) -> list[str]:
    return [check.name for check in decision.checks if not check.passed]


def test_better_challenger_is_promoted() -> None:
    decision = judge(ROWS, {"full": NEW}, OLD, WEAK, LENIENT)
    assert (decision.verdict, decision.winner, decision.champion) == ("promote", "new", "old")
    assert failed(decision) == []
    assert decision.rows == 6000
    assert len(decision.data_sha256) == 64


def test_worse_challenger_is_kept_out_and_the_reason_named() -> None:
    decision = judge(ROWS, {"full": OLD}, NEW, WEAK, LENIENT)
    assert (decision.verdict, decision.winner) == ("keep", None)
    assert CHAMPION in failed(decision)
    assert BASELINE not in failed(decision)
    assert f"old: {CHAMPION}" in decision.reason


def test_best_of_several_wins_and_each_has_its_share_of_alpha() -> None:
    middle = scored("middle", ODDS, 0.8, 4)
    decision = judge(ROWS, {"a": middle, "b": NEW, "c": OLD}, WEAK, None, LENIENT)
    assert decision.winner == "new"
    assert decision.alpha == pytest.approx(0.05 / 3)
    assert decision.p_values.keys() == {"middle", "new", "old"}


def test_first_version_is_compared_with_the_baseline() -> None:
    decision = judge(ROWS, {"full": NEW}, None, WEAK, LENIENT)
    assert (decision.winner, decision.champion) == ("new", None)
    numbers = replace(WEAK, size_bytes=None)
    assert judge(ROWS, {"full": replace(OLD, p=WEAK.p)}, None, numbers, LENIENT).winner is None
    with pytest.raises(RegistryError, match="neither a champion nor a baseline"):
        judge(ROWS, {"full": NEW}, None, None, LENIENT)


def test_a_baseline_that_can_serve_begins_where_no_challenger_passes() -> None:
    challenger = replace(OLD, p=WEAK.p)
    decision = judge(ROWS, {"full": challenger}, None, WEAK, LENIENT)
    assert (decision.verdict, decision.winner) == ("promote", "baseline")
    assert decision.p_values.keys() == {"old"}
    assert decision.reason == "baseline serves until a challenger is proven better"
    # Not where there is a champion, nor if its probabilities are wrong.
    assert judge(ROWS, {"full": challenger}, OLD, WEAK, LENIENT).winner is None
    off = replace(WEAK, p=WEAK.p * 0.5)
    refused = judge(ROWS, {"full": challenger}, None, off, LENIENT)
    assert refused.winner is None
    assert "baseline: right on average" in refused.reason


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"p": NEW.p**0.5}, "calibrated"),
        ({"p": NEW.p * 0.5}, "right on average"),
        ({"latency_ms": 11.0}, "fast enough"),
        ({"size_bytes": 60_000_000}, "small enough"),
        ({"review": np.ones(6000, dtype=bool)}, "costs no more"),
    ],
)
def test_each_bound_refuses_alone(changes: dict[str, object], check: str) -> None:
    spoilt = replace(NEW, **changes)  # type: ignore[arg-type]
    decision = judge(ROWS, {"full": spoilt}, OLD, WEAK, LENIENT)
    assert decision.verdict == "keep"
    assert check in failed(decision)
    assert CHAMPION not in failed(decision)


def test_a_cost_within_its_noise_is_no_reason_to_refuse() -> None:
    """One missed fraud of 20,000 adds 3.3 to a mean of about 5, and is chance; many are not."""
    amount = ROWS.amount.copy()
    review, dear = NEW.p > 0.3, np.arange(6000) == ROWS.y.argmax()
    amount[dear] = 20_000
    old = replace(OLD, review=review | dear)
    once = replace(NEW, review=review & ~dear)
    rows = replace(ROWS, amount=amount)
    assert failed(judge(rows, {"full": once}, old, None, LENIENT)) == []
    often = replace(NEW, review=review & ~ROWS.y)
    assert failed(judge(ROWS, {"full": often}, old, None, LENIENT)) == ["costs no more"]


def test_gain_overall_does_not_pay_for_a_slice() -> None:
    in_app = ROWS.X[:, 2] == 0
    p = np.where(in_app, NEW.p[np.random.default_rng(0).permutation(6000)], NEW.p)
    policy = Policy(gate=Gate(max_calibration_error=0.2, slices=("channel",)))
    decision = judge(ROWS, {"full": replace(NEW, p=p)}, OLD, None, policy)
    assert failed(decision) == ["no slice loses"]
    assert "channel = app" in decision.reason or "channel = app" in decision.markdown()
    assert failed(judge(ROWS, {"full": NEW}, OLD, None, policy)) == []


def test_few_labels_decide_nothing() -> None:
    few = ROWS.rows(slice(100))
    decision = judge(
        few,
        {"full": replace(NEW, p=NEW.p[:100])},
        replace(OLD, p=OLD.p[:100]),
        None,
        LENIENT,
    )
    assert failed(decision) == ["enough labels"]
    assert decision.p_values == {"new": 1.0}


def test_no_challenger_keeps_the_champion() -> None:
    decision = judge(ROWS, {}, OLD, None, LENIENT)
    assert (decision.verdict, decision.reason) == ("keep", "no challenger")


def test_other_rows_have_another_hash() -> None:
    one = judge(ROWS, {}, OLD, None, LENIENT).data_sha256
    flipped = replace(ROWS, y=~ROWS.y)
    assert judge(flipped, {}, OLD, None, LENIENT).data_sha256 != one


def test_decision_survives_being_stored_and_reads_well() -> None:
    decision = judge(ROWS, {"full": NEW}, OLD, WEAK, LENIENT)
    assert Decision.model_validate_json(decision.model_dump_json()) == decision
    text = decision.markdown()
    assert text.startswith("**Promote new.**")
    assert f"| new | {CHAMPION} | passed | AUC difference" in text


def test_bundle_is_scored_as_it_serves(make_bundle: MakeBundle) -> None:
    made = make_bundle(rows=200)
    found = score(made, ROWS)
    np.testing.assert_array_equal(found.p, made.predict(ROWS.X))
    assert found.review is not None
    assert found.review.tolist() == (found.p >= 0.5).tolist()
    assert found.size_bytes == (made.path / "model.onnx").stat().st_size
    assert found.latency_ms is not None
    assert 0 < found.latency_ms < 1000


@pytest.mark.parametrize("challengers", [1, 3])
def test_equal_challengers_are_promoted_at_most_at_the_stated_rate(challengers: int) -> None:
    gates = 400
    found = simulate(gates=gates, challengers=challengers, gain=0, seed=challengers)
    error = np.sqrt(0.05 * 0.95 / gates)
    assert found.promoted <= 0.05 + 2.6 * error
    if challengers == 1:
        # It is a test of that size, not one that never fires.
        assert found.promoted >= 0.05 - 2.6 * error


def test_without_the_correction_three_equal_challengers_would_be_promoted_too_often() -> None:
    found = simulate(gates=400, challengers=3, gain=0, seed=3)
    assert found.uncorrected > found.promoted
    assert found.uncorrected > 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 400)


def test_real_difference_is_found() -> None:
    found = simulate(gates=200, challengers=2, gain=0.03, seed=5)
    assert found.promoted > 0.8
    assert found.winner_is_best > 0.95
