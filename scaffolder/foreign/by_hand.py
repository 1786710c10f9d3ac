"""What only a person may change in a foreign repository: where it goes, and whether it is there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from scaffolder.facts.repository import Repository
from scaffolder.foreign import requirement
from scaffolder.manifest import ByHand


def done(root: Path, item: ByHand) -> bool:
    """Whether the file says what it should: every line of `item`, or the packages where it lists those."""
    repository = Repository(root, ())
    if item.path == "setup.py":
        listed = requirement.by_name(_strings(repository.python(item.path)))
        wanted = requirement.by_name(line.strip('",') for line in item.lines)
        return all(
            name in listed and requirement.common(listed[name].specifier, ours.specifier)
            for name, ours in wanted.items()
        )
    there = {text.strip() for text in repository.text(item.path).splitlines()}
    return all(text.strip() in there for text in item.lines)


def missing(root: Path, item: ByHand) -> ByHand:
    """`item` with those lines only that are not there yet."""
    return replace(item, lines=tuple(text for text in item.lines if not done(root, replace(item, lines=(text,)))))


def left(root: Path, items: Iterable[ByHand]) -> list[ByHand]:
    """Those of `items` that are not done, each with the lines that are missing."""
    found = [missing(root, item) for item in items]
    return [item for item in found if item.lines]


def present(root: Path, items: Iterable[ByHand]) -> list[tuple[str, int, str]]:
    """Those lines of `items` that are there: file, number from 1, and text."""
    found = []
    for item in items:
        for number, text in enumerate(Repository(root, ()).text(item.path).splitlines(), 1):
            if any(one.rstrip(",") in text for one in item.lines):
                found.append((item.path, number, text.strip()))
    return found


def line(root: Path, item: ByHand) -> int:
    """Where it goes, from 1: at `install_requires` in setup.py, else by what it is near, or after the imports."""
    repository = Repository(root, ())
    module = repository.python(item.path)
    if item.near and (found := _named(module, item.near)):
        above = [found.lineno, *(part.lineno for part in getattr(found, "decorator_list", ()))]
        return min(above) if item.lines[0].startswith("@") else (found.end_lineno or 0) + 1
    if item.path == "setup.py":
        keywords = [word for node in ast.walk(module) if isinstance(node, ast.Call) for word in node.keywords]
        listed = [word.value.lineno for word in keywords if word.arg == "install_requires"]
        calls = [node.lineno for node in ast.walk(module) if isinstance(node, ast.Call)]
        return (listed or calls or [1])[0]
    head = takewhile(lambda node: not isinstance(node, (ast.FunctionDef, ast.ClassDef)), module.body)
    imports = [node.end_lineno or 0 for node in head if isinstance(node, (ast.Import, ast.ImportFrom))]
    docstring = module.body[0].end_lineno or 0 if ast.get_docstring(module) else 0
    return max(imports, default=docstring) + 1


def add(root: Path, items: Iterable[ByHand]) -> None:
    """Do in the files what a person is told to do."""
    for item in left(root, items):
        path = root / item.path
        text = path.read_bytes().decode()
        newline = "\r\n" if "\r\n" in text else "\n"
        lines = text.splitlines(keepends=True)
        at = line(root, item) - (item.path != "setup.py")  # there it is the line in which the list begins
        lines[at:at] = [f"{one}{newline}" for one in item.lines]
        path.write_bytes("".join(lines).encode())


def _named(module: ast.Module, name: str) -> ast.stmt | None:
    """Where a module defines a variable or a function."""
    for node in module.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = {getattr(target, "id", "") for target in targets} | {getattr(node, "name", "")}
        if name in names:
            return node
    return None


def _strings(module: ast.Module) -> Iterator[str]:
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
