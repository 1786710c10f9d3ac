"""`features.py` gives what `features.sql` gives, to the last bit, or is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl
import pytest

from payments_loop.features import FeatureError, build
from payments_loop.features.audit import audit
from payments_loop.features.engines import open_engine
from payments_loop.features.engines.duckdb import DuckDB
from payments_loop.features.engines.polars import Polars
from payments_loop.lake import Lake
from payments_loop.problem import Problem

DAY = timedelta(days=1)


def test_it_is_the_default() -> None:
    assert type(open_engine()) is Polars


def test_both_engines_agree(bulk_problem: Problem, hard_lake: Lake, as_of: datetime) -> None:
    for days in (60, 1):
        period = {"start": as_of - days * DAY, "end": as_of, "as_of": as_of}
        expected = DuckDB().run(bulk_problem, hard_lake, "features", **period)
        found = Polars().run(bulk_problem, hard_lake, "features", **period)
        assert found.schema == expected.schema
        assert found.equals(expected)
        if days > 1:  # the difficult rows are there
            assert expected.select(pl.struct("customer_id", "at").is_duplicated().any()).item()
            assert expected["customer_returns_30d"].sum() > 0
            assert expected["customer_mean_amount_30d"].null_count() > 0


def test_a_check_compares_a_day(bulk_problem: Problem, hard_lake: Lake, as_of: datetime) -> None:
    checks = audit(bulk_problem, hard_lake, (as_of - 10 * DAY).date())
    assert [check.detail for check in checks if not check.passed] == []
    assert checks[-1].name == "features.py"
    path = bulk_problem.folder / "features.py"
    path.write_text(path.read_text().replace("(7 * 86400", "(8 * 86400"))
    last = audit(bulk_problem, hard_lake, (as_of - 10 * DAY).date())[-1]
    assert (last.name, last.passed) == ("features.py", False)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("(7 * 86400", "(8 * 86400"), r"differ: customer_orders_7d; the SQL is right"),
        (("import Decisions", "import Decision"), "features.py: ImportError"),
        (("MONTH),\n    })", "MONTH),\n    }).clear()"), r"gives 0 rows for \d+ decisions"),
        (
            ('"customer_orders_7d"', '"orders_7d"'),
            "features.py gives no column 'customer_orders_7d'",
        ),
    ],
)
def test_another_result_is_refused(
    bulk_problem: Problem, hard_lake: Lake, as_of: datetime, change: tuple[str, str], words: str
) -> None:
    path = bulk_problem.folder / "features.py"
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change))
    with pytest.raises(FeatureError, match=words):
        build(bulk_problem, hard_lake, start=as_of - DAY, end=as_of, as_of=as_of)
    path.unlink()
    frame = build(bulk_problem, hard_lake, start=as_of - DAY, end=as_of, as_of=as_of)
    assert frame.height > 40


def test_other_code_is_another_result(
    bulk_problem: Problem, hard_lake: Lake, as_of: datetime
) -> None:
    before = build(bulk_problem, hard_lake, start=as_of - DAY, end=as_of, as_of=as_of)
    for name, old, new in (
        ("features.sql", "604800", "518400"),
        ("features.py", "(7 * 86400", "(6 * 86400"),
    ):
        path = bulk_problem.folder / name
        path.write_text(path.read_text().replace(old, new))
    after = build(bulk_problem, hard_lake, start=as_of - DAY, end=as_of, as_of=as_of)
    assert after["customer_orders_7d"].sum() < before["customer_orders_7d"].sum()
