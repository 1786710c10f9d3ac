"""Options and argument types that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem


class NameOf(click.ParamType[str]):
    """The name of a component or project, completed from the folders of the catalogue."""

    def __init__(self, kind: str, pattern: str, folder: str = "scaffolder.catalog:templates_folder") -> None:
        self.name = kind
        self.pattern = pattern
        self.folder = folder  # module:function, imported when something is completed

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Names that begin like `incomplete`."""
        from importlib import import_module

        module, _, function = self.folder.partition(":")
        folder: Path = getattr(import_module(module), function)()
        names = sorted(path.stem if path.suffix else path.name for path in folder.glob(self.pattern))
        names += self.of_others(ctx)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]

    def of_others(self, ctx: click.Context) -> list[str]:
        """Names in catalogues of others: those given before, and those that the project records."""
        start = Path(ctx.params.get("directory") or Path()).absolute()
        given = ctx.params.get("catalogs") or ()
        recording = any((folder / "scaffolder.lock").exists() for folder in (start, *start.parents))
        if self.name == "walkthrough" or not (given or recording):
            return []
        from scaffolder import catalogs

        known = catalogs.at_hand(given, start)
        found = known.components if self.name == "component" else known.projects
        return sorted(name for name in found if "/" in name)


COMPONENT = NameOf("component", "components/[a-z]*")
PROJECT = NameOf("project", "projects/*.toml")
WALKTHROUGH = NameOf("walkthrough", "*.md", "scaffolder.walkthrough.parse:bundled")

directory = click.option(
    "-C",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Work as if started in DIR.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
catalogs = click.option(
    "--catalog",
    "catalogs",
    multiple=True,
    metavar="[NAME=]SOURCE",
    help="Use a catalogue of others too: a folder, a git URL (#REVISION), or the name that an installed package gives.",
)
verify = click.option("--verify", is_flag=True, help="Run the project's tests in a copy first; stop if they fail.")
data = click.option(
    "-d", "--data", "pairs", multiple=True, metavar="KEY=VALUE", help="Answer a question; may be repeated."
)


def proposal(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of commands that propose a change: see it without making it, see it as a diff, get it as JSON."""
    for option in (
        as_json,
        click.option("--diff", "show_diff", is_flag=True, help="Show the change as a unified diff."),
        click.option("-n", "--dry-run", is_flag=True, help="Show what would be written, and stop."),
        click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation."),
        directory,
    ):
        command = option(command)
    return command


def parse_pairs(pairs: tuple[str, ...]) -> dict[str, str]:
    """`("key=value", ...)` as a mapping.

    Raises:
        InputError: one has no `=`.
    """
    from scaffolder.errors import InputError

    answers = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(
                f"{pair!r} is not KEY=VALUE", next_step='for example: --data description="Scores payments"'
            )
        answers[key] = value
    return answers
