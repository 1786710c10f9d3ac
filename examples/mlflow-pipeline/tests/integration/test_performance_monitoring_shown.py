"""What readers get: the exporter's metrics, the page, and the command line."""

from __future__ import annotations

import json
import re
import socket
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from plugins.data_ingestion import AS_OF
from prometheus_client import generate_latest

from payments_loop import bundle, evidence
from payments_loop.commands.monitor import command
from payments_loop.lake import Lake, LakeError
from payments_loop.monitor import (
    Alarm,
    Measure,
    Report,
    catalog,
    exporter,
    store,
)
from payments_loop.monitor.page import render
from payments_loop.monitor.server import serve
from payments_loop.problem import Problem

NOTHING = Path("nowhere")


def report(days: int = 0, **changes: object) -> Report:
    """A report with an alarm, `days` after the end of the shop."""
    at = AS_OF + timedelta(days=days)
    values = (
        Measure("window_rows", 280),
        Measure("feature_psi", 0.3, {"feature": "amount"}),
        Measure("feature_psi_noise", 0.1, {"feature": "amount"}),
        Measure("auc", 0.7 - days / 100, {"window": "7d"}, 0.6 - days / 100, 0.8),
        Measure("auc", 0.72, {"window": "28d"}, 0.68, 0.76),
        Measure("auc_promised", 0.75),
        Measure("data_age_seconds", 7200.0, {"table": "orders"}),
        Measure("data_age_limit_seconds", 108000.0, {"table": "orders"}),
    )
    problems = (Alarm("feature_drift", "amount", "alarm", "PSI 0.30 & <more>", AS_OF),)
    facts = {"version": "v1", "values": values, "problems": problems} | changes
    return Report(as_of=at, window_days=7, **facts)  # type: ignore[arg-type]


def exported(latest: Report | None, records: Path = NOTHING) -> str:
    made = exporter.registry(exporter.Exporter(lambda: latest, records))
    return generate_latest(made).decode()


def test_reports_survive_storage(lake: Lake) -> None:
    for days in (0, 1):
        store.write(lake, report(days))
    assert store.newest(lake) == report(1)
    assert store.read(lake, start=AS_OF, end=AS_OF + timedelta(days=9)) == [report(0), report(1)]
    assert store.latest(lake, before=AS_OF + timedelta(days=1)) == report(0)
    assert Report.parse(report().json()) == report()


def test_nothing_is_stored_before_the_first_report(lake: Lake) -> None:
    assert store.newest(lake) is None
    assert store.latest(lake, before=AS_OF) is None


def test_metrics_are_those_of_the_report() -> None:
    text = exported(report())
    moment = float(
        re.findall(r"^pipeline_observation_timestamp_seconds (.+)$", text, re.MULTILINE)[0]
    )
    assert moment == AS_OF.timestamp()
    assert 'pipeline_champion_info{version="v1"} 1.0' in text
    assert 'pipeline_feature_psi{feature="amount"} 0.3' in text
    assert 'pipeline_auc_low{window="7d"} 0.6' in text
    assert 'pipeline_problem{name="feature_drift",severity="alarm",subject="amount"} 1.0' in text
    assert "pipeline_report_readable 1.0" in text


def test_metrics_of_runs_come_from_their_records(tmp_path: Path) -> None:
    for day, outcome in ((1, "done"), (2, "failed")):
        folder = tmp_path / f"2026030{day}T000000Z"
        folder.mkdir()
        started = datetime(2026, 3, day, 1, tzinfo=UTC)
        facts = {"outcome": outcome, "started": started.isoformat(), "seconds": day, "error": "x"}
        for step in ("score", "gate"):
            result = {"verdict": "keep"} if step == "gate" else None
            path = folder / f"{step}.json"
            path.write_text(json.dumps(facts | {"step": step, "result": result}))
    (tmp_path / "elsewhere-Z").mkdir()
    text = exported(None, tmp_path)
    assert 'pipeline_run_total{outcome="failed",step="score"} 1.0' in text
    [success] = re.findall(r'success_timestamp_seconds{step="score"} (.+)', text)
    assert float(success) == datetime(2026, 3, 1, 1, tzinfo=UTC).timestamp()
    assert 'pipeline_step_seconds{step="score"} 2.0' in text
    assert 'pipeline_promotions_total{verdict="keep"} 2.0' in text


