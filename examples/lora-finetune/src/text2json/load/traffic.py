"""What is sent: bodies from a file, from the best source of this project, or one of its examples."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

from text2json.api import examples
from text2json.load import sources

COUNT = 1000
"""Distinct requests, so that a cache of responses would have to be a large one to help."""


class TrafficError(RuntimeError):
    """There is nothing to send; the message says what to do."""


class Source(Protocol):
    """A module in `text2json.load.sources`.

    Attributes:
        RANK: Of several sources the one with the lowest rank is used.
        PATH: Route that the bodies are for.
        ENVIRONMENT: Optional, settings (`APP_*`) of the service that is started to be loaded, such
            as a limit per key that one generator would meet.
        TOGETHER: Optional, settings under which its requests are in flight together where
            otherwise each would be answered before the next one is read; without them a service
            that is as fast cannot be overloaded.
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
    """Requests: bodies (JSON documents, or nothing) and the route and method they are for.

    `environment` and `together` are the source's `ENVIRONMENT` and `TOGETHER`.
    """

    path: str
    bodies: Sequence[bytes]
    method: str = "POST"
    environment: Mapping[str, str] = field(default_factory=dict)
    together: Mapping[str, str] = field(default_factory=dict)


def from_project(count: int = COUNT, seed: int = 0) -> Traffic:
    """Return requests from the source with the lowest rank; without a source, an example request.

    Raises:
        TrafficError: The source has nothing yet, or there is no example that can be repeated.
    """
    found = _sources()
    if not found:
        return from_examples()
    best = min(found, key=lambda source: source.RANK)
    return Traffic(
        best.PATH,
        best.bodies(count, seed),
        environment=getattr(best, "ENVIRONMENT", {}),
        together=getattr(best, "TOGETHER", {}),
    )


def from_examples() -> Traffic:
    """Return the first example that asks something, else the first that only reads.

    Raises:
        TrafficError: An example cannot be made yet, or none can be repeated.
    """
    try:
        found = [examples.load(name) for name in examples.names()]
    except examples.NoExampleError as error:
        raise TrafficError(str(error)) from error
    for method, media_type in (("POST", "application/json"), ("GET", None)):
        for example in found:
            if example.method == method and media_type in {None, example.media_type}:
                return Traffic(example.path, [example.body], method)
    raise TrafficError("no example can be sent again and again: give a file with --requests")


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
