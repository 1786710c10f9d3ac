"""Runs the steps that need no model ahead of the nights, in a process of its own.

A night sees nothing that arrives after it: that is what every reader of the lake promises. So the
data may be further than the night that is played, and the nights need not wait for it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path

from my_project.lake import ingest
from my_project.pipeline.run import open_runner
from my_project.pipeline.runner import StepError
from my_project.pipeline.workspace import Workspace

LAST = "features"  # of the steps that need no model


@contextmanager
def helper(folder: Path) -> Iterator[Executor]:
    """A process in that folder that does one thing after the other, for the functions below."""
    # A fork of a process that has threads, as Polars starts them, may hang.
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=spawn, initializer=_enter, initargs=(folder,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def prepare_night(as_of: datetime) -> None:
    """Run the steps up to the features; if one fails, it does so again when the night is played."""
    with suppress(StepError):
        open_runner(as_of, workspace=_workspace(), say=lambda _: None).run(LAST)


def take(until: datetime) -> None:
    """Take what arrives until then; nobody decides any more."""
    ingest(_workspace().problem, _workspace().lake, until, say=None)


@cache
def _workspace() -> Workspace:
    return Workspace()


def _enter(folder: Path) -> None:
    os.chdir(folder)
    # Ctrl-C ends this process at once and without a traceback; a lake bears a kill at any time.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
