"""What a walkthrough consists of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: run: shell commands; service: one that goes on until the step ends; file: contents; edit: a change of files.
Kind = Literal["run", "service", "file", "edit"]


@dataclass(frozen=True)
class Block:
    """A fenced block that does something.

    Attributes:
        text: the commands, the contents, or the change as a diff without line numbers.
        expected: what the commands print, `...` standing for anything; None if nothing is said about it.
        exit_code: what the commands end with.
        checks: commands that succeed once the block has been carried out.
        path: of a file.
        ready: of a service: the command that succeeds once it can be used.
        line: where the block begins in its document.
    """

    kind: Kind
    text: str
    line: int
    expected: str | None = None
    exit_code: int = 0
    checks: tuple[str, ...] = ()
    path: str = ""
    ready: str = ""


@dataclass(frozen=True)
class Step:
    """A section of the document.

    Attributes:
        text: the section as Markdown, for the reader.
        needs: programs without which the step cannot be run.
    """

    title: str
    text: str
    blocks: tuple[Block, ...]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Walkthrough:
    """A document that can be followed.

    Attributes:
        project: the recipe that it is about.
        after: the walkthrough that makes the project in which this one begins; empty if it begins in any folder.
        minutes: how long it takes to read and follow.
        intro: what stands before the first step.
    """

    name: str
    path: Path
    title: str
    summary: str
    project: str
    after: str
    minutes: int
    intro: str
    steps: tuple[Step, ...]
