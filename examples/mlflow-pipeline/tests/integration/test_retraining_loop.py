"""The real steps on a small problem: train, gate, promote, score, watch, and go back."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from plugins.data_ingestion import AS_OF

from payments_loop.bundle import Bundle
from payments_loop.commands.pipeline import command
from payments_loop.experiment import baseline
from payments_loop.pipeline.graph import Done, Idle, Job
from payments_loop.pipeline.race import judging_rows
from payments_loop.pipeline.records import Record
from payments_loop.pipeline.run import open_runner
from payments_loop.pipeline.steps import models
from payments_loop.pipeline.steps.decision import decide
from payments_loop.pipeline.workspace import Workspace

DAY = timedelta(days=1)
FIRST = AS_OF - 8 * DAY
CONFIG = Path(__file__).parents[2] / "config"
# A shop has few orders: short windows, small trees, and a gate that asks for little.
SMALL = {
    "training.toml": "[data]\nwarm_up_days = 3\n"
    "[model]\nnum_iterations = 30\nnum_leaves = 6\nmin_data_in_leaf = 20\n",
    "registry.toml": "[gate]\nalpha = 0.99999\nslice_floor = 1.0\nminimum_positives = 5\nmax_calibration_error = 0.5\n"
    "max_bias = 2.0\nmax_cost_increase = 1.0\n",
    "retraining.toml": "[decide]\nminimum_fresh_rows = 0\n[race]\nfirst_holdout_days = 9\n"
    "[canary]\nfactor = 50\n",
}


@pytest.fixture(scope="module")
def root(
    shop_folder: Path,
    empty_store: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """A project folder in which the loop has run for the first time."""
    folder = tmp_path_factory.mktemp("loop")
    shutil.copytree(shop_folder, folder, dirs_exist_ok=True)
    shutil.copytree(CONFIG, folder / "config", dirs_exist_ok=True)
    for name, text in SMALL.items():
        (folder / "config" / name).write_text(text)
    for table in ("orders", "returns"):
        (folder / "inbox" / table).mkdir(parents=True)  # everything has been taken
    shutil.copy(empty_store, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("APP_PROBLEM", "shop")
        patch.delenv("APP_LAKE_URI", raising=False)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield folder


@pytest.fixture(scope="module")
def first(root: Path) -> dict[str, Record]:
    """Records of the first run."""
    del root
    records = open_runner(FIRST, say=lambda _: None).run()
    failed = [one for one in records["gate"].result["checks"] if not one["passed"]]
    assert records["promote"].outcome == "done", (failed, records["canary"].result)
    return records


def test_the_first_run_ends_with_a_champion(first: dict[str, Record], root: Path) -> None:
    assert first["decide"].result["because"] == "first model: there is no champion"
    assert first["train_recent"].outcome == "idle"
    champion = first["promote"].result["version"]
    assert Workspace().models.aliases() == {"champion": champion}
    [record] = [one for one in Workspace().registry.history() if one.action == "promote"]
    assert (record.version, record.by, record.outcome) == (champion, "pipeline", "done")
    page = (root / first["report"].result["path"]).read_text()
    assert f"**Promoted** `{champion}`." in page


def test_the_baseline_begins_where_nothing_is_better(
    first: dict[str, Record], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = first["train_full"].result
    work = Workspace()
    simple = Bundle.load(work.models.resolve(trained["baseline"]))
    assert simple.version.endswith("-baseline")
    rows = judging_rows(work, FIRST)
    full = Bundle.load(work.models.resolve(trained["version"]))
    np.testing.assert_array_equal(simple.predict(rows.X), baseline(full, rows.X))
    assert simple.manifest.metrics["auc"] == full.manifest.metrics["baseline_auc"]
    work.registry.challenge(simple.version, reason="it is registered like any other")
    work.registry.challenge(None, reason="done")
    # The same race with a gate that asks for more than any challenger has, and no champion yet.
    strict = SMALL["registry.toml"].replace("0.99999", "0.000001")
    (root / "config" / "registry.toml").write_text(strict)
    monkeypatch.setattr(type(work.models), "aliases", lambda _: {})
    try:
        done = models.gate(Job(work, FIRST, {"train_full": trained, "train_recent": {}}))
    finally:
        (root / "config" / "registry.toml").write_text(SMALL["registry.toml"])
    assert isinstance(done, Done)
    assert done.result["verdict"] == "promote"
    assert done.result["winner"] == simple.version


def test_a_run_without_news_does_nothing(first: dict[str, Record]) -> None:
    heard: list[str] = []
    again = open_runner(FIRST, say=heard.append).run()
    assert [
        line for line in heard if line.startswith(tuple(again)) and "unchanged" not in line
    ] == [line for line in heard if line.startswith("ingest ")]
    assert {name: one.result for name, one in again.items()} == {
        name: one.result for name, one in first.items()
    }


def test_the_next_night_scores_and_watches(first: dict[str, Record]) -> None:
    done = open_runner(FIRST + DAY, say=lambda _: None).run()
    champion = first["promote"].result["version"]
    assert done["score"].result["version"] == champion
    assert done["score"].result["rows"] > 0
    assert done["monitor"].result["version"] == champion
    assert done["gate"].outcome == ("idle" if done["decide"].result["action"] == "keep" else "done")


def test_a_race_has_two_challengers(first: dict[str, Record]) -> None:
    job = Job(Workspace(), FIRST, {"decide": {"action": "retrain"}}, lambda _: None)
    answer = models.train_recent(job)
    assert isinstance(answer, Done)
    assert answer.result["version"].endswith("-recent")
    judged = models.gate(
        Job(
            job.workspace,
            FIRST,
            {"train_full": first["train_full"].result, "train_recent": answer.result},
            lambda _: None,
        )
    )
    assert isinstance(judged, Done)
    assert set(judged.result["p_values"]) == {
        first["train_full"].result["version"],
        answer.result["version"],
    }


def test_going_back_is_one_write(first: dict[str, Record]) -> None:
    work = Workspace()
    newer = [name for name in work.models.versions() if name.endswith("-recent")][-1]
    work.registry.promote(newer, reason="somebody insisted")
    decision = {"action": "rollback", "because": "worse"}
    answer = models.rollback(Job(work, FIRST, {"decide": decision}, lambda _: None))
    champion = first["promote"].result["version"]
    assert answer == Done({"version": champion, "left": newer, "because": "worse"})
    assert work.models.aliases()["champion"] == champion
    kept = models.rollback(Job(work, FIRST, {"decide": {"action": "keep"}}, lambda _: None))
    assert kept == Idle("nothing to undo")


def test_whoever_promoted_the_champion_is_watched(first: dict[str, Record]) -> None:
    work = Workspace()
    monday = FIRST + (14 - FIRST.weekday()) * DAY  # not the first after it
    job = Job(work, monday, {"monitor": {"alarms": []}}, lambda _: None)

    def regret() -> str:
        [reason] = [one for one in decide(job).result["reasons"] if one["rule"] == "rollback"]
        return str(reason["detail"])

    champion, newer = first["promote"].result["version"], work.models.aliases()["previous"]
    assert regret() == "no recent promotion to regret"  # it came back by a rollback
    work.registry.promote(newer, reason="by hand", at=monday - 2 * DAY)
    assert re.search(r"on \d+ decisions|only \d+ decisions have matured", regret())
    work.registry.rollback("by hand", at=monday - DAY)
    assert work.models.aliases()["champion"] == champion
    assert regret() == "no recent promotion to regret"


def test_a_registry_that_is_away_leaves_the_models_as_they_are(
    first: dict[str, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Workspace()
    assert work.follow() == ""  # a file beside the code: nobody else writes to it
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    before = work.models.aliases()
    assert "127.0.0.1:9" in work.follow()
    assert work.models.aliases() == before
    assert before["champion"] == first["promote"].result["version"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["status"], "promote"),
        (["status", "--json", "--as-of", FIRST.date().isoformat()], '"step": "ingest"'),
        (["graph"], "flowchart LR"),
        (["run", "--as-of", FIRST.date().isoformat()], "unchanged"),
        (["run", "--as-of", FIRST.date().isoformat(), "--only", "report"], "report"),
    ],
)
def test_commands(first: dict[str, Record], arguments: list[str], told: str) -> None:
    del first
    done: Any = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    assert told in done.output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "--only", "gate", "--until", "gate"], 2),
        (["run", "--until", "nonsense"], 2),
        (["run", "--only", "gate", "--as-of", "2026-01-20"], 1),
    ],
)
def test_wrong_calls_say_so(first: dict[str, Record], arguments: list[str], code: int) -> None:
    del first
    assert CliRunner().invoke(command, arguments).exit_code == code
