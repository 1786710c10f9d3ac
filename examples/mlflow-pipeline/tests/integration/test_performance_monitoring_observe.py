"""Observations of a shop that goes well, and of one in which something specific goes wrong."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from plugins.batch_scoring import MakeModel
from plugins.data_ingestion import (
    AS_OF,
    PER_DAY,
    START,
    make_batch,
    make_shop,
)

from payments_loop import bundle, monitor, scoring
from payments_loop.lake import Lake, Verdict
from payments_loop.monitor.settings import (
    Drift,
    MonitorSettings,
)
from payments_loop.problem import Problem


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings and no run records but those of the test."""
    monkeypatch.chdir(tmp_path)


def names(report: monitor.Report) -> set[str]:
    return {problem.name for problem in report.problems}


def value(report: monitor.Report, name: str, **labels: str) -> float:
    found = report.value(name, **labels)
    assert found is not None, name
    return found.value


def test_a_good_shop_raises_nothing_and_is_measured(
    problem: Problem, scored_lake: Lake, shop_models: bundle.Registry
) -> None:
    report = monitor.observe(problem, scored_lake, as_of=AS_OF, models=shop_models)
    assert report.problems == ()
    assert report.version == "v1"
    assert value(report, "window_rows") == 7 * PER_DAY
    assert value(report, "matured_rows", window="7d") == 7 * PER_DAY
    # The champion was made on 31 January: rows of 21 January on were not scored by it.
    assert value(report, "matured_rows", window="28d") == 20 * PER_DAY
    auc = report.value("auc", window="28d")
    assert auc is not None
    assert auc.low is not None
    assert auc.high is not None
    assert 0.6 < auc.low < auc.value < auc.high < 0.8
    assert value(report, "unscored_rows") == 0
    assert value(report, "champion_age_seconds") == 30 * 86400


def test_reports_are_stored_one_per_day(
    problem: Problem, scored_lake: Lake, shop_models: bundle.Registry
) -> None:
    first = monitor.observe(problem, scored_lake, as_of=AS_OF, models=shop_models)
    version = scored_lake.version("monitor")
    again = monitor.observe(problem, scored_lake, as_of=AS_OF, models=shop_models)
    assert first == again
    assert scored_lake.version("monitor") == version
    assert monitor.latest(scored_lake, before=AS_OF + timedelta(seconds=1)) == first
    assert monitor.latest(scored_lake, before=AS_OF) is None


def test_matured_auc_is_that_of_the_decisions_and_their_labels(
    problem: Problem, scored_lake: Lake, shop_models: bundle.Registry
) -> None:
    report = monitor.observe(problem, scored_lake, as_of=AS_OF, models=shop_models)
    end = AS_OF - timedelta(days=10)
    scores = scoring.read(scored_lake, start=end - timedelta(days=7), end=end)
    assert scores is not None
    _, returns = make_shop()
    late = returns.join(scores.select("row_id", "at"), left_on="order_id", right_on="row_id")
    returned = set(
        late.filter(pl.col("returned_at") <= pl.col("at") + timedelta(days=10))["order_id"]
    )
    positive = scores.filter(pl.col("row_id").is_in(returned))["probability"].to_numpy()
    negative = scores.filter(~pl.col("row_id").is_in(returned))["probability"].to_numpy()
    above = (positive[:, None] > negative[None, :]).mean()
    ties = (positive[:, None] == negative[None, :]).mean()
    assert value(report, "auc", window="7d") == pytest.approx(above + ties / 2)
    assert value(report, "matured_positives", window="7d") == len(positive)


def test_nothing_later_than_as_of_is_looked_at(
    problem: Problem, scored_lake: Lake, shop_models: bundle.Registry
) -> None:
    early = AS_OF - timedelta(days=8)
    before = monitor.observe(problem, scored_lake, as_of=early, models=shop_models)
    orders, returns = make_shop()
    future = orders.filter(pl.col("time") >= early).with_columns(
        pl.concat_str(pl.lit("x"), "order_id").alias("order_id")
    )
    day = date(2026, 2, 25)
    scored_lake.append(problem.tables["orders"], make_batch("orders", future, day, suffix="-x"))
    known = returns.head(500).with_columns(
        pl.concat_str(pl.lit("x"), "order_id").alias("order_id"),
        (pl.lit(early) + pl.duration(days=1)).dt.cast_time_unit("us").alias("returned_at"),
    )
    scored_lake.append(problem.tables["returns"], make_batch("returns", known, day, suffix="-x"))
    assert monitor.observe(problem, scored_lake, as_of=early, models=shop_models) == before


