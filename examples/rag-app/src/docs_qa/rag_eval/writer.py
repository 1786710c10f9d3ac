"""Writes evidence records that all describe the same measurement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from docs_qa import evidence
from docs_qa.evidence import Plot, Value
from docs_qa.rag_eval.bootstrap import Interval
from docs_qa.rag_eval.setup import Setup

COMMAND = "docs-qa evaluate-answers"
CHOSEN = "as configured"


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes records that all describe the same measurement."""

    setup: Setup
    root: Path

    def write(self, name: str, title: str, values: Sequence[Value], *found: Plot) -> Path:
        """Write one record and return its path."""
        config = self.setup.config
        data = sha256(self.setup.corpus.sha256.encode() + config.questions.read_bytes())
        return evidence.write(
            name,
            title,
            values,
            command=COMMAND,
            seed=config.seed,
            data_sha256=data.hexdigest(),
            plots=found,
            root=self.root,
        )

    def plot(self, path: Path, alt: str) -> Plot:
        """Return a plot that was drawn, with what it shows in words."""
        return Plot(path.relative_to(self.root).as_posix(), alt)


def row(name: str, found: Interval, note: str = "") -> Value:
    """Return a row of a table: a mean with its interval."""
    return Value(name, found.mean, low=found.low, high=found.high, note=note)
