"""Adapter versions in a folder, and which of them is champion, challenger and previous.

A version is complete once its `card.json` is there, which is written last. `aliases.json` is
replaced in one step, so readers need no lock; writers take one.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .errors import ModelError
from .settings import ADAPTERS

ALIASES = ("champion", "challenger", "previous")
CARD = "card.json"
_FILE = "aliases.json"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Adapters:
    """The versions below `root`, and their aliases."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / _FILE

    def versions(self) -> list[str]:
        """Names of the complete versions, sorted."""
        return sorted(path.parent.name for path in self.root.glob(f"*/{CARD}"))

    def card(self, version: str) -> dict[str, Any]:
        """What was recorded about a version: base, data, settings, measured numbers.

        Raises:
            ModelError: there is no such version, or its card cannot be read.
        """
        path = self.resolve(version) / CARD
        try:
            card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{path}: {error}") from error
        return card

    def aliases(self) -> dict[str, str]:
        """Alias to version; empty before the first promotion.

        Raises:
            ModelError: the file does not map aliases to versions.
        """
        try:
            found = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ModelError(f"{self.path}: {error}") from error
        if not isinstance(found, dict) or not all(
            key in ALIASES and isinstance(value, str) and _VERSION.fullmatch(value)
            for key, value in found.items()
        ):
            raise ModelError(f"{self.path}: must map {', '.join(ALIASES)} to versions")
        return found

    def resolve(self, name: str) -> Path:
        """Folder of an alias or a version.

        Raises:
            ModelError: there is none.
        """
        version = self.aliases().get(name) if name in ALIASES else name
        if version is None:
            raise ModelError(f"{self.path}: no {name} is set; `make finetune` trains and promotes")
        return self.root / self._known(version)

    def promote(self, version: str) -> None:
        """Make a version champion; the champion before it becomes `previous`."""
        self._known(version)
        with self._changing() as aliases:
            current = aliases.get("champion")
            if current == version:
                return
            if current is not None:
                aliases["previous"] = current
            aliases["champion"] = version
            if aliases.get("challenger") == version:
                del aliases["challenger"]

    def challenge(self, version: str | None) -> None:
        """Make a version challenger; None ends the challenge.

        Raises:
            ModelError: it is the champion, or there is no such version.
        """
        if version is not None:
            self._known(version)
        with self._changing() as aliases:
            if version is None:
                aliases.pop("challenger", None)
            elif version == aliases.get("champion"):
                raise ModelError(f"{version} is the champion; it cannot challenge itself")
            else:
                aliases["challenger"] = version

    def rollback(self) -> str:
        """Exchange champion and `previous`; say which version is champion now.

        Raises:
            ModelError: there is no previous version, or it was deleted.
        """
        with self._changing() as aliases:
            if "previous" not in aliases or "champion" not in aliases:
                raise ModelError(f"{self.path}: no previous version to roll back to")
            version = self._known(aliases["previous"])
            aliases["previous"], aliases["champion"] = aliases["champion"], version
        return version

    def _known(self, version: str) -> str:
        if not _VERSION.fullmatch(version) or not (self.root / version / CARD).is_file():
            known = ", ".join(self.versions()) or "none; run `make finetune`"
            raise ModelError(f"{self.root}: no adapter {version!r}; there are: {known}")
        return version

    @contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        """Hold the lock, give the aliases to change, write them if the block succeeds."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".aliases.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            aliases = self.aliases()
            yield aliases
            temporary = self.root / f".aliases-{os.getpid()}"
            temporary.write_text(json.dumps(aliases, indent=2, sort_keys=True) + "\n")
            temporary.replace(self.path)


def adapters(root: Path = ADAPTERS) -> Adapters:
    """The adapters of this project."""
    return Adapters(root)
