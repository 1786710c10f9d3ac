"""`text2json export`."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def command() -> None:
    """Write the model for other programs: one folder of safetensors, one GGUF file."""


@command.command()
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--adapter", default="champion", show_default=True, help="Alias, version or folder.")
@click.option("--base", help="By default what config/model.toml says.")
def merge(target: Path, adapter: str, base: str | None) -> None:
    """Merge an adapter into its base and write the folder TARGET (safetensors)."""
    from text2json.llm import ModelError
    from text2json.llm_export.merge import merge as merge_into

    try:
        difference = merge_into(adapter, target, base)
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{target}: {adapter} merged; logits differ by at most {difference:.2g}")


@command.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--half", is_flag=True, help="Matrices in 16 bits instead of 32.")
def gguf(source: Path, target: Path, half: bool) -> None:
    """Write the Llama model in the folder SOURCE to the GGUF file TARGET, and check it."""
    from text2json.llm import ModelError
    from text2json.llm_export.gguf import convert

    try:
        count = convert(source, target, half=half)
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{target}: {count} tensors, {target.stat().st_size:,} bytes")
