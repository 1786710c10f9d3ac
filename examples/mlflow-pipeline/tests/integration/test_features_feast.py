"""What Feast gives back is what `build` gave it, to the row. Needs the group `feast`."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypedDict

import polars as pl
import pytest
from click.testing import CliRunner
from plugins.data_ingestion import make_batch
from polars.testing import assert_frame_equal

from payments_loop.cli import main
from payments_loop.features import FeatureError, build
from payments_loop.features.engines import open_engine
from payments_loop.features.feast import Store, apply
from payments_loop.features.feast.definitions import key
from payments_loop.features.feast.repository import require
from payments_loop.features.settings import FeastSettings
from payments_loop.lake import Lake
from payments_loop.problem import Problem

DAY = timedelta(days=1)
HISTORY = ["customer_orders_7d", "customer_mean_amount_30d", "customer_returns_30d"]

pytestmark = [
    pytest.mark.skipif(find_spec("feast") is None, reason="uv sync --inexact --group feast"),
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),  # ibis
]


class Period(TypedDict):
    """Arguments of `build` and `apply`."""

    start: datetime
    end: datetime
    as_of: datetime


def by(name: str, root: Path) -> None:
    """Configure what features are stored by."""
    path = root / "config" / "features.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'[feast]\nkey = "{name}"\n')


def decisions(
    problem: Problem,
    lake: Lake,
    end: datetime,
    as_of: datetime,
    days: int = 3,
) -> pl.DataFrame:
    """Who is decided on when, and what the caller brings."""
    start = end - days * DAY
    return open_engine().run(problem, lake, "spine", start=start, end=end, as_of=as_of)


def same_second(problem: Problem, lake: Lake, as_of: datetime) -> None:
    """Add two orders of a customer at one moment, for different amounts."""
    order = {"time": as_of - 58 * DAY, "customer_id": "c01", "channel": "web", "rating": None}
    rows = [order | {"order_id": f"twin{n}", "amount": 10.0 * n} for n in (1, 2)]
    schema = lake.scan("orders").select(list(problem.tables["orders"].columns)).collect_schema()
    twins = pl.DataFrame(rows, schema=schema)
    day = (as_of - 58 * DAY).date()
    lake.append(problem.tables["orders"], make_batch("orders", twins, day, suffix="-twins"))


def run(*arguments: str) -> tuple[int, str]:
    """Exit status and output of the command."""
    found = CliRunner().invoke(main, ["features", "feast", *arguments])
    return found.exit_code, found.output


@pytest.mark.parametrize("name", ["row_id", "entities"])
def test_training_sets_and_lookups_are_those_of_build(
    problem: Problem,
    lake: Lake,
    as_of: datetime,
    tmp_path: Path,
    name: str,
) -> None:
    by(name, tmp_path)
    same_second(problem, lake, as_of)
    end = as_of - 57 * DAY  # the first days: customers without history have nulls
    found = apply(problem, lake, start=end - 3 * DAY, end=end, as_of=as_of, root=tmp_path)
    right = build(problem, lake, start=end - 3 * DAY, end=end, as_of=as_of)
    assert right.height == 3 * 40 + 2
    assert right["customer_mean_amount_30d"].null_count() > 40
    store = Store(problem, tmp_path)
    asked = decisions(problem, lake, end, as_of).sample(fraction=1, shuffle=True, seed=1)
    assert_frame_equal(store.training_set(asked), right, check_exact=True)

    newest = right.unique(found.key, keep="last").sort(found.key)
    assert newest.height == (122 if name == "row_id" else right["customer_id"].n_unique())
    assert store.materialize(as_of) == newest.height
    expected = newest.select(*found.key, pl.col("at").alias("computed_for"), *HISTORY)
    online = store.online(newest.select(found.key).to_dicts())
    assert_frame_equal(online, expected, check_exact=True)


def test_a_key_that_the_store_has_not_is_a_row_without_values(
    problem: Problem, lake: Lake, as_of: datetime, tmp_path: Path
) -> None:
    by("entities", tmp_path)
    apply(problem, lake, start=as_of - DAY, end=as_of, as_of=as_of, root=tmp_path)
    store = Store(problem, tmp_path)
    customer = decisions(problem, lake, as_of, as_of, days=1)["customer_id"][0]
    asked = [{"customer_id": name} for name in (customer, "nobody", customer)]
    assert store.online(asked)["computed_for"].to_list() == [None] * 3
    store.materialize(as_of)
    online = store.online(asked)
    assert online["customer_id"].to_list() == [customer, "nobody", customer]
    assert online.row(0) == online.row(2)
    assert set(online.row(1)[1:]) == {None}
    assert online["computed_for"].null_count() == 1
    with pytest.raises(FeatureError, match="customer_id: is missing"):
        store.online([{"row_id": "o000001"}])


@pytest.mark.parametrize("name", ["row_id", "entities"])
def test_older_features_do_not_stand_in_for_missing_ones(
    problem: Problem, lake: Lake, as_of: datetime, tmp_path: Path, name: str
) -> None:
    by(name, tmp_path)
    end = as_of - DAY
    apply(problem, lake, start=end - 5 * DAY, end=end, as_of=as_of, root=tmp_path)
    store = Store(problem, tmp_path)
    with pytest.raises(FeatureError, match="40 of 240 decisions have no features of their time"):
        store.training_set(decisions(problem, lake, as_of, as_of, days=6))


def test_rows_that_feast_loses_are_missed(
    problem: Problem,
    lake: Lake,
    as_of: datetime,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    apply(problem, lake, start=as_of - DAY, end=as_of, as_of=as_of, root=tmp_path)
    store = Store(problem, tmp_path)
    all_of_them = store._feast.get_historical_features

    def fewer(entity_df: Any, features: Any) -> Any:
        return all_of_them(entity_df=entity_df.head(39), features=features)

    monkeypatch.setattr(store._feast, "get_historical_features", fewer)
    with pytest.raises(FeatureError, match="Feast gives 39 rows for 40 decisions"):
        store.training_set(decisions(problem, lake, as_of, as_of, days=1))


def test_features_of_the_request_have_no_entity(
    problem: Problem, lake: Lake, as_of: datetime, tmp_path: Path
) -> None:
    path = problem.folder / "features.sql"
    path.write_text(path.read_text().replace("b.orders_7d, 0)", "b.orders_7d, 0) + s.amount"))
    period: Period = {"start": as_of - DAY, "end": as_of, "as_of": as_of}
    by("entities", tmp_path)
    with pytest.raises(FeatureError, match=r"alone: customer_orders_7d; set \[feast\] key"):
        apply(problem, lake, **period, root=tmp_path)
    by("row_id", tmp_path)
    apply(problem, lake, **period, root=tmp_path)
    found = Store(problem, tmp_path).training_set(decisions(problem, lake, as_of, as_of, days=1))
    assert_frame_equal(found, build(problem, lake, **period), check_exact=True)


def test_an_entity_has_one_set_of_features_at_a_time(
    problem: Problem, lake: Lake, as_of: datetime, tmp_path: Path
) -> None:
    """Nothing on the last day says that the features depend on the decision."""
    path = problem.folder / "features.sql"
    own = "+ CASE WHEN s.row_id = 'twin1' THEN 1 ELSE 0 END AS customer_orders_7d"
    path.write_text(path.read_text().replace("AS customer_orders_7d", own))
    same_second(problem, lake, as_of)
    by("entities", tmp_path)
    with pytest.raises(FeatureError, match=r"'c01'.* has several features at once"):
        apply(problem, lake, start=as_of - 60 * DAY, end=as_of, as_of=as_of, root=tmp_path)


def test_metrics_stay_in_this_process() -> None:
    require()
    values = pytest.importorskip("prometheus_client.values")
    assert values.ValueClass.__name__ == "MutexValue"
    assert not [name for name in os.environ if name.startswith("PROMETHEUS_MULTIPROC")]


def test_nobody_is_found_by_a_null(
    problem: Problem, lake: Lake, as_of: datetime, tmp_path: Path
) -> None:
    path = problem.folder / "spine.sql"
    known = "CASE WHEN o.channel = 'web' THEN o.customer_id END AS customer_id"
    path.write_text(path.read_text().replace("o.customer_id", known))
    period: Period = {"start": as_of - DAY, "end": as_of, "as_of": as_of}
    by("entities", tmp_path)
    with pytest.raises(FeatureError, match="customer_id is null in"):
        apply(problem, lake, **period, root=tmp_path)
    by("row_id", tmp_path)
    apply(problem, lake, **period, root=tmp_path)
    found = Store(problem, tmp_path).training_set(decisions(problem, lake, as_of, as_of, days=1))
    assert found["customer_id"].null_count() > 10
    assert_frame_equal(found, build(problem, lake, **period), check_exact=True)


@pytest.mark.usefixtures("problem", "lake")
def test_the_commands_write_and_fill_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run("materialize", "--as-of", "2026-03-02")
    assert code == 1
    assert "features feast apply" in output
    period = ("--from", "2026-02-27", "--to", "2026-03-01", "--as-of", "2026-03-02")
    code, output = run("apply", *period)
    assert code == 0, output
    assert "120 rows by row_id" in output
    code, output = run("materialize", "--as-of", "2026-02-28")
    assert code == 0, output
    assert output == "40 keys are online\n"
    assert run("materialize", "--as-of", "2026-01-01")[0] == 1
    assert run("apply", *period[:4], "--as-of", "2026-01-01")[0] == 1
    written = (tmp_path / "data/feast/shop/feature_store.yaml").read_text()
    assert "type: duckdb" in written


def test_a_spine_without_entities_has_its_rows(problem: Problem) -> None:
    anonymous = problem.model_copy(
        update={"spine": problem.spine.model_copy(update={"entities": ()})}
    )
    assert key(anonymous, FeastSettings()) == ("row_id",)
    with pytest.raises(FeatureError, match="the spine has no entities"):
        key(anonymous, FeastSettings(key="entities"))
