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
@click.option("--package", default="", metavar="FOLDER", help="In another's repository: the package to join.")
@options.verify
@options.proposal
def command(
    components: tuple[str, ...],
    pairs: tuple[str, ...],
    catalogs: tuple[str, ...],
    defaults: bool,
    package: str,
    directory: Path,
    **shown: Any,
) -> int:
    """Add components, and what they require.

    To a project that scaffolder generated, or to any Python repository. In one that it did not generate it writes new
    files, extends shared ones such as pyproject.toml, never touches code, and prints what is left to do by hand.

    \b
    scaffolder add monitoring drift
    scaffolder add kubernetes --dry-run --diff
    """
    from scaffolder import project as projects
    from scaffolder import workflow
    from scaffolder.cli import terminal
    from scaffolder.cli.change import change

    pairs_given = options.parse_pairs(pairs)
    asking = terminal.interactive() and not defaults and not shown["as_json"]
    return change(
        "add",
        directory,
        lambda known, project: workflow.add(known, project, components, pairs_given, interactive=asking),
        catalogs=catalogs,
        find=lambda root: projects.find_or_adopt(root, package, pairs_given),
        **shown,
    )
