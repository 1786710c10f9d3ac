"""`docs-qa questions`: make, review and check evaluation questions."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from docs_qa.rag_eval.questions import Question

_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, exists=True, path_type=Path)


@click.group()
def command() -> None:
    """Make, review and check questions for `evaluate-answers`."""


@command.command()
@click.option("--documents", type=_FOLDER, default=Path("documents"), show_default=True)
@click.option(
    "--output",
    type=_FILE,
    default=Path("evaluation/generated.jsonl"),
    show_default=True,
    help="File of questions to write; it must not exist.",
)
@click.option("--count", type=click.IntRange(1, 10_000), default=60, show_default=True)
@click.option("--seed", type=int, default=20260101, show_default=True)
@click.option("--review", is_flag=True, help="Print the questions as well.")
def generate(documents: Path, output: Path, *, count: int, seed: int, review: bool) -> None:
    """Make questions from documents, each with the quotation that answers it.

    With a chat model (APP_CHAT_MODEL) it writes them and every quotation is checked; without one
    they come from headings, definitions, tables and numbers. Either way: read them before use.
    """
    from docs_qa.documents.library import LibraryError
    from docs_qa.rag_eval import making
    from docs_qa.rag_eval import questions as files
    from docs_qa.rag_eval.corpus import CorpusError
    from docs_qa.store import StoreError

    if output.exists():
        raise click.ClickException(f"{output} exists; move it away or choose another --output")
    try:
        made = making.make(documents, count, seed)
    except (CorpusError, LibraryError, StoreError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if not made:
        raise click.ClickException("the documents gave no question that can be checked")
    files.save(made, output)
    if review:
        _print(made)
    click.echo(f"Wrote {len(made)} questions to {output}. Add some that cannot be answered.")


@command.command()
@click.argument("path", type=_FILE, default=Path("evaluation/questions.jsonl"))
def review(path: Path) -> None:
    """Print the questions of a file with their answers and quotations."""
    from docs_qa.rag_eval import questions as files

    try:
        _print(files.load(path))
    except files.QuestionError as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.argument("path", type=_FILE, default=Path("evaluation/questions.jsonl"))
@click.option("--documents", type=_FOLDER, default=Path("documents"), show_default=True)
def check(path: Path, documents: Path) -> None:
    """Check that every quotation stands in its document."""
    from docs_qa.rag_eval import corpus, gold
    from docs_qa.rag_eval import questions as files

    try:
        found = files.load(path)
        gold.resolve(found, corpus.read(documents).texts)
    except (corpus.CorpusError, files.QuestionError) as error:
        raise click.ClickException(str(error)) from error
    answerable = sum(question.answerable for question in found)
    click.echo(f"{answerable} answerable and {len(found) - answerable} unanswerable: all fine")


@command.command("from-feedback")
@click.argument("source", type=click.File("r", encoding="utf-8"))
@click.option("--output", type=_FILE, required=True, help="File to write; it must not exist.")
def from_feedback(source: IO[str], output: Path) -> None:
    """Turn rated questions (`docs-qa feedback export`) into candidates for the evaluation set.

    Questions with good ratings get the cited passages as facts. The others have none: look up what
    answers them, or leave them as questions that the documents do not answer.
    """
    from docs_qa.rag_eval import feedback
    from docs_qa.rag_eval import questions as files

    if output.exists():
        raise click.ClickException(f"{output} exists; move it away or choose another --output")
    try:
        found = list(feedback.candidates(source))
    except files.QuestionError as error:
        raise click.ClickException(str(error)) from error
    if not found:
        raise click.ClickException("there are no rated questions")
    files.save(found, output)
    click.echo(f"Wrote {len(found)} candidates to {output}: decide on each before you add it.")


def _print(found: list[Question] | tuple[Question, ...]) -> None:
    for question in found:
        click.echo(f"{question.id}  [{question.kind}, {question.split}]  {question.question}")
        for turn in question.history:
            click.echo(f"      {turn.role}: {turn.content}")
        for fact in question.facts:
            click.echo(f"      = {' / '.join(fact.answers)}")
            for span in fact.spans:
                click.echo(f"        {span.document}: {span.quote}")
        if not question.answerable:
            click.echo("      (the documents do not answer it)")
