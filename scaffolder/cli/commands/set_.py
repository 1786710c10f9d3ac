"""scaffolder set"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scaffolder.cli import options


@click.command("set")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE...")
@options.verify
@options.proposal
def command(pairs: tuple[str, ...], directory: Path, **shown: Any) -> int:
    """Change answers that the project was generated with.

    \b
    scaffolder set description="Scores card payments" python_min=3.12
    """
    from scaffolder import workflow
    from scaffolder.cli.change import change

    return change(
        "set",
        directory,
        lambda known, project: workflow.set_answers(known, project, options.parse_pairs(pairs)),
        **shown,
    )
