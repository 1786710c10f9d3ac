"""scaffolder check"""

from __future__ import annotations

from pathlib import Path

import click

from scaffolder.cli import options


@click.command()
@options.as_json
@options.directory
def command(as_json: bool, directory: Path) -> int:
    """Verify that nothing is left to do by hand.

    What adding components left to do is checked, and that what they need is still there; ends with 1 if something is
    missing.
    """
    from scaffolder import catalog, project, show
    from scaffolder.cli.change import restored_root
    from scaffolder.foreign import audit

    found = project.find(restored_root(directory))
    findings = audit.findings(catalog.load_all((), found.lock.catalogs), found)
    if as_json:
        rows = [vars(finding) for finding in findings]
        click.echo(show.dumps({"command": "check", "root": str(found.root), "findings": rows}))
    elif not findings:
        click.echo("nothing is missing")
    for finding in () if as_json else findings:
        place = f"{finding.path}:{finding.line}" if finding.line else finding.path
        click.echo(f"{place}  {finding.what}")
        for text in finding.lines:
            click.echo(f"    {text}")
    return int(bool(findings))
