"""Where the writer of projects is tested, and how many faults it was put through."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

_faults: Counter[str] = Counter()


@pytest.fixture
def faults() -> Counter[str]:
    """Counts the faults that were tried, by kind; the sums are printed at the end."""
    return _faults


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many faults were tried."""
    if _faults:
        terminalreporter.section("faults tried while applying changes")
        for kind, number in sorted(_faults.items()):
            terminalreporter.write_line(f"{number:6}  {kind}")
        terminalreporter.write_line(f"{_faults.total():6}  in all")


@pytest.fixture
def box() -> Iterator[Path]:
    """An empty folder, in memory where possible: thousands of flushes are slow on a disk."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="scaffolder-test-", dir=memory if memory.is_dir() else None))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
