"""Whether a new version may serve."""

from __future__ import annotations

from dataclasses import dataclass

from fraud_scoring.evaluation import Interval

from .config import Gate


@dataclass(frozen=True)
class Check:
    """One condition of promotion, and how it turned out."""

    name: str
    passed: bool
    detail: str


def judge(
    evaluation: dict[str, Interval],
    parity: float,
    champion_gain: Interval | None,
    gate: Gate,
    *,
    comparable: bool = True,
) -> list[Check]:
    """Conditions of promotion; the version is promoted if all pass.

    Args:
        evaluation: from `evaluation.evaluate`.
        parity: greatest difference between the exported model and the original on the test set.
        champion_gain: how much lower the log loss is than the champion's; None without a champion.
        gate: bounds.
        comparable: whether the champion, if there is one, takes the same features.
    """
    error = evaluation["calibration_error"].value
    checks = [
        Check(
            "exported model equals the original",
            parity <= gate.max_parity_difference,
            f"greatest difference {parity:.1e}, allowed {gate.max_parity_difference:.0e}",
        ),
        Check(
            "probabilities are calibrated",
            error <= gate.max_calibration_error,
            f"expected calibration error {error:.4f}, allowed {gate.max_calibration_error}",
        ),
        _better("ranks better than logistic regression", "AUC", evaluation["auc_gain"]),
        _better("fits better than logistic regression", "log loss", evaluation["log_loss_gain"]),
    ]
    if not comparable:
        detail = "it takes other features; compare by hand, then `models promote`"
        checks.append(Check("fits better than the champion", passed=False, detail=detail))
    elif champion_gain is not None:
        checks.append(_better("fits better than the champion", "log loss", champion_gain))
    return checks


def _better(name: str, metric: str, gain: Interval) -> Check:
    return Check(name, gain.low > 0, f"{metric} gain {gain}; the whole interval must be above 0")
