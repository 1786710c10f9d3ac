"""Catalogues of others beside the bundled one: a folder, a git repository, or an installed Python package.

They have the same layout and manifests (`components/<name>/...`, `projects/<name>.toml`). What is in them is called
`<catalogue>/<name>`, or plainly `<name>` where that is not ambiguous. They are data: nothing in them is executed.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from scaffolder import catalog, git, names
from scaffolder.catalog import Catalog
from scaffolder.errors import CatalogError, InputError, ScaffolderError
from scaffolder.manifest import NAME, Component
from scaffolder.tree import read_tree

#: The group of entry points under which a Python package offers a catalogue: `acme = "acme_catalog"`, the value naming
#: the package, and after a colon the folder in it.
ENTRY_POINTS = "scaffolder.catalogs"

_URL = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:|gh:|gl:")
_HOSTS = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_PROTOCOLS = "https:http:ssh:git:file"
_FOLDERS = re.compile(r"components/[^/]+/(project|with/[^/]+)/.")


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


def load(given: Iterable[str] = (), recorded: Mapping[str, str] | None = None, *, newer: bool = False) -> Catalog:
    """The bundled catalogue and others.

    Args:
        given: `[NAME=]SOURCE` each, as on the command line.
        recorded: name -> source and revision, as in a lock; those given with the same name take their place.
        newer: folders and packages may have changed since they were recorded.

    Raises:
        InputError: one cannot be found, or is not the recorded one any more.
        CatalogError: one is no catalogue, or reaches out of its folder.
    """
    found = [_find(text) for text in given]
    taken = {source.name for source in found}
    found += [_again(name, text, newer=newer) for name, text in (recorded or {}).items() if name not in taken]
    known = catalog.load()
    for source in found:
        known = _united(known, source)
    return known


def at_hand(given: Iterable[str], directory: Path) -> Catalog:
    """The catalogues that can be read at once, for completion: nothing is fetched, and what fails is left out."""
    from scaffolder import lock

    folders = (directory, *directory.parents)
    known = catalog.load()
    with suppress(ScaffolderError, OSError):
        recorded = next((found.catalogs for folder in folders if (found := lock.read(folder))), {})
        texts = [*given, *(f"{name}={where.rpartition('#')[0]}" for name, where in recorded.items())]
        for text in texts:
            if not _URL.match(text.rpartition("=")[2]):
                known = _united(known, _find(text))
    return known


def _united(known: Catalog, source: Source) -> Catalog:
    if source.name in known.sources:
        raise InputError(
            f'two catalogues are called "{source.name}"', next_step=f"name one of them: --catalog NAME={source.where}"
        )
    _refuse_links(source.folder)
    own = catalog.load(source.folder)
    if not own.components and not own.projects:
        raise CatalogError(
            f"{source.where} is not a catalogue",
            why="there is no components/NAME/component.toml and no projects/NAME.toml",
        )
    full = {name: f"{source.name}/{name}" for name in own.components}
    components = {full[name]: _qualified(component, full) for name, component in own.components.items()}
    projects = {
        f"{source.name}/{name}": replace(
            project,
            name=f"{source.name}/{name}",
            components=tuple(full.get(part, part) for part in project.components),
        )
        for name, project in own.projects.items()
    }
    return Catalog(
        {**known.components, **components},
        {**known.projects, **projects},
        {**known.sources, source.name: source.recorded},
    )


def _qualified(component: Component, full: Mapping[str, str]) -> Component:
    prefix = full[component.name].rpartition("/")[0]
    return replace(
        component,
        name=full[component.name],
        requires=tuple(full.get(name, name) for name in component.requires),
        conflicts=tuple(full.get(name, name) for name in component.conflicts),
        formerly=tuple(f"{prefix}/{name}" for name in component.formerly),
    )


def _find(text: str) -> Source:
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


def _again(name: str, recorded: str, *, newer: bool) -> Source:
    where, _, revision = recorded.rpartition("#")
    hint = f"name it: --catalog {name}=SOURCE"
    if _URL.match(where):
        folder, _ = _cloned(where, revision)
        return Source(name, where, revision, folder)
    try:
        source = _find(f"{name}={where}")
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


def _refuse_links(folder: Path) -> None:
    """Links are for the files of projects; anywhere else they could lead out of the catalogue."""
    for path in _links(folder, ""):
        if not _FOLDERS.match(path):
            raise CatalogError(
                f"{folder / path} is a symbolic link",
                why="a catalogue has links among the files of its components only",
                next_step="replace it by what it points to",
            )


def _links(folder: Path, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as children:
        for child in children:
            if child.is_symlink():
                yield prefix + child.name
            elif child.is_dir():
                yield from _links(Path(child.path), f"{prefix}{child.name}/")
