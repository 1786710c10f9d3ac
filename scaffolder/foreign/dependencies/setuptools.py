"""setup.cfg, setup.py and files of requirements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scaffolder.errors import InputError
from scaffolder.foreign import ini
from scaffolder.foreign.dependencies.declared import Declared, Place, Placed
from scaffolder.foreign.dependencies.pep621 import EXTRAS
from scaffolder.manifest import ByHand

RUNTIME = ("requirements.txt", "requirements/base.txt", "requirements/prod.txt", "requirements/requirements.txt")
DEVELOPMENT = (
    "requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "requirements/dev.txt",
    "requirements-test.txt", "test-requirements.txt", "requirements/test.txt",
)  # fmt: skip


#: What files of requirements are compiled from, by pip-tools or uv.
SOURCES = tuple(f"{path.removesuffix('txt')}in" for path in (*RUNTIME, *DEVELOPMENT))


def place_setup_cfg(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Put everything into `install_requires` and the extras."""
    import configparser

    text = texts["setup.cfg"]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    placed, file = Placed(), Place("setup.cfg")
    known = parser.get("options", "install_requires", fallback="").splitlines()
    lines = placed.lacking(declared.runtime, file.at("options", "install_requires"), known)
    text = ini.add(text, "options", "install_requires", lines)
    there = parser["options.extras_require"] if parser.has_section("options.extras_require") else {}
    development = next((name for name in EXTRAS if name in there), "dev")
    lists = {name: value.splitlines() for name, value in there.items()}
    wanted = {development: declared.development, **declared.optional}
    for name, items in placed.groups(wanted, file.at("options.extras_require"), lists).items():
        text = ini.add(text, "options.extras_require", name, items)
    placed.texts["setup.cfg"] = text
    return placed


def place_requirements(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Put everything into files of requirements.

    Raises:
        InputError: one is compiled, and what from is not there.
    """
    runtime = _open(RUNTIME, texts)
    placed = _not_installed(declared, texts)
    lines = placed.lacking(declared.runtime, Place(runtime), texts.get(runtime, "").splitlines())
    _put_lines(placed, runtime, lines, texts)
    return placed


def place_setup_py(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """Leave what the package imports to a person: setup.py is code."""
    placed = _not_installed(declared, texts)
    lines = tuple(f'"{item}",' for item in sorted(set(declared.runtime)))
    if lines:
        placed.by_hand.append(ByHand("setup.py", lines, "install_requires: what the components import"))
    return placed


def _not_installed(declared: Declared, texts: Mapping[str, str]) -> Placed:
    """What developers need in one file of requirements, and what is optional in a file each."""
    placed = optional_files(declared)
    path = _open(DEVELOPMENT, texts)
    lines = placed.lacking(declared.development, Place(path), texts.get(path, "").splitlines())
    _put_lines(placed, path, lines, texts)
    return placed


def _open(paths: Sequence[str], texts: Mapping[str, str]) -> str:
    """The file that takes more requirements: of one that is compiled, its source."""
    for path in paths:
        if (source := f"{path.removesuffix('txt')}in") in texts:
            return source
        if "--hash=" in texts.get(path, ""):
            raise InputError(
                f"{path} has hashes, so that pip takes no line without one, and there is no {source}",
                next_step=f"write what {path} is compiled from into {source}, then run the command again",
            )
        if path in texts:
            return path
    return paths[0]


def optional_files(declared: Declared) -> Placed:
    """A file of requirements for each thing that few will install."""
    files = {f"requirements/{name}.txt": items for name, items in declared.optional.items()}
    return Placed(texts={path: "".join(f"{item}\n" for item in items) for path, items in files.items()})


def _put_lines(placed: Placed, path: str, lines: Sequence[str], texts: Mapping[str, str]) -> None:
    if not lines:
        return
    if path in texts:
        placed.fragments[path] = [{"lines": list(lines)}]
    else:
        placed.texts[path] = "".join(f"{line}\n" for line in lines)
