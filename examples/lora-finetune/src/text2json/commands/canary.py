"""`text2json canary`."""

from __future__ import annotations

from pathlib import Path

import click

from text2json.llm_canary.rows import PATH


@click.group()
def command() -> None:
    """Watch the quality of a served model with questions whose answers are known."""


@command.command()
@click.option("--from", "source", type=click.Path(path_type=Path), default="data/sft/test.jsonl")
@click.option("--to", "target", type=click.Path(path_type=Path), default=PATH, show_default=True)
@click.option("--count", default=100, show_default=True, type=click.IntRange(1))
@click.option("--seed", default=0, show_default=True)
def freeze(source: Path, target: Path, count: int, seed: int) -> None:
    """Draw the canary set from held-out data; it stays the same from then on."""
    from text2json.llm_canary.rows import CanaryError
    from text2json.llm_canary.rows import freeze as draw

    try:
        drawn = draw(source, target, count, seed)
    except CanaryError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{drawn} questions in {target}")


@command.command()
@click.option("--url", default="http://127.0.0.1:8000/v1", show_default=True)
@click.option("--key", envvar="CANARY_API_KEY", default="none", help="Or CANARY_API_KEY.")
@click.option("--models", default="champion", show_default=True, help="Names, by commas.")
@click.option("--rows", type=click.Path(path_type=Path), default=PATH, show_default=True)
@click.option("--max-tokens", default=128, show_default=True, type=click.IntRange(1))
@click.option("--push", default="", help="Address of a Pushgateway.")
@click.option("--textfile", type=click.Path(path_type=Path), help="For a node exporter.")
@click.option("--min-score", type=click.FloatRange(0, 1), help="End with 1 below it.")
def run(
    *,
    url: str,
    key: str,
    models: str,
    rows: Path,
    max_tokens: int,
    push: str,
    textfile: Path | None,
    min_score: float | None,
) -> None:
    """Ask every model the canary set; print the results and hand them to Prometheus."""
    from text2json.llm_canary.asking import asker, measure
    from text2json.llm_canary.metrics import hand_on
    from text2json.llm_canary.rows import CanaryError, read

    try:
        questions = read(rows)
        ask = asker(url.rstrip("/"), key, max_tokens)
        outcomes = [measure(name.strip(), questions, ask) for name in models.split(",")]
        hand_on(outcomes, push, textfile)
    except (CanaryError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for found in outcomes:
        click.echo(
            f"{found.model}: {found.score:.1%} right, {found.valid:.1%} valid JSON,"
            f" {found.failed:.1%} failed, median {found.latency_seconds * 1000:.0f} ms,"
            f" mean {found.tokens:.1f} tokens, {found.rows} questions"
        )
    if min_score is not None and any(found.score < min_score for found in outcomes):
        raise SystemExit(1)
