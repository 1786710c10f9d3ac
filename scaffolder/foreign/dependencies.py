"""What components declare in pyproject.toml, put where a repository keeps it (pure)."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packaging.utils import canonicalize_name

from scaffolder.errors import InputError
from scaffolder.facts.metadata import Home, from_poetry
from scaffolder.foreign import ini, requirement
from scaffolder.manifest import ByHand

PYPROJECT = "pyproject.toml"
_RUNTIME = ("requirements.txt", "requirements/base.txt", "requirements/prod.txt", "requirements/requirements.txt")
_DEVELOPMENT = (
    "requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "requirements/dev.txt",
    "requirements-test.txt", "test-requirements.txt", "requirements/test.txt",
)  # fmt: skip
#: Every file in which dependencies may be declared.
FILES = (PYPROJECT, "setup.cfg", "setup.py", *_RUNTIME, *_DEVELOPMENT)
#: What projects call the extra with what developers need, the likeliest first.
EXTRAS = ("dev", "develop", "development", "test", "tests", "testing")


@dataclass
class Declared:
    """What the fragments of a stack ask for together."""

    runtime: list[str] = field(default_factory=list)
    groups: dict[str, list[Any]] = field(default_factory=dict)
    extras: dict[str, list[str]] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    tools: dict[str, Any] = field(default_factory=dict)


@dataclass
class Placed:
    """Where it goes.

    Attributes:
        fragments: path -> fragments, for `merge.add_all`.
        texts: path -> the whole new text, of files that are merged in no other way, or are new.
        by_hand: what a person must add to code.
    """

    fragments: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    by_hand: list[ByHand] = field(default_factory=list)


def place(fragments: Sequence[Mapping[str, Any]], home: Home, texts: Mapping[str, str]) -> Placed:
    """Put what `fragments` add to pyproject.toml where the repository keeps such things.

    A package that is declared already stays as it is, if its versions and ours have one in common.

    Args:
        home: where dependencies are kept.
        texts: the repository's own files, by path, as far as they are in `FILES`.

    Raises:
        InputError: the repository and a component want versions that exclude each other.
    """
    declared = _collect(fragments)
    placed = _HOMES[home](declared, texts)
    pyproject = _toml(texts)
    tools = {name: table for name, table in declared.tools.items() if name in pyproject.get("tool", {})}
    if tools and PYPROJECT in texts:
        placed.fragments.setdefault(PYPROJECT, []).append({"tool": tools})
    return placed


def _collect(fragments: Iterable[Mapping[str, Any]]) -> Declared:
    from scaffolder.merge import structure

    found = Declared()
    for fragment in fragments:
        project = fragment.get("project", {})
        found.runtime += project.get("dependencies", [])
        found.scripts |= project.get("scripts", {})
        for name, items in project.get("optional-dependencies", {}).items():
            found.extras.setdefault(name, []).extend(items)
        for name, items in fragment.get("dependency-groups", {}).items():
            found.groups.setdefault(name, []).extend(items)
        found.tools = structure.merge({}, found.tools, dict(fragment.get("tool", {}))).data
    for name in [name for name, items in found.groups.items() if not items]:
        del found.groups[name]
    return found


def _project(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """PEP 621, with PEP 735 groups, or extras or poetry's or pdm's groups where the project has those."""
    data = _toml(texts)
    project = data.get("project", {})
    theirs = requirement.by_name(project.get("dependencies", []))
    table: dict[str, Any] = {"dependencies": _missing(declared.runtime, theirs)}
    extras: dict[str, list[Any]] = {}
    for name, items in declared.extras.items():
        known = requirement.by_name(project.get("optional-dependencies", {}).get(name, []))
        extras[name] = _missing(items, known)
    fragment: dict[str, Any] = {}
    poetry, pdm = (data.get("tool", {}).get(name, {}) for name in ("poetry", "pdm"))
    extra = next((name for name in EXTRAS if name in project.get("optional-dependencies", {})), None)
    if "group" in poetry:
        fragment["tool"] = {"poetry": {"group": _poetry_groups(declared.groups, poetry)}}
    elif "dependency-groups" not in data and "dev-dependencies" in pdm:
        fragment["tool"] = {"pdm": {"dev-dependencies": _flat_groups(declared.groups, pdm["dev-dependencies"])}}
    elif "dependency-groups" not in data and extra and "uv" not in data.get("tool", {}):
        known = project["optional-dependencies"]
        for name, items in _flat_groups(declared.groups, known, {"dev": extra}).items():
            extras.setdefault(name, []).extend(items)
    else:
        fragment["dependency-groups"] = _groups(declared.groups, data.get("dependency-groups", {}))
    if extras:
        table["optional-dependencies"] = extras
    if declared.scripts:
        table["scripts"] = {k: v for k, v in declared.scripts.items() if k not in project.get("scripts", {})}
    return Placed({PYPROJECT: [{"project": _filled(table), **_filled(fragment)}]})


def _poetry(declared: Declared, texts: Mapping[str, str]) -> Placed:
    poetry = _toml(texts).get("tool", {}).get("poetry", {})
    known = {canonicalize_name(name): _version(value) for name, value in poetry.get("dependencies", {}).items()}
    table: dict[str, Any] = {"dependencies": _poetry_table(declared.runtime, known, "tool.poetry.dependencies")}
    table["group"] = _poetry_groups({**declared.groups, **declared.extras}, poetry)
    if declared.scripts:
        table["scripts"] = {k: v for k, v in declared.scripts.items() if k not in poetry.get("scripts", {})}
    return Placed({PYPROJECT: [{"tool": {"poetry": _filled(table)}}]})


def _poetry_groups(groups: Mapping[str, Sequence[Any]], poetry: Mapping[str, Any]) -> dict[str, Any]:
    result = {}
    for name in groups:
        there = poetry.get("group", {}).get(name, {}).get("dependencies", {})
        there = {**there, **(poetry.get("dev-dependencies", {}) if name == "dev" else {})}
        known = {canonicalize_name(key): _version(value) for key, value in there.items()}
        plain = [item for item in _resolved(groups, name) if isinstance(item, str)]
        if table := _poetry_table(plain, known, f"tool.poetry.group.{name}"):
            result[name] = {"dependencies": table}
    return result


def _poetry_table(items: Iterable[str], known: Mapping[Any, str], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, ours in requirement.by_name(items).items():
        if name in known:
            _agree(str(ours), requirement.specifier(from_poetry(known[name])), f"{where} {name} = {known[name]!r}")
        else:
            found[ours.name] = requirement.poetry(ours)
    return found


def _setup_cfg(declared: Declared, texts: Mapping[str, str]) -> Placed:
    import configparser

    text = texts["setup.cfg"]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    known = requirement.by_name(parser.get("options", "install_requires", fallback="").splitlines())
    text = ini.add(text, "options", "install_requires", _missing(declared.runtime, known))
    there = parser["options.extras_require"] if parser.has_section("options.extras_require") else {}
    names = {"dev": next((name for name in EXTRAS if name in there), "dev")}
    lists = {name: value.splitlines() for name, value in there.items()}
    for name, items in _flat_groups({**declared.groups, **declared.extras}, lists, names).items():
        text = ini.add(text, "options.extras_require", name, items)
    return Placed(texts={"setup.cfg": text})


def _requirements(declared: Declared, texts: Mapping[str, str]) -> Placed:
    runtime = next((path for path in _RUNTIME if path in texts), _RUNTIME[0])
    placed = _development(declared, texts)
    lines = _missing(declared.runtime, requirement.by_name(texts.get(runtime, "").splitlines()))
    _put_lines(placed, runtime, lines, texts)
    return placed


def _setup_py(declared: Declared, texts: Mapping[str, str]) -> Placed:
    placed = _development(declared, texts)
    lines = tuple(f'"{item}",' for item in sorted(set(declared.runtime)))
    if lines:
        placed.by_hand.append(ByHand("setup.py", lines, "install_requires: what the components import"))
    return placed


def _development(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Everything that is not installed with the package, in one file of requirements."""
    placed = Placed()
    path = next((path for path in _DEVELOPMENT if path in texts), _DEVELOPMENT[0])
    groups = {**declared.groups, **declared.extras}
    items = [item for name in groups for item in _resolved(groups, name) if isinstance(item, str)]
    lines = _missing(dict.fromkeys(items), requirement.by_name(texts.get(path, "").splitlines()))
    _put_lines(placed, path, lines, texts)
    return placed


