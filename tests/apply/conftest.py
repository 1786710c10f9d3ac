"""Where the writer of projects is tested."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def box() -> Iterator[Path]:
    """An empty folder, in memory where possible: thousands of flushes are slow on a disk."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="scaffolder-test-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
