"""Cuts time into windows for sources that are asked for a period; a window is a batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field


class Windows(BaseModel):
    """Options of the kinds that ask for periods.

    Attributes:
        start: first day (UTC) that is asked for.
        window_hours: length of a window. Only whole windows are asked for, so that the same window
            always has the same id.
        delay_hours: a window is complete, and arrives, so long after its end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: date
    window_hours: int = Field(default=24, ge=1, le=24 * 31)
    delay_hours: float = Field(default=0, ge=0)

    def between(
        self,
        after: datetime | None,
        until: datetime,
    ) -> Iterator[tuple[datetime, datetime, datetime]]:
        """Give begin, end and arrival of each window that arrives after one time until another."""
        length, delay = timedelta(hours=self.window_hours), timedelta(hours=self.delay_hours)
        begin = datetime.combine(self.start, datetime.min.time(), UTC)
        if after is not None:
            begin += max(0, (after - delay - begin) // length) * length
        while (arrived := begin + length + delay) <= until:
            yield begin, begin + length, arrived
            begin += length


def batch_id(table: str, begin: datetime, end: datetime) -> str:
    """Name a window."""
    return f"{table}/{begin:%Y-%m-%dT%H:%M}/{end:%Y-%m-%dT%H:%M}"
