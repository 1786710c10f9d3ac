"""Measured results as JSON records: the only source of the numbers in the README.

Each record, `evidence/<name>.json`, says what was measured and under which conditions (command,
commit, data, seed, machine, time), so that a reader can judge and repeat it. The module `report`
turns records into Markdown.
"""

import json
import math
import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

FOLDER = "evidence"
# Changes here change results; a rewritten README or record does not.
_SOURCES = ("src", "config", "pyproject.toml")
_NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Value:
    """One measured number, or a text such as a version.

    Attributes:
        name: what it is, e.g. "ROC AUC".
        value: the estimate.
        unit: e.g. "ms"; empty for a ratio.
        low: lower bound of the 95 % confidence interval, if one was computed.
        high: upper bound of the same interval.
        note: what a reader must know to compare it, e.g. "higher is better".
    """

    name: str
    value: float | str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        """Refuse what a reader could not interpret.

        Raises:
            ValueError: a number is not finite, or the interval is half given or does not hold the
                value.
        """
        numbers = [x for x in (self.value, self.low, self.high) if x is not None]
        if any(not math.isfinite(x) for x in numbers if not isinstance(x, str)):
            raise ValueError(f"{self.name}: {numbers} is not finite")
        if (self.low is None) != (self.high is None):
            raise ValueError(f"{self.name}: an interval needs both bounds")
        if self.low is None or self.high is None:
            return
        if isinstance(self.value, str) or not self.low <= self.value <= self.high:
            raise ValueError(f"{self.name}: {self.value} is outside [{self.low}, {self.high}]")

    @classmethod
    def share(cls, name: str, count: int, of: int, note: str = "") -> Self:
        """A share in percent with its 95 % confidence interval."""
        low, high = wilson(count, of)
        return cls(name, 100 * count / of, "%", 100 * low, 100 * high, note)


def wilson(count: int, of: int) -> tuple[float, float]:
    """95 % confidence interval of the share `count / of` (Wilson 1927); good near 0 and 1 as well."""
    z = 1.959964
    share = count / of
    centre = share + z**2 / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z**2 / (4 * of**2))
    scale = 1 + z**2 / of
    # Rounding must not push a bound past the estimate at 0 or 1.
    low, high = (centre - half) / scale, (centre + half) / scale
    return max(0.0, min(share, low)), min(1.0, max(share, high))


@dataclass(frozen=True, slots=True)
class Plot:
    """A PNG file in the folder `evidence`.

    Attributes:
        path: relative to the root of the project, e.g. "evidence/calibration.png".
        alt: what the plot shows, in words, for readers who cannot see it.
    """

    path: str
    alt: str


def write(
    name: str,
    title: str,
    values: Sequence[Value],
    *,
    command: str,
    seed: int | None = None,
    data_sha256: str | None = None,
    plots: Sequence[Plot] = (),
    details: Mapping[str, Any] | None = None,
    root: Path = Path(),
) -> Path:
    """Write the record of one measurement, replacing an earlier one of the same name.

    Args:
        name: file name without ending: lower-case words joined by hyphens or underscores.
        title: heading of the table made from it.
        values: rows of the table, in order.
        command: what a reader types to measure it again.
        seed: seed of all randomness in it.
        data_sha256: hash of the data it was measured on (64 hex digits).
        plots: images that belong to it.
        details: further JSON-compatible facts, kept in the record and not shown.
        root: root of the project.

    Returns:
        The path of the record.

    Raises:
        ValueError: the name is malformed, there are no values, or a number is not finite.
        FileNotFoundError: a plot does not exist.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no record name: use lower-case words joined by hyphens")
    if not values:
        raise ValueError(f"record {name!r} has no values")
    for plot in plots:
        if not (root / plot.path).is_file():
            raise FileNotFoundError(root / plot.path)
    record = {
        "name": name,
        "title": title,
        "command": command,
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **_source_state(root),
        "seed": seed,
        "data_sha256": data_sha256,
        "hardware": hardware(),
        "values": [asdict(value) for value in values],
        "plots": [asdict(plot) for plot in plots],
        "details": dict(details or {}),
    }
    path = root / FOLDER / f"{name}.json"
    text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def hardware() -> dict[str, object]:
    """Describe this machine: cpu (model), cores (usable here), memory_gib, platform, python."""
    return {
        "cpu": _cpu_model(),
        "cores": _usable_cores(),
        "memory_gib": _memory_gib(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _source_state(root: Path) -> dict[str, object]:
    """Return the commit and whether the code differs from it; both null outside a repository."""
    commit = _git(root, "rev-parse", "HEAD")
    if not commit:
        return {"commit": None, "dirty": None}
    changes = _git(root, "status", "--porcelain", "--", *_SOURCES)
    return {"commit": commit, "dirty": bool(changes)}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 (arguments are constants)
            ["git", "-C", str(root), *arguments],  # noqa: S607 (found on the PATH)
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _usable_cores() -> int:
    """Cores this process may use, which a container or `taskset` can limit."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory_gib() -> float | None:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return round(size / 2**30, 1)
