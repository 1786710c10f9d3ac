"""What only a person may change in a foreign repository: where it goes, and whether it is there."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from scaffolder.facts.repository import Repository
from scaffolder.foreign import setup_py
from scaffolder.manifest import ByHand


def done(root: Path, item: ByHand) -> bool:
    """Whether the file says what it should: every line of `item`, or the packages where it lists those."""
    repository = Repository(root, ())
    if item.path == setup_py.PATH:
        return setup_py.done(repository.python(item.path), item)
    there = {text.strip() for text in repository.text(item.path).splitlines()}
    return all(text.strip() in there for text in item.lines)


def missing(root: Path, item: ByHand) -> ByHand:
    """`item` with those lines only that are not there yet."""
    return replace(item, lines=tuple(text for text in item.lines if not done(root, replace(item, lines=(text,)))))


def left(root: Path, items: Iterable[ByHand]) -> list[ByHand]:
    """Those of `items` that are not done, each with the lines that are missing."""
    found = (part for item in items for part in _parts(root, missing(root, item)))
    return [item for item in found if item.lines]


def _parts(root: Path, item: ByHand) -> list[ByHand]:
    return setup_py.parts(Repository(root, ()).python(item.path), item) if item.path == setup_py.PATH else [item]


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
    if item.path != setup_py.PATH and item.near and (found := _named(module, item.near)):
        above = [found.lineno, *(part.lineno for part in getattr(found, "decorator_list", ()))]
        return min(above) if item.lines[0].startswith("@") else (found.end_lineno or 0) + 1
    if item.path == setup_py.PATH:
        return setup_py.line(module, item)
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
        if item.path == setup_py.PATH:
            added = setup_py.added(text.replace("\r\n", "\n"), item)
            path.write_bytes(added.replace("\n", newline).encode())
            continue
        lines = text.splitlines(keepends=True)
        at = line(root, item) - 1
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
