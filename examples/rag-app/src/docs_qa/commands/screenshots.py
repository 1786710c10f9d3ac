"""Takes pictures of the web page."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--url",
    help="A service that runs already; by default one is started on a free port.",
)
@click.option("--key", envvar="APP_SCREENSHOT_KEY", default="", help="API key for that service.")
@click.option(
    "--question",
    "questions",
    multiple=True,
    help="What is asked, twice; by default the first two examples of config/chat.toml.",
)
@click.option("--if-possible", is_flag=True, help="Without a browser, say so and succeed.")
def command(url: str | None, key: str, questions: tuple[str, ...], if_possible: bool) -> None:
    """Ask two questions in a real browser; write pictures and timings to evidence/."""
    from contextlib import nullcontext

    from docs_qa import evidence
    from docs_qa.chat import assets, browser, config, pictures

    asked = (questions or config.load().examples)[:2]
    if len(asked) < 2:  # noqa: PLR2004 (the pictures show two)
        raise click.ClickException(
            "Two questions are needed: pass --question twice, or put examples into config/chat.toml"
        )
    folder = Path(evidence.FOLDER)
    try:
        with nullcontext(url) if url else pictures.served() as address:
            timing = pictures.take(address, asked, folder, key)
    except browser.NoBrowserError as error:
        if not if_possible:
            raise click.ClickException(str(error)) from error
        click.echo(f"The pictures of the page were not renewed. {error}", err=True)
        return
    except pictures.NotServedError as error:
        raise click.ClickException(str(error)) from error
    size = sum(len(asset.body) for asset in assets.load().values())
    shots = (pictures.LIGHT, pictures.DARK, pictures.MOBILE)
    path = evidence.write(
        "chat-ui",
        "The page in headless Chromium, on the machine of the service",
        [
            evidence.Value(
                "All files of the page", round(size / 1000, 1), "kB", note="uncompressed"
            ),
            evidence.Value("First contentful paint", round(timing.first_paint), "ms"),
            evidence.Value(
                "Question to complete answer",
                round(timing.answer),
                "ms",
                note="as a reader sees it",
            ),
        ],
        command="make screenshots",
        plots=[evidence.Plot(f"{folder}/{shot.name}.png", shot.alt) for shot in shots],
        details={"questions": list(asked)},
    )
    click.echo(f"Wrote {path} and {len(shots)} pictures")
