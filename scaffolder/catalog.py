"""What there is to choose from, and which components a choice amounts to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scaffolder.errors import CatalogError, InputError
from scaffolder.manifest import Component, Project
from scaffolder.manifest_reader import load_component, load_project

#: The component that every project has.
BASE = "base"


@dataclass(frozen=True)
class Catalog:
    """Components and projects by name, sorted; those of other catalogues are called `<catalogue>/<name>` and come last.

    Attributes:
        sources: other catalogues: name -> where it is and its revision.
    """

    components: Mapping[str, Component]
    projects: Mapping[str, Project]
    sources: Mapping[str, str] = field(default_factory=dict)

    def component(self, name: str) -> Component:
        """The component of that name; the catalogue may be left out where one only has it.

        Raises:
            InputError: there is none; the nearest name is offered.
        """
        return self.components[_full("component", name, self.components)]

    def recorded(self, stack: Iterable[str]) -> dict[str, str]:
        """The other catalogues that a stack needs."""
        used = {name.partition("/")[0] for name in stack if "/" in name}
        return {name: where for name, where in self.sources.items() if name in used}

    def project(self, name: str) -> Project:
        """The project of that name; the catalogue may be left out where one only has it.

        Raises:
            InputError: there is none; the nearest name is offered.
        """
        return self.projects[_full("project", name, self.projects)]

    def providers(self, name: str) -> list[str]:
        """Components that satisfy a requirement: the one of that name, or all that provide that capability."""
        if name in self.components:
            return [name]
        return [component.name for component in self.components.values() if name in component.provides]

    def dependents(self, stack: Iterable[str], gone: Iterable[str]) -> dict[str, str]:
        """What could not stay in a stack without some of it, directly or not: name -> what it would lack."""
        staying, lacking = set(stack) - set(gone), dict[str, str]()
        while found := {
            name: need
            for name in sorted(staying)
            for need in self.component(name).requires
            if not staying.intersection(self.providers(need))
        }:
            lacking |= found
            staying -= found.keys()
        return lacking

    def resolve(self, wanted: Iterable[str], without: Iterable[str] = ()) -> tuple[str, ...]:
        """Add what the wanted components require. The order depends on the set only: `base`, requirements, alphabet.

        Raises:
            InputError: an unknown name, a conflict, a requirement left out or with several providers.
        """
        left_out = [self.component(name).name for name in without]
        chosen = {name for name in (self.component(name).name for name in wanted) if name not in left_out}
        found: list[str] = []
        for name in (BASE, *sorted(chosen)):
            self._push(name, found, chosen, left_out, ())
        stack: list[str] = []
        for name in (BASE, *sorted(found)):
            self._push(name, stack, set(found), left_out, ())
        self._refuse_conflicts(stack)
        return tuple(stack)

    def _push(self, name: str, stack: list[str], chosen: set[str], left_out: list[str], path: tuple[str, ...]) -> None:
        if name in stack:
            return
        if name in path:
            raise CatalogError(f"components require each other in a circle: {' -> '.join((*path, name))}")
        for need in self.component(name).requires:
            options = self.providers(need)
            if not options:
                raise CatalogError(f'component "{name}" requires "{need}", which no component is or provides')
            bundled = [option for option in options if "/" not in option] or options
            candidates = [option for option in options if option in stack or option in chosen] or bundled
            if len(bundled) > 1 and candidates is bundled:
                raise InputError(
                    f'"{name}" needs one of: {", ".join(options)}', next_step=f"add one of them too, e.g. {options[0]}"
                )
            provider = candidates[0]
            if provider in left_out:
                raise InputError(
                    f'"{name}" cannot do without "{provider}"',
                    next_step=f"leave out {name} as well, or keep {provider}",
                )
            self._push(provider, stack, chosen, left_out, (*path, name))
        stack.append(name)

    def _refuse_conflicts(self, stack: list[str]) -> None:
        for name in stack:
            for other in self.components[name].conflicts:
                if other in stack:
                    raise InputError(
                        f'"{name}" and "{other}" cannot be in the same project', next_step="choose one of them"
                    )


def templates_folder() -> Path:
    """Where the bundled templates are: beside the package in a checkout, inside it in a wheel.

    Raises:
        CatalogError: the installation is damaged.
    """
    package = Path(__file__).parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "components").is_dir():
            return folder
    raise CatalogError(
        "the templates of this installation are missing",
        why=f"no folder {package / 'templates'}",
        next_step="install scaffolder again",
    )


def load(folder: Path | None = None) -> Catalog:
    """Read all manifests under a templates folder (the bundled one by default)."""
    folder = folder or templates_folder()
    components = [load_component(path.parent) for path in sorted(folder.glob("components/*/component.toml"))]
    projects = [load_project(path) for path in sorted(folder.glob("projects/*.toml"))]
    return Catalog({item.name: item for item in components}, {item.name: item for item in projects})


def load_all(given: Iterable[str] = (), recorded: Mapping[str, str] | None = None, *, newer: bool = False) -> Catalog:
    """The bundled catalogue and those of others, see `scaffolder.catalogs.load`; fast where there are none."""
    if not given and not recorded:
        return load()
    from scaffolder import catalogs

    return catalogs.load(given, recorded, newer=newer)


def _full(kind: str, name: str, known: Iterable[str]) -> str:
    if name in known:
        return name
    matching = [other for other in known if other.rpartition("/")[2] == name]
    if not matching:
        raise _unknown(kind, name, known)
    if len(matching) > 1:
        raise InputError(f'several catalogues have a {kind} "{name}"', next_step=f"say {' or '.join(matching)}")
    return matching[0]


def _unknown(kind: str, name: str, known: Iterable[str]) -> InputError:
    from difflib import get_close_matches

    nearest = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    hint = f'did you mean "{nearest[0]}"?' if nearest else f"known: {', '.join(known)}"
    return InputError(f'there is no {kind} called "{name}"', next_step=f"{hint} (scaffolder list shows all)")
