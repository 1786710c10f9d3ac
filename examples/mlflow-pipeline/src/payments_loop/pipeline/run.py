"""Puts the graph, a workspace and its records together."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from payments_loop.pipeline.runner import Runner, Say
from payments_loop.pipeline.steps import GRAPH
from payments_loop.pipeline.workspace import Workspace


def open_runner(
    as_of: datetime,
    *,
    workspace: Workspace | None = None,
    say: Say = print,
    force: bool = False,
) -> Runner[Workspace]:
    """A runner of the project's steps.

    Args:
        as_of: the moment the run looks at the world from.
        workspace: where; the current folder by default.
        say: told what each step did.
        force: run steps even if nothing has changed.

    Raises:
        SettingsError: `config/retraining.toml` is wrong.
    """
    work = workspace or Workspace(Path())
    return Runner(
        graph=GRAPH,
        workspace=work,
        records=work.records,
        as_of=as_of,
        settings=work.settings.model_dump(mode="json"),
        say=say,
        force=force,
    )
