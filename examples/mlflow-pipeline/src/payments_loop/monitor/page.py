"""`reports/monitor.html`: what the monitor sees, for a person; one file without anything else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from html import escape
from itertools import pairwise
from pathlib import Path

from payments_loop.lake import Lake
from payments_loop.monitor import catalog, store
from payments_loop.monitor.charts import Line, Point, chart
from payments_loop.monitor.report import Measure, Report
from payments_loop.problem import Problem

DAYS = 180
STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")


def write(problem: Problem, lake: Lake, as_of: datetime, path: Path, *, days: int = DAYS) -> None:
    """Write the page about the reports of the last days, up to and with `as_of`."""
    end = as_of + timedelta(microseconds=1)
    reports = store.read(lake, start=end - timedelta(days=days), end=end)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(problem, reports), encoding="utf-8")


def render(problem: Problem, reports: Sequence[Report]) -> str:
    """The page about reports in order of time; the last one is the present."""
    body = (
        "".join(_sections(problem, reports))
        if reports
        else '<p class="none">Nothing was observed yet: run <code>make monitor</code>.</p>'
    )
    title = escape(f"{problem.title}: model monitor")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><main>"
        f"<header><h1>{escape(problem.title)}</h1><p>{escape(problem.question)}</p></header>"
        f"{body}</main></body></html>\n"
    )


def _sections(problem: Problem, reports: Sequence[Report]) -> Iterable[str]:
    now = reports[-1]
    yield _state(now)
    yield _tiles(problem, now)
    yield _problems(now)
    yield '<section class="charts">' + "".join(_charts(reports)) + "</section>"
    yield _features(now)
    yield _tables(now)


def _state(now: Report) -> str:
    alarms = sum(one.severity == "alarm" for one in now.problems)
    warnings = len(now.problems) - alarms
    state, words = "good", "Nothing is wrong"
    if alarms or warnings:
        state = "alarm" if alarms else "warning"
        words = ", ".join(
            f"{count} {name}{'s' if count > 1 else ''}"
            for count, name in ((alarms, "alarm"), (warnings, "warning"))
            if count
        )
    champion = escape(now.version or "none yet")
    return (
        f'<p class="state {state}"><strong>{words}</strong> as of {now.as_of:%Y-%m-%d %H:%M} UTC. '
        f"Champion: <code>{champion}</code>.</p>"
    )


def _tiles(problem: Problem, now: Report) -> str:
    window = f"{now.window_days}d"
    cost = f"Cost per 1,000 decisions{_unit(problem.costs.currency)}"
    tiles = [
        _tile("AUC, matured labels", now.value("auc", window=window), now.value("auc_promised")),
        _tile("Observed / expected positives", now.value("calibration_ratio", window=window)),
        _tile(cost, now.value("cost_per_1000", window=window), now.value("cost_per_1000_promised")),
        _tile("Base rate", now.value("base_rate", window=window), now.value("base_rate_promised")),
        _tile("Positive decisions", now.value("decision_rate")),
        _tile("Decisions in the window", now.value("window_rows")),
    ]
    return f'<section class="tiles">{"".join(tiles)}</section>'


def _unit(currency: str) -> str:
    return f", {currency}" if currency else ""


def _tile(title: str, measure: Measure | None, promised: Measure | None = None) -> str:
    value, notes = "-", []
    if measure:
        value = _number(measure.value)
        if measure.low is not None and measure.high is not None:
            notes.append(f"{_number(measure.low)} to {_number(measure.high)}")
    if promised:
        notes.append(f"at the gate {_number(promised.value)}")
    note = "; ".join(notes) or "&nbsp;"
    return f'<div class="tile"><h3>{escape(title)}</h3><b>{value}</b><small>{note}</small></div>'


def _number(value: float) -> str:
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004


def _problems(now: Report) -> str:
    if not now.problems:
        return ""
    rows = [
        (
            f'<span class="badge {one.severity}">{one.severity}</span>',
            f"<b>{escape(catalog.PROBLEMS.get(one.name, one.name))}</b>",
            escape(one.subject),
            escape(one.detail),
            f"<time>{one.since:%Y-%m-%d}</time>",
        )
        for one in now.problems
    ]
    return _table("Problems", ("", "what", "where", "found", "since"), rows)


def _charts(reports: Sequence[Report]) -> Iterable[str]:
    short = f"{reports[-1].window_days}d"
    windows = sorted({m.labels["window"] for r in reports for m in r.values if m.name == "auc"})
    long = next((window for window in reversed(windows) if window != short), short)
    marks = [
        (after.as_of, f"champion {after.version}")
        for before, after in pairwise(reports)
        if before.version != after.version
    ]
    yield chart(
        "AUC of decisions with matured labels",
        [
            Line(f"last {short}", _series(reports, "auc", window=short), "main"),
            Line(f"last {long}", _series(reports, "auc", window=long), "second"),
            Line("at the gate", _series(reports, "auc_promised"), "limit"),
        ],
        marks=marks,
    )
    yield chart(
        "Observed / expected positives",
        [
            Line(f"last {short}", _series(reports, "calibration_ratio", window=short), "main"),
            Line(f"last {long}", _series(reports, "calibration_ratio", window=long), "second"),
        ],
        marks=marks,
        floor=0,
    )
    yield chart(
        "Population stability index",
        [
            Line("worst feature", _worst(reports), "main"),
            Line("predictions", _series(reports, "prediction_psi"), "second"),
        ],
        marks=marks,
        floor=0,
    )
    yield chart(
        "Cost per 1,000 decisions with matured labels",
        [
            Line(f"last {short}", _series(reports, "cost_per_1000", window=short), "main"),
            Line("at the gate", _series(reports, "cost_per_1000_promised"), "limit"),
        ],
        marks=marks,
        floor=0,
    )


def _series(reports: Sequence[Report], name: str, **labels: str) -> list[Point]:
    found = ((report.as_of, report.value(name, **labels)) for report in reports)
    return [Point(at, one.value, one.low, one.high) for at, one in found if one]


def _worst(reports: Sequence[Report]) -> list[Point]:
    worst = (
        (r.as_of, max((m.value for m in r.values if m.name == "feature_psi"), default=None))
        for r in reports
    )
    return [Point(at, value) for at, value in worst if value is not None]


def _features(now: Report) -> str:
    psi = sorted((m for m in now.values if m.name == "feature_psi"), key=lambda m: -m.value)
    severity = {one.subject: one.severity for one in now.alarms("feature_drift")}
    rows = []
    for measure in psi:
        name = measure.labels["feature"]
        noise, ks, missing = (
            now.value(f"feature_{what}", feature=name) for what in ("psi_noise", "ks", "missing")
        )
        width = min(100.0, 100 * measure.value / 0.5)
        bar = f'<i class="bar {severity.get(name, "good")}" style="width:{width:.0f}%"></i>'
        rows.append(
            (
                f"<code>{escape(name)}</code>",
                f'<div class="track">{bar}</div>',
                f"{measure.value:.3f}",
                f"{noise.value:.3f}" if noise else "",
                f"{ks.value:.3f}" if ks else "",
                f"{missing.value:.1%}" if missing else "",
            )
        )
    head = ("feature", "", "PSI", "noise up to", "KS", "missing")
    return _table("Inputs against the champion's reference", head, rows) if rows else ""


def _tables(now: Report) -> str:
    rows = []
    for measure in (m for m in now.values if m.name == "data_age_seconds"):
        name = measure.labels["table"]
        limit = now.value("data_age_limit_seconds", table=name)
        cells = [f"<code>{escape(name)}</code>", f"{measure.value / 3600:.0f} h"]
        cells.append(f"{limit.value / 3600:.0f} h" if limit else "")
        for window in ("1d", "7d"):
            arrived = now.value("volume_rows", table=name, window=window)
            usual = now.value("volume_usual_rows", table=name, window=window)
            if arrived and usual:
                cells.append(f"{arrived.value:,.0f} of {usual.value:,.0f}")
            else:
                cells.append("")
        rows.append(tuple(cells))
    head = ("table", "newest row", "allowed", "rows yesterday, of usual", "in a week, of usual")
    return _table("Data", head, rows) if rows else ""


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are HTML already."""
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<section><h2>{escape(title)}</h2><table><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table></section>"
    )