def test_a_champion_that_promised_more_has_dropped(
    problem: Problem,
    scored_lake: Lake,
    shop_models: bundle.Registry,
    make_shop_model: MakeModel,
) -> None:
    make_shop_model("boast", promised_auc=0.97)
    shop_models.promote("boast")
    for back in range(28, 0, -1):
        end = AS_OF - timedelta(days=back - 1)
        day = (end - timedelta(days=1)).date()
        scoring.score_day(problem, scored_lake, shop_models, day, as_of=end, again=True)
    report = monitor.observe(problem, scored_lake, as_of=AS_OF, models=shop_models)
    [short, long] = report.alarms("performance_drop")
    assert {short.subject, long.subject} == {"7d", "28d"}
    assert short.severity == "alarm"
    assert "0.970 at the gate" in short.detail
    assert "calibration_off" not in names(report)


def test_shifted_inputs_and_answers_are_drift(
    problem: Problem,
    scored_lake: Lake,
    shop_models: bundle.Registry,
) -> None:
    for back in range(7):
        start = AS_OF - timedelta(days=back + 1)
        rows = scoring.read(scored_lake, start=start, end=start + timedelta(days=1))
        assert rows is not None
        shifted = rows.drop("day").with_columns(
            pl.lit(4.9, pl.Float32).alias("rating"),
            pl.lit("v1").alias("model_version"),
            (pl.col("probability") / 3).alias("probability"),
        )
        scored_lake.replace(scoring.TABLE, shifted, day=start.date())
    report = monitor.observe(problem, scored_lake, as_of=AS_OF, models=shop_models)
    assert [alarm.subject for alarm in report.alarms("feature_drift")] == ["rating"]
    assert names(report) == {"feature_drift", "prediction_drift"}
    assert all(problem.severity == "alarm" for problem in report.problems)


def test_part_of_a_week_is_not_compared_with_whole_ones(
    problem: Problem, scored_lake: Lake, shop_models: bundle.Registry
) -> None:
    third = datetime(2026, 2, 3, tzinfo=AS_OF.tzinfo)
    strict = MonitorSettings(drift=Drift(warning=1e-9, alarm=1e-9), false_alarm=0.49)
    report = monitor.observe(problem, scored_lake, as_of=third, models=shop_models, settings=strict)
    assert value(report, "window_rows") == 3 * PER_DAY
    assert report.value("feature_psi", feature="amount") is None
    assert report.value("decision_rate") is not None
    assert not names(report) & {"feature_drift", "prediction_drift"}


def test_an_outage_is_missing_volume_and_no_drift(
    problem: Problem, empty_lake: Lake, shop_models: bundle.Registry
) -> None:
    orders, returns = make_shop()
    for number in range(60):
        day = START + timedelta(days=number)
        if number != 57:
            rows = orders.filter(pl.col("time").dt.date() == day)
            empty_lake.append(problem.tables["orders"], make_batch("orders", rows, day))
        rows = returns.filter(pl.col("returned_at").dt.date() == day)
        empty_lake.append(problem.tables["returns"], make_batch("returns", rows, day))
    for back in range(14, 0, -1):
        end = AS_OF - timedelta(days=back - 1)
        day = (end - timedelta(days=1)).date()
        scoring.score_day(problem, empty_lake, shop_models, day, as_of=end)
    outage = AS_OF - timedelta(days=2)
    report = monitor.observe(problem, empty_lake, as_of=outage, models=shop_models)
    assert [(one.name, one.subject) for one in report.problems] == [("volume", "orders 1d")]
    assert "0 rows became known in 1d, where 40 are usual" in report.problems[0].detail
    later = monitor.observe(problem, empty_lake, as_of=AS_OF, models=shop_models)
    assert later.problems == ()


