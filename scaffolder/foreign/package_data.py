"""Files besides code, which setuptools leaves out of a wheel unless it is told about them (pure)."""

from __future__ import annotations

import configparser
import json
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from scaffolder.foreign import ini, setup_py
from scaffolder.foreign.dependencies.declared import PYPROJECT, Placed, toml
from scaffolder.foreign.record import Foreign
from scaffolder.manifest import ByHand

_OURS = "src/my_project/"


def declare(placed: Placed, raw: Iterable[str], record: Foreign, texts: Mapping[str, str]) -> None:
    """Tell setuptools about the files of components, where a repository is built by it: in `placed`.

    Args:
        raw: the files of the components.
        texts: the files in which dependencies are declared.
    """
    paths = [path.removeprefix(_OURS) for path in raw if path.startswith(_OURS)]
    package = str(record.answers["package_name"])
    data = _patterns(package, paths, record)
    packages = sorted({_dotted(package, PurePosixPath(path).parent, record) for path in paths if path.endswith(".py")})
    more = [name for name in packages if name != package]
    if "setup.py" in record.present and record.home not in {"project", "setup.cfg"}:
        if lines := tuple(f"{json.dumps(name)}: {json.dumps(found)}," for name, found in data.items()):
            why = "package_data: what the wheel needs besides code"
            placed.by_hand.append(ByHand(setup_py.PATH, lines, why, setup_py.DATA))
        if lines := tuple(f"{json.dumps(name)}," for name in more):
            why = "packages: what the wheel needs of code"
            placed.by_hand.append(ByHand(setup_py.PATH, lines, why, setup_py.PACKAGES))
    elif record.home == "setup.cfg":
        text = placed.texts.get("setup.cfg", texts.get("setup.cfg", ""))
        listed = _listed(text)
        for name, found in data.items():
            text = ini.add(text, "options.package_data", name, found)
        if listed and more:
            text = ini.add(text, "options", "packages", [name for name in more if name not in listed])
        placed.texts["setup.cfg"] = text
    elif record.home == "project" and _by_setuptools(texts):
        theirs = toml(texts).get("tool", {}).get("setuptools", {}).get("packages")
        table: dict[str, object] = {"package-data": data} if data else {}
        if isinstance(theirs, list) and more:
            table["packages"] = more
        if table:
            placed.fragments.setdefault(PYPROJECT, []).append({"tool": {"setuptools": table}})


def _patterns(package: str, paths: Iterable[str], record: Foreign) -> dict[str, list[str]]:
    """Package -> patterns of what it has besides code: a folder of its own, or files of a kind."""
    code = {str(PurePosixPath(path).parent) for path in paths if path.endswith(".py")}
    found: dict[str, set[str]] = {}
    for path in (PurePosixPath(path) for path in paths if not path.endswith(".py")):
        home = next(folder for folder in (*path.parents,) if str(folder) in code or str(folder) == ".")
        inner = path.parent.relative_to(home)
        pattern = f"{inner}/*" if path.parent != home else f"*{path.suffix or path.name}"
        found.setdefault(_dotted(package, home, record), set()).add(pattern)
    return {name: sorted(patterns) for name, patterns in sorted(found.items())}


def _dotted(package: str, folder: PurePosixPath, record: Foreign) -> str:
    first, *rest = folder.parts or ("",)
    return ".".join(part for part in (package, record.renamed.get(first, first), *rest) if part)


def _by_setuptools(texts: Mapping[str, str]) -> bool:
    backend = toml(texts).get("build-system", {}).get("build-backend", "")
    return str(backend).startswith("setuptools")


def _listed(text: str) -> list[str]:
    """The packages that setup.cfg names one by one; none where it has them found."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    value = parser.get("options", "packages", fallback="")
    return [] if value.strip().startswith("find") else value.replace(",", "\n").split()
