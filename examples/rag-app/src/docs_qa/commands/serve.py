"""`docs-qa serve`."""

import click


@click.command()
@click.option("--host", help="Address to listen on; APP_HOST by default.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; APP_PORT by default."
)
def command(host: str | None, port: int | None) -> None:
    """Serve over HTTP; configured by APP_* variables."""
    from pydantic import ValidationError

    from docs_qa.api.app import create_app
    from docs_qa.api.server import serve
    from docs_qa.api.settings import Settings, explain

    given = {"host": host, "port": port}
    try:
        settings = Settings()
        chosen = {name: value for name, value in given.items() if value is not None}
        app = create_app(settings.model_copy(update=chosen))
    except ValidationError as error:
        raise click.ClickException(explain(error)) from error
    serve(app)
