"""Distributions as bars: the batch beside its reference."""

from __future__ import annotations

from html import escape

from payments_loop.validation.profile import Bars

_FEW = 6
_HEIGHT = 100.0


def bars(distribution: Bars, name: str) -> str:
    """Draw shares per bin; every number is in a table below, folded away."""
    highest = max([*distribution.batch, *distribution.reference], default=0) or 1
    count = len(distribution.labels)
    shapes = []
    for position, share in enumerate(distribution.batch):
        usual = distribution.reference[position]
        shapes.append(_bar("past", position * 10 + 0.6, usual / highest))
        shapes.append(_bar("bar", position * 10 + 5, share / highest))
    label = f"Distribution of {name} in this batch and in the days before; numbers follow"
    return (
        f'<svg class="chart" role="img" aria-label="{escape(label)}" '
        f'viewBox="0 0 {count * 10} {_HEIGHT:g}" preserveAspectRatio="none">'
        f"{''.join(shapes)}</svg>{_axis(distribution.labels)}{_numbers(distribution, name)}"
    )


def _bar(kind: str, left: float, share: float) -> str:
    height = share * _HEIGHT
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{_HEIGHT - height:.1f}" width="4.2" '
        f'height="{height:.1f}"/>'
    )


def _axis(labels: tuple[str, ...]) -> str:
    if len(labels) <= _FEW:
        cells = "".join(f"<span>{escape(label)}</span>" for label in labels)
        return f'<div class="axis" aria-hidden="true">{cells}</div>'
    shown = labels[0], labels[len(labels) // 2], labels[-1]
    cells = "".join(f"<span>{escape(label)}</span>" for label in shown)
    return f'<div class="axis ends" aria-hidden="true">{cells}</div>'


def _numbers(distribution: Bars, name: str) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td class="number">{new:.1%}</td>'
        f'<td class="number">{usual:.1%}</td></tr>'
        for label, new, usual in zip(
            distribution.labels, distribution.batch, distribution.reference, strict=True
        )
    )
    return (
        f'<details><summary>Numbers</summary><table aria-label="{escape(name)}: share of rows">'
        '<thead><tr><th scope="col">Value</th><th scope="col" class="number">Batch</th>'
        f'<th scope="col" class="number">Days before</th></tr></thead><tbody>{rows}</tbody>'
        "</table></details>"
    )
