import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from plugins.data_ingestion import (
    PER_DAY,
    make_batch,
    make_shop,
)
from plugins.data_validation import deliver, midnight

from payments_loop.cli import main
from payments_loop.lake import Lake, ingest, open_lake
from payments_loop.problem import Problem, load_problem
from payments_loop.validation import record
from payments_loop.validation.batch import examine
from payments_loop.validation.config import Config
from payments_loop.validation.config import Reference as Settings
from payments_loop.validation.reference import (
    Day,
    DayCache,
    files_of_days,
    known_keys,
)

SMALL = Config(reference=Settings(minimum_rows=PER_DAY))


def test_a_batch_is_compared_with_the_lake(problem: Problem, lake: Lake) -> None:
    orders, _ = make_shop(days=61)
    day = midnight(61).date()
    today = make_batch("orders", orders.filter(pl.col("time").dt.date() == day), day)
    examination = examine(today, problem, lake, SMALL)
    assert examination.days == 28
    assert examination.reference == (midnight(33).date(), midnight(60).date())
    assert examination.rows == PER_DAY
    cents = replace(today, frame=today.frame.with_columns(pl.col("amount") * 100))
    assert examine(cents, problem, lake, SMALL).total.severity == "quarantine"


def test_a_batch_that_was_taken_is_not_its_own_duplicate(
    problem: Problem, lake: Lake, shop: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    day = midnight(50).date()
    batch = make_batch("orders", shop[0].filter(pl.col("time").dt.date() == day), day)
    assert examine(batch, problem, lake, SMALL).total.findings == ()
    again = replace(batch, id="another")
    assert [one.check for one in examine(again, problem, lake, SMALL).total.findings] == [
        "repeated"
    ]


def test_days_are_read_again_only_when_their_files_change(
    problem: Problem, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, cache = problem.table("orders"), DayCache()
    period = midnight(51).date(), midnight(61).date()

    def days() -> list[Day]:
        return cache.days(lake, table, files_of_days(lake, table, *period), 1000)

    first = days()
    assert [day.frame.height for day in first] == [PER_DAY] * 10
    reads: list[str] = []
    scan = lake.scan

    def counted(name: str, **options: object) -> pl.LazyFrame:
        reads.append(name)
        return scan(name, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(lake, "scan", counted)
    assert all(one is other for one, other in zip(days(), first, strict=True))
    assert reads == []
    late = first[-1].frame.head(1).select(pl.exclude("known_at", "batch"))
    late = late.with_columns(pl.lit("late").alias("order_id"), true_probability=pl.lit(0.5))
    batch = make_batch("orders", late, midnight(60).date(), suffix="-late")
    lake.append(table, batch)
    after = days()
    assert [day.frame.height for day in after] == [*[PER_DAY] * 9, PER_DAY + 1]
    assert reads == ["orders"]


def test_large_days_are_sampled_and_counted_in_full(problem: Problem, lake: Lake) -> None:
    table = problem.table("orders")
    files = files_of_days(lake, table, midnight(1).date(), midnight(2).date())
    days = DayCache().days(lake, table, files, PER_DAY // 4)
    assert days[0].frame.height * days[0].step == PER_DAY
    assert days[0].step == 4


def test_a_lake_without_the_table_has_no_days(problem: Problem, empty_lake: Lake) -> None:
    table = problem.table("orders")
    assert files_of_days(empty_lake, table, midnight(1).date(), midnight(9).date()) == {}
    assert known_keys(empty_lake, table, (), but="") is None


def test_ingestion_asks_and_reports(pipeline: Path) -> None:
    path = pipeline / "inbox" / "orders" / "2026-01-20.csv"
    broken = pl.read_csv(path).with_columns(pl.col("amount") * 100)
    deliver(broken, path, midnight(21))
    done = ingest(load_problem(), open_lake(), midnight(40), say=None)
    states = {one.batch.split("@")[0][-14:]: one.state for one in done}
    assert states["2026-01-19.csv"] == "taken"
    assert states["2026-01-20.csv"] == "quarantined"
    folder = pipeline / "reports" / "validation"
    pages = list(folder.glob("orders*.json"))
    assert len(pages) == 20
    severities = [json.loads(page.read_text())["severity"] for page in pages]
    assert severities.count("quarantine") == 1
    assert (folder / "index.html").is_file()


def test_a_batch_that_does_not_fit_is_reported_once(pipeline: Path) -> None:
    path = pipeline / "inbox" / "orders" / "2026-01-20.csv"
    deliver(pl.read_csv(path).drop("amount"), path, midnight(21))
    done = ingest(load_problem(), open_lake(), midnight(40), say=None)
    refused = [one for one in done if one.state == "quarantined"]
    assert [finding.column for finding in refused[0].verdict.findings] == ["amount"]
    text = (pipeline / "reports" / "validation" / "index.html").read_text(encoding="utf-8")
    assert "the column is missing" in text


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["validate", *arguments])
    return result.exit_code, result.output


def test_the_command_judges_files_and_takes_nothing(pipeline: Path) -> None:
    good = pipeline / "inbox" / "orders" / "2026-01-20.csv"
    arguments = ("--table", "orders", "--as-of", "2026-01-21")
    code, output = run("file", str(good), *arguments)
    assert code == 0
    assert "nothing unusual" in output
    bad = pipeline / "bad.csv"
    pl.read_csv(good).with_columns(pl.lit("fax").alias("channel")).write_csv(bad)
    code, output = run("file", str(bad), *arguments)
    assert code == 1
    assert "quarantine  values" in output
    assert open_lake().tables() == []


def test_the_command_judges_tables(pipeline: Path) -> None:
    assert run("tables", "--as-of", "2026-01-21")[0] == 1
    ingest(load_problem(), open_lake(), midnight(40), say=None)
    newest = open_lake().scan("orders").select(pl.col("time").max()).collect().item()
    code, output = run("tables", "--as-of", f"{newest + timedelta(hours=5):%Y-%m-%dT%H:%M}")
    assert (code, output) == (0, "tables: nothing unusual\n")
    assert pipeline.is_dir()


@pytest.mark.parametrize(
    ("content", "words"),
    [("[batch]\nvolum = 1", "batch.volum"), ("[reference]\ndays = 1", "reference.days")],
)
def test_mistakes_in_the_configuration_are_usage_errors(
    pipeline: Path, content: str, words: str
) -> None:
    (pipeline / "config").mkdir()
    (pipeline / "config" / "validation.toml").write_text(content, encoding="utf-8")
    code, output = run("tables")
    assert code == 2
    assert words in output


def test_without_a_problem_there_is_nothing_to_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, output = run("measure")
    assert code == 0
    assert "No problem yet" in output


def test_the_study_measures_the_problem_itself(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "_REPLICAS", "no_such_module")
    settings = Settings(days=14, minimum_days=14, minimum_rows=40)
    config = Config(reference=settings)
    path = record.write(load_problem(), seeds=1, days=6, config=config, root=pipeline)
    content = json.loads(path.read_text(encoding="utf-8"))
    values = {one["name"]: one["value"] for one in content["values"]}
    assert values["Detected: amounts in cents"] == 100
    assert values["Detected: yesterday's batch again"] == 100
    assert values["False alarms per month, clean data"] == 0
    assert (pipeline / "evidence" / "validation.png").stat().st_size > 10_000
    short = Config(reference=Settings(days=28))
    with pytest.raises(ValueError, match="fewer than 28 days"):
        record.write(load_problem(), seeds=1, days=6, config=short, root=pipeline)
