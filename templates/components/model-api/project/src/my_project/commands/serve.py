"""`my-project serve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pydantic import ValidationError


@click.command()
@click.option("--host", help="Address to listen on; APP_HOST by default.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; APP_PORT by default."
)
def command(host: str | None, port: int | None) -> None:
    """Serve predictions over HTTP; configured by APP_* variables."""
    from pydantic import ValidationError

    from my_project.api.server import serve
    from my_project.api.settings import Settings

    try:
        settings = Settings()
    except ValidationError as error:
        raise click.ClickException(explain(error)) from error
    given = {"host": host, "port": port}
    serve(settings.model_copy(update={k: v for k, v in given.items() if v is not None}))


def explain(error: ValidationError) -> str:
    """What is wrong with the settings, without their values: some are secret."""
    lines = []
    for entry in error.errors(include_input=False):
        name = "_".join(str(step) for step in entry["loc"]).upper()
        lines.append((f"APP_{name}: " if name else "") + entry["msg"].removeprefix("Value error, "))
    return "; ".join(lines)
