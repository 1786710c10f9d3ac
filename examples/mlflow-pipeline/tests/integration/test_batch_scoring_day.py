"""A day is scored once, by the model of its time, and late rows are added."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from plugins.batch_scoring import MakeModel
from plugins.data_ingestion import (
    AS_OF,
    PER_DAY,
    make_batch,
    make_shop,
)

from payments_loop import bundle, features, scoring
from payments_loop.lake import Lake
from payments_loop.problem import Problem

DAY = date(2026, 2, 20)
START = datetime.fromisoformat("2026-02-20T00:00:00+00:00")
END = START + timedelta(days=1)


def scores(lake: Lake, role: scoring.Role | None = "champion") -> pl.DataFrame:
    found = scoring.read(lake, start=START, end=END, role=role)
    assert found is not None
    return found


def test_scores_are_the_models_answers(
    problem: Problem, lake: Lake, shop_models: bundle.Registry
) -> None:
    scored = scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    assert scored == scoring.Scored(DAY, "v1", PER_DAY, PER_DAY, scored.positive, None, 1)
    rows = scores(lake)
    model = bundle.Bundle.load(shop_models.resolve("v1"))
    frame = features.build(problem, lake, start=START, end=END, as_of=AS_OF)
    X = features.matrix(frame, model.features)
    assert rows["row_id"].to_list() == frame["row_id"].to_list()
    np.testing.assert_array_equal(rows["probability"].to_numpy(), model.predict(X))
    np.testing.assert_array_equal(rows["threshold"].to_numpy(), model.thresholds(X))
    decisions = np.where(model.predict(X) >= model.thresholds(X), "call", "ship")
    assert rows["decision"].to_list() == decisions.tolist()
    assert scored.positive == int((decisions == "call").sum()) > 0
    assert set(rows["model_version"]) == {"v1"}


def test_stored_features_are_what_the_model_saw(
    problem: Problem, lake: Lake, shop_models: bundle.Registry
) -> None:
    scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    rows = scores(lake)
    model = bundle.Bundle.load(shop_models.resolve("v1"))
    np.testing.assert_array_equal(
        model.predict(features.matrix(rows, model.features)), rows["probability"].to_numpy()
    )
    assert set(rows["channel"]) == {"app", "shop", "web"}
    assert 0 < rows["rating"].null_count() < PER_DAY


def test_the_same_day_twice_changes_nothing(
    problem: Problem, lake: Lake, shop_models: bundle.Registry
) -> None:
    first = scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    files = lake.files(scoring.TABLE)
    second = scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    assert (second.rows, second.new, second.lake_version) == (PER_DAY, 0, None)
    assert lake.files(scoring.TABLE) == files
    assert lake.version(scoring.TABLE) == first.lake_version


def test_promotion_does_not_rewrite_the_past(
    problem: Problem,
    lake: Lake,
    shop_models: bundle.Registry,
    make_shop_model: MakeModel,
) -> None:
    scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    before = scores(lake)
    shop_models.promote(make_shop_model("v2", bias=2.0).version)
    assert scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF).new == 0
    assert scores(lake).equals(before)
    again = scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF, again=True)
    assert (again.version, again.new) == ("v2", PER_DAY)
    assert set(scores(lake)["model_version"]) == {"v2"}
    assert scores(lake).height == PER_DAY


def test_late_rows_are_added_by_the_model_of_their_arrival(
    problem: Problem,
    lake: Lake,
    shop_models: bundle.Registry,
    make_shop_model: MakeModel,
) -> None:
    scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    before = scores(lake)
    orders, _ = make_shop()
    late = orders.filter(pl.col("time").dt.date() == DAY).head(3)
    late = late.with_columns(pl.concat_str(pl.lit("late-"), "order_id").alias("order_id"))
    lake.append(problem.tables["orders"], make_batch("orders", late, DAY, suffix="-late"))
    shop_models.promote(make_shop_model("v2").version)
    scored = scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    assert (scored.rows, scored.new) == (PER_DAY + 3, 3)
    after = scores(lake)
    assert after.filter(pl.col("model_version") == "v1").equals(before)
    added = after.filter(pl.col("model_version") == "v2")
    assert added["row_id"].str.starts_with("late-").all()


def test_rows_that_are_not_known_yet_are_not_scored(
    problem: Problem, lake: Lake, shop_models: bundle.Registry
) -> None:
    noon = START + timedelta(hours=12)
    half = scoring.score_day(problem, lake, shop_models, DAY, as_of=noon)
    assert 0 < half.rows < PER_DAY
    assert scores(lake)["at"].max() <= noon  # type: ignore[operator]
    rest = scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    assert (rest.rows, rest.new) == (PER_DAY, PER_DAY - half.rows)


def test_challenger_scores_the_same_rows_as_a_shadow(
    problem: Problem,
    lake: Lake,
    shop_models: bundle.Registry,
    make_shop_model: MakeModel,
) -> None:
    shop_models.set_challenger(make_shop_model("v2", bias=2.0).version)
    scored = scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    assert (scored.rows, scored.new, scored.shadow) == (PER_DAY, PER_DAY, "v2")
    champion, shadow = scores(lake), scores(lake, "challenger")
    assert champion["row_id"].to_list() == shadow["row_id"].to_list()
    assert (shadow["probability"] > champion["probability"]).all()
    assert scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF).new == 0
    assert scores(lake, None).height == 2 * PER_DAY


def test_day_without_decisions_is_not_an_error(
    problem: Problem, lake: Lake, shop_models: bundle.Registry
) -> None:
    scored = scoring.score_day(problem, lake, shop_models, date(2025, 12, 1), as_of=AS_OF)
    assert (scored.rows, scored.lake_version) == (0, None)
    assert scoring.read(lake, start=START, end=END) is None


def test_gaps_of_a_span_are_filled(
    problem: Problem, lake: Lake, shop_models: bundle.Registry
) -> None:
    scoring.score_day(problem, lake, shop_models, DAY, as_of=AS_OF)
    said: list[str] = []
    done = scoring.score(
        problem,
        lake,
        shop_models,
        first=DAY - timedelta(days=1),
        last=DAY + timedelta(days=1),
        as_of=AS_OF,
        say=said.append,
    )
    assert [day.new for day in done] == [PER_DAY, 0, PER_DAY]
    assert said[1] == f"2026-02-20  {PER_DAY} decisions, all scored before"
    assert said[0].startswith(f"2026-02-19  {PER_DAY} decisions, {PER_DAY} new by v1")


def test_missing_champion_is_an_error(
    problem: Problem, lake: Lake, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nothing = bundle.Registry(tmp_path_factory.mktemp("empty"))
    with pytest.raises(bundle.BundleError, match="champion"):
        scoring.score_day(problem, lake, nothing, DAY, as_of=AS_OF)


def test_model_with_a_feature_that_the_problem_lacks_is_an_error(
    problem: Problem, lake: Lake, champion_dir: object
) -> None:
    foreign = bundle.Registry(str(champion_dir))
    with pytest.raises(scoring.ScoringError, match="age_days"):
        scoring.score_day(problem, lake, foreign, DAY, as_of=AS_OF)
