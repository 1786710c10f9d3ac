"""One way, in a process of its own: one.py WAY PACKAGE FOLDER [features]. Prints seconds, rows and memory as JSON.

Runs in a generated project's environment, in its folder. Every way fits the same LightGBM on the older rows and
calibrates it on the newest; `project` does what its `experiment` does besides: a baseline, the export to ONNX, and a
comparison of the exported model with LightGBM on every row.
"""

from __future__ import annotations

import json
import resource
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from prepare import DAYS

START = datetime(2026, 1, 1, tzinfo=UTC)
END = START + timedelta(days=DAYS)
MATURITY = timedelta(days=14)
ORDER = [
    "amount", "channel", "card", "device_age_days", "hour", "weekday", "customer_payments_1d", "customer_payments_7d",
    "customer_payments_30d", "amount_ratio", "hours_since_payment", "customer_frauds_30d", "terminal_payments_30d",
    "terminal_frauds_7d", "terminal_fraud_share_30d",
]  # fmt: skip


def main(way: str, package: str, folder: Path, *, only_features: bool) -> int:
    """Measure one way."""
    # What any way imports is not what is measured.
    import lightgbm  # noqa: F401

    experiment = f"{package}.experiment"
    for name in ("settings", "fit", "boosting", "calibration"):
        import_module(f"{experiment}.{name}")
    began = seconds()
    found = ours(package, folder) if way == "project" else theirs(way, folder)
    featured = seconds()
    if not only_features:
        train(way, experiment, found)
    trained = seconds()
    result = {"features_s": featured - began, "training_s": trained - featured, "rows": len(found)}
    result["peak_gib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    result["sums"] = sums(way, found)
    print(json.dumps(result))
    return 0


def ours(package: str, folder: Path) -> Any:
    """Training examples out of the lake."""
    lake = import_module(f"{package}.lake").Lake(str(folder / "lake"))
    problem = import_module(f"{package}.problem").load_problem("payments")
    return import_module(f"{package}.features").examples(problem, lake, start=START, end=END, as_of=END)


def theirs(way: str, folder: Path) -> Any:
    """The same from Parquet."""
    until = int((END - MATURITY).timestamp())
    return import_module(f"{way}_way").features(folder, until)


def train(way: str, experiment: str, found: Any) -> None:
    """Fit and calibrate."""
    settings = import_module(f"{experiment}.settings").load()
    if way == "project":
        import_module(f"{experiment}.fit").fit(found.dataset, settings, seed=settings.seed)
        return
    import lightgbm

    encoded, labels = matrix(found), found["target"].to_numpy()
    older = round((1 - settings.data.calibration) * len(labels))
    parameters = settings.model.model_dump(exclude={"num_iterations"}) | {
        "objective": "binary", "max_cat_to_onehot": 1024, "deterministic": True, "force_col_wise": True,
        "num_threads": settings.threads, "seed": settings.seed, "verbosity": -1,
    }  # fmt: skip
    categories = [ORDER.index("channel"), ORDER.index("card")]
    data = lightgbm.Dataset(
        encoded[:older], labels[:older], feature_name=ORDER, categorical_feature=categories, params={"verbosity": -1}
    )
    booster = lightgbm.train(parameters, data, settings.model.num_iterations)
    scores = booster.predict(encoded[older:], raw_score=True, num_threads=settings.threads)
    import_module(f"{experiment}.calibration").calibrate(scores, labels[older:])


def matrix(found: Any) -> Any:
    """float32 [N, F]."""
    import numpy as np

    return np.column_stack([found[name].to_numpy().astype(np.float32) for name in ORDER])


def sums(way: str, found: Any) -> dict[str, float]:
    """A sum of every feature: ways that disagree have not done the same work."""
    import numpy as np

    encoded = found.dataset.X if way == "project" else matrix(found)
    return {name: float(np.nansum(encoded[:, n], dtype=np.float64)) for n, name in enumerate(ORDER)}


def seconds() -> float:
    """Processor seconds of this process so far, its threads included."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), only_features="features" in sys.argv[4:]))
