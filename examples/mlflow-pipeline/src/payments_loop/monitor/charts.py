"""Line charts as SVG text, without any library in the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from math import isfinite

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 12, 26
TICKS = 4
DATES = 5
HUNDRED = 100


@dataclass(frozen=True)
class Point:
    """A value at a moment, with an interval if it has one."""

    at: datetime
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """One line of a chart.

    Attributes:
        name: in the legend.
        points: in order of time.
        style: class of the style sheet: `main`, `second` or `limit`.
    """

    name: str
    points: Sequence[Point]
    style: str = "main"


@dataclass(frozen=True)
class _Scale:
    """From values to pixels."""

    first: float
    last: float
    low: float
    high: float

    def x(self, at: datetime) -> float:
        share = (at.timestamp() - self.first) / max(self.last - self.first, 1.0)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def chart(
    title: str,
    lines: Sequence[Line],
    *,
    marks: Sequence[tuple[datetime, str]] = (),
    floor: float | None = None,
) -> str:
    """A chart with its legend as an HTML figure.

    Args:
        title: what it shows; also what screen readers say.
        lines: what is drawn; those without points are left out.
        marks: moments with a name, drawn as vertical lines.
        floor: the axis reaches down to this value at least.
    """
    drawn = [line for line in lines if line.points]
    head = f"<figcaption>{escape(title)}</figcaption>"
    if not drawn:
        return f'<figure>{head}<p class="none">Nothing is known yet.</p></figure>'
    scale = _scale(drawn, floor)
    parts = [*_axes(scale), *(_mark(scale, at, name) for at, name in marks)]
    parts += [_band(scale, line) for line in drawn] + [_path(scale, line) for line in drawn]
    legend = "".join(
        f'<span class="key {line.style}"></span>{escape(line.name)} ' for line in drawn
    )
    return (
        f'<figure>{head}<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg><p class="legend">{legend}</p></figure>'
    )


def _scale(lines: Sequence[Line], floor: float | None) -> _Scale:
    points = [point for line in lines for point in line.points]
    times = [point.at.timestamp() for point in points]
    values = [
        value
        for point in points
        for value in (point.value, point.low, point.high)
        if value is not None and isfinite(value)
    ]
    if floor is not None:
        values.append(floor)
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 0.5
    bottom = low if floor is not None and low >= floor else low - room
    return _Scale(min(times), max(times), bottom, high + room)


def _axes(scale: _Scale) -> list[str]:
    parts = []
    for step in range(TICKS + 1):
        value = scale.low + step * (scale.high - scale.low) / TICKS
        y = scale.y(value)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        label = f"{value:,.0f}" if abs(value) >= HUNDRED else f"{value:.3g}"
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{label}</text>')
    count = DATES if scale.last > scale.first else 1
    for step in range(count):
        share = step / max(count - 1, 1)
        at = datetime.fromtimestamp(scale.first + share * (scale.last - scale.first), UTC)
        anchor = {0: "start", DATES - 1: "end"}.get(step, "middle")
        place = f'x="{scale.x(at)}" y="{HEIGHT - 8}" text-anchor="{anchor}"'
        parts.append(f"<text {place}>{at:%Y-%m-%d}</text>")
    return parts


def _mark(scale: _Scale, at: datetime, name: str) -> str:
    x = scale.x(at)
    return (
        f'<line class="mark" x1="{x}" x2="{x}" y1="{TOP}" y2="{HEIGHT - BOTTOM}">'
        f"<title>{escape(name)}</title></line>"
    )


def _band(scale: _Scale, line: Line) -> str:
    bounded = [p for p in line.points if p.low is not None and p.high is not None]
    if len(bounded) < 2:  # noqa: PLR2004 (an area needs two points)
        return ""
    upper = [f"{scale.x(p.at)},{scale.y(p.high or 0)}" for p in bounded]
    lower = [f"{scale.x(p.at)},{scale.y(p.low or 0)}" for p in reversed(bounded)]
    return f'<polygon class="band {line.style}" points="{" ".join(upper + lower)}"/>'


def _path(scale: _Scale, line: Line) -> str:
    finite = [point for point in line.points if isfinite(point.value)]
    corners = [f"{scale.x(point.at)},{scale.y(point.value)}" for point in finite]
    if len(corners) == 1:
        x, y = corners[0].split(",")
        return f'<circle class="dot {line.style}" cx="{x}" cy="{y}" r="3"/>'
    return f'<polyline class="line {line.style}" points="{" ".join(corners)}"/>'
