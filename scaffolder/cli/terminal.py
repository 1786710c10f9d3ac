"""What is said to a person: previews, confirmation, next steps."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

from scaffolder import show, workflow
from scaffolder.workflow import Proposal


def interactive() -> bool:
    """Whether a person can be asked: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def propose(
    proposal: Proposal, command: str, *, dry_run: bool, show_diff: bool, as_json: bool, ask: bool
) -> int | None:
    """Show a proposal, ask for confirmation (with `ask`), and carry it out.

    Returns:
        An exit code if the command ends here, None if it goes on.
    """
    plan = proposal.plan
    if as_json:
        writing = not dry_run and not plan.conflicts
        if writing:
            workflow.carry_out(proposal)
        click.echo(show.dumps(report(proposal, command, written=writing)))
        return None if writing else int(bool(plan.conflicts))
    if show_diff:
        click.echo(show.plan_diff(plan), nl=False)
    elif dry_run or ask:
        tall = ask and len(plan.steps) > shutil.get_terminal_size().lines
        click.echo(show.plan_folders(plan) if tall else show.plan_tree(plan))
    if dry_run:
        click.echo(f"{show.plan_summary(plan)} (dry run: nothing was written)", err=show_diff)
        return int(bool(plan.conflicts))
    question = f"\n{show.plan_summary(plan)} in {proposal.root}: write this?"
    if ask and plan.changes and not plan.conflicts and not click.confirm(question, default=True):
        click.echo("nothing was written")
        return 0
    workflow.carry_out(proposal)
    return None


def report(proposal: Proposal, command: str, *, written: bool) -> Mapping[str, Any]:
    """A proposal as JSON data."""
    return {
        "command": command,
        "root": str(proposal.root),
        "components": list(proposal.lock.components),
        "answers": dict(proposal.answers),
        "steps": show.plan_json(proposal.plan),
        "conflicts": len(proposal.plan.conflicts),
        "written": written,
    }


def next_steps(steps: Iterable[str]) -> None:
    """The commands to run now."""
    click.echo("\nNext:")
    for step in steps:
        click.echo(f"  {step}")
