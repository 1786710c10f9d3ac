"""Fit our files into another repository's layout: the package's folder, and names that it has already (pure)."""

from __future__ import annotations

import re
from functools import partial

from scaffolder.foreign.record import Foreign
from scaffolder.sentinels import SENTINELS, SYNTAX

_PACKAGE = "my_project"
_FOLDER = f"src/{_PACKAGE}"
_PROGRAM = "$(BIN)/my-project"
# In the place of what in somebody's text looks like our template syntax; letters, so that a key stays a key.
_MARKS = {text: f"zQ{number}protectedQz" for number, text in enumerate((*SENTINELS, SYNTAX))}


def path(raw: str, record: Foreign) -> str:
    """Where one of our files goes: `src/my_project/cli.py` -> `shop/cli.py`."""
    if not raw.startswith(f"{_FOLDER}/"):
        return record.beside.get(raw, raw)
    head, dot, rest = re.split(r"([./]|$)", raw.removeprefix(f"{_FOLDER}/"), maxsplit=1)
    return f"{record.package}/{record.renamed.get(head, head)}{dot}{rest}"


def text(raw_path: str, content: str, record: Foreign) -> str:
    """One of our files, with the modules and folders that it names where they are in this repository."""
    if raw_path.endswith(".mk"):
        content = content.replace(_PROGRAM, "$(PROGRAM)")
    if raw_path.startswith(".github/"):
        content = _MAKE.sub(r"\1-f components.mk ", content)
        if raw_path in record.beside:  # two of one name would cancel each other
            content = re.sub(r"^name: ", "name: Components ", content, count=1)
    if record.beside:
        # `a Dockerfile` is any, in `deploy/mlflow/Dockerfile` it is another one, and a command may name its file.
        names = (re.escape(name) + ("(?! -f)" if " " in name else "") for name in record.beside)
        name = rf"(?<![\w./-])(?<!\ba )({'|'.join(names)})(?![\w-]|\.\w)"
        content = re.sub(name, lambda match: record.beside[match[1]], content)
    if record.home not in _INSTALLING and (not raw_path or raw_path.endswith(".md")):
        content = _COMMAND.sub(rf"\1python -m {_PACKAGE} ", content)
    if optional := _OPTIONAL.get(record.home):
        content = _SYNC.sub(optional, content)
    renamed = record.renamed
    if main := renamed.get("__main__"):
        content = re.sub(rf"(-m\"?,? \"?{_PACKAGE})(?![\w.])", rf"\1.{main}", content)
    for old, new in renamed.items():
        content = re.sub(rf"\b{_PACKAGE}([./]){old}\b", rf"{_PACKAGE}\g<1>{new}", content)
        if raw_path.endswith(".py"):
            content = _IMPORT.sub(partial(_import, old, new), content)
    return content.replace(_FOLDER, record.package) if record.package else content


#: Where a package declares its programs; elsewhere nothing installs them.
_INSTALLING = {"project", "poetry"}
_COMMAND = re.compile(r"(^|`|\$ |\.venv/bin/)my-project (?=[a-z])", re.M)
#: How what is optional is installed, where uv does not do it.
_SYNC = re.compile(r"uv sync (?:--inexact )?--(?:group|extra) (?=[a-z])(\w+)")
_OPTIONAL = {
    "poetry": r"poetry install --with \1",
    "pipfile": r"pipenv install --categories \1",
    "setup.cfg": r"pip install -e .[\1]",
    **dict.fromkeys(("requirements", "conda", "setup.py"), r"pip install -r requirements/\1.txt"),
}
# Targets of our own are in a file of their own; these three are the repository's.
_MAKE = re.compile(r"((?:run: |^ +)make )(?!(?:setup|check|test)\b)", re.M)
_IMPORT = re.compile(rf"^([ \t]*from {_PACKAGE} import )(\([^)]*\)|[^\n]+)", re.M)


def _import(old: str, new: str, match: re.Match[str]) -> str:
    """`from my_project import old` keeps the name by which the module is used."""
    return match[1] + re.sub(
        rf"(?<!as )\b{old}\b(\s+as\b)?", lambda found: f"{new}{found[1] or f' as {old}'}", match[2]
    )


def protect(content: str) -> str:
    """Somebody's text, so that rendering leaves it alone."""
    for found, mark in _MARKS.items():
        content = content.replace(found, mark)
    return content


def unprotect(content: str) -> str:
    """The text that was protected."""
    for found, mark in _MARKS.items():
        content = content.replace(mark, found)
    return content
