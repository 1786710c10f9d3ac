"""One valid request for each part of the service: a module here with `example() -> Example`.

`text2json request`, smoke tests of images and clusters, and load tests send them.
"""

import importlib
import pkgutil
from typing import NamedTuple


class Example(NamedTuple):
    """A request that a service answers with success, sent with any valid key."""

    method: str
    path: str
    body: bytes = b""
    media_type: str = "application/json"


class NoExampleError(Exception):
    """There is nothing to ask for yet, e.g. no model; the message says what to do."""


def names() -> list[str]:
    """The examples that there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> Example:
    """The example called `name`.

    Raises:
        NoExampleError: it cannot be made yet.
        ModuleNotFoundError: there is no such example.
    """
    found: Example = importlib.import_module(f"{__name__}.{name}").example()
    return found
