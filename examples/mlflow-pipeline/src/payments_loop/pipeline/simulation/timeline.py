"""What the loop noticed and did, day by day, read from its own records."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from payments_loop.pipeline.records import Records
from payments_loop.pipeline.simulation.play import midnight

# Estimates: only an alarm counts, a warning asks for a look.
ESTIMATES = ("feature_drift", "prediction_drift", "performance_drop", "calibration_off")
# Facts of the data: a warning is as good as an alarm.
FACTS = ("stale_data", "volume", "labels_missing")
# What ingestion saw: key of its result -> name in the calendar of incidents
SEEN = {"quarantined": "quarantined", "duplicates": "duplicates", "late": "late"}


@dataclass(frozen=True)
class Race:
    """One retraining.

    Attributes:
        day: on which.
        because: the triggers that fired.
        verdict: of the gate.
        promoted: the new champion, if there is one.
    """

    day: date
    because: str
    verdict: str
    promoted: str | None


@dataclass(frozen=True)
class Timeline:
    """Everything that was noticed and done.

    Attributes:
        signals: what was noticed (`ESTIMATES`, `FACTS`, `SEEN`) or undone (`rolled_back`) -> days on
            which it was.
        races: retrainings.
        champions: day -> version that was champion at its start.
        quarantined: batches that were put aside.
        rollbacks: days on which the version before came back.
    """

    signals: dict[str, list[date]]
    races: tuple[Race, ...]
    champions: dict[date, str]
    quarantined: tuple[str, ...]
    rollbacks: tuple[date, ...]

    @property
    def promotions(self) -> tuple[Race, ...]:
        """Races that changed the champion."""
        return tuple(race for race in self.races if race.promoted)


def read(records: Records, first: date, end: date) -> Timeline:
    """Read the runs from midnight after `first` to midnight of `end`."""
    signals: dict[str, list[date]] = defaultdict(list)
    races: list[Race] = []
    champions: dict[date, str] = {}
    quarantined: list[str] = []
    rollbacks: list[date] = []
    for as_of in records.runs():
        day = as_of.date()
        if not midnight(first) <= as_of <= midnight(end):
            continue
        found = {path.stem: records.read(as_of, path.stem) for path in _files(records, as_of)}
        results = {name: record.result for name, record in found.items() if record}
        for signal in sorted(_noticed(results, first=day == first)):
            signals[signal].append(day)
        quarantined += results.get("ingest", {}).get("quarantined", []) if day > first else []
        gate = results.get("gate", {})
        promoted = results.get("promote", {}).get("version")
        if "verdict" in gate:
            races.append(Race(day, results["decide"]["because"], gate["verdict"], promoted))
        if "version" in results.get("rollback", {}):
            rollbacks.append(day)
            signals["rolled_back"].append(day)
            champions[day] = results["rollback"]["version"]
        elif promoted:
            champions[day] = promoted
        elif results.get("monitor", {}).get("version"):
            champions[day] = results["monitor"]["version"]
    return Timeline(dict(signals), tuple(races), champions, tuple(quarantined), tuple(rollbacks))


def _files(records: Records, as_of: datetime) -> list[Path]:
    folder = records.path(as_of, "x").parent
    return sorted(folder.glob("*.json"))


def _noticed(results: dict[str, dict[str, Any]], *, first: bool) -> set[str]:
    """Signals of one run. The first takes the whole past at once, whose batches are no news."""
    found = {
        one["name"]
        for one in results.get("monitor", {}).get("alarms", [])
        if one["name"] in FACTS or (one["name"] in ESTIMATES and one["severity"] == "alarm")
    }
    if first:
        return found
    ingest = results.get("ingest", {})
    return found | {signal for key, signal in SEEN.items() if ingest.get(key)}
