"""`my-project image`."""

import statistics
import tempfile
from pathlib import Path

import click

TAG = "my-project:measured"
MODELS = Path("models")


@click.command()
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=7,
    show_default=True,
    help="How often the container is started.",
)
def command(*, runs: int) -> None:
    """Build and start the image; record its size, build time and time to the first answer."""
    from my_project import container

    if not (MODELS / "aliases.json").is_file():
        raise click.ClickException(f"{MODELS}/aliases.json is missing: train a model first")
    if reason := container.obstacle(Path("Dockerfile")):
        click.echo(f"Image not measured, an earlier record stays: {reason}")
        return
    try:
        _measure(runs)
    except container.ContainerError as error:
        raise click.ClickException(str(error)) from error


def _measure(runs: int) -> None:
    from my_project import container, evidence

    rebuild = _seconds_to_rebuild()
    starts = []
    for _ in range(runs):
        with container.running(TAG, {"APP_ENVIRONMENT": "development"}) as service:
            starts.append(1000 * service.wait_ready())
    spread = f"median of {runs} starts, {min(starts):.0f} to {max(starts):.0f}"
    size = container.inspect(TAG)["Size"] / 1e6
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
                note=f"{spread}; one core, model loaded and verified",
            ),
        ],
        command=f"my-project image --runs {runs}",
        details={
            "start_to_ready_ms": [round(value, 1) for value in starts],
            "base_images": container.base_images(Path("Dockerfile").read_text(encoding="utf-8")),
        },
    )
    click.echo(f"{record} written.")


def _seconds_to_rebuild() -> float:
    """Build once to fill the caches, change one module, and time the second build."""
    import shutil

    from my_project import container

    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder)
        container.copy_context(Path(), context)
        shutil.copytree(MODELS, context / "models")
        container.build(context, TAG)
        changed = context / "src" / "my_project" / "__init__.py"
        changed.write_text(changed.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        return container.build(context, TAG)
