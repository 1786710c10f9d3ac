"""What checks say about a batch: the seam between ingestion and validation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["pass", "warn", "quarantine", "block"]
"""pass: nothing; warn: taken and reported; quarantine: put aside; block: stop the run."""

SEVERITIES: tuple[Severity, ...] = ("pass", "warn", "quarantine", "block")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found.

    Attributes:
        check: name of the check, e.g. "range".
        severity: what follows from it.
        column: the column concerned; None for the batch as a whole.
        detail: one sentence for a person, with the numbers.
        rows: how many rows are concerned.
        share: the same as a share of the batch, 0 to 1.
    """

    check: str
    severity: Severity
    column: str | None
    detail: str
    rows: int = 0
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings about one batch."""

    findings: tuple[Finding, ...] = ()

    @property
    def severity(self) -> Severity:
        """The worst severity among the findings; "pass" without any."""
        return max((finding.severity for finding in self.findings), key=_rank, default="pass")

    @property
    def reasons(self) -> tuple[str, ...]:
        """The details of all findings that are worse than "pass", worst first."""
        bad = [finding for finding in self.findings if finding.severity != "pass"]
        return tuple(_reason(finding) for finding in sorted(bad, key=lambda f: -_rank(f.severity)))

    def __add__(self, other: Verdict) -> Verdict:
        """Join the findings of two checks."""
        return Verdict(self.findings + other.findings)


def _rank(severity: Severity) -> int:
    return SEVERITIES.index(severity)


def _reason(finding: Finding) -> str:
    place = f"{finding.column}: " if finding.column else ""
    return f"{finding.check}: {place}{finding.detail}"
