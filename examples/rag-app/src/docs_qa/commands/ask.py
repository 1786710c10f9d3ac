"""`docs-qa ask`: questions on the command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from docs_qa.rag import Assistant, Done, Meta, Source, Turn


@click.command
@click.argument("question", required=False)
@click.option(
    "--where",
    "filters",
    multiple=True,
    metavar="KEY=VALUE",
    help="Search only there: document, kind, section, title, source or a key of the metadata. "
    "Repeat for more; values of one key are alternatives.",
)
@click.option("-k", "passages", type=click.IntRange(1, 20), help="Passages to draw on at most.")
def command(question: str | None, filters: Sequence[str], passages: int | None) -> None:
    """Answer QUESTION from the documents, with citations.

    Without QUESTION, questions are read line by line as one conversation. The answer goes to
    standard output, everything else to standard error. The exit status is 1 if there is no answer
    because something failed; not knowing is an answer.
    """
    from docs_qa.documents import Library
    from docs_qa.documents.library import LibraryError
    from docs_qa.rag import open_assistant
    from docs_qa.store import StoreError, open_index

    where = _where(filters)
    try:
        with Library() as library, open_index() as index:
            assistant = open_assistant(index, active=library.active)
            _say(_mode(assistant))
            try:
                converse(assistant, [question] if question else None, where, passages)
            finally:
                assistant.close()
    except (LibraryError, StoreError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def converse(
    assistant: Assistant,
    questions: Sequence[str] | None,
    where: dict[str, list[str]],
    k: int | None,
) -> None:
    """Ask the questions, or those on standard input, one after the other, as one conversation."""
    from docs_qa.rag import Turn

    history: list[Turn] = []
    with asyncio.Runner() as runner:
        for question in questions if questions is not None else _lines():
            done = runner.run(_ask(assistant, question, history, where, k))
            history += [Turn("user", question), Turn("assistant", done.answer)]


async def _ask(
    assistant: Assistant,
    question: str,
    history: Sequence[Turn],
    where: dict[str, list[str]],
    k: int | None,
) -> Done:
    from docs_qa.rag import Done, Failed, Meta, Sources, Token

    sources: tuple[Source, ...] = ()
    async with aclosing(assistant.ask(question, history, where, k=k)) as events:
        async for event in events:
            match event:
                case Meta():
                    _searched(event)
                case Sources():
                    sources = event.sources
                case Token():
                    click.echo(event.text, nl=False)
                case Failed():
                    raise click.ClickException(event.detail)
                case Done():
                    click.echo()
                    _summary(event, sources)
                    return event
    raise click.ClickException("the answer ended early")


def _lines() -> Iterator[str]:
    while True:
        if sys.stdin.isatty():
            click.echo("\n> ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            return
        if question := line.strip():
            yield question


def _searched(meta: Meta) -> None:
    if meta.rewritten:
        _say(f"Searching: {meta.question}")


def _mode(assistant: Assistant) -> str:
    if assistant.answerer.mode == "model":
        return f"Answers are written by {assistant.answerer.model}."
    return "Answers are quoted from the documents; set APP_CHAT_MODEL to have them written."


def _summary(done: Done, sources: Sequence[Source]) -> None:
    """Say what the answer rests on, and what is wrong with it."""
    if done.reason == "model-unavailable":
        _say("The model cannot be reached: these are quotations.")
    if done.answer and not done.abstained and any(not claim.supported for claim in done.claims):
        doubtful = [
            done.answer[claim.start : claim.end] for claim in done.claims if not claim.supported
        ]
        _say("Not found in the passages: " + " | ".join(doubtful))
    for source in sources:
        if source.number in done.citations or done.abstained:
            place = [source.title, source.section, f"page {source.page}" if source.page else ""]
            _say(f"[{source.number}] {', '.join(filter(None, place))} ({source.document})")
    cost = done.usage.cost_usd
    price = "unknown cost" if cost is None else f"${cost:.4f}"
    used = f", {done.usage.input_tokens}+{done.usage.output_tokens} tokens, {price}"
    _say(f"{done.seconds['total']:.2f} s{used if done.mode == 'model' else ''}")


def _say(text: str) -> None:
    click.echo(text, err=True)


def _where(filters: Sequence[str]) -> dict[str, list[str]]:
    where: dict[str, list[str]] = {}
    for each in filters:
        key, equals, value = each.partition("=")
        if not (key and equals and value):
            raise click.BadParameter(f"{each}: expected KEY=VALUE", param_hint="--where")
        where.setdefault(key, []).append(value)
    return where
