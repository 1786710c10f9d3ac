"""scaffolder add"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scaffolder.cli import options


@click.command()
@click.argument("components", type=options.COMPONENT, nargs=-1, required=True, metavar="COMPONENT...")
@options.data
@options.catalogs
@click.option("--defaults", is_flag=True, help="Ask nothing: take the default for what is not given.")
@options.verify
@options.proposal
def command(
    components: tuple[str, ...],
    pairs: tuple[str, ...],
    catalogs: tuple[str, ...],
    defaults: bool,
    directory: Path,
    **shown: Any,
) -> int:
    """Add components, and what they require, to a project.

    \b
    scaffolder add monitoring drift
    scaffolder add kubernetes --dry-run --diff
    """
    from scaffolder import workflow
    from scaffolder.cli import terminal
    from scaffolder.cli.change import change

    asking = terminal.interactive() and not defaults and not shown["as_json"]
    return change(
        "add",
        directory,
        lambda known, project: workflow.add(known, project, components, options.parse_pairs(pairs), interactive=asking),
        catalogs=catalogs,
        **shown,
    )
