"""`my-project compare`."""

from __future__ import annotations

import click


@click.command()
@click.option("--seeds", type=click.IntRange(min=2), help="Repeat LoRA with so many seeds instead.")
def command(*, seeds: int | None) -> None:
    """Measure before and after on the held-out rows, and write records, plots and model card."""
    from my_project.finetune import FinetuneError
    from my_project.finetune import load_settings as training_settings
    from my_project.llm import ModelError
    from my_project.llm_eval.settings import (
        EvaluationError,
        load_settings,
    )
    from my_project.sft import DataError
    from my_project.sft.settings import load_settings as data_settings
    from my_project.tracking import TrackingError

    try:
        settings, training = load_settings(), training_settings()
        folder = data_settings().folder
        if seeds is not None:
            from my_project.llm_eval.seeds import repeat

            for path in repeat(settings, training, folder, seeds, say=click.echo):
                click.echo(path)
            return
        from my_project.llm_eval.compare import compare
        from my_project.llm_eval.report import write

        for path in write(compare(settings, training, folder, click.echo), settings, training):
            click.echo(path)
    except (EvaluationError, FinetuneError, ModelError, DataError, TrackingError) as error:
        raise click.ClickException(str(error)) from error
