"""Start a project from any Copier or Cookiecutter template, through those libraries, and as one proposal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scaffolder import __version__
from scaffolder.errors import InputError
from scaffolder.lock import Lock
from scaffolder.origin import from_cookiecutter, from_copier
from scaffolder.origin.source import Source, fetch
from scaffolder.plan import plan
from scaffolder.project import current
from scaffolder.proposal import Proposal
from scaffolder.tree import read_tree
from scaffolder.workflow import refuse_occupied

#: What a lock would name in the place of a recipe; none is written, `scaffolder add` adopts the project.
RECIPE = "template"


@dataclass(frozen=True)
class Request:
    """What is asked for.

    Attributes:
        template: a folder, a git URL, `gh:owner/name` and the like, or a zip file (Cookiecutter).
        ref: branch, tag or commit; "" for what the library takes.
        trust: run the template's hooks, tasks and extensions.
    """

    template: str
    data: Mapping[str, Any]
    ref: str = ""
    trust: bool = False
    interactive: bool = False


def new(request: Request, destination: Path) -> Proposal:
    """Propose a project in `destination`, which must be empty or new; the template's own answers are among its files.

    Raises:
        InputError: no template is there, it would run code and is not trusted, or an answer cannot be used.
        EnvironmentLacksError: git or the network is missing.
    """
    refuse_occupied(destination)
    with tempfile.TemporaryDirectory(prefix="scaffolder-") as scratch:
        source = fetch(request.template, request.ref, Path(scratch, "source"))
        make = from_copier.make if source.kind == "copier" else from_cookiecutter.make
        with nullcontext() if request.interactive else _output_to_stderr():
            made, answers = make(source, request, Path(scratch, "made", destination.absolute().name))
        files = read_tree(made)
    if not files:
        raise InputError(f"{request.template} makes no file", next_step="check that it is the template that you mean")
    lock = Lock(__version__, RECIPE, (), {})
    return Proposal(destination, plan({}, current(destination, files), files), lock, answers)


def default_folder(template: str) -> str:
    """A folder's name for what a template makes."""
    return template.rstrip("/").removesuffix(".git").removesuffix(".zip").replace(":", "/").rpartition("/")[2]


@contextmanager
def _output_to_stderr() -> Iterator[None]:
    """What hooks and tasks print, their children included, goes to standard error: standard output may be JSON."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


__all__ = ["Request", "Source", "default_folder", "new"]
