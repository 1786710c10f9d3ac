"""`text2json evidence`."""

from pathlib import Path

import click

from text2json import report
from text2json.evidence import FOLDER


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when the document is out of date.")
@click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path("README.md"),
    show_default=True,
    help="Markdown file with evidence blocks; records are in the folder evidence beside it.",
)
def command(*, check: bool, document: Path) -> None:
    """Refresh the tables and plots of the README from the evidence records."""
    before = document.read_text(encoding="utf-8")
    try:
        records = report.load(document.parent / FOLDER)
        after = report.refresh(before, records, keep_empty=check)
    except report.ReportError as error:
        raise click.ClickException(f"{document}: {error}") from error
    if after == before:
        click.echo(f"{document} agrees with the evidence records.")
    elif check:
        raise click.ClickException(
            f"{document} differs from the evidence records; `text2json evidence` refreshes it",
        )
    else:
        document.write_text(after, encoding="utf-8")
        click.echo(f"{document} refreshed.")
