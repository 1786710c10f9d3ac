"""The evidence record `gate`: how often the gate is wrong."""

from __future__ import annotations

import math
from pathlib import Path

from payments_loop import evidence
from payments_loop.evidence import Value

from .study import POSITIVES, ROWS, simulate

GATES = 1000
SEED = 11
GAINS = (0.01, 0.02, 0.03)


def measure(root: Path = Path(), gates: int = GATES) -> Path:
    """Simulate gates and write the record; returns its path."""
    values = []
    for challengers in (1, 2, 3):
        found = simulate(gates=gates, challengers=challengers, gain=0, seed=SEED)
        name = f"Promotes one of {challengers} that {'is' if challengers == 1 else 'are'} no better"
        note = f"aim: at most 5 %; without the correction {found.uncorrected:.1%}"
        values.append(_share(name, found.promoted, gates, note))
    for gain in GAINS:
        found = simulate(gates=gates, challengers=2, gain=gain, seed=SEED)
        note = f"two challengers; {found.winner_is_best:.1%} of the promoted are the better one"
        values.append(_share(f"Promotes when one gains {gain} AUC", found.promoted, gates, note))
    return evidence.write(
        "gate",
        f"The gate on {ROWS:,} rows with {POSITIVES} positives, {gates:,} simulated gates each",
        values,
        command="payments-loop registry study",
        seed=SEED,
        root=root,
    )


def _share(name: str, share: float, count: int, note: str) -> Value:
    """A share in percent with its 95 % Wilson interval."""
    z = 1.96
    scale = 1 + z * z / count
    centre = (share + z * z / (2 * count)) / scale
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / scale
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return Value(name, 100 * share, "%", 100 * min(low, share), 100 * max(high, share), note)
