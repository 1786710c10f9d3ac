"""Read `component.toml` and `projects/<name>.toml`, and check what they say."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scaffolder.errors import CatalogError
from scaffolder.manifest import Adds, Beside, ByHand, Component, Foreign, Join, Project

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class _Reader:
    """Takes typed values out of one TOML file and says exactly what is wrong with them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CatalogError(f"{path} cannot be read", why=str(error)) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CatalogError(f"{path} is not valid TOML", why=str(error)) from error

    def fail(self, key: str, expected: str) -> CatalogError:
        return CatalogError(f"{self.path}: {key}: expected {expected}", next_step="correct that key and run again")

    def text(self, key: str) -> str:
        value = self.data.pop(key, None)
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise self.fail(key, "one line of text")
        return value

    def names(self, key: str, *, needed: bool = False) -> tuple[str, ...]:
        value = self.data.pop(key, None if needed else [])
        if not isinstance(value, list) or not all(isinstance(item, str) and NAME.fullmatch(item) for item in value):
            raise self.fail(key, "a list of names (lower-case letters, digits, hyphens)")
        return tuple(value)

    def adds(self, table: Any, key: str) -> Adds:
        if not isinstance(table, dict):
            raise self.fail(key, "a table of paths")
        for path, fragment in table.items():
            if not isinstance(fragment, dict):
                raise self.fail(f'{key}."{path}"', "a table")
            if path.startswith("/") or ".." in path.split("/"):
                raise self.fail(f'{key}."{path}"', "a path inside the project")
        return table

    def pairs(self, table: Any, key: str) -> Mapping[str, str]:
        if not isinstance(table, dict) or not all(isinstance(value, str) for value in table.values()):
            raise self.fail(key, "a table of texts")
        return table

    def foreign(self) -> Foreign | None:
        table = self.data.pop("foreign", None)
        if table is None:
            return None
        if not isinstance(table, dict) or not set(table) <= {"files", "adds", "by_hand", "join", "beside"}:
            raise self.fail("foreign", "a table with files, adds, by_hand, join, beside")
        files, by_hand = table.get("files"), table.get("by_hand", [])
        if files is not None and not _texts(files):
            raise self.fail("foreign.files", "a list of patterns")
        for item in by_hand:
            if set(item) != {"path", "lines", "why"} or not _texts(item["lines"]) or not _texts([item["path"]]):
                raise self.fail("foreign.by_hand", "tables with path, lines, why")
        self.adds({item["path"]: item for item in by_hand}, "foreign.by_hand")  # paths inside the project
        return Foreign(
            files=None if files is None else tuple(files),
            adds=self.adds(table.get("adds", {}), "foreign.adds"),
            by_hand=tuple(ByHand(item["path"], tuple(item["lines"]), str(item["why"])) for item in by_hand),
            join={name: self.join(item, f"foreign.join.{name}") for name, item in table.get("join", {}).items()},
            beside=tuple(map(self.beside, table.get("beside", []))),
        )

    def beside(self, table: Any) -> Beside:
        if not isinstance(table, dict) or not {"taken", "files"} <= set(table) <= {"taken", "files", "include"}:
            raise self.fail("foreign.beside", "tables with taken, files, include")
        files = self.pairs(table["files"], "foreign.beside.files")
        self.adds({path: {} for path in (*table["taken"], *files.values())}, "foreign.beside")  # inside the project
        return Beside(tuple(table["taken"]), files, bool(table.get("include")))

    def join(self, table: Any, key: str) -> Join:
        words = ("import", "application", "factory", "why")
        adds = table.pop("adds", {}) if isinstance(table, dict) else {}
        if not isinstance(table, dict) or set(table) != set(words) or not _texts(list(table.values())):
            raise self.fail(key, f"a table with {', '.join(words)}, and adds")
        return Join(
            table["import"], table["application"], table["factory"], table["why"], self.adds(adds, f"{key}.adds")
        )

    def done(self) -> None:
        if self.data:
            raise self.fail(", ".join(self.data), "no such key")


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def load_component(folder: Path) -> Component:
    """Read `folder/component.toml`.

    Raises:
        CatalogError: naming the file and the key that is wrong.
    """
    reader = _Reader(folder / "component.toml")
    if not NAME.fullmatch(folder.name):
        raise CatalogError(f"{folder} is not a name for a component", why="lower-case letters, digits, hyphens")
    with_tables = reader.data.pop("with", {})
    if not isinstance(with_tables, dict) or not all(
        isinstance(t, dict) and set(t) == {"adds"} for t in with_tables.values()
    ):
        raise reader.fail("with", "tables with.<component>.adds")
    renamed = reader.data.pop("renamed", {})
    if not isinstance(renamed, dict) or not renamed.keys() <= {"files", "questions"}:
        raise reader.fail("renamed", "tables renamed.files and renamed.questions")
    component = Component(
        name=folder.name,
        folder=folder,
        summary=reader.text("summary"),
        requires=reader.names("requires"),
        provides=reader.names("provides"),
        conflicts=reader.names("conflicts"),
        adds=reader.adds(reader.data.pop("adds", {}), "adds"),
        adds_with={name: reader.adds(t["adds"], f"with.{name}.adds") for name, t in with_tables.items()},
        formerly=reader.names("formerly"),
        moved=reader.pairs(renamed.get("files", {}), "renamed.files"),
        reworded=reader.pairs(renamed.get("questions", {}), "renamed.questions"),
        needs=reader.names("needs"),
        foreign=reader.foreign(),
    )
    reader.done()
    return component


def load_project(path: Path) -> Project:
    """Read a recipe.

    Raises:
        CatalogError: naming the file and the key that is wrong.
    """
    reader = _Reader(path)
    answers = reader.data.pop("answers", {})
    if not isinstance(answers, dict):
        raise reader.fail("answers", "a table")
    job = reader.text("job") if "job" in reader.data else ""
    project = Project(path.stem, reader.text("summary"), reader.names("components", needed=True), answers, job)
    reader.done()
    return project
