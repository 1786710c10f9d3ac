"""scaffolder walkthrough"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scaffolder.cli import options


@click.command()
@click.argument("name", required=False, type=options.WALKTHROUGH)
@click.option("--run", "unattended", is_flag=True, help="Carry out every step without asking.")
@click.option("--reset", is_flag=True, help="Forget how far you came, and begin anew.")
@options.as_json
@options.directory
def command(name: str | None, unattended: bool, reset: bool, as_json: bool, directory: Path) -> int:
    """List the walkthroughs, or follow one step by step, each step checked.

    \b
    scaffolder walkthrough
    scaffolder walkthrough first-experiment
    """
    from scaffolder import show
    from scaffolder.cli import terminal
    from scaffolder.walkthrough import follow, parse, progress

    if name is None:
        return _list(as_json)
    walkthrough = parse.get(name)
    if reset:
        progress.forget(name)
    if not unattended and (as_json or not terminal.interactive()):
        click.echo(
            show.dumps(_facts(walkthrough)) if as_json else walkthrough.path.read_text(encoding="utf-8").rstrip()
        )
        return 0
    start = follow.begin(walkthrough, directory)
    if not unattended:
        return follow.follow(walkthrough, start)
    result = follow.run_all(
        walkthrough, start, (lambda _: None) if as_json else (lambda text: click.echo(text, nl=False))
    )
    if as_json:
        click.echo(show.dumps(result))
    else:
        _sum_up(result)
    return 0 if result["done"] else 1


def _list(as_json: bool) -> int:
    from scaffolder import show
    from scaffolder.walkthrough import load_all, progress

    known = load_all()
    if as_json:
        click.echo(show.dumps([_facts(item, steps=False) for item in known.values()]))
        return 0
    rows = []
    for item in known.values():
        reached = progress.read(item.name)
        state = f"step {reached.step} of {len(item.steps)} done. " if reached else ""
        rows.append((item.name, f"{item.minutes} min", f"{state}{item.title}"))
    click.echo(show.table(rows, width=80))
    click.echo("\nscaffolder walkthrough NAME follows one; off a terminal it prints it.")
    return 0


def _facts(item: Any, *, steps: bool = True) -> dict[str, Any]:
    from scaffolder.walkthrough import progress

    reached = progress.read(item.name)
    keys = ("name", "title", "summary", "project", "after", "minutes")
    facts = {key: getattr(item, key) for key in keys} | {
        "steps": len(item.steps),
        "done": reached.step if reached else 0,
    }
    if steps:
        facts["steps"] = [
            {
                "title": step.title,
                "text": step.text,
                "needs": list(step.needs),
                "blocks": [vars(b) for b in step.blocks],
            }
            for step in item.steps
        ]
    return facts


def _sum_up(result: dict[str, Any]) -> None:
    failed = next((row for row in result["steps"] if row["status"] == "failed"), None)
    if failed:
        from scaffolder.errors import ScaffolderError
        from scaffolder.cli.main import say

        say(ScaffolderError(f'step {failed["step"]}, "{failed["title"]}": {failed["what"]}', why=failed["why"]))
        return
    skipped = [row for row in result["steps"] if row["status"] == "skipped"]
    note = f", {len(skipped)} skipped" if skipped else ""
    click.echo(f"\n{len(result['steps']) - len(skipped)} steps came out as the text says{note}, in {result['folder']}")
