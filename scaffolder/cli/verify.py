"""Run a project's own set-up and tests, showing what they print on standard error: standard output may be JSON."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from scaffolder.errors import EnvironmentLacksError


def verify_project(root: Path, *, setup: bool = False) -> int:
    """Run `make setup` (with `setup`) and `make test` in `root`.

    Returns:
        0 if they passed, 1 if one failed.

    Raises:
        EnvironmentLacksError: there is no make.
    """
    for target in ("setup", "test") if setup else ("test",):
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
