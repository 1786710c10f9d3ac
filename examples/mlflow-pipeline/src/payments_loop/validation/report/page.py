"""The report of one batch for a person."""

from __future__ import annotations

from datetime import datetime
from html import escape

from payments_loop.lake.verdict import Finding, Severity
from payments_loop.validation.examination import Examination
from payments_loop.validation.judgement import Measure
from payments_loop.validation.profile import Profile
from payments_loop.validation.report.chart import bars
from payments_loop.validation.report.html import (
    SEVERITY_WORDS,
    document,
    mark,
    table,
)

CHECKS = {
    "volume": "Rows a day",
    "missing": "Share of nulls",
    "novelty": "Values never seen before",
    "scale": "Median (unit)",
    "drift": "Distribution (PSI)",
    "hours": "Hours of the day (PSI)",
    "clock": "Clock off by",
}


def render(examination: Examination) -> str:
    """Return the page as HTML."""
    title = f"{examination.table}: {examination.batch}"
    parts = [
        '<p class="quiet"><a href="index.html">All batches</a></p>',
        f"<h1>{escape(title)}</h1>",
        f'<p class="quiet">{_facts(examination)}</p>',
        _verdict(examination),
        _findings(examination),
        _comparisons(examination),
        _columns(examination),
    ]
    return document(title, "\n".join(part for part in parts if part))


def _facts(examination: Examination) -> str:
    facts = [f"{examination.rows:,} rows", f"arrived {_time(examination.arrived)} UTC"]
    if examination.first and examination.last:
        facts.append(f"events from {_time(examination.first)} to {_time(examination.last)} UTC")
    return " · ".join(facts)


def _verdict(examination: Examination) -> str:
    severity = examination.total.severity
    reasons = [f for f in examination.total.findings if f.severity != "pass"]
    count = f"{len(reasons)} finding{'s' * (len(reasons) != 1)}"
    release = f"<code>payments-loop lake quarantine release {escape(examination.batch)}</code>"
    words, text = {
        "pass": ("Taken", "Nothing about this batch is unusual."),
        "warn": ("Taken, with warnings", f"{count} to look at when there is time."),
        "quarantine": (
            "Put aside",
            f"{count}. Nothing learns from this batch unless a person releases it: {release}",
        ),
        "block": (
            "The run stops",
            f"{count}. Nothing goes on until the source or the limits are corrected.",
        ),
    }[severity]
    body = f"{mark(severity, words)}<p>{text}</p>"
    return f'<section class="verdict {severity}" aria-label="Verdict">{body}</section>'


def _findings(examination: Examination) -> str:
    found = [one for one in examination.total.findings if one.severity != "pass"]
    if not found:
        return ""
    rows = [_finding(one) for one in found]
    names = ("Check", "Consequence", "Column", "What was found")
    kinds = ("", "", "", "text")
    return f"<h2>Findings</h2>\n{table(names, rows, 'Findings, the worst first', kinds)}"


def _finding(one: Finding) -> tuple[str, ...]:
    column = f"<code>{escape(one.column)}</code>" if one.column else "whole batch"
    return escape(one.check), mark(one.severity), column, escape(one.detail)


def _comparisons(examination: Examination) -> str:
    notes = "".join(
        f'<p class="quiet">Not judged: {escape(note)}.</p>' for note in examination.notes
    )
    if not examination.measures or examination.reference is None:
        return notes
    first, last = examination.reference
    chance = 1 / examination.false_alarms
    intro = (
        f"<p>Compared with {examination.days} days, {first} to {last}. The range is what clean "
        "days of this weekday stay within; all ranges together are left by one clean batch in "
        f"{chance:,.0f} at most. Leaving it only has consequences when the change is also large "
        "(<code>config/validation.toml</code>).</p>"
    )
    names = ("Comparison", "Column", "This batch", "Usual", "Range", "Result")
    rows = [_comparison(one) for one in examination.measures]
    kinds = ("", "", "number", "number", "number", "")
    shown = table(names, rows, "Comparisons with the days before", kinds)
    return f"<h2>Compared with the days before</h2>\n{intro}\n{shown}\n{notes}"


def _comparison(one: Measure) -> tuple[str, ...]:
    check, column = one.statistic.check, one.statistic.column
    low, high = (_number(check, bound) for bound in one.range)
    reach = f"up to {high}" if one.statistic.histogram else f"{low} to {high}"
    new = _number(check, one.statistic.raw)
    words = "unusual, but small" if one.outside and one.severity == "pass" else ""
    return (
        CHECKS[check],
        f"<code>{escape(column)}</code>" if column else "whole batch",
        f'<span class="odd">{new}</span>' if one.outside else new,
        _number(check, one.usual),
        reach,
        mark(one.severity, words or SEVERITY_WORDS[one.severity]),
    )


def _number(check: str, value: float) -> str:
    if check == "volume":
        return f"{value:,.0f}"
    if check in {"missing", "novelty"}:
        return f"{value:.1%}"
    if check == "clock":
        return f"{value:+.0f} h" if value else "0 h"
    return f"{value:.3f}" if check in {"drift", "hours"} else f"{value:,.4g}"


def _columns(examination: Examination) -> str:
    if not examination.profiles:
        return ""
    worst: dict[str, Severity] = {}
    for finding in examination.total.findings:  # the worst one comes first
        if finding.column:
            worst.setdefault(finding.column, finding.severity)
    cards = "\n".join(_card(one, worst.get(one.column, "pass")) for one in examination.profiles)
    legend = '<p class="legend"><span>this batch</span><span class="past">days before</span></p>'
    has_bars = any(one.bars for one in examination.profiles)
    return f'<h2>Columns</h2>\n{legend if has_bars else ""}\n<div class="cards">\n{cards}\n</div>'


def _card(one: Profile, severity: Severity) -> str:
    unit = f" {one.unit}" if one.unit else ""
    facts = {"Nulls": f"{one.nulls:.1%}", "Different values": f"{one.different:,}"}
    if one.middle:
        facts["Median"] = f"{one.middle}{unit}"
        if one.usual_middle:
            facts["Median before"] = f"{one.usual_middle}{unit}"
    if one.low:
        facts["Range"] = f"{one.low} to {one.high}"
    pairs = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts.items())
    note = f" {mark(severity)}" if severity != "pass" else ""
    chart = bars(one.bars, one.column) if one.bars else ""
    head = f'<h3><code>{escape(one.column)}</code> <span class="quiet">{one.kind}</span>{note}</h3>'
    return f'<article class="card">{head}<dl>{pairs}</dl>{chart}</article>'


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M}"
