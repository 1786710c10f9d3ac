"""The course that `add`, `remove` and `set` share: find the project, propose, show, carry out, verify."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from scaffolder import apply, catalog, lock, show, workflow
from scaffolder import project as facts
from scaffolder.catalog import Catalog
from scaffolder.cli import terminal
from scaffolder.cli.verify import verify_project
from scaffolder.project import Project
from scaffolder.workflow import Proposal


def change(
    name: str,
    directory: Path,
    propose: Callable[[Catalog, Project], Proposal],
    *,
    yes: bool,
    as_json: bool,
    verify: bool,
    **shown: bool,
) -> int:
    """Make one change of a generated project and return the exit code."""
    root = restored_root(directory)
    with apply.exclusive(root):
        proposal = propose(catalog.load(), facts.find(root))
        changes = proposal.plan.changes
        ask = terminal.interactive() and not yes
        code = terminal.propose(proposal, name, ask=ask, as_json=as_json, **shown)
        if code is not None:
            return code
        if verify and changes and verify_project(root):
            workflow.undo(proposal)
            click.echo("the tests failed with this change, so it was taken back", err=True)
            return 1
    if not as_json:
        _tell(proposal, bool(changes))
    return 0


def _tell(proposal: Proposal, changed: bool) -> None:
    click.echo(show.plan_summary(proposal.plan))
    for step in proposal.plan.steps:
        if step.action in {"keep", "skip"}:
            click.echo(f"  {step.path}: left as it is, {step.why}")
    if changed:
        terminal.next_steps(("make setup     # dependencies may have changed", "make test"))


def restored_root(directory: Path) -> Path:
    """The folder of the project that `directory` is in, after undoing what an interrupted command left half done."""
    start = directory.resolve()
    for root in (start, *start.parents):
        if restored := apply.recover(root):
            click.echo(restored, err=True)
        if (root / lock.NAME).exists():
            return root
    return start
