"""scaffolder new"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scaffolder.cli import options

if TYPE_CHECKING:
    from scaffolder.catalog import Catalog
    from scaffolder.proposal import Proposal


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
@click.option("--from", "template", metavar="TEMPLATE", help="Start from a Copier or Cookiecutter template instead.")
@click.option("--ref", default="", metavar="REF", help="With --from: a branch, tag or commit of the template.")
@click.option("--trust", is_flag=True, help="With --from: run the template's own hooks, tasks and extensions.")
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
    template: str | None,
    ref: str,
    trust: bool,
    no_git: bool,
    verify: bool,
    directory: Path,
    yes: bool,
    **shown: Any,
) -> int:
    """Generate a project in DEST (default: a folder named like PROJECT).

    With --from there is no PROJECT: TEMPLATE is a folder, a git URL, gh:OWNER/NAME or, for Cookiecutter, a zip file.

    \b
    scaffolder new model-serving fraud-scoring
    scaffolder new model-serving fraud-scoring --defaults --without kubernetes
    scaffolder new --from gh:copier-org/autopretty my-project
    """
    from scaffolder import apply, catalog, workflow
    from scaffolder.cli import ask, terminal

    asking = terminal.interactive() and not defaults and not shown["as_json"]
    given = _answers(answers_file) | options.parse_pairs(pairs)
    if template:
        from scaffolder import origin

        if destination or added or without or verify or catalogs:
            raise click.UsageError("--from takes DEST only; components are added afterwards: scaffolder add")
        root = directory / (project or origin.default_folder(template))
        request, job = origin.Request(template, given, ref, trust, asking), ""
    else:
        if ref or trust:
            raise click.UsageError("--ref and --trust belong to --from")
        known = catalog.load_all(catalogs)
        recipe = known.project(project or _choose(known, asking))
        root, job = directory / (destination or (ask.folder(recipe.name) if asking else recipe.name)), recipe.job

    def propose(answers: Mapping[str, Any], wanted: Sequence[str] | None = None) -> Proposal:
        more, less = added, without
        if wanted is not None:  # ticked by hand, in place of --with and --without
            more = tuple(wanted)
            less = tuple(set(known.resolve(recipe.components)) - {*wanted, catalog.BASE})
        return workflow.new(known, recipe.name, root, added=more, without=less, data=answers, interactive=asking)

    with apply.exclusive(root):
        if restored := apply.recover(root):
            click.echo(restored, err=True)
        settling = asking and not (yes or shown["dry_run"] or shown["show_diff"])
        if template:
            proposal: Proposal | None = origin.new(request, root)
        else:
            proposal = ask.settle(known, propose, given) if settling else propose(given)
        if proposal is None:
            click.echo("nothing was written")
            return 0
        code = terminal.propose(proposal, "new", ask=bool(template) and asking and not yes, **shown)
        if code is not None:
            return code
        return _after(proposal, job, no_git=no_git, verify=verify, quiet=shown["as_json"])


#: Who made the first commit, where neither git nor the answers know.
_AUTHOR = {"author_name": "The project authors", "author_email": "maintainers@example.org"}


def _after(proposal: Proposal, job: str, *, no_git: bool, verify: bool, quiet: bool) -> int:
    """The first commit, a summary, and the tests or the commands to run next."""
    import textwrap

    from scaffolder import git
    from scaffolder.cli import terminal
    from scaffolder.cli.verify import verify_project
    from scaffolder.errors import EnvironmentLacksError

    root = proposal.root
    if not no_git and not git.inside_repository(root.absolute().parent):
        said = proposal.answers
        author = tuple(str(said.get(key, text)) for key, text in _AUTHOR.items())
        title = said.get("project_title", root.absolute().name)
        try:
            git.first_commit(root, proposal.written, f"Start {title}", (author[0], author[1]))
        except EnvironmentLacksError as error:
            click.echo(f"note: there is no first commit: {error.what} {error.why}".rstrip(), err=True)
    if not quiet:
        parts = ", ".join(proposal.lock.components) or "the template"
        made = f"{root}: {len(proposal.plan.changes)} files from {parts}"
        click.echo(textwrap.fill(made, terminal.width(), subsequent_indent="  ", break_on_hyphens=False))
    if verify:
        return verify_project(root)
    if not quiet and not proposal.lock.components:
        terminal.next_steps((f"cd {root}", "scaffolder adopt --dry-run # which components can be added"))
    elif not quiet:
        commands = ["make setup # the environment, and uv.lock: commit it", "make test # then: make help"]
        commands += [f"{job} # what this project is for"] if job else []
        terminal.next_steps((f"cd {root}", *commands))
    return 0


def _choose(known: Catalog, asking: bool) -> str:
    from scaffolder.cli import ask

    if asking:
        return ask.project(known)
    from scaffolder.errors import InputError

    names = ", ".join(known.projects)
    raise InputError("which project?", next_step=f"name one of: {names} (scaffolder list tells more)")


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
