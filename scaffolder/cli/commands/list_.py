"""scaffolder list"""

from __future__ import annotations

import click

from scaffolder.cli import options


@click.command("list")
@options.as_json
def command(as_json: bool) -> int:
    """List the projects and components there are."""
    from scaffolder import catalog

    known = catalog.load()
    kinds = {"projects": known.projects, "components": known.components}
    if as_json:
        from scaffolder import show

        click.echo(
            show.dumps(
                {
                    kind: [{"name": i.name, "summary": i.summary} for i in items.values()]
                    for kind, items in kinds.items()
                }
            )
        )
        return 0
    for kind, items in kinds.items():
        width = max(map(len, items))
        click.echo(f"{kind.capitalize()}:")
        for item in items.values():
            click.echo(f"  {item.name:<{width}}  {item.summary}")
    click.echo("\nscaffolder info NAME tells more; scaffolder new PROJECT begins.")
    return 0
