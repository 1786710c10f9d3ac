"""The evidence record `gate`: how often the gate is wrong."""

from __future__ import annotations

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
        values.append(Value.share(name, round(found.promoted * gates), gates, note))
    for gain in GAINS:
        found = simulate(gates=gates, challengers=2, gain=gain, seed=SEED)
        note = f"two challengers; {found.winner_is_best:.1%} of the promoted are the better one"
        name = f"Promotes when one gains {gain} AUC"
        values.append(Value.share(name, round(found.promoted * gates), gates, note))
    return evidence.write(
        "gate",
        f"The gate on {ROWS:,} rows with {POSITIVES} positives, {gates:,} simulated gates each",
        values,
        command="payments-loop registry study",
        seed=SEED,
        root=root,
    )
