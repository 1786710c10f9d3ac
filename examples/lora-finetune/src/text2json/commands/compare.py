"""`text2json compare`."""

from __future__ import annotations

import click


@click.command()
@click.option("--seeds", type=click.IntRange(min=2), help="Repeat LoRA with so many seeds instead.")
def command(*, seeds: int | None) -> None:
    """Measure before and after on the held-out rows, and write records, plots and model card."""
    from text2json.finetune import FinetuneError
    from text2json.finetune import load_settings as training_settings
    from text2json.llm import ModelError
    from text2json.llm_eval.settings import (
        EvaluationError,
        load_settings,
    )
    from text2json.sft import DataError
    from text2json.sft.settings import load_settings as data_settings
    from text2json.tracking import TrackingError

    try:
        settings, training = load_settings(), training_settings()
        folder = data_settings().folder
        if seeds is not None:
            from text2json.llm_eval.seeds import repeat

            for path in repeat(settings, training, folder, seeds, say=click.echo):
                click.echo(path)
            return
        from text2json.llm_eval.compare import compare
        from text2json.llm_eval.report import write

        for path in write(compare(settings, training, folder, click.echo), settings, training):
            click.echo(path)
    except (EvaluationError, FinetuneError, ModelError, DataError, TrackingError) as error:
        raise click.ClickException(str(error)) from error
