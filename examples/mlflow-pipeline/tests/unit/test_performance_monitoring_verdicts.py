"""The verdicts by themselves: they find what is planted, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from plugins.data_ingestion import AS_OF

from payments_loop.bundle import Bundle, Costs
from payments_loop.monitor import (
    flow,
    inputs,
    labels,
    record,
)
from payments_loop.monitor.promise import hanley, promise
from payments_loop.monitor.settings import (
    MonitorError,
    MonitorSettings,
)

SETTINGS = MonitorSettings()
COSTS = Costs(review=4, fee=10, caught=0.5)
EXACT = labels.Promise(0.75, 0.0, {"log_loss": 0.3})


def decisions(
    rows: int, *, lost: float = 0.0, factor: float = 1.0, seed: int = 0
) -> labels.Matured:
    """Calibrated answers with an AUC of about 0.73; labels `factor` times as frequent as said."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1.2, 10, rows)
    truth = np.where(rng.random(rows) < lost, rng.permutation(p), p)
    return labels.Matured(
        y=rng.random(rows) < factor * truth,
        p=p,
        positive=p > 0.3,
        amount=np.full(rows, 50.0),
        clusters=(np.arange(rows) * 7 // rows)[None],
    )


def judged(
    matured: labels.Matured,
    promised: labels.Promise | None,
    incomplete: str = "",
) -> dict[str, str]:
    found = labels.examine({"7d": matured}, promised, COSTS, SETTINGS, {"7d": incomplete})
    return {problem.name: problem.severity for problem in found.problems}


def test_false_alarms_are_as_rare_as_promised() -> None:
    """1000 observations, each with two verdicts of which one in a thousand may be wrong."""
    gate = labels.auc(decisions(20_000, seed=1))
    kept = labels.Promise(gate.value, gate.error, {})
    wrong = sum(bool(judged(decisions(1500, seed=seed), kept)) for seed in range(2, 1002))
    assert wrong <= 8


def test_a_lost_relation_is_a_drop_and_not_off_in_calibration() -> None:
    assert judged(decisions(7000, lost=0.7), EXACT) == {"performance_drop": "alarm"}


def test_the_same_drop_on_few_rows_is_noise() -> None:
    assert judged(decisions(300, lost=0.5), EXACT) == {}


def test_an_uncertain_promise_is_no_yardstick() -> None:
    vague = replace(EXACT, error=0.1)
    assert judged(decisions(7000, lost=0.7), vague) == {}


@pytest.mark.parametrize("factor", [0.4, 1.8])
def test_wrong_frequencies_are_found_in_both_directions(factor: float) -> None:
    assert judged(decisions(7000, factor=factor), None) == {"calibration_off": "alarm"}


def test_missing_labels_make_it_a_warning() -> None:
    matured = decisions(7000, factor=0.3)
    assert judged(matured, None, "labels may be missing") == {"calibration_off": "warning"}


def test_clustered_positives_widen_the_interval_of_the_calibration() -> None:
    matured = decisions(7000)
    days = matured.clusters[0]
    clustered = replace(matured, clusters=np.where(matured.y, days % 2, days)[None])
    assert labels.calibration(clustered).error > 2 * labels.calibration(matured).error


def places(seed: int) -> labels.Matured:
    """Calibrated answers at 200 places, of which some have five times as many positives for weeks."""
    rng = np.random.default_rng(seed)
    plain = decisions(7000, seed=seed)
    place = rng.integers(0, 200, 7000)
    bad = rng.random(200) < 0.1
    factor = np.where(bad[place], 5.0, 0.56)
    y = rng.random(7000) < np.minimum(1.0, factor * plain.p)
    return replace(plain, y=y, clusters=np.vstack([plain.clusters, place]))


def test_positives_that_stay_at_one_place_are_part_of_the_noise() -> None:
    def spread(seen: list[labels.Matured]) -> float:
        """Of the deviation in standard errors, which is 1 if the error is right."""
        found = [labels.calibration(one) for one in seen]
        return float(np.std([(one.value - 1) / one.error for one in found]))

    seen = [places(seed) for seed in range(300)]
    assert spread([replace(one, clusters=one.clusters[:1]) for one in seen]) > 1.5
    assert 0.8 < spread(seen) < 1.25


def test_nothing_matured_is_nothing_known() -> None:
    empty = decisions(100).rows(np.zeros(100, dtype=bool))
    found = labels.examine({"7d": empty}, EXACT, COSTS, SETTINGS, {"7d": ""})
    assert found.problems == []
    assert {one.name for one in found.values if one.value} == {"auc_promised", "log_loss_promised"}


def test_cost_of_decisions_is_what_was_lost_and_spent() -> None:
    matured = labels.Matured(
        y=np.array([True, True, False, False]),
        p=np.array([0.9, 0.1, 0.9, 0.1]),
        positive=np.array([True, False, True, False]),
        amount=np.array([90.0, 40.0, 5.0, 5.0]),
        clusters=np.arange(4)[None],
    )
    found = labels.examine({"7d": matured}, None, COSTS, SETTINGS, {"7d": ""})
    [cost] = [one.value for one in found.values if one.name == "cost_per_1000"]
    # A caught one: review and half of the loss; a missed one: all of it; a needless review.
    assert cost == pytest.approx(1000 * ((4 + 50) + 50 + 4 + 0) / 4)


def test_promise_of_a_bundle(tiny_bundle: Bundle) -> None:
    def promised(**metrics: float) -> labels.Promise | None:
        manifest = tiny_bundle.manifest.model_copy(update={"metrics": metrics})
        return promise(replace(tiny_bundle, manifest=manifest))

    assert promised(log_loss=0.2) is None
    exact = promised(auc=0.8, cost=300.0)
    assert exact == labels.Promise(0.8, 0.0, {"cost_per_1000": 300.0})
    interval = promised(auc=0.8, auc_low=0.8 - 0.0392, auc_high=0.8 + 0.0392)
    assert interval is not None
    assert interval.error == pytest.approx(0.02, rel=1e-3)
    counted = promised(auc=0.8, rows=1000, base_rate=0.1)
    assert counted is not None
    assert counted.error == pytest.approx(hanley(0.8, 100, 900))


def test_error_from_counts_is_close_to_that_from_rows() -> None:
    """Hanley and McNeil's formula assumes exponential scores; DeLong's assumes nothing."""
    matured = decisions(4000)
    measured = labels.auc(matured)
    positives = int(matured.y.sum())
    assert hanley(measured.value, positives, 4000 - positives) == pytest.approx(
        measured.error, rel=0.25
    )


def test_rows_of_few_entities_count_as_few(tiny_bundle: Bundle) -> None:
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.lognormal(3.4, 1, 5000), np.full(5000, 400), rng.integers(0, 3, 5000)])
    p = tiny_bundle.predict(X.astype(np.float32))
    few = inputs.Window(X.astype(np.float32), p, {"amount": 40})
    many = inputs.Window(X.astype(np.float32), p, {})
    subjects = [
        {problem.subject for problem in inputs.examine(tiny_bundle, window, SETTINGS).problems}
        for window in (few, many)
    ]
    assert "amount" not in subjects[0]
    assert "amount" in subjects[1]


