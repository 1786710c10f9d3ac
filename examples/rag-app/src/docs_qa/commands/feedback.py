"""`docs-qa feedback`."""

from __future__ import annotations

import json
from typing import IO, Literal

import click


@click.group()
def command() -> None:
    """What people think of the answers."""


@command.command()
@click.option("--rating", type=click.Choice(["up", "down"]), help="Only these; both by default.")
@click.option("--output", type=click.File("w"), default="-", help="Standard output by default.")
def export(rating: Literal["up", "down"] | None, output: IO[str]) -> None:
    """Write rated questions as JSON lines: candidates for the evaluation set.

    Only questions that were kept (APP_STORE_QUESTIONS) can be written. They are what people typed:
    look at them before they go into a repository.
    """
    from docs_qa.rag_api.feedback import Feedback, engine

    count = 0
    for found in Feedback(engine()).rated(rating):
        kept = found.kept
        line = {
            "question": kept.question,
            "answer": kept.answer,
            "rating": found.rating,
            "comment": found.comment,
            "abstained": kept.abstained,
            "mode": kept.mode,
            "model": kept.model,
            "cited": list(kept.cited),
            "request_id": kept.request_id,
            "rated": found.created.isoformat(timespec="seconds"),
        }
        output.write(json.dumps(line, ensure_ascii=False) + "\n")
        count += 1
    click.echo(f"{count} rated questions", err=True)
