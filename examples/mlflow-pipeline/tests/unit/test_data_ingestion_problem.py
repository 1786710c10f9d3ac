"""A problem folder is read completely, and what is wrong in it is named by file and key."""

from __future__ import annotations

from pathlib import Path

import pytest
from plugins.data_ingestion import PROBLEM, write_problem

from payments_loop.problem import (
    Problem,
    ProblemError,
    load_problem,
)
from payments_loop.problem.load import (
    Settings,
    from_environment,
    read_problem,
)


def test_everything_that_the_folder_says_is_there(problem: Problem) -> None:
    orders = problem.table("orders")
    assert (problem.name, orders.name, orders.known_time) == ("shop", "orders", "time")
    assert "true_probability" not in orders.visible
    assert "FROM spine s" in problem.sql("features")
    assert problem.target.decisions == ("ship", "call")


def test_features_and_costs_are_those_of_a_bundle(problem: Problem) -> None:
    features = problem.bundle_features()
    assert [feature.name for feature in features] == list(problem.features)
    assert features[1].categories == ("app", "shop", "web")
    costs = problem.bundle_costs()
    assert (costs.review, costs.amount, costs.currency) == (4.0, "amount", "EUR")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('key = ["order_id"]', 'key = ["id"]', "tables.orders: key: no column 'id'"),
        ('event_time = "time"', 'event_time = "amount"', "must be datetime"),
        ('{ type = "datetime" }', '{ type = "time" }', "tables.orders.columns.time.type"),
        ("lookback_days = 30", "lookback = 30", "lookback: unknown key"),
        ("lookback_days = 30", "lookback_days = -1", "lookback_days: Input should be"),
        ('{ kind = "files", path = "inbox/orders/*.csv" }', "{}", "source.kind: missing"),
        ('path = "inbox/orders/*.csv"', 'timezone = "Mars"', "no IANA time zone"),
        ('path = "inbox/orders/*.csv"', 'rename = { a = "b" }', "'b' is no column"),
        ("minimum = 1, maximum = 5000", "minimum = 9, maximum = 5", "minimum is above maximum"),
        ('type = "datetime"', 'type = "datetime", minimum = 1', "integer and float only"),
        ('values = ["app", "shop", "web"]', "values = []", "for strings, at least one"),
        ('order_id = { type = "string" }', 'day = { type = "string" }', "no column 'order_id'"),
        ('truth = "true_probability"', 'truth = "amount"', "no hidden column"),
        ('table = "orders"', 'table = "carts"', "no table 'carts'"),
        ('table = "orders"', "", "spine.truth: needs spine.table"),
        ('entities = ["customer_id"]\nrequest', 'entities = ["shop"]\nrequest', "no column 'shop'"),
        ('amount = "amount"', 'amount = "channel"', "no numeric feature"),
        ('columns = ["channel"]', 'columns = ["colour"]', "no feature 'colour'"),
        ('kind = "categorical"', 'kind = "numeric"', "required for categorical features"),
        ("[spine]\nentities", "[spine]\nentities = [\nentities", "cannot be read"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = write_problem(tmp_path)
    assert old in PROBLEM
    (folder / "problem.toml").write_text(PROBLEM.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ProblemError) as caught:
        read_problem(folder)
    assert message in str(caught.value)
    assert "problem.toml" in str(caught.value)


def test_columns_of_the_lake_are_reserved(tmp_path: Path) -> None:
    folder = write_problem(tmp_path)
    text = PROBLEM.replace(
        "[tables.returns.columns]", "[tables.returns.columns]\nday = {type='date'}"
    )
    (folder / "problem.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProblemError, match="the lake adds a column"):
        read_problem(folder)


def test_a_missing_query_is_named(tmp_path: Path) -> None:
    folder = write_problem(tmp_path)
    (folder / "labels.sql").unlink()
    with pytest.raises(ProblemError, match=r"labels\.sql is missing"):
        read_problem(folder)


def test_an_unknown_table_is_named(problem: Problem) -> None:
    with pytest.raises(ProblemError, match="there are orders, returns"):
        problem.table("carts")


class TestChoice:
    """Which problem a project solves."""

    def test_the_only_folder_needs_no_setting(self, tmp_path: Path) -> None:
        write_problem(tmp_path)
        assert load_problem(root=tmp_path).name == "shop"

    def test_of_several_the_configuration_chooses(self, tmp_path: Path) -> None:
        write_problem(tmp_path).rename(tmp_path / "problems" / "other")
        write_problem(tmp_path)
        with pytest.raises(ProblemError, match="other, shop"):
            load_problem(root=tmp_path)
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "pipeline.toml").write_text('problem = "other"', encoding="utf-8")
        assert load_problem(root=tmp_path).name == "other"

    def test_the_environment_wins(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("APP_PROBLEM", "nothing")
        monkeypatch.setenv("APP_LAKE_URI", "s3://bucket/lake")
        write_problem(tmp_path)
        assert Settings.load(tmp_path).lake.uri == "s3://bucket/lake"
        with pytest.raises(ProblemError, match=r"no problem 'nothing'.*has shop"):
            load_problem(root=tmp_path)

    def test_no_folder_at_all(self, tmp_path: Path) -> None:
        with pytest.raises(ProblemError, match="none"):
            load_problem(root=tmp_path)

    def test_an_unknown_setting(self, tmp_path: Path) -> None:
        (tmp_path / "config").mkdir()
        (tmp_path / "config" / "pipeline.toml").write_text("[lakes]", encoding="utf-8")
        with pytest.raises(ProblemError, match="lakes: unknown key"):
            load_problem(root=tmp_path)

    def test_values_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SHOP_URL", "somewhere")
        assert from_environment("env:SHOP_URL") == "somewhere"
        assert from_environment("plain") == "plain"
        monkeypatch.delenv("SHOP_URL")
        with pytest.raises(ProblemError, match="SHOP_URL"):
            from_environment("env:SHOP_URL")
