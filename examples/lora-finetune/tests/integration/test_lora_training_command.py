"""`text2json finetune` as it is typed: versions, tracking, promotion."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from text2json.commands.finetune import command
from text2json.llm import adapters, generate, load
from text2json.tracking import connect

CONFIG = """epochs = 1
rank = 2
row_tokens = 512
step_rows = 2
learning_rate = 1e-2
evaluations = 2
checkpoints = 2
"""


@pytest.fixture
def configured(few_rows: Path) -> Path:
    """A project with rows and quick settings."""
    Path("config/finetune.toml").write_text(CONFIG)
    return few_rows


def test_a_version_is_made_once_tracked_and_promoted(configured: Path) -> None:
    runner = CliRunner()
    made = runner.invoke(command, [])
    assert made.exit_code == 0, made.output
    (version,) = adapters().versions()
    assert f"models/adapters/{version}: validation loss" in made.output
    assert adapters().aliases() == {"champion": version}
    assert not list(Path("data/runs").iterdir())

    card = adapters().card(version)
    assert card["method"] == "lora"
    assert card["training"]["rate"] == 1e-2
    assert card["metrics"]["steps"] == len(card["curve"])
    assert card["metrics"]["weights_mib"] > 0
    assert card["base"]["name"] == "tiny"

    tracking = connect()
    (run,) = tracking.client.search_runs([tracking.experiment()])
    assert run.info.status == "FINISHED"
    assert run.info.run_name == version
    assert run.data.params["rank"] == "2"
    assert run.data.metrics["validation_loss"] == pytest.approx(card["metrics"]["validation_loss"])
    history = tracking.client.get_metric_history(run.info.run_id, "loss")
    assert [point.value for point in history] == [point["loss"] for point in card["curve"]]
    kept = {file.path for file in tracking.client.list_artifacts(run.info.run_id, "adapter")}
    assert "adapter/adapter_model.safetensors" in kept

    again = runner.invoke(command, [])
    assert again.exit_code == 0
    assert again.output.splitlines()[0].startswith(
        f"models/adapters/{version}: "
    )  # nothing trained
    assert len(tracking.client.search_runs([tracking.experiment()])) == 1
    asked = [
        [{"role": "user", "content": json.loads(line)["messages"][1]["content"]}]
        for line in (configured / "test.jsonl").read_text().splitlines()[:2]
    ]
    merged = generate(load(adapter="champion", merge=True), asked, max_new_tokens=4)
    assert merged == generate(load(adapter=version), asked, max_new_tokens=4)


def test_all_weights_become_a_model_of_their_own(configured: Path) -> None:
    assert configured.exists()
    made = CliRunner().invoke(command, ["--method", "full", "--seed", "3"])
    assert made.exit_code == 0, made.output
    (folder,) = Path("models/full").iterdir()
    assert {path.name for path in folder.iterdir()} >= {
        "config.json",
        "tokenizer.json",
        "card.json",
    }
    assert load(folder).name == folder.name
    assert adapters().aliases() == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("row_tokens = 16", "row_tokens is 16"), ("rank = 0", "rank"), ("nothing = 1", "nothing")],
)
def test_what_is_wrong_is_said(configured: Path, text: str, expected: str) -> None:
    assert configured.exists()
    Path("config/finetune.toml").write_text(text + "\n")
    result = CliRunner().invoke(command, [])
    assert result.exit_code == 1
    assert expected in result.output