def arrivals(daily: list[int]) -> dict[str, flow.Arrivals]:
    return {"t": flow.Arrivals(AS_OF - timedelta(hours=1), 30, np.array(daily))}


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ([25], set()),
        ([12], set()),
        ([0], {"t 1d"}),
        ([100], {"t 1d"}),
        ([0] * 7, {"t 1d", "t 7d"}),
        ([8] * 7, {"t 7d"}),
    ],
)
def test_volumes_are_judged_by_their_own_noise(last: list[int], found: set[str]) -> None:
    rng = np.random.default_rng(0)
    history = rng.poisson(25, 42 - len(last)).tolist()
    problems = flow.examine(arrivals(history + last), AS_OF, SETTINGS).problems
    assert {problem.subject for problem in problems} == found


def test_small_and_new_tables_are_left_alone() -> None:
    assert flow.examine(arrivals([2, 1, 3] * 12 + [0]), AS_OF, SETTINGS).problems == []
    assert flow.examine(arrivals([500] * 5 + [0]), AS_OF, SETTINGS).problems == []


def test_droughts_are_counted_however_long_they_are() -> None:
    assert flow.droughts(np.array([30] * 10 + [0] * 20), 21, SETTINGS.flow) == 20
    assert flow.droughts(np.array([3] * 10 + [0] * 5), 10, SETTINGS.flow) == 0


@pytest.mark.parametrize(
    "text", ["[drift]\nwarning = 0.5\n", "false_alarm = 2", "[flow]\nleast = 3", "x = 1", "x ="]
)
def test_malformed_settings_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "monitor.toml").write_text(text)
    with pytest.raises(MonitorError, match=r"monitor\.toml"):
        MonitorSettings.load(tmp_path)


def test_shipped_settings_are_the_defaults() -> None:
    assert MonitorSettings.load(Path(__file__).parents[2]) == MonitorSettings()


def test_record_counts_what_was_planted(tiny_bundle: Bundle) -> None:
    nothing = [record.problems(tiny_bundle, 1000, record.Planted(), seed) for seed in range(5)]
    assert nothing == [set()] * 5
    assert "feature_drift" in record.problems(tiny_bundle, 1000, record.Planted(shift=1), 0)
    assert "performance_drop" in record.problems(tiny_bundle, 1000, record.Planted(lost=1), 0)
