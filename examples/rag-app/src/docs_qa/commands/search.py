"""`docs-qa search`: what the index finds, with the scores that decided it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from docs_qa.store import Results


@click.command()
@click.argument("question")
@click.option("-k", "count", type=click.IntRange(1, 50), help="Passages; config/search.toml's k.")
@click.option(
    "--where",
    "filters",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only passages with this; repeat a key for alternatives. Keys: document, kind, section, "
    "title, source, or a metadata key.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(question: str, count: int | None, filters: tuple[str, ...], as_json: bool) -> None:
    """Search the indexed documents for QUESTION.

    Reads the index directly; while the service runs with the embedded store, ask the service.
    """
    from docs_qa.documents import Library
    from docs_qa.store import StoreError, open_index

    try:
        with open_index() as index, Library() as library:
            results = index.searcher(library.active).search(question, count, _where(filters))
    except (StoreError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(_as_json(results) if as_json else _as_text(results))


def _where(filters: tuple[str, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in filters:
        key, separator, value = text.partition("=")
        if not separator:
            raise click.BadParameter(f"{text!r} is not KEY=VALUE", param_hint="--where")
        found.setdefault(key, []).append(value)
    return found


def _as_text(results: Results) -> str:
    blocks = []
    for number, found in enumerate(results.hits, start=1):
        chunk = found.chunk
        place = " > ".join(part for part in (chunk.title, chunk.section) if part)
        page = f", page {chunk.page}" if chunk.page is not None else ""
        scores = "  ".join(f"{name} {value:.3f}" for name, value in found.scores.items())
        blocks.append(f"{number}. {place} ({chunk.document}{page})\n   {scores}\n{chunk.text}\n")
    if not blocks:
        blocks.append("Nothing found.")
    stages = ", ".join(f"{name} {1000 * value:.1f}" for name, value in results.seconds.items())
    return "\n".join([*blocks, f"milliseconds: {stages}"])


def _as_json(results: Results) -> str:
    hits = [
        {
            "passage": found.chunk.id,
            "document": found.chunk.document,
            "title": found.chunk.title,
            "section": found.chunk.section,
            "page": found.chunk.page,
            "kind": found.chunk.kind,
            "score": found.score,
            "scores": dict(found.scores),
            "text": found.chunk.text,
        }
        for found in results.hits
    ]
    answer = {"hits": hits, "seconds": dict(results.seconds)}
    return json.dumps(answer, indent=2, ensure_ascii=False)
