"""`text2json serve`."""

import click


@click.command()
@click.option("--host", help="Address to listen on; APP_HOST by default.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; APP_PORT by default."
)
def command(host: str | None, port: int | None) -> None:
    """Serve over HTTP; configured by APP_* variables."""
    from pydantic import ValidationError

    from text2json.api.app import create_app
    from text2json.api.server import serve
    from text2json.api.settings import Settings, explain

    given = {"host": host, "port": port}
    try:
        settings = Settings()
        chosen = {name: value for name, value in given.items() if value is not None}
        app = create_app(settings.model_copy(update=chosen))
    except ValidationError as error:
        raise click.ClickException(explain(error)) from error
    serve(app)
