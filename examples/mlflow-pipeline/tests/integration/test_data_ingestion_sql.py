"""A database is asked window by window, and never twice for the same one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from plugins.data_ingestion import PER_DAY, make_shop

from payments_loop.lake import Lake, SourceError, ingest
from payments_loop.lake.ingest import take
from payments_loop.lake.sources.files import read
from payments_loop.problem import Problem, ProblemError

pytestmark = pytest.mark.usefixtures("no_checks")
PASSWORD = "secret"  # pragma: allowlist secret
THIRD = datetime(2026, 1, 3, tzinfo=UTC)
COLUMNS = "order_id, time, customer_id, amount, channel, rating, true_probability"
QUERY = f"SELECT {COLUMNS} FROM orders WHERE time > :after AND time <= :until"  # noqa: S608 (a constant)


@pytest.fixture
def shop_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "shop.sqlite"
    orders, _ = make_shop(days=3)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE orders ({COLUMNS})")
        rows = [(a, f"{time:%Y-%m-%d %H:%M:%S}.000000", *rest) for a, time, *rest in orders.rows()]
        connection.executemany("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    monkeypatch.setenv("SHOP_URL", f"sqlite:///{path}")
    return path


def source(problem: Problem, **options: Any) -> Problem:
    settings = {"kind": "sql", "url": "env:SHOP_URL", "query": QUERY, "start": "2026-01-01"}
    table = problem.tables["orders"].model_copy(update={"source": settings | options})
    return problem.model_copy(update={"tables": {"orders": table}})


@pytest.mark.usefixtures("shop_url")
class TestWindows:
    """What is asked for when."""

    def test_only_whole_windows_and_each_one_once(
        self,
        problem: Problem,
        empty_lake: Lake,
    ) -> None:
        shop = source(problem)
        done = ingest(shop, empty_lake, THIRD - timedelta(hours=1), say=None)
        assert [(one.batch, one.rows) for one in done] == [
            ("orders/2026-01-01T00:00/2026-01-02T00:00", PER_DAY)
        ]
        done = ingest(shop, empty_lake, THIRD, say=None)
        assert [one.batch for one in done] == ["orders/2026-01-02T00:00/2026-01-03T00:00"]
        assert ingest(shop, empty_lake, THIRD, say=None) == []
        orders, _ = make_shop(days=3)
        rows = empty_lake.scan("orders").select(orders.columns).collect().sort("order_id")
        assert rows.equals(orders.head(2 * PER_DAY).sort("order_id"))

    def test_a_file_given_by_hand_hides_no_window(
        self,
        problem: Problem,
        empty_lake: Lake,
    ) -> None:
        shop = source(problem)
        table = shop.table("orders")
        rows, _ = make_shop(days=1)
        batch = read("fixed.csv", rows.write_csv().encode(), table, arrived=THIRD)
        take(shop, empty_lake, table, batch, set_aside=False)
        done = ingest(shop, empty_lake, THIRD, say=None)
        assert [one.batch for one in done] == [
            "orders/2026-01-01T00:00/2026-01-02T00:00",
            "orders/2026-01-02T00:00/2026-01-03T00:00",
        ]

    def test_hours_and_a_delay(self, problem: Problem, empty_lake: Lake) -> None:
        shop = source(problem, window_hours=6, delay_hours=3)
        done = ingest(shop, empty_lake, THIRD, say=None)
        assert len(done) == 7
        assert done[-1].arrived == THIRD - timedelta(hours=3)
        later = ingest(shop, empty_lake, THIRD + timedelta(hours=3), say=None)
        assert [one.arrived for one in later] == [THIRD + timedelta(hours=3)]

    def test_a_window_without_rows_is_a_batch(self, problem: Problem, empty_lake: Lake) -> None:
        shop = source(problem, start="2026-02-01")
        done = ingest(shop, empty_lake, datetime(2026, 2, 3, tzinfo=UTC), say=None)
        assert [(one.state, one.rows) for one in done] == [("taken", 0), ("taken", 0)]

    @pytest.mark.parametrize(
        ("times", "column"),
        [("iso", "replace(time, ' ', 'T')"), ("epoch", "unixepoch(time)")],
    )
    def test_other_ways_to_give_times(
        self,
        problem: Problem,
        empty_lake: Lake,
        times: str,
        column: str,
    ) -> None:
        query = QUERY.replace("WHERE time >", f"WHERE {column} >").replace(
            "AND time <=", f"AND {column} <="
        )
        done = ingest(source(problem, query=query, times=times), empty_lake, THIRD, say=None)
        assert sum(one.rows for one in done) == 2 * PER_DAY


def test_a_database_that_fails_takes_nothing_and_the_next_run_goes_on(
    problem: Problem,
    empty_lake: Lake,
    shop_url: Path,
) -> None:
    shop = source(problem)
    hidden = shop_url.rename(shop_url.with_suffix(".away"))
    with pytest.raises(SourceError, match="no such table: orders"):
        ingest(shop, empty_lake, THIRD, say=None)
    assert empty_lake.ledger().is_empty()
    hidden.rename(shop_url)
    assert len(ingest(shop, empty_lake, THIRD, say=None)) == 2


@pytest.mark.usefixtures("shop_url")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"query": "SELECT 1"}, "must select by :after and :until"),
        ({"url": "nonsense"}, "source.url: Could not parse"),
        ({"url": f"pigeon://u:{PASSWORD}@host/x"}, "source.url: Can't load plugin"),
        ({"window_hours": 0}, "source.window_hours"),
    ],
)
def test_wrong_options_are_named_without_secrets(
    problem: Problem,
    empty_lake: Lake,
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(ProblemError) as caught:
        ingest(source(problem, **options), empty_lake, THIRD, say=None)
    assert message in str(caught.value)
    assert PASSWORD not in str(caught.value)
