"""`text2json image`: start the image, or measure it."""

import os
import statistics
import tempfile
from pathlib import Path

import click

LOCAL = "text2json:local"
MEASURED = "text2json:measured"


@click.group()
def command() -> None:
    """Start the container image, or measure it; `make image` builds it."""


@command.command()
@click.option("--image", default=LOCAL, show_default=True, help="Name of the image.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Port on this machine.",
)
def run(*, image: str, port: int) -> None:
    """Start the image restricted as in compose.yaml; its settings are those in .env."""
    from text2json import compose, container

    given = "--env-file=.env" if Path(".env").is_file() else "--env=APP_ENVIRONMENT=development"
    settings = [given, "--env=APP_HOST=0.0.0.0", "--env=APP_PORT=8000"]
    try:
        options = [*compose.options(keep=True), *settings, *container.network(port)]
    except container.ContainerError as error:
        raise click.ClickException(str(error)) from error
    os.execvp("docker", ["docker", "run", "--rm", *options, image])  # noqa: S606, S607


@command.command()
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=7,
    show_default=True,
    help="How often the container is started.",
)
def measure(*, runs: int) -> None:
    """Build and start the image; record its size, build time and time to the first answer."""
    from text2json import container

    if missing := [name for name in container.contents(Path()) if not Path(name).exists()]:
        raise click.ClickException(f"missing: {', '.join(missing)}; `make image` makes it")
    if reason := container.obstacle(Path("Dockerfile")):
        click.echo(f"Image not measured, an earlier record stays: {reason}")
        return
    try:
        _measure(runs)
    except container.ContainerError as error:
        raise click.ClickException(str(error)) from error


def _measure(runs: int) -> None:
    from text2json import compose, container, evidence

    rebuild = _seconds_to_rebuild()
    starts = []
    for _ in range(runs):
        with container.running(MEASURED, {"APP_ENVIRONMENT": "development"}) as service:
            starts.append(1000 * service.wait_ready())
    spread = f"median of {runs} starts, {min(starts):.0f} to {max(starts):.0f}"
    limits = compose.api()["deploy"]["resources"]["limits"]
    size = container.inspect(MEASURED)["Size"] / 1e6
    record = evidence.write(
        "image",
        "Container image",
        [
            evidence.Value("Size, uncompressed", round(size, 1), "MB"),
            evidence.Value(
                "Rebuild after a change of code",
                round(rebuild, 1),
                "s",
                note="dependencies cached",
            ),
            evidence.Value(
                "Container start to ready",
                round(statistics.median(starts)),
                "ms",
                note=f"{spread}; {limits['cpus']} CPU, {limits['memory']}",
            ),
        ],
        command=f"text2json image measure --runs {runs}",
        details={
            "start_to_ready_ms": [round(value, 1) for value in starts],
            "base_images": container.base_images(Path("Dockerfile").read_text(encoding="utf-8")),
        },
    )
    click.echo(f"{record} written.")


def _seconds_to_rebuild() -> float:
    """Build once to fill the caches, change one module, and time the second build."""
    from text2json import container

    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        container.copy_context(Path(), context, models=True)
        container.build(context, MEASURED)
        changed = context / "src" / "text2json" / "__init__.py"
        changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        return container.build(context, MEASURED)
