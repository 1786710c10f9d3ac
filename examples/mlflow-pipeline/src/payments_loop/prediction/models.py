"""The models in use: loading, warming up, and reloading when an alias moves."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from payments_loop.bundle import (
    Bundle,
    BundleError,
    Registry,
)

logger = logging.getLogger(__name__)

Role = Literal["champion", "challenger", "shadow"]

WARM_UP_ROWS = 64
WARM_UP_SECONDS = 0.25
RETRY_SECONDS = 30.0


class Model(NamedTuple):
    """A loaded bundle and what scoring with it costs.

    Attributes:
        version: its name.
        bundle: the model, verified against its golden predictions.
        call_seconds: cost of a call with one row.
        row_seconds: cost of each further row.
        loaded: Unix time.
    """

    version: str
    bundle: Bundle
    call_seconds: float
    row_seconds: float
    loaded: float

    def seconds(self, rows: int) -> float:
        """Expected duration of scoring `rows` at once."""
        return self.call_seconds + self.row_seconds * (rows - 1)


class Lineup(NamedTuple):
    """The models that answer and challenge; immutable, so that a request sees one state."""

    champion: Model
    challenger: Model | None = None


@dataclass
class InUse:
    """The models in use: `service.shared(InUse)`.

    Attributes:
        lineup: replaced as a whole on reload; None before the first load.
    """

    lineup: Lineup | None = None


def load(path: Path) -> Model:
    """Load the bundle in `path`, verify it, warm it up and time it.

    Raises:
        BundleError: the bundle is damaged or does not reproduce its golden predictions.
    """
    bundle = Bundle.load(path)
    golden = bundle.golden.matrix
    many = np.resize(golden, (WARM_UP_ROWS, golden.shape[1]))
    one = fastest(bundle, golden[:1])
    row = max(0.0, fastest(bundle, many) - one) / (WARM_UP_ROWS - 1)
    return Model(bundle.version, bundle, one, row, time.time())


def fastest(bundle: Bundle, features: NDArray[np.float32]) -> float:
    """Shortest of several timings, in seconds: the cost without what else the machine does."""
    best = float("inf")
    end = time.perf_counter() + WARM_UP_SECONDS
    for _ in range(20):
        start = time.perf_counter()
        bundle.predict(features)
        stop = time.perf_counter()
        best = min(best, stop - start)
        if stop > end:
            break
    return best


class Reloader:
    """Follows `aliases.json`: loads what it names and hands over the new lineup.

    Args:
        registry: the versions and aliases.
        swap: called with the new lineup.
        failed: called for every alias that could not be loaded; the model before it stays.
    """

    def __init__(
        self,
        registry: Registry,
        swap: Callable[[Lineup], None],
        failed: Callable[[], None],
    ) -> None:
        self._registry = registry
        self._swap = swap
        self._failed = failed
        self._lineup: Lineup | None = None
        self._seen: tuple[int, ...] | None = None
        self._retry_at = float("inf")

    async def run(self, interval: float) -> None:
        """Look every `interval` seconds until cancelled.

        Polling one `stat` works on every volume type, also on those without change notification.
        """
        while True:
            await asyncio.sleep(interval)
            if self._identity() != self._seen or time.monotonic() >= self._retry_at:
                await self.reload()

    async def reload(self) -> None:
        """Load what the aliases name, off the event loop, and swap if anything is new."""
        self._seen = self._identity()
        self._retry_at = float("inf")
        lineup = await asyncio.to_thread(self._load)
        if lineup is not None and not _same(lineup, self._lineup):
            self._lineup = lineup
            self._swap(lineup)

    def _load(self) -> Lineup | None:
        try:
            aliases = self._registry.aliases()
        except BundleError as error:
            self._report("aliases", error)
            return self._lineup
        before = self._lineup
        champion = self._model(aliases, "champion", before.champion if before else None)
        challenger = self._model(aliases, "challenger", before.challenger if before else None)
        if champion is None:
            return None
        if challenger is not None and challenger.version == champion.version:
            challenger = None
        return Lineup(champion, challenger)

    def _model(self, aliases: dict[str, str], alias: str, current: Model | None) -> Model | None:
        """The model that `alias` names; `current` if that cannot be loaded."""
        version = aliases.get(alias)
        if version is None:
            return current if alias == "champion" else None
        for model in self._lineup or ():
            if model is not None and model.version == version:
                return model
        try:
            return load(self._registry.resolve(version))
        except BundleError as error:
            self._report(alias, error)
            return current

    def _report(self, alias: str, error: BundleError) -> None:
        self._retry_at = time.monotonic() + RETRY_SECONDS
        self._failed()
        logger.error("model not loaded", extra={"alias": alias, "reason": str(error)})

    def _identity(self) -> tuple[int, ...] | None:
        """What changes when the file is replaced or rewritten."""
        with suppress(OSError):
            found = self._registry.path.stat()
            return found.st_mtime_ns, found.st_ino, found.st_size
        return None


def _same(lineup: Lineup, other: Lineup | None) -> bool:
    return (
        other is not None
        and lineup.champion is other.champion
        and lineup.challenger is other.challenger
    )
