"""The zoo as a fixture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import zoo


@pytest.fixture
def repository(tmp_path: Path) -> Callable[[str], Path]:
    """Make a repository of the zoo, and return the folder in it that components are added to."""
    return lambda name: zoo.write(name, tmp_path / name)
