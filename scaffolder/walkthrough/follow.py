"""Go through a walkthrough: without anybody (`run_all`), or with a reader who decides at each step (`follow`)."""

from __future__ import annotations

import contextlib
import shutil
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from scaffolder import git, show
from scaffolder.errors import InputError, ScaffolderError
from scaffolder.walkthrough import progress
from scaffolder.walkthrough.model import Step, Walkthrough
from scaffolder.walkthrough.progress import Progress
from scaffolder.walkthrough.run import Runner, StepFailedError

_CHOICES = {"r": "run it for me", "d": "done: check it", "s": "skip", "b": "back", "q": "quit"}


def begin(walkthrough: Walkthrough, directory: Path) -> Progress:
    """Where to go on, or the beginning in `directory`.

    Raises:
        InputError: the walkthrough begins in a project of some kind, and `directory` is in none; or it makes a
            repository, and `directory` is in one.
    """
    found = progress.read(walkthrough.name)
    if found and found.step < len(walkthrough.steps):
        return found
    folder = directory.resolve()
    if walkthrough.after:
        from scaffolder import lock

        for root in (folder, *folder.parents):
            if (kept := lock.read(root)) and kept.project == walkthrough.project:
                return Progress(0, str(root))
        raise InputError(
            f'"{walkthrough.name}" goes on in a project of the kind {walkthrough.project}, and {folder} is in none',
            next_step=f"go to such a project, or make one: scaffolder walkthrough {walkthrough.after}",
        )
    if git.inside_repository(folder):
        raise InputError(
            f'"{walkthrough.name}" makes a repository of its own, and {folder} is inside one',
            next_step=f"begin in another folder: scaffolder walkthrough {walkthrough.name} -C FOLDER",
        )
    return Progress(0, str(folder))


def run_all(walkthrough: Walkthrough, start: Progress, echo: Callable[[str], None]) -> dict[str, Any]:
    """Carry out every step that is left; stop at the first that fails."""
    rows: list[dict[str, Any]] = []
    number = start.step
    began = list(start.began)
    with Runner(Path(start.folder), echo) as runner:
        for number, step in enumerate(walkthrough.steps[start.step :], start=start.step + 1):
            echo(f"\n[{number}/{len(walkthrough.steps)}] {step.title}\n")
            row: dict[str, Any] = {"step": number, "title": step.title}
            rows.append(row)
            began.append(str(runner.folder))
            begun = time.monotonic()
            if lacking := runner.lacking(step):
                row |= {"status": "skipped", "why": f"not installed: {', '.join(lacking)}"}
                echo(f"skipped, {row['why']}\n")
            else:
                try:
                    runner.carry_out(step)
                except StepFailedError as error:
                    row |= {"status": "failed", "what": error.what, "why": error.why}
                    break
                row["status"] = "done"
            row["seconds"] = round(time.monotonic() - begun, 1)
            progress.write(walkthrough.name, Progress(number, str(runner.folder), tuple(began)))
        folder = str(runner.folder)
    return {
        "walkthrough": walkthrough.name,
        "folder": folder,
        "done": all(row["status"] != "failed" for row in rows),
        "steps": rows,
    }


def follow(walkthrough: Walkthrough, start: Progress) -> int:
    """Show one step after the other and ask what to do with it; returns the exit code."""
    number, began = start.step, list(start.began)
    steps = walkthrough.steps
    _show(f"{walkthrough.title} ({len(steps)} steps, about {walkthrough.minutes} minutes)", walkthrough.intro)
    if number:
        click.echo(f"\nGoing on at step {number + 1} (--reset begins anew).")
    with Runner(Path(start.folder), lambda text: click.echo(text, nl=False)) as runner:
        while number < len(steps):
            step, here = steps[number], runner.folder
            _show(f"Step {number + 1} of {len(steps)}: {step.title}", step.text)
            choice = _ask(step, here, first=not began)
            if choice == "q":
                click.echo(f"Go on at any time: scaffolder walkthrough {walkthrough.name}")
                return 0
            if choice == "b":
                number, runner.folder = number - 1, Path(began.pop())
            elif choice == "s" or _attempt(runner, step, run=choice == "r"):
                number += 1
                began.append(str(here))
                if choice != "s" and step.blocks and number < len(steps):
                    _pause(f"Enter shows step {number + 1}, {steps[number].title}")
            else:
                runner.folder = here
            progress.write(walkthrough.name, Progress(number, str(runner.folder), tuple(began)))
    click.echo(f"\nThat was all of it. You are in {runner.folder}.")
    return 0


def _attempt(runner: Runner, step: Step, *, run: bool) -> bool:
    try:
        if lacking := runner.lacking(step):
            raise StepFailedError(f"this needs {', '.join(lacking)}", next_step="install that, or skip the step")
        if run:
            runner.carry_out(step)
        else:
            runner.check(step)
    except ScaffolderError as error:
        click.echo(f"\nNot yet: {error.what}", err=True)
        for more in filter(None, (error.why, error.next_step)):
            click.echo(textwrap.indent(more.strip("\n"), "  "), err=True)
        return False
    except KeyboardInterrupt:
        click.echo("\nStopped in the middle of the step; it can be run again.", err=True)
        return False
    if step.blocks:
        click.echo(click.style("As the text says.", fg="green"))
    return True


def _ask(step: Step, folder: Path, *, first: bool) -> str:
    keys = [key for key in _CHOICES if not (key == "b" and first) and not (key in "rs" and not step.blocks)]
    words = {**_CHOICES, "d": "next"} if not step.blocks else _CHOICES
    click.echo(f"\nIn {folder}" if step.blocks else "")
    click.echo("   ".join(f"{key}: {words[key]}" for key in keys))
    try:
        answer: str = click.prompt("What now", type=click.Choice(keys), default=keys[0], show_choices=False)
    except click.Abort:
        click.echo()
        return "q"
    return answer


def _pause(text: str) -> None:
    """What a step printed stays on the screen until it has been read."""
    with contextlib.suppress(click.Abort):
        click.prompt(text, default="", show_default=False)


def _show(title: str, text: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    click.echo(f"\n{click.style(title, bold=True)}\n{'-' * min(len(title), width)}\n")
    click.echo(show.reflow(text, width))
