"""`text2json sft`: instruction data."""

from __future__ import annotations

import click


@click.group()
def command() -> None:
    """Make, check and show the instruction data."""


@command.command()
@click.option("--evidence", is_flag=True, help="Also write the record for the README.")
def make(*, evidence: bool) -> None:
    """Make the splits: the bundled task, or the file that config/data.toml names."""
    from text2json.sft import DataError
    from text2json.sft.inspect import describe, inspect
    from text2json.sft.make import make as make_splits
    from text2json.sft.settings import load_settings

    try:
        settings = load_settings()
        report = inspect(make_splits(settings), settings.near)
    except DataError as error:
        raise click.ClickException(str(error)) from error
    click.echo("\n".join(describe(report)))
    if evidence:
        from text2json.sft.evidence import write

        write(report, settings)


@command.command()
def check() -> None:
    """Validate every row, and fail where training has what is held out."""
    from text2json.sft import DataError
    from text2json.sft.inspect import describe, inspect
    from text2json.sft.rows import SPLITS, read
    from text2json.sft.settings import load_settings

    try:
        settings = load_settings()
        splits = {split: read(settings.folder / f"{split}.jsonl") for split in SPLITS}
    except DataError as error:
        raise click.ClickException(str(error)) from error
    report = inspect(splits, settings.near)
    click.echo("\n".join(describe(report)))
    if not report.clean:
        raise click.ClickException("training has what is held out; `make data` drops it")


@command.command()
@click.option("--count", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--split", default="train", show_default=True)
def show(*, count: int, split: str) -> None:
    """Print some rows."""
    from text2json.sft import DataError
    from text2json.sft.rows import read
    from text2json.sft.settings import load_settings

    try:
        rows = read(load_settings().folder / f"{split}.jsonl")
    except DataError as error:
        raise click.ClickException(str(error)) from error
    for row in rows[:count]:
        click.echo(f"{row.id}  {row.family}  {row.composition}\n  {row.asked}\n  {row.answer}")
