"""Run a project's own set-up and tests, showing what they print on standard error: standard output may be JSON."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from scaffolder.errors import ConflictError, EnvironmentLacksError
from scaffolder.workflow import Proposal


def passes(proposal: Proposal) -> bool:
    """Whether the project's tests pass with the change, tried in a copy of it.

    Raises:
        ConflictError: the change has conflicts.
        EnvironmentLacksError: there is no make, or no copy can be made.
    """
    from scaffolder.foreign.needs import make_targets
    from scaffolder.scratch import changed_copy

    if proposal.plan.conflicts:
        raise ConflictError(
            "a change with conflicts cannot be verified",
            why=", ".join(step.path for step in proposal.plan.conflicts),
            next_step="leave --verify out, settle the conflicts, and run make test",
        )
    if proposal.lock.foreign and (missing := make_targets(proposal.root)):
        raise EnvironmentLacksError(
            "the change cannot be verified",
            why=missing.what,
            next_step="leave --verify out, and run the tests after it",
        )
    with changed_copy(proposal.root, proposal.plan.changes) as copy:
        click.echo(f"trying the change in {copy}", err=True)
        return verify_project(copy) == 0


def verify_project(root: Path) -> int:
    """Run `make setup` and `make test` in `root`.

    Returns:
        0 if they passed, 1 if one failed.

    Raises:
        EnvironmentLacksError: there is no make.
    """
    for target in ("setup", "test"):
        click.echo(f"\n$ make {target}", err=True)
        try:
            done = subprocess.run(["make", "--no-print-directory", target], cwd=root, stdout=sys.stderr, check=False)
        except FileNotFoundError as error:
            raise EnvironmentLacksError(
                "make is not installed", next_step="install make, or leave --verify out"
            ) from error
        if done.returncode:
            click.echo(f"make {target} failed with exit code {done.returncode}", err=True)
            return 1
    return 0
