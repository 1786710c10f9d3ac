"""scaffolder doctor"""

from __future__ import annotations

import click

from scaffolder.cli import options


@click.command(short_help="Tell what this machine has and lacks.")
@options.as_json
def command(as_json: bool) -> int:
    """Tell what this machine has of what generated projects use."""
    from scaffolder import doctor, show
    from scaffolder.cli import terminal

    findings = doctor.examine()
    missing = [finding for finding in findings if finding.required and not finding.found]
    if as_json:
        click.echo(show.dumps([vars(finding) for finding in findings]))
    else:
        rows = [
            (("ok" if f.found else "MISSING" if f.required else "no"), f.name, f.detail or f"for: {f.use}")
            for f in findings
        ]
        click.echo(show.table(rows, width=terminal.width()))
        click.echo(
            "\nall that is needed is here" if not missing else f"\ninstall: {', '.join(f.name for f in missing)}"
        )
    return 3 if missing else 0
