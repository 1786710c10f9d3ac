"""Overlay the components of a stack into one Copier template (pure once the files are read)."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from scaffolder import merge
from scaffolder.catalog import Catalog
from scaffolder.errors import CatalogError, InputError
from scaffolder.manifest import Component
from scaffolder.tree import SYMLINK, Entry, read_tree


@dataclass(frozen=True)
class Template:
    """One Copier template made of a stack of components.

    Attributes:
        stack: the components, requirements first.
        files: raw path -> raw file, with the shared files already merged.
        owners: raw path -> the component that ships it.
        questions: key -> its block of YAML text, in the order in which they are asked.
        settings: Copier's own keys (`_envops` and so on), which all components share.
        notes: what it changes in lines that were in a shared file before.
    """

    stack: tuple[str, ...]
    files: Mapping[str, Entry]
    owners: Mapping[str, str]
    questions: Mapping[str, str]
    settings: Mapping[str, str]
    notes: tuple[str, ...] = ()

    @property
    def copier_yml(self) -> str:
        """The `copier.yml` of the whole."""
        return "".join((*self.settings.values(), *self.questions.values()))

    @property
    def asked(self) -> list[str]:
        """Keys of the questions that a person answers; the others are computed."""
        return [key for key, block in self.questions.items() if "\n  when: false" not in block]

    def refuse_unasked(self, data: Mapping[str, Any]) -> None:
        """A person answers what is asked; an answer in the place of a computed one would hold until the next command.

        Raises:
            InputError: there is no such question, or nobody is asked it.
        """
        for key in data:
            if key in self.questions and key not in self.asked:
                raise InputError(f'"{key}" follows from other answers', next_step=f"questions: {', '.join(self.asked)}")
            if key not in self.questions:
                nearest = get_close_matches(key, self.asked, n=1)
                hint = f'did you mean "{nearest[0]}"?' if nearest else f"questions: {', '.join(self.asked)}"
                raise InputError(f'there is no question called "{key}"', next_step=hint)


def compose(catalog: Catalog, stack: tuple[str, ...]) -> Template:
    """Overlay the components of `stack`.

    Raises:
        CatalogError: two components ship the same file or ask the same question differently, or one adds to a file
            that nobody ships.
    """
    files: dict[str, Entry] = {}
    owners: dict[str, str] = {}
    fragments: dict[str, list[Mapping[str, Any]]] = {}
    for name in stack:
        component = catalog.component(name)
        for path, entry in own_files(component, stack):
            if path in owners:
                raise CatalogError(f'components "{owners[path]}" and "{name}" both ship {path}')
            files[path], owners[path] = entry, name
        for path, fragment in fragments_of(component, stack):
            fragments.setdefault(path, []).append(fragment)
    for path, parts in fragments.items():
        if path not in files:
            raise CatalogError(f"{_adders(catalog, stack, path)} adds to {path}, which no component of the stack ships")
        text = files[path].text
        assert text is not None, f"{path} is shared and must be text"
        files[path] = Entry(merge.add_all(path, text, parts).encode(), files[path].mode)
    settings, questions = questionnaire(catalog.component(name) for name in stack)
    return Template(stack, dict(sorted(files.items())), owners, questions, settings)


def refuse_own_dependency(template: Template, project_name: str) -> None:
    """A project cannot be called like a package that it depends on: it would hide it.

    Raises:
        InputError: it is.
    """
    import tomllib

    pyproject = template.files.get("pyproject.toml")
    data = tomllib.loads(pyproject.data.decode()) if pyproject else {}
    groups = [data.get("project", {}).get("dependencies", []), *data.get("dependency-groups", {}).values()]
    for requirement in (item for group in groups for item in group if isinstance(item, str)):
        found = re.match(r"[\w.-]+", requirement)
        if found and re.sub(r"[-_.]+", "-", found[0]).lower() == project_name:
            raise InputError(
                f'"{project_name}" is the name of a package that the project depends on',
                next_step="choose another name",
            )


def own_files(component: Component, stack: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    """The files that a component ships in this stack, by raw path.

    Raises:
        CatalogError: a name or a link cannot be taken into a project.
    """
    there = _short(component, stack).keys()
    others = sorted(folder for folder in (component.folder / "with").glob("*") if there >= _named(folder.name))
    for folder in (component.folder / "project", *others):
        yield from files_in(folder)


def files_in(folder: Path) -> Iterator[tuple[str, Entry]]:
    """The files in one folder of a component.

    Raises:
        CatalogError: a name or a link cannot be taken into a project.
    """
    for path, entry in read_tree(folder).items():
        if not path.isprintable():
            raise CatalogError(f"{folder / ascii(path)} has a character in its name that does not print")
        if entry.mode == SYMLINK and not _stays_inside(path, os.fsdecode(entry.data)):
            raise CatalogError(f"{folder / path} is a symbolic link that leads out of the project")
        yield path, entry


def _short(component: Component, stack: tuple[str, ...]) -> dict[str, None]:
    """The names by which a component calls those of its own catalogue and of the bundled one."""
    own = component.name.rpartition("/")[0]
    return {name.rpartition("/")[2]: None for name in stack if name.rpartition("/")[0] in ("", own)}


def _stays_inside(path: str, target: str) -> bool:
    where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return not target.startswith("/") and where.split("/")[0] != ".."


def fragments_of(component: Component, stack: tuple[str, ...]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a component adds to shared files in this stack: raw path and fragment."""
    yield from (component.adds or {}).items()
    for other, adds in (component.adds_with or {}).items():
        if _short(component, stack).keys() >= _named(other):
            yield from adds.items()


def _named(combination: str) -> set[str]:
    """The components that `with/a+b` is for."""
    return set(combination.split("+"))


def _adders(catalog: Catalog, stack: tuple[str, ...], path: str) -> str:
    return ", ".join(name for name in stack if path in dict(fragments_of(catalog.component(name), stack)))


# A top-level key of copier.yml, to the next one: enough to unite questionnaires without a YAML parser in every start.
_BLOCK = re.compile(r"^(\w[\w-]*):.*\n(?:(?![\w#]).*\n)*", re.M)


def questionnaire(components: Iterable[Component]) -> tuple[dict[str, str], dict[str, str]]:
    """Copier's settings and the questions of these components, as blocks of YAML text by key.

    Raises:
        CatalogError: two components define the same key differently, or a file cannot be read.
    """
    settings: dict[str, str] = {}
    questions: dict[str, str] = {}
    for component in components:
        path = component.folder / "copier.yml"
        try:
            text = _read(path)
        except OSError as error:
            raise CatalogError(f"{path} cannot be read", why=str(error)) from error
        for match in _BLOCK.finditer(text):
            blocks = settings if match[1].startswith("_") else questions
            block = match[0].rstrip("\n") + "\n"
            if blocks.setdefault(match[1], block) != block:
                raise CatalogError(f'{path}: "{match[1]}" is defined differently in another component')
    return settings, questions


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
