"""scaffolder diff"""

from __future__ import annotations

from pathlib import Path

import click

from scaffolder.cli import options


@click.command()
@click.option("--stat", is_flag=True, help="Only the names of the files.")
@options.as_json
@options.directory
def command(stat: bool, as_json: bool, directory: Path) -> int:
    """Show what you changed since the project was generated."""
    from scaffolder import catalog, show, workflow
    from scaffolder import project as facts
    from scaffolder.cli.change import restored_root

    project = facts.find(restored_root(directory))
    changed = workflow.edited(project)
    if as_json:
        rows = [{"path": path, "change": kind} for path, (kind, _) in changed.items()]
        click.echo(
            show.dumps(
                {"command": "diff", "root": str(project.root), "generated": len(project.lock.files), "changed": rows}
            )
        )
    elif stat or not changed:
        click.echo(
            "\n".join(f"{kind:<8} {path}" for path, (kind, _) in changed.items())
            or "nothing was changed since generation"
        )
    else:
        base = workflow.pristine(catalog.load(), project).files
        for path, (_, entry) in changed.items():
            click.echo(show.unified(path, base[path], entry), nl=False)
    return 0
