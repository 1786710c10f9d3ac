"""Reading a registry on a server with plain requests.

A service needs four read-only routes of MLflow, not its package (40 dependencies, a second of
imports), and it needs to give up quickly.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError

from payments_loop.bundle import Manifest
from payments_loop.bundle.schema import ALIASES, is_version
from payments_loop.tracking.names import NAME, without_password

from .errors import RegistryError

API = "/api/2.0/mlflow"
MAX_FILE_BYTES = 500_000_000
MANIFEST = "bundle.json"


class RestSource:
    """The registry of an MLflow server, as a `follow.Source`.

    Args:
        uri: of the server; may hold a user and a password.
        name: of the registered model.
        token: sent as bearer, if there is one.
        timeout: seconds for connecting, and for each read.
    """

    def __init__(
        self,
        uri: str,
        name: str = NAME,
        *,
        token: str = "",
        timeout: float = 5,
    ) -> None:
        self._name = name
        self._place = without_password(uri)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=uri.rstrip("/"), headers=headers, timeout=timeout)
        # Number of an MLflow version to its bundle's version and run; this never changes.
        self._versions: dict[str, tuple[str, str]] = {}

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def aliases(self) -> dict[str, str]:
        """Alias to bundle version; see `Source`."""
        answer = self._json("registered-models/get", {"name": self._name}, missing={})
        listed = answer.get("registered_model", {}).get("aliases", [])
        numbers = {one["alias"]: str(one["version"]) for one in listed if one["alias"] in ALIASES}
        champion = numbers.get("champion")
        return {
            alias: self._version(number)[0]
            for alias, number in numbers.items()
            if alias == "champion" or number != champion
        }

    def fetch(self, version: str, folder: Path) -> None:
        """Download the files of `version`; see `Source`. Their hashes are checked by the caller."""
        run = next((run for found, run in self._versions.values() if found == version), None)
        if run is None:
            raise RegistryError(f"{self._place}: no alias names {version}")
        self._download(run, MANIFEST, folder)
        try:
            manifest = Manifest.model_validate_json((folder / MANIFEST).read_text())
        except (ValidationError, UnicodeDecodeError) as error:
            raise RegistryError(f"{self._place}: {MANIFEST} of {version} is damaged") from error
        for name in manifest.files:
            self._download(run, name, folder)

    def _version(self, number: str) -> tuple[str, str]:
        if number not in self._versions:
            query = {"name": self._name, "version": number}
            found = self._json("model-versions/get", query)["model_version"]
            tags = {tag["key"]: tag["value"] for tag in found.get("tags", [])}
            version = tags.get("bundle", "")
            if not is_version(version):
                raise RegistryError(f"{self._place}: {self._name} {number} names no bundle")
            self._versions[number] = version, found["run_id"]
        return self._versions[number]

    def _json(
        self,
        route: str,
        query: dict[str, str],
        missing: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        try:
            answer = self._client.get(f"{API}/{route}", params=query)
            if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
                return missing
            found: dict[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise RegistryError(f"{self._place}: {_reason(error)}") from error
        return found

    def _download(self, run: str, name: str, folder: Path) -> None:
        query = {"run_uuid": run, "path": f"bundle/{name}"}
        try:
            with (
                self._client.stream("GET", "/get-artifact", params=query) as answer,
                (folder / name).open("wb") as file,
            ):
                answer.raise_for_status()
                for chunk in answer.iter_bytes():
                    file.write(chunk)
                    if file.tell() > MAX_FILE_BYTES:
                        raise RegistryError(f"{self._place}: {name} is larger than any model")
        except httpx.HTTPError as error:
            raise RegistryError(f"{self._place}: {name}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """In words; httpx repeats addresses with their passwords."""
    if isinstance(error, httpx.HTTPStatusError):
        return f"status {error.response.status_code}"
    return type(error).__name__
