"""`my-project openapi`."""

import json
from pathlib import Path

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when the file is out of date.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("docs/openapi.json"),
    show_default=True,
    help="File to write.",
)
def command(*, check: bool, output: Path) -> None:
    """Write the OpenAPI description of the service, as it is for any model."""
    text = document()
    if not check:
        output.write_text(text, encoding="utf-8")
        click.echo(f"{output} written.")
    elif not output.exists() or output.read_text(encoding="utf-8") != text:
        raise click.ClickException(f"{output} is out of date: run make openapi")


def document() -> str:
    """The description as indented JSON."""
    from my_project.api.app import create_app
    from my_project.api.settings import Settings

    generic = create_app(Settings(environment="development")).api.generic()
    return json.dumps(generic, indent=2, ensure_ascii=False) + "\n"
