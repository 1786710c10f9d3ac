"""`scaffolder.lock`: which version and components made a project, and the git blob id of every file as generated."""

from __future__ import annotations

import base64
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scaffolder import __version__
from scaffolder.errors import InputError
from scaffolder.foreign import record
from scaffolder.foreign.record import Foreign
from scaffolder.tree import Entry, Tree

NAME = "scaffolder.lock"
#: The format of the file, raised when an older scaffolder could not read it any more.
FORMAT = 1

_HEAD = "# Written by scaffolder: what generated this project, and each file as it was generated. Keep it in git.\n"


@dataclass(frozen=True)
class Lock:
    """The contents of `scaffolder.lock`.

    Attributes:
        version: of the scaffolder that generated the files.
        project: the recipe that the project started from.
        components: the stack, requirements first.
        files: path -> (mode, git blob id), as generated.
        pristine: blob id -> contents (see `pack`) of generated files that were merged with the user's edits when they
            were written, so that no commit ever has them as generated.
        catalogs: those that others made: name -> where it is and its revision.
        foreign: only of a repository that scaffolder did not generate.
    """

    version: str
    project: str
    components: tuple[str, ...]
    files: Mapping[str, tuple[int, str]]
    pristine: Mapping[str, str] = field(default_factory=dict)
    catalogs: Mapping[str, str] = field(default_factory=dict)
    foreign: Foreign | None = None

    def untouched(self, path: str, entry: Entry | None) -> bool:
        """Whether `entry` is exactly what was generated at `path`."""
        return entry is not None and self.files.get(path) == (entry.mode, entry.blob_id)

    def dumps(self) -> str:
        """The file's text."""
        quoted = ", ".join(f'"{name}"' for name in self.components)
        head = f'format = {FORMAT}\nversion = "{self.version}"\nproject = "{self.project}"\ncomponents = [{quoted}]\n'
        rows = "".join(f'{_key(path)} = "{mode:o} {blob}"\n' for path, (mode, blob) in sorted(self.files.items()))
        kept = "".join(f'"{blob}" = "{text}"\n' for blob, text in sorted(self.pristine.items()))
        sources = "".join(f"{name} = {_key(where)}\n" for name, where in sorted(self.catalogs.items()))
        catalogs = f"\n[catalogs]\n{sources}" if sources else ""
        foreign = self.foreign.dumps() if self.foreign else ""
        return f"{_HEAD}{head}{catalogs}\n[files]\n{rows}" + (f"\n[pristine]\n{kept}" if kept else "") + foreign


def make(project: str, components: tuple[str, ...], files: Tree) -> Lock:
    """The lock of freshly rendered files."""
    return Lock(__version__, project, components, {path: (entry.mode, entry.blob_id) for path, entry in files.items()})


def read(root: Path) -> Lock | None:
    """The lock of the project at `root`, or None where there is none.

    Raises:
        InputError: it is damaged, or written by a newer scaffolder.
    """
    path = root / NAME
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            f"{path} cannot be read", why=str(error), next_step="restore it: git checkout -- scaffolder.lock"
        ) from error
    if isinstance(data.get("format"), int) and data["format"] > FORMAT:
        raise InputError(
            f"{path} was written by a newer scaffolder ({data.get('version', 'unknown')}; this is {__version__})",
            next_step="upgrade: pip install --upgrade scaffolder",
        )
    try:
        files = {str(name): _split(value) for name, value in data["files"].items()}
        pristine = {str(blob): str(text) for blob, text in data.get("pristine", {}).items()}
        catalogs = {str(name): str(where) for name, where in data.get("catalogs", {}).items()}
        components = tuple(map(str, data["components"]))
        foreign = record.loads(data["foreign"]) if "foreign" in data else None
        return Lock(str(data["version"]), str(data["project"]), components, files, pristine, catalogs, foreign)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path} is damaged",
            why=f"{type(error).__name__}: {error}",
            next_step="restore it: git checkout -- scaffolder.lock",
        ) from error


def pack(data: bytes) -> str:
    """Contents as text for the lock: compressed, in base 64."""
    return base64.b64encode(zlib.compress(data, 9)).decode()


def unpack(text: str) -> bytes:
    """The contents that `pack` made text of; nothing if it is damaged."""
    try:
        return zlib.decompress(base64.b64decode(text))
    except (ValueError, zlib.error):
        return b""


def _split(value: str) -> tuple[int, str]:
    mode, blob = value.split(" ")
    if len(blob) != 40:
        raise ValueError(f"not a blob id: {blob}")
    return int(mode, 8), blob


def _key(path: str) -> str:
    from scaffolder.names import toml_escape

    return f'"{toml_escape(path)}"'
