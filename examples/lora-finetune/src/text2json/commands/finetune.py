"""`text2json finetune`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--method", type=click.Choice(["lora", "full"]), help="Instead of what is configured."
)
@click.option("--seed", type=click.IntRange(min=0), help="Instead of what is configured.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of what is configured.")
@click.option("--promote/--no-promote", default=True, help="Make a new adapter champion.")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/finetune.toml"),
    show_default=True,
)
def command(
    *, method: str | None, seed: int | None, epochs: int | None, promote: bool, config: Path
) -> None:
    """Fine-tune the configured model; a run that was killed goes on where it was."""
    from text2json.finetune import FinetuneError, load_settings
    from text2json.finetune.run import finetune
    from text2json.llm import ModelError, adapters
    from text2json.sft import DataError
    from text2json.sft.settings import load_settings as data_settings
    from text2json.tracking import TrackingError

    try:
        settings = load_settings(config, method=method, seed=seed, epochs=epochs)
        result = finetune(settings, data_settings().folder, click.echo)
        if promote and settings.method == "lora":
            adapters().promote(result.version)
    except (FinetuneError, ModelError, DataError, TrackingError) as error:
        raise click.ClickException(str(error)) from error
    metrics = result.card["metrics"]
    click.echo(
        f"{result.folder}: validation loss {metrics['validation_loss']:.4f} after "
        f"{metrics['steps']} steps, {metrics['seconds']:.0f} s, "
        f"{metrics['tokens_per_second']:,} tokens/s, {metrics['weights_mib']:.2f} MiB"
    )
