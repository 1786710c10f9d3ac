"""Finds out by how many hours the clock of a batch is wrong."""

from __future__ import annotations

from math import log

import numpy as np

from payments_loop.validation.histograms import Floats, Histogram
from payments_loop.validation.statistic import Statistic
from payments_loop.validation.statistics import psi

_CLOCK_CHANCE = 1e-6
_GOOD_FIT = 4
"""Times the usual PSI of a day that a turned day may have."""


def clock(hours: Statistic, histogram: Histogram) -> Statistic:
    """By how many hours the times of day must be turned to fit, if they fit only then.

    The gain is the log-likelihood ratio per row of the best turned clock against the right one. If
    the clock is right, no turned one has a ratio above ``c`` with a probability above ``23 / c``
    (Markov's inequality), whatever the distribution. Rows are not quite independent, so the gain
    must also be unlike that of other days. A truncated day fits another hour better too, but it
    does not fit well.
    """
    pooled = histogram.reference
    rows = histogram.batch.sum()
    ratios = log_ratios(pooled)
    gains = ratios @ histogram.batch / rows
    days = (histogram.days @ ratios.T / histogram.days.sum(axis=1, keepdims=True)).max(axis=1)
    best = int(np.argmax(gains))
    late = best + 1
    fit = float(psi(np.roll(histogram.batch, -late), pooled))
    fits = fit < _GOOD_FIT * hours.back(float(np.median(hours.days)))
    decisive = rows * gains[best] > log(len(gains) / _CLOCK_CHANCE)
    shift = (late if late <= len(pooled) // 2 else late - len(pooled)) if fits and decisive else 0
    share = pooled / pooled.sum()
    variance = float(share @ ratios[best] ** 2 - (share @ ratios[best]) ** 2)
    return Statistic(
        "clock",
        hours.column,
        raw=float(shift),
        value=float(gains[best]),
        days=days,
        floor=float(np.sqrt(variance / rows)) + 1e-9,
        back=lambda _: 0.0,
        size=lambda new, _: abs(new),
        histogram=histogram,
    )


def log_ratios(reference: Floats) -> Floats:
    """Log density at an hour if the clock is late, against the right one.

    Args:
        reference: rows per hour, shape [hours].

    Returns:
        Shape [hours - 1, hours]: by 1, 2, ... hours.
    """
    density = np.log(reference + 0.5)
    ratios: Floats = np.array([np.roll(density, late) for late in range(1, len(density))]) - density
    return ratios
