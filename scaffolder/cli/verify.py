"""Run a project's own set-up and tests, showing what they print on standard error: standard output may be JSON."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from scaffolder.errors import ConflictError, EnvironmentLacksError
from scaffolder.proposal import Proposal


def passes(proposal: Proposal) -> bool:
    """Whether the project's tests pass with the change, tried in a copy of it.

    Raises:
        ConflictError: the change has conflicts.
        EnvironmentLacksError: a program is missing, or no copy can be made.
    """
    from scaffolder.scratch import changed_copy

    if proposal.plan.conflicts:
        raise ConflictError(
            "a change with conflicts cannot be verified",
            why=", ".join(step.path for step in proposal.plan.conflicts),
            next_step="leave --verify out, settle the conflicts, and run make test",
        )
    with changed_copy(proposal.root, proposal.plan.changes) as copy:
        click.echo(f"trying the change in {copy}", err=True)
        return _foreign(proposal, copy) if proposal.lock.foreign else verify_project(copy) == 0


def _foreign(proposal: Proposal, copy: Path) -> bool:
    from scaffolder import facts
    from scaffolder.foreign import by_hand, environment

    assert proposal.lock.foreign is not None
    if lines := by_hand.left(copy, proposal.by_hand):
        click.echo(f"with the lines by hand in {', '.join(sorted({item.path for item in lines}))}", err=True)
        by_hand.add(copy, lines)
    commands = environment.trial(copy, proposal.lock.foreign, facts.find(copy))
    return _run(commands, copy, environment.variables(copy)) == 0


def verify_project(root: Path) -> int:
    """Run `make setup` and `make test` in `root`.

    Returns:
        0 if they passed, 1 if one failed.

    Raises:
        EnvironmentLacksError: there is no make.
    """
    return _run([("make", "--no-print-directory", target) for target in ("setup", "test")], root)


def _run(commands: Iterable[tuple[str, ...]], root: Path, environment: Mapping[str, str] | None = None) -> int:
    for command in commands:
        shown = shlex.join(command).replace(" --no-print-directory", "")
        click.echo(f"\n$ {shown}", err=True)
        try:
            done = subprocess.run(command, cwd=root, env=environment, stdout=sys.stderr, check=False)
        except FileNotFoundError as error:
            raise EnvironmentLacksError(
                f"{command[0]} is not installed", next_step=f"install {command[0]}, or leave --verify out"
            ) from error
        if done.returncode:
            click.echo(f"{shown} failed with exit code {done.returncode}", err=True)
            return 1
    return 0
