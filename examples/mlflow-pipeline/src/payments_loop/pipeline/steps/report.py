"""The last step: one page about the run, for a pull request, a job summary or a morning coffee."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from payments_loop.pipeline.graph import Done, Job, Result
from payments_loop.pipeline.workspace import Workspace

FOLDER = Path("reports/pipeline")
SHOWN = 12  # alarms; the monitor's own report has all


def write(job: Job[Workspace]) -> Done:
    """Write the page, replacing an earlier one of the same run."""
    path = job.workspace.root / FOLDER / f"{job.as_of:%Y-%m-%d}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(job.as_of, job.results), encoding="utf-8")
    return Done({"path": str(path.relative_to(job.workspace.root))})


def page(as_of: datetime, results: Mapping[str, Result]) -> str:
    """The page in Markdown.

    Args:
        as_of: of the run.
        results: of the steps that the report needs.
    """
    parts = [
        f"# Pipeline run as of {as_of:%Y-%m-%d}",
        _headline(results),
        _data(results["ingest"]),
        _alarms(results["monitor"]),
        _decision(results["decide"]),
        _race(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(results: Mapping[str, Result]) -> str:
    promoted, back = results["promote"], results["rollback"]
    if "version" in back:
        return f"**Rolled back** from `{back['left']}` to `{back['version']}`."
    if "version" in promoted:
        return f"**Promoted** `{promoted['version']}`."
    if "waits for approval" in promoted["reason"]:
        return f"**Wanted**: {promoted['reason']}."
    champion = results["monitor"]["version"]
    return f"The champion stays `{champion}`." if champion else "There is no champion."


def _data(ingest: Result) -> str:
    lines = ["## Data", f"{ingest['newest']} new batches taken, {ingest['batches']} so far."]
    if ingest["quarantined"]:
        lines.append("**Put aside**: " + ", ".join(f"`{name}`" for name in ingest["quarantined"]))
    return "\n\n".join(lines)


def _alarms(monitor: Result) -> str:
    alarms = monitor["alarms"]
    if not alarms:
        return "## Monitor\n\nNo alarm."
    lines = ["## Monitor", "", "| alarm | of | severity | found |", "|---|---|---|---|"]
    lines += [
        f"| {one['name']} | {one['subject']} | {one['severity']} | {one['detail']} |"
        for one in alarms[:SHOWN]
    ]
    if len(alarms) > SHOWN:
        lines.append(f"| and {len(alarms) - SHOWN} more | | | |")
    return "\n".join(lines)


def _decision(decision: Result) -> str:
    lines = [f"## Decision: {decision['action']}", "", "| rule | speaks for it | found |"]
    lines.append("|---|---|---|")
    lines += [
        f"| {one['rule']} | {'yes' if one['fired'] else 'no'} | {one['detail']} |"
        for one in decision["reasons"]
    ]
    return "\n".join(lines)


def _race(results: Mapping[str, Result]) -> str:
    gate = results["gate"]
    if "verdict" not in gate:
        return ""
    lines = [f"## Gate: {gate['verdict']}", "", "| check | version | passed | found |"]
    lines.append("|---|---|---|---|")
    lines += [
        f"| {one['name']} | `{one['version']}` | {'yes' if one['passed'] else '**no**'} "
        f"| {one['detail']} |"
        for one in gate["checks"]
    ]
    canary = results["canary"]
    if "passed" in canary:
        verdict = "passed" if canary["passed"] else "**failed**"
        lines += ["", f"Canary {verdict}: {canary['detail']}."]
    return "\n".join(lines)
