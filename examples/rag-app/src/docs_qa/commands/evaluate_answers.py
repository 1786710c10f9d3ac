"""`docs-qa evaluate-answers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from docs_qa.rag_eval.setup import Setup


@click.command("evaluate-answers")
@click.option(
    "--config",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/evaluation.toml"),
    show_default=True,
    help="Documents, questions and baseline.",
)
@click.option("--choose", is_flag=True, help="Choose the pipeline first, and write it to config/.")
@click.option(
    "--gate", is_flag=True, help="Only compare with the baseline; exit status 1 if worse."
)
@click.option("--update", is_flag=True, help="With --gate: write the baseline instead.")
def command(path: Path, *, choose: bool, gate: bool, update: bool) -> None:
    """Measure search and answers on questions with known passages; write evidence records.

    Without a chat model (APP_CHAT_MODEL) nothing is sent anywhere, and the numbers repeat exactly.
    """
    if (gate and choose) or (update and not gate):
        raise click.UsageError("--choose and --gate exclude each other; --update needs --gate")
    from docs_qa.documents.library import LibraryError
    from docs_qa.rag import Unavailable
    from docs_qa.rag_eval import choose as choosing
    from docs_qa.rag_eval import report, settings, setup
    from docs_qa.rag_eval.corpus import CorpusError
    from docs_qa.store import StoreError

    try:
        config = settings.load(path)
        with setup.open_setup(config) as opened:
            for skipped in opened.corpus.skipped:
                click.echo(f"Left out {skipped}", err=True)
            if gate:
                _gate(opened, update=update)
                return
            if choose:
                choosing.apply(opened, click.echo)
            # What was chosen is what the service will do from now on, so that is what is reported.
            for written in report.run(setup.reread(opened), click.echo):
                click.echo(f"Wrote {written}")
    except (CorpusError, LibraryError, StoreError, Unavailable, ValueError) as error:
        raise click.ClickException(str(error)) from error


def _gate(opened: Setup, *, update: bool) -> None:
    from docs_qa.rag_eval import gate

    path = opened.config.baseline
    measured = gate.measure(opened)
    if update:
        gate.save(measured, path)
        click.echo(f"Wrote {path}")
        return
    rows = gate.compare(measured, path, opened.config.tolerance)
    width = max(len(row.name) for row in rows)
    for row in rows:
        verdict = "ok" if row.passed else "WORSE"
        click.echo(f"{row.name:{width}}  {row.now:.3f}  was {row.before:.3f}  {verdict}")
    failed = sum(not row.passed for row in rows)
    if failed:
        raise click.ClickException(
            f"{failed} of {len(rows)} metrics are more than {opened.config.tolerance:g} below "
            f"{path}; if that is meant, run `docs-qa evaluate-answers --gate --update`"
        )
