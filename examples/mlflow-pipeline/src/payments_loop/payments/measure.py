"""Measures the problem itself: how rare, how well it could be solved, and what simple rules cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

import payments_loop.evidence as evidence
from payments_loop.bundle import Costs
from payments_loop.payments.calendar import QUIET_DAYS
from payments_loop.payments.generator import World
from payments_loop.payments.population import (
    Floats,
    Labels,
)

MATURITY = timedelta(days=14)
AMOUNTS = np.geomspace(5, 2000, 60)  # rules that are tried, EUR


def measure(seeds: Sequence[int], costs: Costs, root: Path = Path()) -> Path:
    """Write the evidence record `problem`: means over worlds, and their range.

    Args:
        seeds: of the worlds.
        costs: of the decisions.
        root: of the project.

    Returns:
        The path of the record.
    """
    worlds = [describe(World(seed), costs) for seed in seeds]
    money = f"{costs.currency} per 1,000 payments"
    units = {name: "%" for name in worlds[0] if name.endswith(("frauds", "days"))}
    units |= {name: money for name in worlds[0] if name.startswith("Cost")}
    values: list[evidence.Value] = []
    for name in worlds[0]:
        found = [world[name] for world in worlds]
        digits = 3 if "AUC" in name else 1
        note = f"from {min(found):.{digits}f} to {max(found):.{digits}f} in {len(found)} worlds"
        values.append(evidence.Value(name, sum(found) / len(found), units.get(name, ""), note=note))
    return evidence.write(
        "problem",
        f"The generated payments: mean of {len(worlds)} worlds",
        values,
        command="payments-loop payments measure",
        details={"seeds": list(seeds), "worlds": worlds},
        root=root,
    )


def describe(world: World, costs: Costs) -> dict[str, float]:
    """Measure one world, from its first day to the end of its calendar.

    Returns:
        By name: shares in percent, AUC, and costs per 1,000 payments after the quiet days.
    """
    days = [world.start + timedelta(days=number) for number in range(world.days)]
    payments = pl.concat([world.everything(day) for day in days])
    first = {incident.kind: incident.first for incident in reversed(world.incidents)}
    last = {incident.kind: incident.last for incident in world.incidents}
    day = payments["time"].dt.date()
    quiet = payments.filter(day < first["covariate_drift"])
    larger = payments.filter((day > last["covariate_drift"]) & (day < first["concept_drift"]))
    moved = payments.filter(day > last["concept_drift"])
    frauds = payments.filter("fraud")
    in_time = frauds["reported_at"] - frauds["time"] <= MATURITY
    learned_from = payments.filter(day < world.start + timedelta(days=QUIET_DAYS))
    decided = payments.filter(day >= world.start + timedelta(days=QUIET_DAYS))
    bound = best_rule(learned_from, costs)
    amount = decided["amount"].to_numpy()
    suspicious = decided["true_probability"].to_numpy() >= costs.thresholds(amount)
    return {
        "Payments that are frauds": 100 * len(frauds) / len(payments),
        "Reported within 14 days": 100 * float(in_time.to_numpy().mean()),
        "Best possible AUC, quiet period": ceiling(quiet),
        "Best possible AUC, after the marketplace joined": ceiling(larger),
        "Best possible AUC, after the fraudsters changed": ceiling(moved),
        "Cost, approve everything": cost(decided, np.zeros(len(decided), dtype=bool), costs),
        "Cost, review everything": cost(decided, np.ones(len(decided), dtype=bool), costs),
        "Cost, best rule on the amount": cost(decided, amount >= bound, costs),
        "Cost, true probability known": cost(decided, suspicious, costs),
    }


def ceiling(payments: pl.DataFrame) -> float:
    """AUC of the true probability: no score of any model can be expected to rank better."""
    truth, fraud = payments["true_probability"].to_numpy(), payments["fraud"].to_numpy()
    honest = np.sort(truth[~fraud])
    below = np.searchsorted(honest, truth[fraud], side="left")
    equal = np.searchsorted(honest, truth[fraud], side="right") - below
    return float((below + equal / 2).mean() / len(honest))


def cost(payments: pl.DataFrame, review: Labels, costs: Costs) -> float:
    """Cost of reviewing the payments in `review` [N] and approving the others, per 1,000."""
    loss: Floats = (payments["amount"].to_numpy() + costs.fee) * payments["fraud"].to_numpy()
    kept = loss * (1 - costs.caught * review)
    return 1000 * float((kept + costs.review * review).mean())


def best_rule(payments: pl.DataFrame, costs: Costs) -> float:
    """Amount (EUR) from which reviewing every payment would have been cheapest."""
    amount = payments["amount"].to_numpy()
    return float(min(AMOUNTS, key=lambda bound: cost(payments, amount >= bound, costs)))
