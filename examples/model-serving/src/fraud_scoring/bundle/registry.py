"""Which version is champion, challenger and previous: `models/aliases.json`."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .errors import BundleError
from .model import MANIFEST
from .schema import ALIASES, is_version

ALIASES_FILE = "aliases.json"


class Registry:
    """Versions in a folder, and the aliases that point at them.

    Readers need no lock: `aliases.json` is replaced in one step. Writers take one, so that two
    promotions at once cannot lose `previous`.
    """

    def __init__(self, models_dir: Path | str) -> None:
        self.models_dir = Path(models_dir)
        self.path = self.models_dir / ALIASES_FILE

    def versions(self) -> list[str]:
        """Names of all complete versions, in order of their names."""
        found = self.models_dir.glob(f"*/{MANIFEST}")
        return sorted(path.parent.name for path in found if is_version(path.parent.name))

    def aliases(self) -> dict[str, str]:
        """Alias to version; empty before the first promotion.

        Raises:
            BundleError: the file is not a JSON object of known aliases to version names.
        """
        try:
            found = json.loads(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise BundleError(f"{self.path}: {error}") from error
        if not isinstance(found, dict) or not found.keys() <= set(ALIASES):
            raise BundleError(f"{self.path}: must map {', '.join(ALIASES)} to versions")
        for alias, version in found.items():
            if not isinstance(version, str) or not is_version(version):
                raise BundleError(f"{self.path}: {alias} does not name a version")
        return found

    def resolve(self, name: str) -> Path:
        """Folder of the version that `name`, an alias or a version, stands for.

        Raises:
            BundleError: there is no such alias or version.
        """
        version = self.aliases().get(name) if name in ALIASES else name
        if version is None:
            raise BundleError(f"{self.path}: no {name} is set")
        return self.models_dir / self._known(version)

    def promote(self, version: str) -> None:
        """Make `version` champion; the champion before it becomes `previous`.

        Raises:
            BundleError: there is no such version.
        """
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

    def set_challenger(self, version: str | None) -> None:
        """Make `version` challenger, or have none.

        Raises:
            BundleError: there is no such version, or it is the champion.
        """
        if version is not None:
            self._known(version)
        with self._changing() as aliases:
            if version is None:
                aliases.pop("challenger", None)
            elif version == aliases.get("champion"):
                raise BundleError(f"{version} is the champion; it cannot challenge itself")
            else:
                aliases["challenger"] = version

    def rollback(self) -> str:
        """Exchange champion and `previous`, and say which version is champion now.

        Raises:
            BundleError: there is no previous version, or it was deleted.
        """
        with self._changing() as aliases:
            if "previous" not in aliases or "champion" not in aliases:
                raise BundleError(f"{self.path}: no previous version to roll back to")
            version = self._known(aliases["previous"])
            aliases["previous"], aliases["champion"] = aliases["champion"], version
            if aliases.get("challenger") == version:
                del aliases["challenger"]
        return version

    def assign(self, aliases: Mapping[str, str]) -> None:
        """Set exactly these aliases in one step, as another registry has them.

        Raises:
            BundleError: an alias is unknown, or names a version that is not here.
        """
        if not aliases.keys() <= set(ALIASES):
            raise BundleError(f"{self.path}: must map {', '.join(ALIASES)} to versions")
        for version in aliases.values():
            self._known(version)
        with self._changing() as current:
            current.clear()
            current.update(aliases)

    def _known(self, version: str) -> str:
        if not is_version(version) or not (self.models_dir / version / MANIFEST).is_file():
            known = ", ".join(self.versions()) or "none"
            raise BundleError(f"{self.models_dir}: no version {version!r}; there are: {known}")
        return version

    @contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        """Hold the lock, give the aliases to change, write them if the block succeeds."""
        self.models_dir.mkdir(parents=True, exist_ok=True)
        with (self.models_dir / ".aliases.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            aliases = self.aliases()
            before = dict(aliases)
            yield aliases
            if aliases != before:
                self._replace(aliases)

    def _replace(self, aliases: dict[str, str]) -> None:
        handle, name = tempfile.mkstemp(prefix=".aliases-", dir=self.models_dir)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(json.dumps(aliases, indent=2, sort_keys=True) + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(self.path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
