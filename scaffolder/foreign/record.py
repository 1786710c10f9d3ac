"""What the lock keeps about a repository that scaffolder did not generate."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, cast

from scaffolder.facts.application import Application
from scaffolder.tree import Entry, Tree

if TYPE_CHECKING:
    from scaffolder.facts.metadata import Home


@dataclass(frozen=True)
class Foreign:
    """The `foreign` tables of the lock.

    Attributes:
        implicit: adopted by the first `add`, so that removing the last component removes the lock too.
        package: folder of the import package that components join, such as `src/shop`; "" if there is none.
        home: where dependencies are declared.
        answers: what a generated project keeps in `.copier-answers.yml`, which may be another template's here.
        renamed: modules of ours -> their names here, where the package has one of that name already.
        beside: files of ours -> where they are here, because the repository has one of their kind already.
        present: files of ours that the repository has its own of; a person adds lines to them.
        application: the web application that components join; None if there is none.
        originals: shared files as they were before the first component: path -> file. They take the place of those
            that `base` ships, so that adding and removing are three-way changes like any other.
    """

    implicit: bool
    package: str
    home: Home
    answers: Mapping[str, Any]
    renamed: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, str] = field(default_factory=dict)
    present: tuple[str, ...] = ()
    application: Application | None = None
    originals: Tree = field(default_factory=dict)

    def dumps(self) -> str:
        """The tables as TOML."""
        head = {"implicit": self.implicit, "package": self.package, "home": self.home, "present": list(self.present)}
        packed = {path: f"{entry.mode:o} {_pack(entry.data)}" for path, entry in sorted(self.originals.items())}
        application = asdict(self.application) if self.application else {}
        tables = {
            "answers": dict(self.answers),
            "renamed": dict(self.renamed),
            "beside": dict(self.beside),
            "application": application,
            "originals": packed,
        }
        return f"\n[foreign]\n{_rows(head)}" + "".join(
            f"\n[foreign.{name}]\n{_rows(table)}" for name, table in tables.items() if table
        )


def loads(table: Mapping[str, Any]) -> Foreign:
    """The tables of a lock.

    Raises:
        KeyError, TypeError, ValueError: they are damaged.
    """
    originals = {}
    for path, packed in table.get("originals", {}).items():
        mode, data = packed.split(" ")
        originals[path] = Entry(_unpack(data), int(mode, 8))
    return Foreign(
        implicit=bool(table["implicit"]),
        package=str(table["package"]),
        home=cast("Home", str(table["home"])),
        answers=dict(table.get("answers", {})),
        renamed={str(old): str(new) for old, new in table.get("renamed", {}).items()},
        beside={str(old): str(new) for old, new in table.get("beside", {}).items()},
        present=tuple(map(str, table.get("present", ()))),
        application=Application(**table["application"]) if "application" in table else None,
        originals=originals,
    )


def _rows(table: Mapping[str, Any]) -> str:
    # JSON's strings, lists, numbers and booleans are TOML's, but for one control character.
    return "".join(
        f"{_text(key)} = {json.dumps(value, ensure_ascii=False)}\n".replace("\x7f", "\\u007f")
        for key, value in table.items()
    )


def _text(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


def _pack(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


def _unpack(text: str) -> bytes:
    try:
        return zlib.decompress(base64.b64decode(text, validate=True))
    except zlib.error as error:
        raise ValueError(f"an original file cannot be unpacked: {error}") from error
