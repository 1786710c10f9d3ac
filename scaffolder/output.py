"""What `--json` prints: one type per answer, from which documentation and `scaffolder mcp` are made."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic wants this one below Python 3.12


class Step(TypedDict):
    """What happens to one file."""

    path: str
    #: create, update, merge, delete, keep, skip or conflict
    action: str
    #: the reason, for keep, skip and conflict
    why: NotRequired[str]


class ByHand(TypedDict):
    """Lines that a person must add to a file which is not written to, such as setup.py."""

    path: str
    #: where they go, from 1
    line: int
    lines: list[str]
    why: str


class Change(TypedDict):
    """A change of a project, planned (`--dry-run`) or made."""

    command: str
    #: the project's folder
    root: str
    #: components of the project after the change, in order
    components: list[str]
    answers: dict[str, Any]
    steps: list[Step]
    #: number of steps that are conflicts; with any, the exit code is 1, and nothing is written but by `update`
    conflicts: int
    written: bool
    #: of `update`: components and questions that are new, renamed or gone
    notes: NotRequired[list[str]]
    #: in a repository that scaffolder did not generate
    by_hand: NotRequired[list[ByHand]]


class Adoption(Change):
    """What is known about a repository that scaffolder did not generate."""

    #: by family: metadata, packages, applications, tests, delivery, style, members
    facts: dict[str, Any]
    #: components that could be added
    applicable: list[str]


class Missing(TypedDict):
    """Something that is missing."""

    path: str
    #: from 1; 0 where it is about the whole file
    line: int
    what: str
    #: to be added
    lines: list[str]


class Checked(TypedDict):
    """What is missing in a project."""

    command: str
    root: str
    findings: list[Missing]


class Row(TypedDict):
    """A project or component of the catalogue."""

    name: str
    summary: str


class Catalogue(TypedDict):
    """What there is to choose from."""

    projects: list[Row]
    components: list[Row]


class Info(TypedDict):
    """One project (`project`) or component (`component`) of the catalogue."""

    project: NotRequired[str]
    component: NotRequired[str]
    summary: str
    #: of a project: its components in order, requirements included
    components: NotRequired[list[str]]
    #: of a component: components or capabilities that it cannot do without
    requires: NotRequired[list[str]]
    provides: NotRequired[list[str]]
    conflicts: NotRequired[list[str]]
    #: facts that a repository must have which scaffolder did not generate
    needs: NotRequired[list[str]]
    #: keys for `--data`
    questions: list[str]
    #: files that it writes, names not filled in
    files: list[str]


class Edited(TypedDict):
    """A file that differs from what was generated."""

    path: str
    #: edited or deleted
    change: str


class Diff(TypedDict):
    """What the user changed since generation."""

    command: str
    root: str
    #: number of files that were generated
    generated: int
    changed: list[Edited]


class Finding(TypedDict):
    """One program or property of the machine."""

    name: str
    found: bool
    detail: str
    use: str
    required: bool


class Block(TypedDict):
    """Something that a step of a walkthrough does."""

    #: run, service, file or edit
    kind: str
    text: str
    line: int
    #: what is printed, `...` standing for anything
    expected: str | None
    exit_code: int
    #: commands that succeed afterwards
    checks: list[str]
    path: str
    ready: str


class Section(TypedDict):
    """A step of a walkthrough."""

    title: str
    text: str
    needs: list[str]
    blocks: list[Block]


class WalkthroughRow(TypedDict):
    """A walkthrough, in the list of all."""

    name: str
    title: str
    summary: str
    project: str
    after: str
    minutes: int
    steps: int
    #: steps that are done
    done: int


class Walkthrough(TypedDict):
    """A walkthrough with its steps."""

    name: str
    title: str
    summary: str
    project: str
    after: str
    minutes: int
    steps: list[Section]
    done: int


class StepResult(TypedDict):
    """How one step of an unattended run went."""

    step: int
    title: str
    #: done, skipped or failed
    status: str
    seconds: NotRequired[float]
    what: NotRequired[str]
    why: NotRequired[str]


class WalkthroughRun(TypedDict):
    """An unattended run, up to the first step that failed."""

    walkthrough: str
    folder: str
    done: bool
    steps: list[StepResult]


#: Command line -> what it prints. Every command that changes a project prints a `Change`.
ANSWERS: dict[str, Any] = {
    "new, add, remove, set, update, diff --incoming": Change,
    "adopt": Adoption,
    "check": Checked,
    "list": Catalogue,
    "info": Info,
    "diff": Diff,
    "diff --incoming": Change,
    "doctor": list[Finding],
    "walkthrough": list[WalkthroughRow],
    "walkthrough NAME": Walkthrough,
    "walkthrough NAME --run": WalkthroughRun,
}


def schema(answer: Any) -> dict[str, Any]:
    """The JSON Schema of one answer."""
    from pydantic import TypeAdapter

    return TypeAdapter(answer).json_schema()
