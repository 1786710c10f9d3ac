"""scaffolder list"""

from __future__ import annotations

import click

from scaffolder.cli import options


@click.command("list")
@options.catalogs
@options.as_json
def command(catalogs: tuple[str, ...], as_json: bool) -> int:
    """List the projects and components there are."""
    from scaffolder import catalog, show
    from scaffolder.cli import terminal

    known = catalog.load_all(catalogs)
    kinds = {
        "projects": [(item.name, item.summary) for item in known.projects.values()],
        "components": [(item.name, item.summary) for item in known.components.values()],
    }
    if as_json:
        rows = {kind: [{"name": name, "summary": summary} for name, summary in items] for kind, items in kinds.items()}
        click.echo(show.dumps(rows))
        return 0
    for kind, items in kinds.items():
        click.echo(f"{kind.capitalize()}:")
        click.echo(show.table(items, width=terminal.width()))
    click.echo("\nscaffolder info NAME tells more; scaffolder new PROJECT begins.")
    return 0
