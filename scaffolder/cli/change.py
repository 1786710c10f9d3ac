"""The course that `add`, `remove` and `set` share: find the project, propose, show, carry out, verify."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from scaffolder import apply, catalog, lock, show, unmerged
from scaffolder import project as facts
from scaffolder.catalog import Catalog
from scaffolder.cli import terminal
from scaffolder.project import Project
from scaffolder.proposal import Proposal


def change(
    name: str,
    directory: Path,
    propose: Callable[[Catalog, Project], Proposal],
    *,
    yes: bool,
    as_json: bool,
    catalogs: tuple[str, ...] = (),
    find: Callable[[Path], Project] = facts.find,
    **shown: Any,
) -> int:
    """Make one change of a generated or adopted project and return the exit code."""
    root = restored_root(directory)
    with apply.exclusive(root):
        project = find(root)
        if not shown["dry_run"]:
            unmerged.refuse(project.root)
        proposal = propose(catalog.load_all(catalogs, project.lock.catalogs), project)
        ask = terminal.interactive() and not yes
        code = terminal.propose(proposal, name, ask=ask, as_json=as_json, **shown)
        if code is not None:
            return code
    if not as_json:
        tell(proposal)
    return 0


def tell(proposal: Proposal) -> None:
    """Say what was done, and what to run next."""
    click.echo(show.plan_summary(proposal.plan))
    for step in proposal.plan.steps:
        if step.action in {"keep", "skip"}:
            click.echo(f"  {step.path}: left as it is, {step.why}")
    if proposal.lock.foreign:
        terminal.foreign(proposal)
    elif proposal.plan.changes:
        terminal.next_steps(("make setup # dependencies may have changed", "make test"))


def restored_root(directory: Path) -> Path:
    """The folder of the project that `directory` is in, after undoing what an interrupted command left half done."""
    start = directory.resolve()
    for root in (start, *start.parents):
        if restored := apply.recover(root):
            click.echo(restored, err=True)
        if (root / lock.NAME).exists():
            return root
    return start
