"""What `component.toml` and `projects/<name>.toml` say; `manifest_reader` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: What a component adds to shared files: path -> fragment (the shape depends on the kind of file).
Adds = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Component:
    """A folder under `templates/components/`.

    Attributes:
        requires: components, or capabilities that some component provides.
        provides: capabilities.
        conflicts: components that cannot be in the same project.
        adds: fragments of shared files.
        adds_with: further fragments, for when another component is there too, or others (`a+b`).
        formerly: names that the component had in earlier versions.
        moved: raw path of an earlier version -> raw path now.
        reworded: question of an earlier version -> question now.
        needs: facts about a repository that scaffolder did not generate, without which it cannot be added there.
        foreign: what is different in such a repository.
    """

    name: str
    folder: Path
    summary: str
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    adds: Adds | None = None
    adds_with: Mapping[str, Adds] | None = None
    formerly: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)
    reworded: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    foreign: Foreign | None = None


@dataclass(frozen=True)
class ByHand:
    """Lines that a person must add to a file of theirs, and why; nothing where that file was not there before.

    Attributes:
        near: the variable or function next to which they go; "" if they go after the imports.
    """

    path: str
    lines: tuple[str, ...]
    why: str
    near: str = ""


@dataclass(frozen=True)
class Join:
    """How a web application that a repository has already takes a component up: lines for a person to add.

    Attributes:
        importing: the line among the imports.
        application: the line after a variable; `APPLICATION` stands for its name.
        factory: the line after a function that makes the application, or before it, if it is a decorator.
        adds: fragments of shared files.
    """

    importing: str
    application: str
    factory: str
    why: str
    adds: Adds


@dataclass(frozen=True)
class Beside:
    """Files that go elsewhere where a repository has one of their kind.

    Attributes:
        taken: the paths that say so.
        files: path -> path beside it.
        include: theirs, a compose file, includes ours, unless both define the same service.
    """

    taken: tuple[str, ...]
    files: Mapping[str, str]
    include: bool = False


@dataclass(frozen=True)
class Foreign:
    """What a component is in a repository that scaffolder did not generate.

    Attributes:
        files: patterns of those of its files that are written there; None for all.
        adds: fragments of shared files, only there.
        by_hand: lines for files that it would ship, where the repository has one already.
        join: framework -> how an application made with it takes the component up.
        beside: files that go elsewhere where theirs are in the way.
    """

    files: tuple[str, ...] | None
    adds: Adds
    by_hand: tuple[ByHand, ...]
    join: Mapping[str, Join] = field(default_factory=dict)
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True)
class Project:
    """A recipe: components in order, with default answers.

    Attributes:
        job: the command that does what the project is for, once it is set up; may be empty.
    """

    name: str
    summary: str
    components: tuple[str, ...]
    answers: Mapping[str, Any]
    job: str = ""
