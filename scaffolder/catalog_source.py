"""Where a catalogue of others is found: a folder, a git repository that is fetched and kept, an installed package."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from scaffolder import git, names
from scaffolder.errors import InputError, ScaffolderError
from scaffolder.manifest_reader import NAME
from scaffolder.tree import read_tree

#: The group of entry points under which a Python package offers a catalogue: `acme = "acme_catalog"`, the value naming
#: the package, and after a colon the folder in it.
ENTRY_POINTS = "scaffolder.catalogs"

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:|gh:|gl:")
_HOSTS = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_PROTOCOLS = "https:http:ssh:git:file"


@dataclass(frozen=True)
class Source:
    """A catalogue that has been found.

    Attributes:
        name: the prefix of what is in it.
        where: how a person names it, without a revision.
        revision: a commit, or a digest of the files.
        folder: its files.
    """

    name: str
    where: str
    revision: str
    folder: Path

    @property
    def recorded(self) -> str:
        """What the lock of a project says."""
        return f"{self.where}#{self.revision}"


def is_remote(text: str) -> bool:
    """Whether `[NAME=]SOURCE` has to be fetched."""
    return bool(_URL.match(text.rpartition("=")[2]))


def find(text: str) -> Source:
    """The catalogue that `[NAME=]SOURCE` means.

    Raises:
        InputError: it cannot be found or fetched.
    """
    match = re.match(r"([A-Za-z0-9_-]+)=(.+)", text)
    name, where = (match[1], match[2]) if match else ("", text)
    if name and not NAME.fullmatch(name):
        raise InputError(f'"{name}" cannot name a catalogue', why="lower-case letters, digits, hyphens")
    if _URL.match(where):
        where, _, ref = where.partition("#")
        folder, commit = _cloned(where, ref)
        return Source(name or _short(where), where, commit, folder)
    folder = Path(where).expanduser()
    if folder.is_dir():
        folder = folder.resolve()
        return Source(name or _short(str(folder)), str(folder), _digest(folder), folder)
    installed = _installed(where)
    if installed is None:
        raise InputError(
            f'there is no catalogue "{where}"',
            why="it is neither a folder, nor a git URL, nor a catalogue that an installed package offers",
            next_step="give a path, a URL such as https://HOST/OWNER/REPOSITORY or gh:OWNER/REPOSITORY, or a name",
        )
    return Source(name or where, where, _digest(installed), installed)


def again(name: str, recorded: str, *, newer: bool) -> Source:
    """The catalogue that a lock records.

    Args:
        newer: a folder or a package may have changed since.

    Raises:
        InputError: it is not to be had, or is not the recorded one any more.
    """
    where, _, revision = recorded.rpartition("#")
    hint = f"name it: --catalog {name}=SOURCE"
    if _URL.match(where):
        folder, _ = _cloned(where, revision)
        return Source(name, where, revision, folder)
    try:
        source = find(f"{name}={where}")
    except InputError as error:
        raise InputError(
            f'the catalogue "{name}" of this project is not here', why=error.what, next_step=hint
        ) from error
    if source.revision != revision and not newer:
        raise InputError(
            f'the catalogue "{name}" ({where}) is not what it was when the project was generated',
            next_step="run scaffolder update first",
        )
    return source


def _short(where: str) -> str:
    last = re.split(r"[/:]", where.rstrip("/"))[-1].removesuffix(".git")
    name = names.project_name(last)
    if not NAME.fullmatch(name):
        raise InputError(f"{where} needs a name here", next_step=f"--catalog NAME={where}")
    return name


def _digest(folder: Path) -> str:
    lines = (f"{entry.mode:o} {entry.blob_id} {path}\n" for path, entry in read_tree(folder).items())
    return sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()[:40]


def _installed(name: str) -> Path | None:
    """The folder of a catalogue in an installed package, which is not imported."""
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for point in entry_points(group=ENTRY_POINTS, name=name):
        package, *inner = point.module.split(".")
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            return Path(place, *inner, *filter(None, point.attr.split(".")))
    return None


def _cloned(where: str, ref: str) -> tuple[Path, str]:
    """A checkout of a repository, kept for later, and its commit."""
    shelf = _cache() / sha256(where.encode()).hexdigest()[:16]
    if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", ref) and (shelf / ref).is_dir():
        return shelf / ref, ref
    shelf.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shelf) as scratch:
        place = Path(scratch, "clone")
        quiet = ("-c", "core.hooksPath=/dev/null", "-c", "init.templateDir=", "-c", "core.fsmonitor=false")
        url = next((host + where[len(short) :] for short, host in _HOSTS.items() if where.startswith(short)), where)
        try:
            git.run(shelf, *quiet, "clone", "--quiet", "--no-checkout", "--", url, str(place), protocols=_PROTOCOLS)
            commit = git.run(
                place, "rev-parse", "--verify", "--end-of-options", f"{_ref(place, ref)}^{{commit}}"
            ).stdout.strip()
            git.run(place, *quiet, "checkout", "--quiet", "--detach", commit)
        except ScaffolderError as error:
            raise InputError(
                f"the catalogue {where} cannot be fetched",
                why=error.why or error.what,
                next_step="check the URL, the revision after # and the network",
            ) from error
        shutil.rmtree(place / ".git")
        if not (shelf / commit).exists():
            place.rename(shelf / commit)
    return shelf / commit, commit


def _ref(clone: Path, ref: str) -> str:
    """A branch of the origin, a tag or a commit; by default what is checked out there."""
    branch = f"refs/remotes/origin/{ref or 'HEAD'}"
    known = not git.run(clone, "rev-parse", "--verify", "--quiet", branch, check=False).returncode
    return branch if known or not ref else ref


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "scaffolder", "catalogs")
