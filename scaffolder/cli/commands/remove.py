"""scaffolder remove"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scaffolder.cli import options


@click.command()
@click.argument("components", type=options.COMPONENT, nargs=-1, required=True, metavar="COMPONENT...")
@options.verify
@options.proposal
def command(components: tuple[str, ...], directory: Path, **shown: Any) -> int:
    """Remove components; files that you edited stay.

    \b
    scaffolder remove kubernetes
    """
    from scaffolder import workflow
    from scaffolder.cli.change import change

    return change(
        "remove",
        directory,
        lambda known, project: workflow.remove(known, project, components),
        **shown,
    )
