"""What is said to a person: previews, confirmation, next steps."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

import click

from scaffolder import show, workflow
from scaffolder.cli.verify import passes
from scaffolder.manifest import ByHand
from scaffolder.proposal import Proposal


def interactive() -> bool:
    """Whether a person can be asked: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def width() -> int:
    """Columns for text: those of the terminal, at most 100."""
    return min(shutil.get_terminal_size().columns, 100)


def propose(
    proposal: Proposal,
    command: str,
    *,
    dry_run: bool,
    show_diff: bool,
    as_json: bool,
    ask: bool,
    verify: bool = False,
    notes: Iterable[str] = (),
) -> int | None:
    """Show a proposal, ask for confirmation (with `ask`), try it (with `verify`), and carry it out.

    Returns:
        An exit code if the command ends here, None if it goes on.
    """
    plan = proposal.plan
    notes = (*proposal.notes, *notes)
    if as_json:
        code = int(bool(plan.conflicts)) if dry_run or proposal.obstacles else _write(proposal, verify=verify)
        written = code is None
        click.echo(show.dumps(report(proposal, command, written=written, notes=notes)))
        return code
    _preview(proposal, notes, dry_run=dry_run, show_diff=show_diff, ask=ask)
    if dry_run:
        _left(proposal, err=show_diff)
        click.echo(f"{show.plan_summary(plan)} (dry run: nothing was written)", err=show_diff)
        return int(bool(plan.conflicts))
    question = f"\n{show.plan_summary(plan)} in {proposal.root}: write this?"
    if ask and plan.steps and not proposal.obstacles and not click.confirm(question, default=True):
        click.echo("nothing was written")
        return 0
    return _write(proposal, verify=verify)


def _preview(proposal: Proposal, notes: Iterable[str], *, dry_run: bool, show_diff: bool, ask: bool) -> None:
    plan = proposal.plan
    for note in notes:
        click.echo(note, err=show_diff)
    if show_diff:
        click.echo(show.plan_diff(plan), nl=False)
    elif dry_run or ask:
        tall = ask and len(plan.steps) > shutil.get_terminal_size().lines
        click.echo(show.plan_folders(plan, width()) if tall else show.plan_tree(plan))
    if not proposal.obstacles:
        for step in plan.conflicts:
            click.echo(f"conflict in {step.path}: {step.why}", err=show_diff)


def _write(proposal: Proposal, *, verify: bool) -> int | None:
    if verify and proposal.plan.changes and not proposal.obstacles and not passes(proposal):
        click.echo("the tests failed with this change, so it was not made", err=True)
        return 1
    workflow.carry_out(proposal)
    return None


def report(proposal: Proposal, command: str, *, written: bool, notes: Iterable[str] = ()) -> Mapping[str, Any]:
    """A proposal as JSON data."""
    return {
        "command": command,
        "root": str(proposal.root),
        "components": list(proposal.lock.components),
        "answers": dict(proposal.answers),
        "steps": show.plan_json(proposal.plan),
        "conflicts": len(proposal.plan.conflicts),
        "written": written,
    } | {key: value for key, value in (("notes", list(notes)), ("by_hand", _by_hand(proposal))) if value}


def _by_hand(proposal: Proposal) -> list[Mapping[str, Any]]:
    if not proposal.by_hand:
        return []
    from scaffolder.foreign import by_hand

    root = proposal.root
    left = by_hand.left(root, proposal.by_hand)
    return [
        {"path": item.path, "line": by_hand.line(root, item), "lines": item.lines, "why": item.why} for item in left
    ]


def foreign(proposal: Proposal) -> None:
    """What is left to a person in a repository that scaffolder did not generate, and the commands to run now."""
    from scaffolder.foreign import by_hand, dependencies, environment

    kept = proposal.lock.foreign
    assert kept is not None
    for old, new in kept.renamed.items():
        if any(path.startswith(f"{kept.package}/{new}") for path in proposal.written):
            click.echo(f"note: {kept.package} has its own {old}, so the components' is called {new}")
    for path, new in kept.beside.items():
        if new in proposal.written:
            click.echo(f"note: the components' {PurePosixPath(path).name} is {new}, beside what you have")
    left = _left(proposal)
    over = by_hand.present(proposal.root, proposal.undo_by_hand)
    if over:
        click.echo("\nBy hand, take out again, where nothing else needs it:")
    for path, number, text in over:
        click.echo(f"  {path}:{number}  {text}")
    if proposal.plan.changes and proposal.lock.components:
        install = " && ".join(map(shlex.join, environment.installation(proposal.root, kept)))
        written = {change.path for change in proposal.plan.changes} | {item.path for item in left}
        lines = [f"{install} # dependencies changed"] if written & set(dependencies.FILES) else []
        next_steps((*lines, *environment.look(proposal.root, kept)))


def _left(proposal: Proposal, *, err: bool = False) -> list[ByHand]:
    """Show what a person must add to files that the proposal leaves alone, and return it."""
    from scaffolder.foreign import by_hand

    left = by_hand.left(proposal.root, proposal.by_hand)
    if left:
        click.echo("\nBy hand (scaffolder check tells whether it is done):", err=err)
    told = ""
    for item in left:
        click.echo(
            f"  {item.path}:{by_hand.line(proposal.root, item)}{f'  {item.why}' if item.why != told else ''}", err=err
        )
        told = item.why
        for text in item.lines:
            click.echo(f"      {text}", err=err)
    return left


def next_steps(steps: Iterable[str]) -> None:
    """The commands to run now, each `COMMAND` or `COMMAND # NOTE`; the notes stand below each other."""
    rows = [step.partition(" # ") for step in steps]
    width = max((len(command) for command, mark, _ in rows if mark), default=0)
    click.echo("\nNext:")
    for command, mark, note in rows:
        click.echo(f"  {command:<{width}}  # {note}" if mark else f"  {command}")
