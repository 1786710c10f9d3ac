"""What a component may need of a repository that scaffolder did not generate: one function per fact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scaffolder.catalog import BASE, Catalog
from scaffolder.errors import CatalogError, InputError
from scaffolder.facts import Facts
from scaffolder.foreign import requirement
from scaffolder.foreign.record import Foreign

#: The oldest Python that our code runs on.
OLDEST = "3.11"


@dataclass(frozen=True)
class Missing:
    """A fact that is not there, and what to do about it."""

    what: str
    next_step: str


def _package(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del root
    if record.package:
        return None
    if facts.members:
        return Missing(
            f"the Python packages are in {', '.join(facts.members)}, each a project of its own",
            f"go to the one that you mean: -C {facts.members[0]}",
        )
    if facts.packages:
        paths = ", ".join(package.path for package in facts.packages)
        return Missing(
            f"it has several packages: {paths}", f"choose one: scaffolder adopt --package {facts.packages[0].path}"
        )
    return Missing(
        "there is no import package (a folder with __init__.py, at the top or in src/)",
        "make one, e.g. src/NAME/__init__.py, or name it: scaffolder adopt --package FOLDER",
    )


def _python(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del root, record
    declared = requirement.specifier(facts.metadata.python)
    older = [minor for minor in range(6, 11) if declared.contains(f"3.{minor}.99")]
    if facts.metadata.python and older:
        return Missing(
            f"it supports Python {facts.metadata.python}, and the component's code needs {OLDEST}",
            f'raise the range to ">={OLDEST}" first, or work without this component',
        )
    if not requirement.common(declared, requirement.specifier(f">={OLDEST},<3.15")):
        return Missing(f"it supports Python {facts.metadata.python} only", f"allow a Python from {OLDEST} to 3.14")
    return None


def _dependencies(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del root, facts
    if record.home:
        return None
    return Missing(
        "nothing says what it depends on", "make a pyproject.toml with [project], or an empty requirements.txt"
    )


def _installable(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del root, record
    if facts.metadata.backend:
        return None
    return Missing("its package cannot be installed: nothing builds it", "write a pyproject.toml with [build-system]")


def _uv_lock(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del root
    if facts.metadata.lock_file == "uv.lock" and record.home == "project":
        return None
    move = "" if record.home == "project" else "declare them in [project] of pyproject.toml, then "
    return Missing("its dependencies are not locked by uv (uv.lock beside a [project] table)", f"{move}run: uv lock")


def _src_layout(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del root, facts
    if record.package.startswith("src/"):
        return None
    return Missing("its package is not in src/", f"move it: git mv {record.package or 'NAME'} src/")


def _licence(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del facts, record
    missing = [name for name in ("README.md", "LICENSE") if not (root / name).is_file()]
    return Missing(f"there is no {' and no '.join(missing)}", "write it: the image contains it") if missing else None


def _bounds(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del facts, record
    from scaffolder.facts.repository import Repository

    data = Repository(root, ()).toml("pyproject.toml")
    texts = [*data.get("project", {}).get("dependencies", []), *data.get("build-system", {}).get("requires", [])]
    texts += [item for group in data.get("dependency-groups", {}).values() for item in group]
    open_ended = []
    for item in requirement.by_name(texts).values():
        signs = {clause.operator for clause in item.specifier}
        if not signs & {"==", "~="} and not (signs & {">=", ">"} and signs & {"<", "<="}):
            open_ended.append(item.name)
    if not open_ended:
        return None
    return Missing(f"dependencies have no bounds: {', '.join(open_ended)}", "bound them above and below, then: uv lock")


def _targets(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del facts, record
    return make_targets(root, ("setup", "check", "test"))


def _test_stage(root: Path, facts: Facts, record: Foreign) -> Missing | None:
    del facts, record
    from scaffolder.facts.repository import Repository

    stages = Repository(root, ()).yaml(".gitlab-ci.yml").get("stages")
    if not isinstance(stages, list) or "test" in stages:
        return None
    return Missing(".gitlab-ci.yml has no stage called test", "add test to its stages: the components' jobs are in it")


def make_targets(root: Path, names: Sequence[str]) -> Missing | None:
    """What is missing of the targets that a workflow calls, or a trial of a change."""
    import re

    try:
        text = (root / "Makefile").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    missing = [name for name in names if not re.search(rf"^{name}\s*::?(?!=)", text, re.M)]
    if not missing:
        return None
    return Missing(
        f"there is no Makefile with the targets {', '.join(missing)}", "write these: the workflow calls them"
    )


Need = Callable[[Path, Facts, Foreign], Missing | None]
#: What `needs` in a manifest may say.
NEEDS: Mapping[str, Need] = {
    "package": _package,
    "python": _python,
    "dependencies": _dependencies,
    "installable": _installable,
    "uv-lock": _uv_lock,
    "src-layout": _src_layout,
    "readme-and-licence": _licence,
    "bounded-dependencies": _bounds,
    "make-targets": _targets,
    "gitlab-test-stage": _test_stage,
}


def refuse_missing(catalog: Catalog, stack: tuple[str, ...], root: Path, facts: Facts, record: Foreign) -> None:
    """Refuse a stack that cannot be added here.

    Raises:
        InputError: a component needs a fact that the repository lacks; all of them are named.
        CatalogError: a manifest names a fact that does not exist.
    """
    found: dict[str, tuple[Missing, list[str]]] = {}
    for name in stack:
        for need in catalog.component(name).needs:
            if need not in NEEDS:
                raise CatalogError(f'component "{name}": needs: there is no fact "{need}"', why=", ".join(NEEDS))
            if missing := NEEDS[need](root, facts, record):
                found.setdefault(need, (missing, []))[1].append(name)
    if not found:
        return
    reasons = [f"{' and '.join(users[:3])}: {missing.what}" for missing, users in found.values()]
    raise InputError(
        f"{root} lacks what this needs",
        why=reasons[0] if len(reasons) == 1 else "".join(f"\n  - {reason}" for reason in reasons),
        next_step="; ".join(dict.fromkeys(missing.next_step for missing, _ in found.values())),
    )


def applicable(catalog: Catalog, root: Path, facts: Facts, record: Foreign) -> list[str]:
    """The components that could be added here."""
    found = []
    for name in catalog.components:
        if name == BASE:
            continue
        try:
            refuse_missing(catalog, catalog.resolve([name]), root, facts, record)
        except InputError:
            continue
        found.append(name)
    return found
