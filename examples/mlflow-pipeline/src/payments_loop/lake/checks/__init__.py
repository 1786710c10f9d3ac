"""Checks of a batch, one module each: `check(batch, problem, lake) -> Verdict`.

A module may have `finish()` for what it does once, after all batches of a run.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import TYPE_CHECKING

from payments_loop.lake.verdict import Verdict

if TYPE_CHECKING:
    from payments_loop.lake.store import Lake
    from payments_loop.lake.types import Batch
    from payments_loop.problem import Problem


def check(batch: Batch, problem: Problem, lake: Lake) -> Verdict:
    """Ask every check in this package, in the order of their names."""
    verdict = Verdict()
    for module in _modules():
        verdict += module.check(batch, problem, lake)
    return verdict


def finish() -> None:
    """Tell every check that there are no more batches for now."""
    for module in _modules():
        if hasattr(module, "finish"):
            module.finish()


def _modules() -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}") for name in names]
