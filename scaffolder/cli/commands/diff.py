"""scaffolder diff"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scaffolder.cli import options


@click.command()
@click.option("--incoming", is_flag=True, help="Show what update would change instead.")
@click.option(
    "--pristine",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write the whole project as it was generated into DIR instead, which must be new or empty.",
)
@click.option("--stat", is_flag=True, help="Only the names of the files.")
@options.as_json
@options.directory
def command(incoming: bool, pristine: Path | None, stat: bool, as_json: bool, directory: Path) -> int:
    """Show what you changed since the project was generated."""
    from scaffolder import catalog, show, workflow
    from scaffolder import project as facts
    from scaffolder.cli.change import restored_root

    project = facts.find(restored_root(directory))
    if incoming:
        return _incoming(project, stat=stat, as_json=as_json)
    if pristine:
        return _pristine(project, pristine)
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
        base = workflow.as_generated(catalog.load_all((), project.lock.catalogs, newer=True), project, changed)
        for path, (_, entry) in changed.items():
            click.echo(show.unified(path, base[path], entry), nl=False)
    return 0


def _pristine(project: Any, folder: Path) -> int:
    from scaffolder import catalog, workflow
    from scaffolder.apply import Change, apply
    from scaffolder.project import current

    workflow.refuse_occupied(folder)
    edited = workflow.edited(project)
    known = catalog.load_all((), project.lock.catalogs, newer=True)
    files = current(project.root, set(project.lock.files) - set(edited)) | workflow.as_generated(known, project, edited)
    apply(folder, [Change(path, None, entry) for path, entry in files.items() if path in project.lock.files])
    click.echo(f"{len(project.lock.files)} files as scaffolder {project.lock.version} generated them: {folder}")
    return 0


def _incoming(project: Any, *, stat: bool, as_json: bool) -> int:
    from scaffolder import catalog, show, update
    from scaffolder.cli import terminal

    found = update.propose(catalog.load_all((), project.lock.catalogs, newer=True), project, {})
    plan = found.proposal.plan
    if as_json:
        click.echo(show.dumps(terminal.report(found.proposal, "diff", written=False, notes=found.notes)))
    elif stat or not plan.steps:
        click.echo(show.plan_tree(plan) or "an update would change nothing")
    else:
        click.echo(show.plan_diff(plan), nl=False)
    return 0
