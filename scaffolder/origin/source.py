"""Where a template is, and which of the two libraries it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scaffolder import git
from scaffolder.errors import EnvironmentLacksError, InputError

_PROTOCOLS = "file:git:http:https:ssh"
_SHORT = {"gh": "https://github.com/", "gl": "https://gitlab.com/", "bb": "https://bitbucket.org/"}


@dataclass(frozen=True)
class Source:
    """A template at hand.

    Attributes:
        name: where it comes from, as the template's own tool would be told it.
        folder: where it is now; a zip file for itself.
        commit: "" where it is not under git.
    """

    kind: Literal["copier", "cookiecutter"]
    name: str
    folder: Path
    commit: str


def fetch(template: str, ref: str, scratch: Path) -> Source:
    """Look at a template, after cloning it to `scratch` where it is not on this machine.

    Raises:
        InputError: there is none.
        EnvironmentLacksError: it cannot be cloned.
    """
    if ref.startswith("-"):
        raise InputError(f"{ref!r} is no branch, tag or commit")
    path = Path(template.removeprefix("git+")).expanduser()
    if path.suffix == ".zip" or template.endswith(".zip"):
        name = str(path.absolute()) if path.exists() else template
        return Source("cookiecutter", name, path.absolute(), "")
    if path.is_dir():
        path = path.absolute()
        own = (path / ".git").exists()
        folder = _clone(str(path), ref, scratch) if own and ref else path
        return Source(_kind(folder, template), str(path), folder, _commit(folder) if own else "")
    if not _is_address(template):
        raise InputError(f"there is no template at {template}", next_step="give a folder, a git URL or gh:OWNER/NAME")
    short, _, rest = template.partition(":")
    url = f"{_SHORT[short]}{rest.removesuffix('.git')}.git" if short in _SHORT else template.removeprefix("git+")
    folder = _clone(url, ref, scratch)
    return Source(_kind(folder, template), template if short in _SHORT else url, folder, _commit(folder))


def _is_address(template: str) -> bool:
    return bool(re.match(r"(gh|gl|bb):[\w.-]|(git\+)?(https?|ssh|git|file)://|[\w.-]+@[\w.-]+:", template))


def _clone(url: str, ref: str, folder: Path) -> Path:
    try:
        git.run(folder.parent, "clone", "--quiet", "--", url, str(folder), protocols=_PROTOCOLS)
        if ref:
            git.run(folder, "checkout", "--quiet", ref, "--")
    except EnvironmentLacksError as error:
        if ref and (folder / ".git").exists():
            raise InputError(f"{url} has no branch, tag or commit {ref!r}", why=error.why) from error
        raise EnvironmentLacksError(
            f"{url} cannot be cloned", why=error.why, next_step="check the address and the network"
        ) from error
    return folder


def _commit(folder: Path) -> str:
    return git.run(folder, "rev-parse", "HEAD", check=False).stdout.strip()


def _kind(folder: Path, template: str) -> Literal["copier", "cookiecutter"]:
    if any((folder / name).is_file() for name in ("copier.yml", "copier.yaml")):
        return "copier"
    if (folder / "cookiecutter.json").is_file():
        return "cookiecutter"
    raise InputError(
        f"{template} is neither a Copier nor a Cookiecutter template",
        why="it has no copier.yml and no cookiecutter.json at its top",
        next_step="name the folder of the template itself",
    )
