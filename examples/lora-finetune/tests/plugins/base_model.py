"""A base model that is tiny and barely trained, made once; and a project folder that uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from text2json.llm.settings import Pretraining
from text2json.pretraining.train import pretrain

TINY = Pretraining(
    steps=12, tokens=600, vocabulary=400, width=32, layers=2, heads=2, feed_forward=64, context=512
)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two layers and width 32 in Hugging Face's format."""
    import torch

    torch.set_num_threads(1)
    return pretrain(TINY, tmp_path_factory.mktemp("base") / "tiny", _silent)


@pytest.fixture
def project(tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, the working directory of the test, that is configured to use `tiny_base`."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/model.toml").write_text(f'model = "{tiny_base}"\ndevice = "cpu"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _silent(line: str) -> None:
    del line
