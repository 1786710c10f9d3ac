"""The base model is made, saved in the usual format, and answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from text2json.commands.base import command
from text2json.llm import generate, load
from text2json.llm.settings import Pretraining
from text2json.pretraining import train


def test_the_folder_is_what_transformers_loads(tiny_base: Path) -> None:
    names = {path.name for path in tiny_base.iterdir()}
    assert names >= {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"}
    card = json.loads((tiny_base / "card.json").read_text())
    assert json.loads((tiny_base / "config.json").read_text())["model_type"] == "llama"
    assert card["parameters"] < 50_000
    assert not list(tiny_base.parent.glob(".*partial"))


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    settings = Pretraining(
        steps=60, tokens=600, vocabulary=320, width=32, layers=1, heads=2, feed_forward=64
    )
    said: list[str] = []
    train.pretrain(settings, tmp_path / "base", said.append)
    losses = [float(line.rsplit(" ", 1)[1]) for line in said if "loss" in line]
    assert losses[-1] < 0.8 * losses[0]


def test_the_same_seed_gives_the_same_weights(tmp_path: Path) -> None:
    settings = Pretraining(steps=2, tokens=300, vocabulary=320, width=16, layers=1, heads=1)
    said: list[str] = []
    cards = [
        json.loads(
            (train.pretrain(settings, tmp_path / name, said.append) / "card.json").read_text()
        )
        for name in ("one", "two")
    ]
    assert cards[0]["sha256"] == cards[1]["sha256"]


def test_answers_do_not_depend_on_the_batch(project: Path) -> None:
    loaded = load()
    asked = [messages[:-1] for _, messages in train.general(5, seed=1)]
    together = generate(loaded, asked, max_new_tokens=8)
    assert together == [generate(loaded, [one], max_new_tokens=8)[0] for one in asked]
    assert project.exists()


def test_the_command_makes_the_default_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("config").mkdir()
    Path("config/model.toml").write_text(
        'model = "models/base/mini"\n[pretraining]\nsteps = 1\ntokens = 200\nvocabulary = 300\n'
        "width = 16\nlayers = 1\nheads = 1\n"
    )
    runner = CliRunner()
    assert "is ready" in runner.invoke(command).output
    assert "is there" in runner.invoke(command).output
    Path("config/model.toml").write_text('model = "smollm2-135m"\n')
    assert "nothing has to be pretrained" in runner.invoke(command).output
    Path("config/model.toml").write_text("model = 1\n")
    assert runner.invoke(command).exit_code == 1
