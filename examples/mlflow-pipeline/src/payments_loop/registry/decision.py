"""What the gate found, in a form that is kept and read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Check(BaseModel):
    """One condition for one version, and how it turned out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    passed: bool
    detail: str


class Decision(BaseModel):
    """What the gate found, and on what.

    Attributes:
        verdict: `promote` the winner, or `keep` what there is.
        winner: version to promote; None to keep.
        champion: version that the challengers were compared with; None if there was none.
        checks: every condition for every challenger.
        p_values: of each challenger, one-sided: it ranks no better than the champion.
        alpha: what a p-value must not exceed: the policy's, divided by the number of challengers.
        rows: number of rows that all were compared on.
        data_sha256: of these rows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    verdict: Literal["promote", "keep"]
    winner: str | None
    champion: str | None
    checks: tuple[Check, ...]
    p_values: dict[str, float]
    alpha: float
    rows: int
    data_sha256: str

    @property
    def reason(self) -> str:
        """One line for logs."""
        if self.winner in self.p_values:
            return f"{self.winner} passed every check, p = {self.p_values[self.winner]:.2g}"
        if self.winner is not None:
            return f"{self.winner} serves until a challenger is proven better"
        if not self.checks:
            return "no challenger"
        failed = [f"{check.version}: {check.name}" for check in self.checks if not check.passed]
        return "; ".join(failed)

    def markdown(self) -> str:
        """A table of the checks, for a report or a comment on a pull request."""
        head = f"**{self.verdict.capitalize()} {self.winner or self.champion or 'nothing'}.** "
        lines = [
            head + f"Judged on {self.rows:,} rows (`{self.data_sha256[:12]}`) against "
            f"{self.champion or 'the baseline'}; each p-value at most {self.alpha:.3g}.",
            "",
            "| version | check | | detail |",
            "| --- | --- | --- | --- |",
        ]
        for check in self.checks:
            outcome = "passed" if check.passed else "**failed**"
            lines.append(f"| {check.version} | {check.name} | {outcome} | {check.detail} |")
        return "\n".join(lines) + "\n"
