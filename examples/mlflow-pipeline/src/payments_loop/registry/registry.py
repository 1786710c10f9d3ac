"""Versions and aliases in MLflow, mirrored into the folder that services read."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from payments_loop import bundle
from payments_loop.tracking import (
    NAME,
    Tracking,
    TrackingError,
    commit,
)

from .audit import FOLDER, Action, AuditRecord, Journal
from .decision import Decision
from .errors import RegistryError
from .follow import follow
from .lock import Held, hold
from .transition import Aliases, Transition, Write
from .versions import Versions


@dataclass(frozen=True)
class _Cause:
    """Why something is changed, by whom and when; by default by the user, now."""

    reason: str = ""
    by: str | None = None
    at: datetime | None = None
    decision: Decision | None = None


class ModelRegistry:
    """The versions of one model, which of them serves, and how that came to be.

    MLflow is where the truth is. `models` is brought in line after every change, and by `pull`.

    Args:
        tracking: where versions, aliases and decisions are kept.
        models: the folder of bundles that services on this machine read.
        name: of the registered model.
        audit: folder of the local copy of the audit records.
    """

    def __init__(
        self,
        tracking: Tracking,
        models: bundle.Registry,
        name: str = NAME,
        *,
        audit: Path = FOLDER,
    ) -> None:
        self.tracking = tracking
        self.models = models
        self.name = name
        self._journal = Journal(tracking, name, audit)
        self._aliases = Aliases(tracking.client, name, self._journal)
        self._versions = Versions(tracking.client, name)

    def register(self, path: Path, run_id: str, tags: Mapping[str, str] | None = None) -> str:
        """Register the bundle in `path`, which the run `run_id` made; once is as good as twice.

        The run keeps the files as its artifact `bundle`; they are uploaded if they are not there.

        Returns:
            The bundle's version.

        Raises:
            BundleError: the bundle is damaged.
            RegistryError: the store is away or refuses.
        """
        found = bundle.Bundle.load(path)
        with self._explained(), hold(self.tracking, self.name, self.models.models_dir):
            self._versions.add(found, run_id, tags or {})
        return found.version

    def aliases(self) -> dict[str, str]:
        """Alias to bundle version, as services should follow them.

        A challenger or previous version that is the champion itself, which is what a reader may
        see for a moment during a change, is left out.

        Raises:
            RegistryError: the store is away.
        """
        with self._explained():
            numbers = self._aliases.read()
            champion = numbers.get("champion")
            return {
                alias: self._versions.bundle(number)
                for alias, number in numbers.items()
                if alias == "champion" or number != champion
            }

    def challenge(
        self,
        version: str | None,
        *,
        decision: Decision | None = None,
        reason: str = "",
        by: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Let `version` challenge the champion, or nobody.

        Raises:
            RegistryError: there is no such version, or it is the champion; the store is away.
        """
        with self._changing() as (held, before):
            number = None if version is None else self._versions.known(version)
            if number is not None and number == before.get("champion"):
                raise RegistryError(f"{version} is the champion; it cannot challenge itself")
            if number != before.get("challenger"):
                writes = (Write(alias="challenger", number=number),)
                action: Action = "withdraw" if version is None else "challenge"
                record = self._record(action, version, before, _Cause(reason, by, at, decision))
                self._apply(record, before, writes, held, commit_at=0)

    def promote(
        self,
        version: str,
        decision: Decision | None = None,
        *,
        reason: str = "",
        by: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Make `version` champion; the one before becomes `previous`.

        Promoting the champion changes nothing, so a promotion that was interrupted is run again.

        Args:
            version: a registered bundle version.
            decision: of the gate. It must promote this version, against the present champion.
            reason: why, in words; needed without a decision.
            by: who decided; by default the user.
            at: when; by default now.

        Raises:
            RegistryError: the decision does not promote it, or is out of date; there is no such
                version; the store is away.
        """
        if decision is None and not reason:
            raise RegistryError(f"say why {version} is promoted without a decision of the gate")
        if decision is not None and decision.winner != version:
            raise RegistryError(f"the gate did not let {version} pass: {decision.reason}")
        with self._changing() as (held, before):
            number = self._versions.known(version)
            champion = before.get("champion")
            if number == champion:
                return
            self._still_valid(decision, champion)
            writes = [Write(alias="champion", number=number)]
            if champion is not None:
                writes.insert(0, Write(alias="previous", number=champion))
            if before.get("challenger") == number:
                writes.append(Write(alias="challenger", number=None))
            record = self._record("promote", version, before, _Cause(reason, by, at, decision))
            at_write = 0 if champion is None else 1
            self._apply(record, before, tuple(writes), held, commit_at=at_write)

    def keep(
        self,
        decision: Decision,
        *,
        by: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Record that the gate let nobody pass.

        Raises:
            RegistryError: the store is away.
        """
        with self._changing() as (_, before):
            record = self._record("keep", decision.champion, before, _Cause("", by, at, decision))
            self._journal.close(self._journal.open(record).id, "done")

    def rollback(self, reason: str, by: str | None = None, at: datetime | None = None) -> str:
        """Exchange champion and `previous`, beginning with the one write that counts.

        Returns:
            The version that is champion now.

        Raises:
            RegistryError: there is no previous version; the store is away.
        """
        with self._changing() as (held, before):
            champion, previous = before.get("champion"), before.get("previous")
            if champion is None or previous is None or champion == previous:
                raise RegistryError("there is no previous version to roll back to")
            version = self._versions.bundle(previous)
            writes = [
                Write(alias="champion", number=previous),
                Write(alias="previous", number=champion),
            ]
            if before.get("challenger") == previous:
                writes.append(Write(alias="challenger", number=None))
            record = self._record("rollback", version, before, _Cause(reason, by, at))
            self._apply(record, before, tuple(writes), held, commit_at=0)
        return version

    def history(self, limit: int = 1000) -> list[AuditRecord]:
        """Records of the newest decisions, oldest first; of all machines."""
        with self._explained():
            return self._journal.history(limit)

    def last_change(self, before: datetime) -> AuditRecord | None:
        """How the champion became champion: the newest promotion or rollback until a moment."""
        changes = [
            record
            for record in self.history()
            if record.action in {"promote", "rollback"}
            and record.outcome == "done"
            and record.at <= before
        ]
        return changes[-1] if changes else None

    def pull(self) -> list[str]:
        """Bring the folder of models in line; returns the versions that were fetched.

        Raises:
            RegistryError: the store is away.
            BundleError: what was fetched is damaged.
        """
        return follow(self, self.models)

    def fetch(self, version: str, folder: Path) -> None:
        """Put the files of `version` into `folder`; see `follow.Source`."""
        with self._explained():
            self._versions.fetch(version, folder)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Held, dict[str, str]]]:
        """Hold the lock with nothing pending, give the aliases; mirror them afterwards."""
        with self._explained(), hold(self.tracking, self.name, self.models.models_dir) as held:
            self._aliases.recover(held)
            yield held, self._aliases.read()
            self.pull()

    def _apply(
        self,
        record: AuditRecord,
        before: dict[str, str],
        writes: tuple[Write, ...],
        held: Held,
        *,
        commit_at: int,
    ) -> None:
        kept = self._journal.open(record)
        change = Transition(record=kept.id, before=before, writes=writes, commit=commit_at)
        self._aliases.apply(change, held)

    def _record(
        self,
        action: Action,
        version: str | None,
        before: Mapping[str, str],
        cause: _Cause,
    ) -> AuditRecord:
        champion, decision = before.get("champion"), cause.decision
        return AuditRecord(
            at=cause.at or datetime.now(UTC),
            action=action,
            version=version,
            champion=None if champion is None else self._versions.bundle(champion),
            by=cause.by or getpass.getuser(),
            reason=cause.reason or (decision.reason if decision else ""),
            commit=commit(),
            decision=decision,
        )

    def _still_valid(self, decision: Decision | None, champion: str | None) -> None:
        """Somebody else may have promoted since the gate compared with the champion."""
        if decision is None:
            return
        present = None if champion is None else self._versions.bundle(champion)
        if decision.champion != present:
            raise RegistryError(
                f"the gate compared with {decision.champion or 'the baseline'}, but the champion "
                f"is {present} now: judge again"
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Say what happened in words of this package."""
        from mlflow.exceptions import MlflowException

        try:
            yield
        except (MlflowException, OSError) as error:
            reason = str(error).splitlines()[0][:300]
            raise RegistryError(f"{self.name} at {self.tracking.place}: {reason}") from error
        except TrackingError as error:
            raise RegistryError(str(error)) from error
