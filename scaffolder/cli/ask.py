"""What `new` asks a person besides the questions of the components: which project, where, and whether to write it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from questionary import Question

    from scaffolder.catalog import Catalog
    from scaffolder.proposal import Proposal

    Propose = Callable[[Mapping[str, Any], Sequence[str] | None], Proposal]

_WRITE, _FILES, _COMPONENTS, _STOP = "write it", "files", "components", "stop"


def project(known: Catalog) -> str:
    """Let the user choose a project."""
    import questionary

    from scaffolder import show
    from scaffolder.cli import terminal

    click.echo(show.table([(item.name, item.summary) for item in known.projects.values()], width=terminal.width()))
    answer: str = _answer(questionary.select("Which project?", choices=list(known.projects)))
    return answer


def folder(default: str) -> str:
    """Let the user name the project, which names its folder; nothing typed is the default."""
    import questionary

    from scaffolder import names

    def problem(text: str) -> bool | str:
        return not text or names.name_problem(text) or True

    asked = questionary.text(f"Name of the project and its folder ({default}):", validate=problem)
    return str(_answer(asked) or default)


def settle(known: Catalog, propose: Propose, given: Mapping[str, Any]) -> Proposal | None:
    """Ask, show, and go back to any question until the user wants it written; None if they do not.

    Args:
        propose: makes the proposal of answers, and of the components wanted (None: as given on the command line).
        given: answers that are not asked for.
    """
    from scaffolder import show
    from scaffolder.cli import terminal
    from scaffolder.compose import compose

    wanted: list[str] | None = None
    proposal = propose(given, wanted)
    while True:
        preview = show.plan_folders(proposal.plan, terminal.width())
        click.echo(f"\n{preview}\n\n{show.plan_summary(proposal.plan)} in {proposal.root}\n")
        asked = compose(known, proposal.lock.components).asked
        answers = {key: proposal.answers[key] for key in asked if key in proposal.answers}
        choice = _what_next(answers)
        if choice == _FILES:
            click.echo_via_pager(show.plan_tree(proposal.plan))
        elif choice == _COMPONENTS:
            proposal, wanted = _other_components(known, propose, proposal, answers) or (proposal, wanted)
        elif choice in answers:
            proposal = propose({key: value for key, value in answers.items() if key != choice}, wanted)
        else:
            return proposal if choice == _WRITE else None


def _what_next(answers: Mapping[str, Any]) -> str:
    """What the user chose: one of the names above, or the key of the question to ask again."""
    import questionary

    room = shutil.get_terminal_size().columns - 30
    rows = [
        questionary.Choice("Write it", _WRITE),
        questionary.Choice("Show every file", _FILES),
        questionary.Choice("Change components", _COMPONENTS),
    ]
    rows += [
        questionary.Choice(
            f"Change {key.replace('_', ' ')}: {textwrap.shorten(str(value), room, placeholder=' ...')}", key
        )
        for key, value in answers.items()
    ]
    rows.append(questionary.Choice("Stop, and write nothing", _STOP))
    return str(_answer(questionary.select("What now?", choices=rows)))


def _other_components(
    known: Catalog, propose: Propose, proposal: Proposal, answers: Mapping[str, Any]
) -> tuple[Proposal, list[str]] | None:
    """Let the user tick components; None if those do not go together, which is said."""
    import questionary

    from scaffolder.catalog import BASE
    from scaffolder.cli.main import say
    from scaffolder.compose import compose
    from scaffolder.errors import InputError

    width = max(map(len, known.components))
    room = shutil.get_terminal_size().columns - width - 8
    rows = [
        questionary.Choice(
            f"{item.name:<{width}}  {textwrap.shorten(item.summary, room, placeholder=' ...')}",
            item.name,
            checked=item.name in proposal.lock.components,
        )
        for item in known.components.values()
        if item.name != BASE
    ]
    wanted: list[str] = _answer(questionary.checkbox("Components (what they need comes with them)", choices=rows))
    unticked = set(proposal.lock.components) - {*wanted, BASE}
    try:
        asked = compose(known, known.resolve(wanted, unticked)).asked
        return propose({key: value for key, value in answers.items() if key in asked}, wanted), wanted
    except InputError as error:
        say(error)
        return None


def _answer(question: Question) -> Any:
    """The answer; Ctrl-C ends the command as everywhere."""
    return question.unsafe_ask()