def test_an_unreadable_lake_is_a_metric_and_not_a_failed_scrape() -> None:
    def broken() -> Report:
        raise LakeError("gone")

    made = exporter.registry(exporter.Exporter(broken, NOTHING))
    assert "pipeline_report_readable 0.0" in generate_latest(made).decode()


def test_the_exporter_answers_over_http_until_it_is_stopped() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stop = Event()
    made = exporter.registry(exporter.Exporter(report, NOTHING))
    options = {"host": "127.0.0.1", "port": port, "stop": stop}
    thread = Thread(target=serve, args=(made,), kwargs=options)
    thread.start()
    try:
        text = _fetch(f"http://127.0.0.1:{port}/metrics")
    finally:
        stop.set()
        thread.join(60)
    assert "pipeline_auc" in text
    assert not thread.is_alive()


def _fetch(url: str) -> str:
    for _ in range(1200):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310 (a loopback address)
                return str(answer.read().decode())
        except OSError:
            Event().wait(0.05)
    raise AssertionError(f"{url} does not answer")


def test_the_page_is_one_well_formed_file_without_anything_foreign(problem: Problem) -> None:
    text = render(problem, [report(0), report(1, version="v2")])
    body = text[text.index("<body>") : text.index("</html>")]
    root = ElementTree.fromstring(body.replace("&nbsp;", " "))  # noqa: S314 (our own text)
    words = " ".join("".join(root.itertext()).split())
    assert "1 alarm" in words
    assert catalog.PROBLEMS["feature_drift"] in words
    assert "PSI 0.30 & <more>" in words
    assert "0.69" in words
    assert len(root.findall(".//svg")) == 2
    assert "champion v2" in words
    assert not re.search(r"(src|href)=|https?:|@import|url\(", text)


def test_a_page_without_reports_says_what_to_do(problem: Problem) -> None:
    assert "make monitor" in render(problem, [])


def test_a_good_day_is_said_to_be_one(problem: Problem) -> None:
    assert "Nothing is wrong" in render(problem, [report(problems=())])


@pytest.fixture
def monitored(
    problem: Problem,
    scored_lake: Lake,
    shop_models: bundle.Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A project folder, current, with problem, scores and champion."""
    assert problem.folder.is_relative_to(tmp_path)
    assert shop_models.models_dir == tmp_path / "models"
    monkeypatch.chdir(tmp_path)
    for name in ("APP_PROBLEM", "APP_MODELS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("APP_LAKE_URI", scored_lake.uri)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_observe_shows_stores_and_writes(monitored: Path, scored_lake: Lake) -> None:
    good = run("observe", "--as-of", "2026-03-02")
    assert good.exit_code == 0, good.output
    assert "champion v1" in good.output
    assert "nothing is wrong" in good.output
    assert store.newest(scored_lake) is not None
    late = run("observe", "--as-of", "2026-03-09", "--page", "later.html")
    assert late.exit_code == 1
    assert "alarm    stale_data orders: the newest row is" in late.output
    assert "stale" not in (monitored / "reports" / "monitor.html").read_text()
    assert "A table gets no new rows" in (monitored / "later.html").read_text()


@pytest.mark.usefixtures("monitored")
def test_page_is_written_from_what_is_stored() -> None:
    assert run("page").output == "wrote reports/monitor.html\n"
    assert "Nothing was observed yet" in Path("reports/monitor.html").read_text()


@pytest.mark.usefixtures("monitored")
def test_errors_are_explained() -> None:
    Path("config").mkdir()
    Path("config/monitor.toml").write_text("x = 1")
    wrong = run("observe")
    assert wrong.exit_code == 1
    assert "monitor.toml" in wrong.output


@pytest.mark.usefixtures("monitored")
def test_measure_writes_the_evidence() -> None:
    assert run("--models-dir", "nothing", "measure").output.startswith("No champion yet")
    assert run("measure", "--seeds", "5").exit_code == 0
    record = json.loads(Path(evidence.FOLDER, "monitor.json").read_text())
    shares = {value["name"]: value["value"] for value in record["values"]}
    assert shares["observations with any false alarm, 1000 decisions a day"] == 0
    assert all(0 <= share <= 1 for share in shares.values())
