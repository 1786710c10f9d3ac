"""One observation of the champion and of all that feeds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from payments_loop import features, scoring
from payments_loop.bundle import Bundle, Registry
from payments_loop.evidence import wilson
from payments_loop.lake import Lake
from payments_loop.monitor import (
    flow,
    inputs,
    labels,
    reading,
    runs,
    store,
)
from payments_loop.monitor.finding import Findings
from payments_loop.monitor.finding import Problem as Found
from payments_loop.monitor.promise import promise
from payments_loop.monitor.report import Alarm, Report
from payments_loop.monitor.settings import MonitorSettings
from payments_loop.problem import Problem

DAY = timedelta(days=1)
SEVERITIES = ("alarm", "warning")
# When so many of the days since a window began were short of labels, its labels are not complete.
DROUGHT = 0.1
# Runs whose records are looked at for failures: a month of daily ones
RUNS = 30

Arrivals = Mapping[str, flow.Arrivals]


def observe(
    problem: Problem,
    lake: Lake,
    *,
    as_of: datetime,
    models: Registry,
    window_days: int = 7,
    settings: MonitorSettings | None = None,
    records: Path = runs.FOLDER,
) -> Report:
    """Look at the champion, at the decisions of the window, and at what arrived; store the report.

    Args:
        problem: what is decided.
        lake: data and scores; the report goes to its table `monitor`, one per day.
        as_of: only what was known then is looked at.
        models: versions and aliases.
        window_days: length of the window.
        settings: by default, those of the project in the current folder.
        records: folder of the pipeline's run records; there need not be any.

    Raises:
        BundleError: the champion is damaged.
        MonitorError: the settings are malformed.
    """
    settings = settings or MonitorSettings.load()
    look = _Look(problem, lake, as_of, timedelta(days=window_days), settings)
    tables = look.arrivals()
    found = flow.examine(tables, as_of, settings)
    found.add(look.quarantine())
    version = models.aliases().get("champion")
    if version is not None:
        bundle = scoring.load(models, version)
        found.add(look.age(bundle))
        found.add(look.decisions(bundle))
        found.add(look.outcomes(bundle, tables))
    found.add(runs.examine(runs.read(records, until=as_of, newest=RUNS)))
    report = Report(
        as_of=as_of,
        window_days=window_days,
        version=version,
        values=tuple(found.values),
        problems=_since(found.problems, store.latest(lake, before=as_of), as_of),
    )
    store.write(lake, report)
    return report


def _since(found: Sequence[Found], previous: Report | None, as_of: datetime) -> tuple[Alarm, ...]:
    before = {(one.name, one.subject): one.since for one in previous.problems} if previous else {}
    alarms = [
        Alarm(
            name=one.name,
            subject=one.subject,
            severity=one.severity,
            detail=one.detail,
            since=before.get((one.name, one.subject), as_of),
        )
        for one in found
    ]
    return tuple(sorted(alarms, key=lambda one: SEVERITIES.index(one.severity)))


@dataclass(frozen=True)
class _Look:
    """What an observation looks at, and how; each method gives one part of the findings."""

    problem: Problem
    lake: Lake
    as_of: datetime
    window: timedelta
    settings: MonitorSettings

    def arrivals(self) -> Arrivals:
        """What arrived, as far back as any verdict looks."""
        days = max(
            self.settings.flow.history_days + flow.WEEK, (self._longest + self._maturity).days
        )
        return {
            name: reading.arrivals(self.lake, table, as_of=self.as_of, days=days)
            for name, table in self.problem.tables.items()
        }

    def quarantine(self) -> Findings:
        """Batches that were put aside and not released."""
        aside = [
            (batch.id, batch.table, batch.arrived)
            for batch in self.lake.quarantined()
            if batch.state == "quarantined" and batch.arrived <= self.as_of
        ]
        return flow.quarantine(aside, self.as_of - DAY)

    def age(self, bundle: Bundle) -> Findings:
        """How old the champion is."""
        found = Findings()
        age = max(timedelta(), self.as_of - bundle.manifest.created)
        found.measure("champion_age_seconds", age.total_seconds())
        limit = self.settings.flow.champion_days
        if age > timedelta(days=limit):
            detail = f"{age.days} days old, {limit:g} are allowed"
            found.problem("champion_age", "", "warning", detail)
        return found

    def decisions(self, bundle: Bundle) -> Findings:
        """What the champion sees and answers, and the days without scores."""
        recent, whole = reading.recent(self.lake, as_of=self.as_of, window=self.window)
        if recent is None:
            return Findings()
        found = Findings()
        found.measure("window_rows", len(recent))
        if whole:  # part of a week always looks different from a reference of whole ones
            found.add(inputs.examine(bundle, self._window(recent, bundle), self.settings))
        if len(recent):
            positive = int((recent["decision"] == bundle.manifest.decisions[1]).sum())
            low, high = wilson(positive, len(recent))
            found.measure("decision_rate", positive / len(recent), low, high)
        missing = reading.unscored(
            self.problem,
            self.lake,
            as_of=self.as_of,
            days=self.window.days,
        )
        found.add(flow.unscored(missing))
        return found

    def _window(self, recent: pl.DataFrame, bundle: Bundle) -> inputs.Window:
        """The rows with the champion's own answers, also where another version had decided."""
        matrix = features.matrix(recent, bundle.features)
        own = (recent["model_version"] == bundle.version).to_numpy()
        probabilities = recent["probability"].to_numpy().copy()
        if not own.all():
            probabilities[~own] = bundle.predict(matrix[~own])
        spine = self.problem.spine
        entities = [recent[name].n_unique() for name in spine.entities]
        repeated = set(self.problem.features) - set(spine.request) if entities else set()
        independent = dict.fromkeys(repeated, min(entities, default=0))
        return inputs.Window(matrix, probabilities, independent)

    def outcomes(self, bundle: Bundle, tables: Arrivals) -> Findings:
        """Decisions whose labels have matured, in a short and in a long window."""
        end = self.as_of - self._maturity
        rows = reading.outcomes(
            self.problem,
            self.lake,
            bundle,
            start=end - self._longest,
            end=end,
            as_of=self.as_of,
        )
        matured, incomplete = {}, {}
        for length in dict.fromkeys((self.window, self._longest)):
            name = f"{length.days}d"
            newest = rows.filter(pl.col("at") >= end - length)
            matured[name] = _matured(newest, bundle, self.problem.spine.entities)
            incomplete[name] = self._incomplete(tables, (length + self._maturity).days)
        costs = self.problem.bundle_costs()
        found = labels.examine(matured, promise(bundle), costs, self.settings, incomplete)
        if why := incomplete[f"{self.window.days}d"]:
            found.problem("labels_missing", "", "warning", why)
        return found

    def _incomplete(self, tables: Arrivals, days: int) -> str:
        """Why labels of decisions of the last days may be missing; empty if nothing says so."""
        for name in reading.label_tables(self.problem):
            few = flow.droughts(tables[name].daily, days, self.settings.flow)
            if few > DROUGHT * days:
                return f"labels may be missing: {name} brought little on {few} of {days} days"
        return ""

    @property
    def _maturity(self) -> timedelta:
        return timedelta(days=self.problem.target.maturity_days)

    @property
    def _longest(self) -> timedelta:
        return self.settings.performance.long_windows * self.window


def _matured(rows: pl.DataFrame, bundle: Bundle, entities: Sequence[str]) -> labels.Matured:
    common = [pl.col("at").dt.date(), *(pl.col(entity) for entity in entities)]
    return labels.Matured(
        y=rows["target"].cast(pl.Boolean).to_numpy(),
        p=rows["probability"].cast(pl.Float64).to_numpy(),
        positive=(rows["decision"] == bundle.manifest.decisions[1]).to_numpy(),
        amount=rows["amount_at_stake"].fill_null(0.0).to_numpy(),
        clusters=rows.select(
            one.rank("dense").cast(pl.Int64).fill_null(0).alias(str(number))
            for number, one in enumerate(common)
        )
        .to_numpy()
        .T,
    )
