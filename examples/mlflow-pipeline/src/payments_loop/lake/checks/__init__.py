"""Checks of a batch, one module each: `check(batch, problem, lake) -> Verdict`."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from payments_loop.lake.verdict import Verdict

if TYPE_CHECKING:
    from payments_loop.lake.store import Lake
    from payments_loop.lake.types import Batch
    from payments_loop.problem import Problem


def check(batch: Batch, problem: Problem, lake: Lake) -> Verdict:
    """Ask every check in this package, in the order of their names."""
    verdict = Verdict()
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda found: found.name):
        found = importlib.import_module(f"{__name__}.{module.name}")
        verdict += found.check(batch, problem, lake)
    return verdict
