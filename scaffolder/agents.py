"""The Model Context Protocol server: the command line as tools for coding agents.

Each tool runs one command in a child process, as a person would, and hands back its JSON: locking, journal and signals
then work as they are tested.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING, Any, Literal, cast

from scaffolder import __version__, output

if TYPE_CHECKING:
    from mcp.server import MCPServer

_INSTRUCTIONS = """\
Generates machine-learning projects from components and changes them later without losing edits.
Call list and info to choose, plan to see every file that a change would touch, then apply with the same arguments.
In a repository that it did not generate, adopt tells what is there and which components fit, and check what is left to
do by hand.
A plan with conflicts writes nothing: settle the files that it names first. Only update marks them in the files, as git
merge does; settle them, git add and commit, or take it back: scaffolder update --abort."""


def server() -> MCPServer:
    """A server with the tools list, info, adopt, plan, apply and check.

    Raises:
        ImportError: the extra `scaffolder[mcp]` is not installed.
    """
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    made = MCPServer("scaffolder", instructions=_INSTRUCTIONS, version=__version__)
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    writes = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)
    made.tool(name="list", annotations=reads)(list_)
    made.tool(annotations=reads)(info)
    made.tool(annotations=writes)(adopt)
    made.tool(annotations=reads)(plan)
    made.tool(annotations=writes)(apply)
    made.tool(annotations=reads)(check)
    return made


async def list_() -> output.Catalogue:
    """List the projects and components there are."""
    return cast("output.Catalogue", await _answer("list"))


async def info(name: str) -> output.Info:
    """Tell what the project or component NAME is, needs, asks and writes."""
    return cast("output.Info", await _answer("info", "--", name))


async def adopt(directory: str, package: str = "", *, record: bool = False) -> output.Adoption:
    """Tell what is found in a repository that scaffolder did not generate, and which components fit it.

    Args:
        directory: the repository.
        package: folder of the import package that components shall join, where there are several.
        record: also write the choice to scaffolder.lock, and nothing else; adding a component does it anyway.
    """
    chosen = [f"--package={package}"] if package else []
    return cast(
        "output.Adoption", await _answer("adopt", f"-C{directory}", *chosen, *([] if record else ["--dry-run"]))
    )


async def plan(
    change: Literal["new", "add", "remove", "set", "update"],
    directory: str,
    names: list[str] | None = None,
    answers: dict[str, str] | None = None,
) -> output.Change:
    """Show what a change would do to every file, and write nothing.

    Args:
        change: new (generate), add or remove (components), set (answers), update (to the installed version).
        directory: the project's folder; for new, the folder to make.
        names: for new one project and further components, for add and remove the components.
        answers: answers to the questions that info names.
    """
    return cast("output.Change", await _answer(*_arguments(change, directory, names, answers, "--dry-run")))


async def apply(
    change: Literal["new", "add", "remove", "set", "update"],
    directory: str,
    names: list[str] | None = None,
    answers: dict[str, str] | None = None,
) -> output.Change:
    """Make a change, all of it or nothing. Takes the arguments of plan; call plan first and show its result.

    Args:
        change: new (generate), add or remove (components), set (answers), update (to the installed version).
        directory: the project's folder; for new, the folder to make.
        names: for new one project and further components, for add and remove the components.
        answers: answers to the questions that info names.
    """
    return cast("output.Change", await _answer(*_arguments(change, directory, names, answers, "--yes")))


async def check(directory: str) -> output.Checked:
    """Tell what is missing in a project: lines left to be added by hand, and facts that its components need."""
    return cast("output.Checked", await _answer("check", f"-C{directory}"))


def _arguments(
    change: str, directory: str, names: list[str] | None, answers: dict[str, str] | None, option: str
) -> list[str]:
    """The command line of a change; what the client gave as names can be nothing else."""
    names = names or []
    pairs = [f"{key}={value}" for key, value in (answers or {}).items()]
    data = [f"--data={pair}" for pair in pairs]
    if change == "new":
        project, *added = names or [""]
        return ["new", option, *data, *(f"--with={name}" for name in added), "--defaults", "--", project, directory]
    if change == "set":
        return ["set", option, f"-C{directory}", "--", *pairs]
    asked = [*data, "--defaults"] if change in {"add", "update"} else []
    return [change, option, *asked, f"-C{directory}", *(["--", *names] if change != "update" else [])]


async def _answer(command: str, *arguments: str) -> Any:
    """Run a command with `--json`; its error becomes the tool's error."""
    from mcp.server.mcpserver.exceptions import ToolError

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scaffolder", command, "--json", *arguments, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    said, complaint = await process.communicate()
    try:
        return json.loads(said)
    except ValueError:
        raise ToolError(complaint.decode(errors="replace").strip() or "the command failed") from None