def test_labels_that_stop_are_named_and_no_proof_against_the_model(
    problem: Problem, empty_lake: Lake, shop_models: bundle.Registry
) -> None:
    orders, returns = make_shop(per_day=120)
    stop = date(2026, 2, 13)
    for number in range(60):
        day = START + timedelta(days=number)
        rows = orders.filter(pl.col("time").dt.date() == day)
        empty_lake.append(problem.tables["orders"], make_batch("orders", rows, day))
        if day < stop:
            rows = returns.filter(pl.col("returned_at").dt.date() == day)
            empty_lake.append(problem.tables["returns"], make_batch("returns", rows, day))
    for back in range(24, 0, -1):
        end = AS_OF - timedelta(days=back - 1)
        day = (end - timedelta(days=1)).date()
        scoring.score_day(problem, empty_lake, shop_models, day, as_of=end)
    report = monitor.observe(problem, empty_lake, as_of=AS_OF, models=shop_models)
    [missing] = report.alarms("labels_missing")
    assert missing.detail == "labels may be missing: returns brought little on 17 of 17 days"
    for problem_found in report.alarms("calibration_off"):
        assert problem_found.severity == "warning"
        assert "but labels may be missing" in problem_found.detail
    assert report.alarms("calibration_off")


def test_days_without_scores_stale_tables_and_quarantine_are_reported(
    problem: Problem, scored_lake: Lake, shop_models: bundle.Registry
) -> None:
    later = AS_OF + timedelta(days=2)
    orders, _ = make_shop()
    rows = orders.head(10).with_columns(
        pl.lit(AS_OF).dt.cast_time_unit("us").alias("time"),
        pl.concat_str(pl.lit("x"), "order_id").alias("order_id"),
    )
    scored_lake.append(problem.tables["orders"], make_batch("orders", rows, AS_OF.date()))
    bad = make_batch("orders", rows, later.date() - timedelta(days=1), suffix="-bad")
    scored_lake.quarantine(bad, Verdict(), table=problem.tables["orders"])
    report = monitor.observe(problem, scored_lake, as_of=later, models=shop_models)
    [unscored] = report.alarms("unscored")
    assert unscored.detail == "decisions without a score: 2026-03-02 (10)"
    [stale] = report.alarms("stale_data")
    assert (stale.subject, stale.severity) == ("orders", "alarm")
    [quarantined] = report.alarms("quarantined")
    assert bad.id in quarantined.detail
    assert value(report, "quarantined_batches") == 1


def test_a_problem_keeps_the_day_on_which_it_began(
    problem: Problem, lake: Lake, shop_models: bundle.Registry
) -> None:
    first = monitor.observe(problem, lake, as_of=AS_OF + timedelta(days=3), models=shop_models)
    second = monitor.observe(problem, lake, as_of=AS_OF + timedelta(days=4), models=shop_models)
    [began], [goes_on] = first.alarms("stale_data"), second.alarms("stale_data")
    assert began.since == goes_on.since == AS_OF + timedelta(days=3)


def test_failed_steps_of_the_pipeline_are_reported_until_they_succeed(
    problem: Problem, lake: Lake, shop_models: bundle.Registry, tmp_path: Path
) -> None:
    def record(moment: datetime, step: str, outcome: str, error: str | None) -> None:
        folder = tmp_path / "data" / "pipeline" / "runs" / f"{moment:%Y%m%dT%H%M%SZ}"
        folder.mkdir(parents=True, exist_ok=True)
        facts = {
            "step": step,
            "as_of": moment.isoformat(),
            "inputs_sha256": "",
            "outcome": outcome,
            "started": moment.isoformat(),
            "seconds": 1.5,
            "result": {},
            "error": error,
        }
        (folder / f"{step}.json").write_text(json.dumps(facts))

    record(AS_OF - timedelta(days=1), "score", "failed", "no space left")
    record(AS_OF - timedelta(days=1), "ingest", "done", None)
    report = monitor.observe(problem, lake, as_of=AS_OF, models=shop_models)
    [failed] = report.alarms("run_failed")
    assert failed.subject == "score"
    assert failed.detail == "run of 2026-03-01 00:00: no space left"
    record(AS_OF, "score", "done", None)
    (tmp_path / "data" / "pipeline" / "runs" / f"{AS_OF:%Y%m%dT%H%M%SZ}" / "x.json").write_text("{")
    report = monitor.observe(problem, lake, as_of=AS_OF, models=shop_models)
    assert report.alarms("run_failed") == ()
    assert value(report, "failed_runs", step="score") == 1


def test_without_a_champion_the_data_is_watched(
    problem: Problem, lake: Lake, tmp_path: Path
) -> None:
    report = monitor.observe(problem, lake, as_of=AS_OF, models=bundle.Registry(tmp_path / "none"))
    assert report.version is None
    assert report.problems == ()
    assert value(report, "volume_rows", table="orders", window="1d") == PER_DAY
