"""What `new` asks a person besides the questions of the components: which project, where, and whether to write it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from questionary import Question

    from scaffolder.catalog import Catalog


def project(known: Catalog) -> str:
    """Let the user choose a project."""
    import questionary

    width = max(map(len, known.projects))
    room = shutil.get_terminal_size().columns - width - 8
    rows = [
        questionary.Choice(
            f"{item.name:<{width}}  {textwrap.shorten(item.summary, room, placeholder=' ...')}", item.name
        )
        for item in known.projects.values()
    ]
    return _answer(questionary.select("Which project?", choices=rows))


def folder(default: str) -> str:
    """Let the user name the project, which names its folder; nothing typed is the default."""
    import questionary

    from scaffolder import names

    def problem(text: str) -> bool | str:
        return not text or names.name_problem(text) or True

    return _answer(questionary.text(f"Name of the project and its folder ({default}):", validate=problem)) or default


def what_next(answers: Mapping[str, Any]) -> str:
    """Let the user write the project, stop, or go back to a question.

    Returns:
        "write", "stop", or the key of the question to ask again.
    """
    import questionary

    room = shutil.get_terminal_size().columns - 30
    rows = [questionary.Choice("Write it", "write")]
    rows += [
        questionary.Choice(
            f"Change {key.replace('_', ' ')}: {textwrap.shorten(str(value), room, placeholder=' ...')}", key
        )
        for key, value in answers.items()
    ]
    rows.append(questionary.Choice("Stop, and write nothing", "stop"))
    return _answer(questionary.select("What now?", choices=rows))


def _answer(question: Question) -> str:
    answer: str | None = question.ask()
    if answer is None:
        raise click.Abort
    return answer
