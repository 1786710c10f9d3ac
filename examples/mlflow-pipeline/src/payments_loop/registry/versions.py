"""The versions of one model in MLflow, by the names of their bundles."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from payments_loop.bundle import Bundle
from payments_loop.bundle.schema import is_version

from .errors import RegistryError

if TYPE_CHECKING:
    from mlflow import MlflowClient

BUNDLE = "bundle"
ABOUT = "What the alias champion names decides; previous is what a rollback brings back"


class Versions:
    """MLflow counts versions; a tag of each says which bundle it is, and its run keeps the files.

    Raises:
        MlflowException: from every method, if the store is away or refuses.
    """

    def __init__(self, client: MlflowClient, name: str) -> None:
        self._client = client
        self._name = name
        self._bundles: dict[str, str] = {}

    def number(self, version: str) -> str | None:
        """Number of a bundle's version; the first, should there be two; None if there is none."""
        if not is_version(version):
            raise RegistryError(f"{version!r} cannot name a version")
        query = f"name = '{self._name}' and tags.{BUNDLE} = '{version}'"
        found = self._client.search_model_versions(query)
        return str(min(int(one.version) for one in found)) if found else None

    def known(self, version: str) -> str:
        """The same, of a version that has to be there."""
        number = self.number(version)
        if number is None:
            raise RegistryError(f"{self._name}: no version {version!r} is registered")
        return number

    def bundle(self, number: str) -> str:
        """The bundle of a number, which never changes."""
        if number not in self._bundles:
            found = self._client.get_model_version(self._name, number)
            version = found.tags.get(BUNDLE)
            if version is None:
                raise RegistryError(
                    f"{self._name} {number} has no tag `{BUNDLE}`: register bundles"
                )
            self._bundles[number] = version
        return self._bundles[number]

    def add(self, found: Bundle, run_id: str, tags: Mapping[str, str]) -> None:
        """Register a bundle that a run made, unless it is registered."""
        if self.number(found.version) is not None:
            return
        self._ensure_model()
        self._upload(found, run_id)
        run = self._client.get_run(run_id)
        outputs = run.outputs.model_outputs if run.outputs else []
        model_id = outputs[0].model_id if outputs else None
        self._client.create_model_version(
            self._name,
            source=f"models:/{model_id}" if model_id else f"runs:/{run_id}/{BUNDLE}",
            run_id=run_id,
            model_id=model_id,
            tags={BUNDLE: found.version, **tags},
            description=found.version,  # tags are cut off in a list
        )

    def fetch(self, version: str, folder: Path) -> None:
        """Put the files of a version into a folder."""
        run_id = self._client.get_model_version(self._name, self.known(version)).run_id
        if run_id is None:
            raise RegistryError(f"{version} was registered without the run that keeps it")
        loaded = self._client.download_artifacts(run_id, BUNDLE)
        shutil.copytree(loaded, folder, dirs_exist_ok=True)

    def _ensure_model(self) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(self._name, description=ABOUT)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise

    def _upload(self, found: Bundle, run_id: str) -> None:
        """Upload what the run does not have, or not all of."""
        kept = {
            Path(file.path).name: file.file_size
            for file in self._client.list_artifacts(run_id, BUNDLE)
        }
        for file in found.path.iterdir():
            if kept.get(file.name) != file.stat().st_size:
                self._client.log_artifact(run_id, str(file), BUNDLE)
