"""Changing aliases so that being killed at any point leaves nothing half-done.

MLflow changes one alias at a time. What is to be written is therefore put into one tag of the model
first. One of the writes is the one that counts (`commit`): whoever finds the tag later can tell
from that alias whether the change happened, and completes it, or takes back what came before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from payments_loop.bundle.schema import ALIASES

from .audit import Journal
from .lock import Held

if TYPE_CHECKING:
    from mlflow import MlflowClient

TAG = "pending"


class Write(BaseModel):
    """Let `alias` name the version with this number; None removes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    alias: str
    number: str | None


class Transition(BaseModel):
    """A change under way.

    Attributes:
        record: id of the audit record.
        before: alias to number before the change.
        writes: in order.
        commit: index of the write with which the change has happened.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: str
    before: dict[str, str]
    writes: tuple[Write, ...]
    commit: int

    def happened(self, now: Mapping[str, str]) -> bool:
        """Whether the write that counts is in the aliases `now`."""
        deciding = self.writes[self.commit]
        return now.get(deciding.alias) == deciding.number


class Aliases:
    """The aliases of one registered model, by version number."""

    def __init__(self, client: MlflowClient, name: str, journal: Journal) -> None:
        self._client = client
        self._name = name
        self._journal = journal

    def read(self) -> dict[str, str]:
        """Alias to version number; empty where there is no such model."""
        return self._state()[0]

    def apply(self, change: Transition, held: Held) -> None:
        """Make `change` and close its audit record."""
        self._client.set_registered_model_tag(self._name, TAG, change.model_dump_json())
        for write in change.writes:
            held.check()
            self._write(write)
        self._finish(change.record, happened=True)

    def recover(self, held: Held) -> None:
        """Complete or take back what somebody left who was killed."""
        now, pending = self._state()
        if pending is not None:
            happened = pending.happened(now)
            for write in pending.writes if happened else self._undo(pending):
                held.check()
                self._write(write)
            self._finish(pending.record, happened=happened)
        for record in self._journal.open_ids():
            self._journal.close(record, "abandoned")

    def _undo(self, change: Transition) -> list[Write]:
        changed = [write.alias for write in change.writes[: change.commit]]
        return [Write(alias=alias, number=change.before.get(alias)) for alias in changed]

    def _finish(self, record: str, *, happened: bool) -> None:
        self._journal.close(record, "done" if happened else "abandoned")
        self._client.delete_registered_model_tag(self._name, TAG)

    def _write(self, write: Write) -> None:
        if write.number is None:
            self._client.delete_registered_model_alias(self._name, write.alias)
        else:
            self._client.set_registered_model_alias(self._name, write.alias, write.number)

    def _state(self) -> tuple[dict[str, str], Transition | None]:
        from mlflow.exceptions import MlflowException

        try:
            found = self._client.get_registered_model(self._name)
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return {}, None
            raise
        pending = found.tags.get(TAG)
        aliases = {name: str(number) for name, number in found.aliases.items() if name in ALIASES}
        return aliases, Transition.model_validate_json(pending) if pending else None
