"""scaffolder new"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scaffolder.cli import options

if TYPE_CHECKING:
    from questionary import Question

    from scaffolder.catalog import Catalog
    from scaffolder.workflow import Proposal


@click.command(short_help="Generate a project.")
@click.argument("project", type=options.PROJECT, required=False)
@click.argument("destination", metavar="[DEST]", type=click.Path(path_type=Path), required=False)
@options.data
@options.catalogs
@click.option(
    "--answers",
    "answers_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take answers from a YAML or JSON file.",
)
@click.option("--defaults", is_flag=True, help="Ask nothing: take the default for what is not given.")
@click.option(
    "--with", "added", type=options.COMPONENT, multiple=True, metavar="C", help="Add a component (repeatable)."
)
@click.option("--without", type=options.COMPONENT, multiple=True, metavar="C", help="Leave one out (repeatable).")
@click.option("--no-git", is_flag=True, help="Make no git repository.")
@click.option("--verify", is_flag=True, help="Set the project up and run its tests.")
@options.proposal
def command(
    project: str | None,
    destination: Path | None,
    pairs: tuple[str, ...],
    catalogs: tuple[str, ...],
    answers_file: Path | None,
    defaults: bool,
    added: tuple[str, ...],
    without: tuple[str, ...],
    no_git: bool,
    verify: bool,
    directory: Path,
    yes: bool,
    **shown: Any,
) -> int:
    """Generate a project in DEST (default: a folder named like PROJECT).

    \b
    scaffolder new model-serving fraud-scoring
    scaffolder new model-serving fraud-scoring --defaults --without kubernetes
    """
    from scaffolder import apply, catalog, workflow
    from scaffolder.cli import terminal

    known = catalog.load_all(catalogs)
    asking = terminal.interactive() and not defaults and not shown["as_json"]
    recipe = known.project(project or _choose(known, asking))
    root = directory / (destination or _ask_folder(recipe.name, asking))
    given = _answers(answers_file) | options.parse_pairs(pairs)
    with apply.exclusive(root):
        if restored := apply.recover(root):
            click.echo(restored, err=True)
        proposal = workflow.new(known, recipe.name, root, added=added, without=without, data=given, interactive=asking)
        code = terminal.propose(proposal, "new", ask=asking and not yes, **shown)
        if code is not None:
            return code
        return _after(proposal, recipe.job, no_git=no_git, verify=verify, quiet=shown["as_json"])


def _after(proposal: Proposal, job: str, *, no_git: bool, verify: bool, quiet: bool) -> int:
    """The first commit, a summary, and the tests or the commands to run next."""
    import textwrap

    from scaffolder import git
    from scaffolder.cli import terminal
    from scaffolder.cli.verify import verify_project
    from scaffolder.errors import EnvironmentLacksError

    root = proposal.root
    if not no_git and not git.inside_repository(root.absolute().parent):
        author = (str(proposal.answers["author_name"]), str(proposal.answers["author_email"]))
        try:
            git.first_commit(root, proposal.written, f"Start {proposal.answers['project_title']}", author)
        except EnvironmentLacksError as error:
            click.echo(f"note: there is no first commit: {error.what} {error.why}".rstrip(), err=True)
    if not quiet:
        parts = proposal.lock.components
        made = f"{root}: {len(proposal.plan.changes)} files from {', '.join(parts)}"
        click.echo(textwrap.fill(made, terminal.width(), subsequent_indent="  ", break_on_hyphens=False))
    if verify:
        return verify_project(root)
    if not quiet:
        commands = ["make setup     # the environment, and uv.lock: commit it", "make test      # then: make help"]
        commands += [f"{job:<14} # what this project is for"] if job else []
        terminal.next_steps((f"cd {root}", *commands))
    return 0


def _choose(known: Catalog, asking: bool) -> str:
    if not asking:
        from scaffolder.errors import InputError

        names = ", ".join(known.projects)
        raise InputError("which project?", next_step=f"name one of: {names} (scaffolder list tells more)")
    import questionary

    width = max(map(len, known.projects))
    rows = ((f"{item.name:<{width}}  {item.summary}", item.name) for item in known.projects.values())
    choices = [questionary.Choice(*row) for row in rows]
    return _answer(questionary.select("Which project?", choices=choices))


def _ask_folder(default: str, asking: bool) -> str:
    if not asking:
        return default
    import questionary

    from scaffolder import names

    def problem(text: str) -> bool | str:
        return names.name_problem(text) or True

    return _answer(questionary.text("Name of the project and its folder:", default=default, validate=problem))


def _answer(question: Question) -> str:
    answer: str | None = question.ask()
    if answer is None:
        raise click.Abort
    return answer


def _answers(path: Path | None) -> dict[str, Any]:
    from scaffolder.errors import InputError
    from scaffolder.project import load_answers

    if path is None:
        return {}
    try:
        return load_answers(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"the answers file {path} cannot be read", why=str(error), next_step="check the path given to --answers"
        ) from error
