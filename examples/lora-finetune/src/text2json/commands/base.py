"""`text2json base`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--again", is_flag=True, help="Also where the model is there already.")
def command(*, again: bool) -> None:
    """Pretrain the small base model that config/model.toml names; minutes on two cores."""
    from text2json.llm import ModelError
    from text2json.llm.settings import load_settings

    try:
        settings = load_settings()
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    folder = Path(settings.model)
    if not settings.model.startswith("models/base/"):
        click.echo(f"{settings.model} is configured: nothing has to be pretrained.")
        return
    if (folder / "card.json").is_file() and not again:
        click.echo(f"{folder} is there; --again makes it again.")
        return
    from text2json.pretraining.train import pretrain

    pretrain(settings.pretraining, folder, click.echo)
    click.echo(f"{folder} is ready")
