"""`text2json compare` as it is typed, on a tiny model: every record, picture and the card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from text2json.commands.compare import command
from text2json.commands.finetune import command as finetune
from text2json.llm import adapters

RECORDS = ("before-after", "quality", "slices", "forgetting", "errors", "contamination", "cost")


@pytest.fixture
def configured(few_rows: Path) -> Path:
    """A project with rows, quick settings, and a README that has places for the results."""
    Path("config/finetune.toml").write_text(
        "epochs = 1\nrank = 2\nrow_tokens = 512\nstep_rows = 4\nevaluations = 1\ncheckpoints = 0\n"
    )
    Path("config/llm-eval.toml").write_text(
        "shots = 2\ngeneral = 4\nmax_new_tokens = 6\nbatch = 16\n"
    )
    return few_rows


def values(name: str) -> dict[str, dict[str, Any]]:
    record = json.loads(Path(f"evidence/{name}.json").read_text())
    return {value["name"]: value for value in record["values"]}


def test_everything_is_measured_on_the_same_rows_and_written(configured: Path) -> None:
    runner = CliRunner()
    assert configured.exists()
    assert "no champion is set" in runner.invoke(command, []).output
    assert runner.invoke(finetune, []).exit_code == 0
    done = runner.invoke(command, [])
    assert done.exit_code == 0, done.output
    found = {name: values(name) for name in RECORDS}
    variants = ["base, zero-shot", "base, few-shot", "LoRA", "full fine-tuning"]
    assert list(found["before-after"])[:4] == variants
    assert list(found["before-after"])[4:] == [
        f"gain of LoRA over {name}" for name in variants if name != "LoRA"
    ]
    assert found["errors"]["wrong answers"]["value"] == 9  # a tiny model gets nothing right
    assert found["before-after"]["LoRA"]["high"] > 0.2  # and nine rows say little
    cost = found["cost"]
    assert (
        cost["LoRA: weights to ship"]["value"] < cost["full fine-tuning: weights to ship"]["value"]
    )
    for picture in ("before-after", "curves"):
        assert Path(f"evidence/{picture}.png").read_bytes().startswith(b"\x89PNG")
    version = adapters().aliases()["champion"]
    card = Path(f"models/adapters/{version}/README.md").read_text()
    assert "| LoRA | 0.000 (0.000 to" in card
    assert "[More Information Needed]" not in card
    assert adapters().card(version)["metrics"]["exact_match"] == 0.0
    assert "9 of 9 answers are wrong" in Path("reports/errors.md").read_text()

    with (configured / "train.jsonl").open("a") as train:
        train.write((configured / "test.jsonl").read_text())
    assert "was trained on other rows" in runner.invoke(command, []).output


def test_seeds_are_compared_with_the_better_prompt(configured: Path) -> None:
    assert configured.exists()
    done = CliRunner().invoke(command, ["--seeds", "2"])
    assert done.exit_code == 0, done.output
    found = values("seeds")
    assert list(found)[:2] == ["LoRA, seed 17", "LoRA, seed 18"]
    note = found["gain of LoRA, mean of the seeds"]["note"]
    assert note.startswith("not significant at 5 %")
    assert note.endswith("p = 1.0000")
    with_, without = ("general set, with replay", "general set, without")
    assert {with_, without} < values("replay").keys()
    counts = [
        adapters().card(version)["metrics"]["replayed_rows"] for version in adapters().versions()
    ]
    assert sorted(counts) == [0, 10, 10]  # a fifth of 50


def test_rows_of_ones_own_without_slices_are_reported_together(configured: Path) -> None:
    for split in ("train", "validation", "test"):
        path = configured / f"{split}.jsonl"
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        path.write_text(
            "".join(json.dumps({"id": r["id"], "messages": r["messages"]}) + "\n" for r in rows)
        )
    config = Path("config/llm-eval.toml")
    config.write_text(config.read_text() + "full = false\n")
    runner = CliRunner()
    assert runner.invoke(finetune, []).exit_code == 0
    done = runner.invoke(command, [])
    assert done.exit_code == 0, done.output
    assert list(values("slices")) == ["all, base, zero-shot", "all, LoRA"]
    assert "full fine-tuning" not in values("before-after")