def _put_lines(placed: Placed, path: str, lines: Sequence[str], texts: Mapping[str, str]) -> None:
    if not lines:
        return
    if path in texts:
        placed.fragments[path] = [{"lines": list(lines)}]
    else:
        placed.texts[path] = "".join(f"{line}\n" for line in lines)


def _groups(groups: Mapping[str, Sequence[Any]], there: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    result: dict[str, list[Any]] = {}
    for name, items in groups.items():
        known = requirement.by_name(there.get(name, []))
        plain = [item for item in items if not isinstance(item, str) and item not in there.get(name, [])]
        result[name] = [*_missing([item for item in items if isinstance(item, str)], known), *plain]
    return result


def _flat_groups(
    groups: Mapping[str, Sequence[Any]], there: Mapping[str, Sequence[Any]], names: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Groups for a form that cannot include one group in another."""
    result: dict[str, list[str]] = {}
    for name in groups:
        target = (names or {}).get(name, name)
        plain = [item for item in _resolved(groups, name) if isinstance(item, str)]
        result.setdefault(target, []).extend(_missing(plain, requirement.by_name(there.get(target, []))))
    return {name: items for name, items in result.items() if items}


def _resolved(groups: Mapping[str, Sequence[Any]], name: str) -> Iterator[Any]:
    for item in groups.get(name, []):
        if isinstance(item, Mapping) and "include-group" in item:
            yield from _resolved(groups, item["include-group"])
        else:
            yield item


def _missing(ours: Iterable[str], theirs: Mapping[str, Any]) -> list[str]:
    """Those of our requirements whose package is not declared; each package and marker once."""
    found: dict[str, str] = {}
    for text in ours:
        item = requirement.parse(text)
        name = canonicalize_name(item.name) if item else text
        if item and name in theirs:
            _agree(text, theirs[name].specifier, str(theirs[name]))
        else:
            found.setdefault(f"{name};{item.marker if item else ''}", text)
    return list(found.values())


def _agree(ours: str, theirs: Any, shown: str) -> None:
    wanted = requirement.parse(ours)
    if wanted and not requirement.common(wanted.specifier, theirs):
        raise InputError(
            f"this repository declares {shown}, and the components need {ours}",
            why="no version fulfils both",
            next_step="widen or move your bound first, then run the command again",
        )


def _version(value: Any) -> str:
    if isinstance(value, Mapping):
        value = value.get("version", "*")
    return value if isinstance(value, str) else "*"


def _filled(table: Mapping[str, Any]) -> dict[str, Any]:
    """Without tables and lists that are empty, all the way down."""
    inner = {key: _filled(value) if isinstance(value, Mapping) else value for key, value in table.items()}
    return {key: value for key, value in inner.items() if value not in ({}, [])}


def _toml(texts: Mapping[str, str]) -> Mapping[str, Any]:
    return tomllib.loads(texts.get(PYPROJECT, ""))


_HOMES: Mapping[Home, Callable[[Declared, Mapping[str, str]], Placed]] = {
    "project": _project,
    "poetry": _poetry,
    "setup.cfg": _setup_cfg,
    "setup.py": _setup_py,
    "requirements": _requirements,
    "": _requirements,
}
