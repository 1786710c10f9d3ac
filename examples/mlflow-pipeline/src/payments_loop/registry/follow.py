"""Bringing a folder of models in line with a registry elsewhere."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

from payments_loop.bundle import (
    Bundle,
    BundleError,
    Registry,
)

from .errors import RegistryError

# The champion first: it does not wait for the others, nor fail with them.
ORDER = ("champion", "challenger", "previous")


class Source(Protocol):
    """A registry that versions come from."""

    def aliases(self) -> dict[str, str]:
        """Alias to version, of versions that are bundles.

        Raises:
            RegistryError: the registry is away.
        """
        ...

    def fetch(self, version: str, folder: Path) -> None:
        """Put the files of `version` into the empty `folder`.

        Raises:
            RegistryError: the registry is away, or has no such version.
        """
        ...


def follow(source: Source, models: Registry) -> list[str]:
    """Fetch the versions that have an alias and are not in `models`, then set the aliases there.

    Without a champion in the registry nothing is changed: what serves goes on serving. So it does
    if the champion cannot be fetched or does not load; other versions that cannot be have no alias.

    Returns:
        The versions that were fetched.

    Raises:
        RegistryError: the registry is away, or a version could not be fetched.
        BundleError: what was fetched is damaged, or the folder cannot be written to.
    """
    wanted = source.aliases()
    if "champion" not in wanted:
        return []
    fetched: list[str] = []
    for alias in ORDER:
        version = wanted.get(alias)
        if version is not None and version not in models.versions():
            _fetch(source, version, models.models_dir)
            fetched.append(version)
        if alias == "champion":
            _assign(models, wanted)
    _assign(models, wanted)
    return fetched


def _assign(models: Registry, wanted: dict[str, str]) -> None:
    """Set the aliases of all versions that are here, if that changes anything."""
    present = models.versions()
    here = {alias: version for alias, version in wanted.items() if version in present}
    if here != models.aliases():
        models.assign(here)


def _fetch(source: Source, version: str, models_dir: Path) -> None:
    """Fetch into a folder of another name, verify, rename: half a version is never seen."""
    models_dir.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".fetching-", dir=models_dir))
    try:
        source.fetch(version, staging)
        found = Bundle.load(staging)
        if found.version != version:
            raise BundleError(f"the registry calls {found.version} {version}")
        staging.chmod(0o755)
        target = models_dir / version
        try:
            staging.rename(target)
        except OSError as error:
            # Somebody else may have fetched it in the meantime.
            if not target.is_dir():
                raise RegistryError(f"{target}: {error}") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
