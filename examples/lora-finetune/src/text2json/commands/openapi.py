"""`text2json openapi`."""

import json
from pathlib import Path

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is out of date.")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/openapi"),
    show_default=True,
    help="Folder to write to.",
)
def command(*, check: bool, output: Path) -> None:
    """Write the OpenAPI descriptions of the service, one file for each group of routes."""
    expected = {output / f"{tag}.json": text for tag, text in documents().items()}
    found = {path: path.read_text(encoding="utf-8") for path in sorted(output.glob("*.json"))}
    if check:
        stale = [path for path in expected | found if expected.get(path) != found.get(path)]
        if stale:
            names = ", ".join(str(path) for path in stale)
            raise click.ClickException(f"{names}: out of date, run make openapi")
        return
    for path in found.keys() - expected.keys():
        path.unlink()
    output.mkdir(parents=True, exist_ok=True)
    for path, text in expected.items():
        path.write_text(text, encoding="utf-8")
        click.echo(f"{path} written.")


def documents() -> dict[str, str]:
    """The descriptions as indented JSON, by tag."""
    from text2json.api.app import create_app
    from text2json.api.settings import Settings

    api = create_app(Settings(environment="development")).api
    return {
        tag: json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        for tag, document in api.documents().items()
    }
