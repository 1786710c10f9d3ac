"""What was seen, second by second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan, nan

from prometheus_client.parser import text_string_to_metric_families

STATES = ("inactive", "pending", "firing")
ALERTS = ("FeatureDrift", "PredictionDrift", "DriftDetectorStale")
COLUMNS = "  time  phase     sent  window  worst feature              PSI  prediction  alert"


@dataclass(frozen=True)
class Gauges:
    """The service's own view, from `/metrics`.

    Attributes:
        psi: by feature; empty while the window is too small.
        prediction_psi: of the probabilities; NaN while the window is too small.
        window_rows: rows in the window.
        last_evaluation: Unix time.
    """

    psi: Mapping[str, float]
    prediction_psi: float
    window_rows: int
    last_evaluation: float

    @classmethod
    def parse(cls, exposition: str) -> Gauges:
        """Read the text that Prometheus would scrape."""
        psi: dict[str, float] = {}
        single: dict[str, float] = {}
        for family in text_string_to_metric_families(exposition):
            for sample in family.samples:
                if sample.name == "drift_psi":
                    psi[sample.labels["feature"]] = sample.value
                elif sample.name.startswith("drift_") and not sample.labels:
                    single[sample.name] = sample.value
        return cls(
            psi,
            single.get("drift_prediction_psi", nan),
            int(single.get("drift_window_rows", 0)),
            single.get("drift_last_evaluation_timestamp_seconds", 0.0),
        )

    @property
    def worst(self) -> tuple[str, float]:
        """Name and PSI of the feature that drifted most; ("-", NaN) while nothing is claimed."""
        return max(self.psi.items(), key=lambda item: item[1], default=("-", nan))


@dataclass(frozen=True)
class Moment:
    """One second of the demonstration.

    Attributes:
        seconds: since the first request.
        shifted: whether the traffic was shifted then.
        rows: rows sent so far.
        gauges: what the service exported.
        alerts: state by alert name; None if nothing evaluates the rules while the traffic runs.
    """

    seconds: float
    shifted: bool
    rows: int
    gauges: Gauges
    alerts: Mapping[str, str] | None

    def line(self) -> str:
        """The moment as one line under `COLUMNS`."""
        worst, psi = self.gauges.worst
        state = "not evaluated yet" if self.alerts is None else _states(self.alerts)
        phase = "shifted" if self.shifted else "normal"
        return (
            f"{self.seconds:5.1f}s  {phase:7} {self.rows:6d}  {self.gauges.window_rows:6d}"
            f"  {worst:22.22} {_index(psi):>7}  {_index(self.gauges.prediction_psi):>10}  {state}"
        )


def _index(value: float) -> str:
    return "-" if isnan(value) else f"{value:.3f}"


def _states(alerts: Mapping[str, str]) -> str:
    active = [f"{name} {state}" for name, state in alerts.items() if state != "inactive"]
    return ", ".join(active) or "inactive"


def most_severe(active: Iterable[tuple[str, str]]) -> dict[str, str]:
    """State of every drift alert, given (name, state) of the active instances of alerts."""
    found = dict.fromkeys(ALERTS, "inactive")
    for name, state in active:
        if name in found and STATES.index(state) > STATES.index(found[name]):
            found[name] = state
    return found


@dataclass
class Timeline:
    """All moments so far."""

    moments: list[Moment] = field(default_factory=list)

    def shift(self) -> Moment:
        """The last moment before the traffic was shifted."""
        return [moment for moment in self.moments if not moment.shifted][-1]

    def first(self, alert: str, state: str) -> Moment | None:
        """The first moment at which an alert had a state."""
        for moment in self.moments:
            if moment.alerts and moment.alerts[alert] == state:
                return moment
        return None

    def crossing(self, threshold: float) -> Moment | None:
        """The first moment after the shift at which a feature's PSI was above a threshold."""
        for moment in self.moments:
            if moment.shifted and moment.gauges.worst[1] > threshold:
                return moment
        return None

    def false_alarm(self) -> str | None:
        """The alert that was active before the shift, if any."""
        for moment in self.moments:
            for name, state in (moment.alerts or {}).items():
                if not moment.shifted and state != "inactive":
                    return name
        return None
