"""What is sent: bodies from a file, or from the best source that this project has."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from my_project.load import sources

COUNT = 1000
"""Distinct requests, so that a cache of responses would have to be a large one to help."""


class TrafficError(RuntimeError):
    """There is nothing to send; the message says what to do."""


class Source(Protocol):
    """A module in `my_project.load.sources`.

    Attributes:
        RANK: Of several sources the one with the lowest rank is used.
        PATH: Route that the bodies are for.
    """

    RANK: int
    PATH: str

    def bodies(self, count: int, seed: int) -> Sequence[bytes]:
        """Return `count` JSON documents, the same ones for the same seed.

        Raises:
            TrafficError: What they are made from does not exist yet.
        """


@dataclass(frozen=True)
class Traffic:
    """Request bodies (JSON documents) and the route they are for."""

    path: str
    bodies: Sequence[bytes]


def from_project(count: int = COUNT, seed: int = 0) -> Traffic:
    """Return requests from the source with the lowest rank.

    Raises:
        TrafficError: This project has no source, or the source has nothing yet.
    """
    found = _sources()
    if not found:
        raise TrafficError("this project has no source of requests: give a file with --requests")
    best = min(found, key=lambda source: source.RANK)
    return Traffic(best.PATH, best.bodies(count, seed))


def _sources() -> list[Source]:
    return [
        cast(Source, importlib.import_module(f"{sources.__name__}.{module.name}"))
        for module in pkgutil.iter_modules(sources.__path__)
    ]


def from_file(file: Path, path: str) -> Traffic:
    """Read one JSON document per line, for the route `path`; empty lines are skipped.

    Raises:
        TrafficError: A line is not JSON, or there is none; the message names the line.
    """
    bodies = []
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            json.loads(line)
        except ValueError as error:
            raise TrafficError(f"{file}, line {number}: not a JSON document: {error}") from error
        bodies.append(line.strip())
    if not bodies:
        raise TrafficError(f"{file} holds no requests")
    return Traffic(path, bodies)
