"""The record of every decision: in MLflow for everybody, and as lines in a file for this machine.

A record is written before aliases change, and closed after. One that stays open belongs to
somebody who was killed; whoever comes next closes it, see `registry`.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from payments_loop.tracking import Tracking

from .decision import Decision

FOLDER = Path("audit")
FILE = "decisions.jsonl"
TAG = "audit"
ABOUT = "Decisions about versions: who promoted, refused or rolled back which one, when and why"
# MLflow cuts longer values off
MAX_TAG = 8000

Action = Literal["promote", "keep", "challenge", "withdraw", "rollback"]
Outcome = Literal["open", "done", "abandoned"]
STATUS: dict[str, Outcome] = {"RUNNING": "open", "FINISHED": "done"}


class AuditRecord(BaseModel):
    """Who decided what, when, why, and on which evidence.

    Attributes:
        id: of the run in MLflow that keeps it.
        at: when it was decided.
        action: what was decided.
        version: the version in question; None if it is about none.
        champion: what served until then.
        by: person or process.
        reason: in words.
        commit: of the code.
        decision: what the gate found, if it was asked.
        outcome: `done`, `abandoned` (nothing was changed), or `open` (under way, or killed).
    """

    model_config = ConfigDict(frozen=True)

    id: str = ""
    at: AwareDatetime
    action: Action
    version: str | None
    champion: str | None
    by: str
    reason: str
    commit: str | None = None
    decision: Decision | None = None
    outcome: Outcome = "open"


class Journal:
    """Writes and reads records.

    Args:
        tracking: where they are kept.
        name: of the registered model.
        folder: of the local file.
    """

    def __init__(self, tracking: Tracking, name: str, folder: Path) -> None:
        self._tracking = tracking
        self._name = f"{name}-decisions"
        self._folder = folder

    def open(self, record: AuditRecord) -> AuditRecord:
        """Keep `record`, and return it with its id."""
        client = self._tracking.client
        run = client.create_run(
            self._experiment(),
            start_time=_milliseconds(record.at),
            run_name=f"{record.action} {record.version or record.champion or ''}".strip(),
            tags=_tags(record),
        )
        kept = record.model_copy(update={"id": str(run.info.run_id)})
        client.log_dict(kept.id, kept.model_dump(mode="json"), "decision.json")
        return kept

    def close(self, record_id: str, outcome: Outcome) -> AuditRecord:
        """State how it ended; once is as good as twice."""
        client = self._tracking.client
        record = _read(client.get_run(record_id))
        if record.outcome != outcome:
            status = "FINISHED" if outcome == "done" else "KILLED"
            client.set_terminated(record_id, status)
            record = record.model_copy(update={"outcome": outcome})
        self._append(record)
        return record

    def history(self, limit: int = 1000) -> list[AuditRecord]:
        """The newest records, oldest first."""
        runs = self._tracking.client.search_runs(
            [self._experiment()],
            max_results=limit,
            order_by=["attributes.start_time DESC", "attributes.end_time DESC"],
        )
        return [_read(run) for run in reversed(runs)]

    def open_ids(self) -> list[str]:
        """Records that nobody has closed."""
        running = "attributes.status = 'RUNNING'"
        runs = self._tracking.client.search_runs([self._experiment()], running)
        return [str(run.info.run_id) for run in runs]

    def _experiment(self) -> str:
        return self._tracking.experiment(self._name, ABOUT)

    def _append(self, record: AuditRecord) -> None:
        path = self._folder / FILE
        line = record.model_dump_json() + "\n"
        self._folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and line in path.read_text():
            return
        # One write of less than a page to a file opened for appending is not torn by another.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)


def _tags(record: AuditRecord) -> dict[str, str]:
    """What is searched for in MLflow, and the whole record, without details if it is long."""
    found = {"action": record.action, "by": record.by, "reason": record.reason[:500]}
    found |= {"version": record.version or "", "champion": record.champion or ""}
    if record.decision is not None:
        found |= {
            "verdict": record.decision.verdict,
            "data_sha256": record.decision.data_sha256,
            "p_values": json.dumps(record.decision.p_values),
        }
    whole = record.model_dump_json()
    if len(whole) > MAX_TAG and record.decision is not None:
        failed = tuple(check for check in record.decision.checks if not check.passed)
        short = tuple(check.model_copy(update={"detail": ""}) for check in failed)
        decision = record.decision.model_copy(update={"checks": short[:30]})
        whole = record.model_copy(update={"decision": decision}).model_dump_json()
    return found | {TAG: whole}


def _read(run: object) -> AuditRecord:
    record = AuditRecord.model_validate_json(run.data.tags[TAG])  # type: ignore[attr-defined]
    info = run.info  # type: ignore[attr-defined]
    outcome = STATUS.get(info.status, "abandoned")
    return record.model_copy(update={"id": str(info.run_id), "outcome": outcome})


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
