"""A few rows of the task by default, in the folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from text2json.sft.make import make
from text2json.sft.settings import load_settings

CONFIG = "seed = 11\ntrain = 40\nvalidation = 6\ntest = 9\n"


@pytest.fixture
def few_rows(project: Path) -> Path:
    """The folder with three small splits; the working directory is a project that has them."""
    (project / "config/data.toml").write_text(CONFIG)
    settings = load_settings()
    make(settings)
    return settings.folder
