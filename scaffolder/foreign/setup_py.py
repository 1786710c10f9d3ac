"""What setup.py lists, as far as its code says it plainly: it is code, so only a person changes it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from packaging.requirements import Requirement

from scaffolder.foreign import requirement
from scaffolder.manifest import ByHand

PATH = "setup.py"
#: Where lines go that are no requirements, named in `ByHand.near`.
DATA = "package_data"
PACKAGES = "packages"
_REQUIRED = "install_requires"


def done(module: ast.Module, item: ByHand) -> bool:
    """Whether the lines of `item` are there: packages under their name, requirements in any narrower form."""
    if item.near == PACKAGES:
        value = _argument(module, PACKAGES)
        named = {_value(one) for one in value.elts} if isinstance(value, ast.List | ast.Tuple) else set()
        return not named or named.issuperset(map(_entry, item.lines))  # where they are not named, they are found
    if item.near:
        keys = [key for node in ast.walk(module) if isinstance(node, ast.Dict) for key in node.keys]
        return all(any(_value(key) == _entry(line) for key in keys) for line in item.lines)
    wanted = [requirement.parse(line.strip('",')) for line in item.lines]
    return all(_satisfied(module, ours) for ours in wanted if ours)


def parts(module: ast.Module, item: ByHand) -> list[ByHand]:
    """`item`, and apart from it each requirement of a package that is listed already, with bounds that are too wide."""
    if item.near:
        return [item]
    found: list[ByHand] = []
    others = []
    for text in item.lines:
        if listed := _listed(module, text):
            why = f"instead of {listed[-1].value!r}, which allows versions that the components do not work with"
            found.append(replace(item, lines=(text,), why=why))
        else:
            others.append(text)
    return [replace(item, lines=tuple(others)), *found]


def line(module: ast.Module, item: ByHand) -> int:
    """The line, from 1, of the package if it is listed, else of the list, else of the call."""
    if not item.near and len(item.lines) == 1 and (there := _listed(module, item.lines[0])):
        return there[-1].lineno
    calls = [node.lineno for node in ast.walk(module) if isinstance(node, ast.Call)]
    value = _argument(module, item.near or _REQUIRED)
    return value.lineno if value else (calls or [1])[0]


def added(text: str, item: ByHand) -> str:
    """The text with the lines of `item` at the start of the list or mapping they belong to, or as a new argument."""
    module = ast.parse(text)
    new = "\n".join(item.lines)
    value = _argument(module, item.near or _REQUIRED)
    if isinstance(value, ast.List | ast.Dict | ast.Tuple):
        at, new = _position(text, value.lineno, value.col_offset) + 1, f"\n{new}\n"
    else:
        call = next(node for node in ast.walk(module) if isinstance(node, ast.Call) and _is_setup(node))
        at = text.index("(", _position(text, call.func.end_lineno or 1, call.func.end_col_offset or 0)) + 1
        new = f"\n{item.near}={{\n{new}\n}},\n" if item.near else f"\n{_REQUIRED}=[\n{new}\n],\n"
    return text[:at] + new + text[at:]


def _position(text: str, lineno: int, column: int) -> int:
    lines = text.splitlines(keepends=True)
    return len("".join(lines[: lineno - 1])) + len(lines[lineno - 1].encode()[:column].decode())


def _is_setup(call: ast.Call) -> bool:
    return getattr(call.func, "id", getattr(call.func, "attr", "")) == "setup"


def _argument(module: ast.Module, name: str) -> ast.expr | None:
    """What `setup()` is given for `name`, looked up where that is a variable of the module."""
    words = [word for node in ast.walk(module) if isinstance(node, ast.Call) for word in node.keywords]
    value = next((word.value for word in words if word.arg == name), None)
    if isinstance(value, ast.Name):
        assigned = (node for node in module.body if isinstance(node, ast.Assign))
        return next((node.value for node in assigned if _names(node, value.id)), value)
    return value


def _names(node: ast.Assign, name: str) -> bool:
    return any(isinstance(target, ast.Name) and target.id == name for target in node.targets)


def _entry(text: str) -> str:
    return text.partition(":")[0].strip(" \"',")


def _value(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _listed(module: ast.Module, ours: str) -> list[ast.Constant]:
    """Where the package of a requirement is named."""
    wanted = requirement.by_name([ours.strip('",')])
    return [node for node in _strings(module) if wanted.keys() & requirement.by_name([node.value]).keys()]


def _satisfied(module: ast.Module, ours: Requirement) -> bool:
    listed = [item for node in _listed(module, str(ours)) for item in requirement.by_name([node.value]).values()]
    return bool(listed) and requirement.satisfies(_all(ours.name, listed), ours)


def _all(name: str, items: Iterable[Requirement]) -> Requirement:
    """What several requirements of a package demand together."""
    both = Requirement(name)
    for item in items:
        both.specifier, both.extras = both.specifier & item.specifier, both.extras | item.extras
    return both


def _strings(module: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node
