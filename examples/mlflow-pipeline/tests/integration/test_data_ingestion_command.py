"""`payments-loop ingest` and `payments-loop lake`, as a person uses them."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from plugins.data_ingestion import PER_DAY, daily, make_shop, write_problem

import payments_loop.lake.checks as checks
from payments_loop.cli import main
from payments_loop.lake import Finding, Verdict

CHECK = """
from payments_loop.lake import Finding, Verdict

def check(batch, problem, lake):
    known = len(problem.tables[batch.table].columns)
    text = f"{len(batch.frame.columns)} columns of {known} in {problem.name}"
    return Verdict((Finding("mine", "warn", None, text),))
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_checks: None) -> Path:
    """A project with two days of orders in the inbox, one of them broken."""
    del no_checks
    monkeypatch.chdir(tmp_path)
    for name in ("APP_PROBLEM", "APP_LAKE_URI"):
        monkeypatch.delenv(name, raising=False)
    write_problem(tmp_path)
    (tmp_path / "inbox" / "returns").mkdir(parents=True)
    (tmp_path / "inbox" / "orders").mkdir()
    orders, _ = make_shop(days=2)
    first, second = daily("orders", orders, "time", 2)
    put(tmp_path / "inbox/orders/1.csv", first.frame, first.arrived)
    broken = second.frame.drop("amount", "channel")
    put(tmp_path / "inbox/orders/2.csv", broken, second.arrived)
    return tmp_path


def put(path: Path, frame: pl.DataFrame, arrived: datetime) -> None:
    frame.write_csv(path)
    os.utime(path, (arrived.timestamp(), arrived.timestamp()))


def run(*arguments: str, status: int = 0) -> str:
    result: Result = CliRunner().invoke(main, arguments)
    assert result.exit_code == status, result.output
    return result.output


def test_from_the_inbox_to_a_manifest(root: Path) -> None:
    assert root.is_dir()
    assert "nothing taken yet" in run("lake", "status")
    assert run("lake", "quarantine", "list") == "The quarantine is empty.\n"
    output = run("ingest", "--as-of", "2026-03-02")
    assert "orders:inbox/orders/2.csv@" in output
    assert "orders: 2 new batches, 80 rows" in output
    assert "QUARANTINED, schema: amount: the column is missing" in output
    assert "1 batches taken (40 new rows), 1 in quarantine" in output
    assert "0 batches taken" in run("ingest", "--as-of", "2026-03-02")
    status = run("lake", "status", "--as-of", "2026-01-02T06:00:00+01:00")
    assert "STALE" not in status
    assert "STALE: 1,4" in run("lake", "status", "--as-of", "2026-03-02")
    ledger = run("lake", "ledger", "--table", "orders")
    assert "taken" in ledger
    assert "quarantined" in ledger
    seen = json.loads(run("lake", "manifest", "orders", "--as-of", "2026-03-02", "--json"))
    assert seen["tables"]["orders"]["rows"] == PER_DAY
    table = run("lake", "manifest", "orders", "--as-of", "2026-03-02")
    assert f"40 rows, sha256 {seen['sha256']}" in table


def test_a_batch_in_quarantine_is_looked_at_repaired_and_taken(root: Path) -> None:
    run("ingest", "--as-of", "2026-03-02")
    listed = run("lake", "quarantine", "list")
    assert "amount: the column is missing (+1)" in listed
    name = next(word for word in listed.split() if word.startswith("orders:"))
    shown = run("lake", "quarantine", "show", name, "--rows", "2", "--output", "rows.parquet")
    assert "channel: the column is missing" in shown
    assert "o000040" in shown
    refused = run("lake", "quarantine", "release", name, "--yes", status=2)
    assert "do not fit" in refused
    rows = pl.read_parquet(root / "rows.parquet")
    rows.with_columns(amount=pl.lit("9.5"), channel=pl.lit("web")).write_csv(root / "2.csv")
    done = run("ingest", "2.csv", "--table", "orders", "--as-of", "2026-03-02")
    assert "40 rows, 40 late" in done
    assert "was taken before" in run("ingest", "2.csv", "--table", "orders")


def test_a_person_lets_a_batch_in(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "inbox" / "orders" / "2.csv").unlink()
    monkeypatch.setattr(checks, "check", lambda *_: severity("quarantine"))
    run("ingest", "--as-of", "2026-03-02")
    name = next(word for word in run("lake", "quarantine", "list").split() if "@" in word)
    refused = CliRunner().invoke(main, ["lake", "quarantine", "release", name], input="n\n")
    assert refused.exit_code == 1
    moment = ("--as-of", "2026-03-02")
    assert "40 rows, version 1" in run("lake", "quarantine", "release", name, "--yes", *moment)
    assert "was released before" in run("lake", "quarantine", "release", name, "--yes", *moment)
    assert "released" in run("lake", "quarantine", "list", "--all")
    assert "is empty" in run("lake", "quarantine", "list")


def severity(name: str) -> Verdict:
    return Verdict((Finding("unit", name, "amount", "in cents"),))  # type: ignore[arg-type]


def test_a_check_can_stop_the_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert root.is_dir()
    monkeypatch.setattr(checks, "check", lambda *_: severity("block"))
    stopped = run("ingest", "--as-of", "2026-03-02", status=1)
    assert "stops the run: unit: amount: in cents" in stopped
    assert "nothing taken yet" in run("lake", "status")
    aside = run("ingest", "--as-of", "2026-03-02", "--set-aside")
    assert "2 in quarantine" in aside


def test_checks_are_found_and_see_the_batch_in_the_schema_if_it_fits(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (root / "checks").mkdir()
    (root / "checks" / "mine.py").write_text(CHECK, encoding="utf-8")
    monkeypatch.setattr(checks, "__path__", [str(root / "checks")])
    try:
        output = run("ingest", "--as-of", "2026-03-02")
    finally:
        sys.modules.pop("payments_loop.lake.checks.mine", None)
    columns = make_shop(days=1)[0].columns
    assert f"warning: mine: 7 columns of {len(columns)} in shop" in output
    assert "mine: 5 columns of 7 in shop" in output


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["ingest", "--table", "orders"], 2, "belong together"),
        (["ingest", "x.csv", "--table", "carts"], 2, "no table 'carts'"),
        (["lake", "manifest", "carts"], 2, "no table 'carts'"),
        (["lake", "quarantine", "show", "nothing"], 2, "no batch 'nothing'"),
        (["lake", "status", "--as-of", "yesterday"], 2, "yesterday"),
    ],
)
def test_wrong_usage_is_explained(
    root: Path,
    arguments: list[str],
    status: int,
    message: str,
) -> None:
    (root / "x.csv").write_text("a\n1\n", encoding="utf-8")
    assert message in run(*arguments, status=status)


def test_a_missing_inbox_fails_the_run(root: Path) -> None:
    (root / "inbox" / "returns").rmdir()
    assert "returns: " in run("ingest", "--as-of", "2026-03-02", status=1)
