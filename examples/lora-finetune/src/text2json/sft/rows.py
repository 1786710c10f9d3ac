"""Rows of instruction data: conversations as JSONL, validated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import DataError

SPLITS = ("train", "validation", "test")


class Message(BaseModel):
    """One turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1, max_length=200_000)


class Row(BaseModel):
    """One conversation that ends with the answer to learn.

    Attributes:
        id: unique within the data.
        messages: an optional system message, then user and assistant in turn.
        family: rows of one family stay in one split, e.g. the phrasing or the document they are from.
        composition: what the row is made of, for splits by it; empty where that says nothing.
        slice: which kind of generalisation a test row asks for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=200)
    messages: tuple[Message, ...] = Field(min_length=2)
    family: str = ""
    composition: str = ""
    slice: str = ""

    @model_validator(mode="after")
    def _in_turn(self) -> Self:
        roles = [message.role for message in self.messages]
        turns = roles[1:] if roles[0] == "system" else roles
        expected = ["user", "assistant"] * (len(turns) // 2)
        if not turns or turns != expected:
            raise ValueError(
                "messages must be an optional system message, then user and assistant in turn, "
                "and end with assistant"
            )
        return self

    @property
    def question(self) -> list[dict[str, str]]:
        """Everything before the answer."""
        return [message.model_dump() for message in self.messages[:-1]]

    @property
    def answer(self) -> str:
        """What the model has to say."""
        return self.messages[-1].content

    @property
    def asked(self) -> str:
        """The last message of the user."""
        return self.messages[-2].content


def read(path: Path) -> list[Row]:
    """Read and validate a JSONL file.

    Raises:
        DataError: the file is missing or empty, a line is wrong, or an id is there twice.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}") from error
    rows: list[Row] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        row = _row(path, number, line)
        if row.id in seen:
            raise DataError(f"{path}:{number}: id {row.id!r} is in line {seen[row.id]}, too")
        seen[row.id] = number
        rows.append(row)
    if not rows:
        raise DataError(f"{path}: there are no rows")
    return rows


def _row(path: Path, number: int, line: str) -> Row:
    try:
        values = json.loads(line)
        if isinstance(values, dict):
            values.setdefault("id", hashlib.sha256(line.encode()).hexdigest()[:16])
        return Row.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(
            f"{path}:{number}: {where + ': ' if where else ''}{first['msg']}"
        ) from error
    except ValueError as error:
        raise DataError(f"{path}:{number}: not JSON: {error}") from error


def write(path: Path, rows: Iterable[Row]) -> None:
    """Write JSONL that `read` reads; the same rows give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (row.model_dump_json(exclude_defaults=True) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


def data_hash(folder: Path) -> str:
    """SHA-256 over the three splits of a folder.

    Raises:
        DataError: a split is missing.
    """
    digest = hashlib.sha256()
    for split in SPLITS:
        try:
            digest.update((folder / f"{split}.jsonl").read_bytes())
        except OSError as error:
            raise DataError(f"{folder}: no {split}.jsonl; `make data` makes it") from error
    return digest.hexdigest()
