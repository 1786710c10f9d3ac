import numpy as np
import polars as pl
import pytest

from payments_loop.lake import Verdict
from payments_loop.lake.verdict import Severity
from payments_loop.problem import Problem
from payments_loop.validation import check_features

ROWS = 1000


@pytest.fixture
def frame() -> pl.DataFrame:
    """Features of the problem "shop" with labels that depend on them a little."""
    rng = np.random.default_rng(7)
    amount = rng.lognormal(3.8, 0.7, ROWS)
    returned = (rng.random(ROWS) < 0.1 + 0.2 * (amount > 60)).astype(int)
    return pl.DataFrame(
        {
            "row_id": [str(number) for number in range(ROWS)],
            "amount": amount,
            "channel": rng.choice(["app", "shop", "web"], ROWS),
            "rating": pl.Series(rng.uniform(1, 5, ROWS)),
            "customer_orders_7d": rng.integers(0, 9, ROWS),
            "customer_mean_amount_30d": amount * rng.uniform(0.5, 2, ROWS),
            "customer_returns_30d": rng.integers(0, 3, ROWS),
            "target": returned,
        }
    )


def given(verdict: Verdict) -> dict[tuple[str, str | None], Severity]:
    return {(one.check, one.column): one.severity for one in verdict.findings}


def test_good_features_raise_nothing(frame: pl.DataFrame, problem: Problem) -> None:
    assert check_features(frame, problem) == Verdict()
    assert check_features(frame.drop("target"), problem) == Verdict()


def test_no_rows_block(frame: pl.DataFrame, problem: Problem) -> None:
    assert check_features(frame.clear(), problem).severity == "block"


def test_a_missing_or_mistyped_column_blocks(frame: pl.DataFrame, problem: Problem) -> None:
    broken = frame.drop("rating").with_columns(pl.col("amount").cast(pl.String))
    verdict = check_features(broken, problem)
    assert given(verdict) == {("columns", "rating"): "block", ("columns", "amount"): "block"}


def test_nulls_and_nans_count_where_none_are_allowed(frame: pl.DataFrame, problem: Problem) -> None:
    one = pl.when(pl.int_range(pl.len()) > 0).then("amount").otherwise(float("nan"))
    few = frame.with_columns(one.alias("amount"))
    many = frame.with_columns(pl.when(pl.int_range(pl.len()) > 50).then("amount").alias("amount"))
    assert given(check_features(few, problem))["nulls", "amount"] == "warn"
    assert given(check_features(many, problem))["nulls", "amount"] == "block"


def test_an_optional_feature_may_be_missing_but_not_nearly_always(
    frame: pl.DataFrame, problem: Problem
) -> None:
    column = pl.when(pl.int_range(pl.len()) < 5).then("rating").alias("rating")
    verdict = check_features(frame.drop("target").with_columns(column), problem)
    assert given(verdict) == {("missing", "rating"): "warn"}


def test_ranges_and_categories(frame: pl.DataFrame, problem: Problem) -> None:
    broken = frame.with_columns(-pl.col("amount"), pl.lit("fax").alias("channel"))
    verdict = given(check_features(broken, problem))
    assert verdict["range", "amount"] == "block"
    assert verdict["values", "channel"] == "block"
    assert verdict["constant", "channel"] == "warn"


@pytest.mark.parametrize(
    "leak",
    [
        pl.col("target") + 0.001 * pl.col("amount"),
        1 - pl.col("target"),
        pl.when(pl.col("target") == 1).then(1.0),
    ],
    ids=["separates", "reversed", "filled in afterwards"],
)
def test_a_feature_that_is_the_label_blocks(
    frame: pl.DataFrame, problem: Problem, leak: pl.Expr
) -> None:
    verdict = check_features(frame.with_columns(leak.alias("rating")), problem)
    assert given(verdict)["leak", "rating"] == "block"


def test_a_category_that_is_the_label_blocks(frame: pl.DataFrame, problem: Problem) -> None:
    channel = pl.when(pl.col("target") == 1).then(pl.lit("app")).otherwise(pl.lit("web"))
    verdict = check_features(frame.with_columns(channel.alias("channel")), problem)
    assert given(verdict)["leak", "channel"] == "block"


def test_few_positives_prove_no_leak(frame: pl.DataFrame, problem: Problem) -> None:
    rare = frame.with_columns((pl.int_range(pl.len()) < 5).cast(pl.Int64).alias("target"))
    rare = rare.with_columns(rating=pl.col("target").cast(pl.Float64))
    assert ("leak", "rating") not in given(check_features(rare, problem))
