"""Chooses the next token of each sequence in a batch."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


_COLDEST = 1e-6  # below it float32 divides by 0


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a completion is drawn, and when it ends.

    Attributes:
        max_tokens: most tokens of the completion.
        temperature: 0 takes the likeliest token; logits are divided by anything above.
        top_p: tokens are drawn from the smallest set with at least this probability (nucleus
            sampling, Holtzman et al. 2020).
        seed: the same request with the same seed draws the same numbers.
        stop: texts at which the completion ends, themselves left out.
    """

    max_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


def randomness(sampling: Sampling) -> torch.Generator | None:
    """Where a completion takes its random numbers from; None if it needs none."""
    import torch

    if sampling.temperature == 0:
        return None
    seed = secrets.randbits(63) if sampling.seed is None else sampling.seed % 2**63
    return torch.Generator().manual_seed(seed)


def choose(
    logits: torch.Tensor,
    samplings: Sequence[Sampling],
    generators: Sequence[torch.Generator | None],
) -> list[int]:
    """The next token of every row.

    A row depends on nothing but its own logits and generator, whoever shares its batch.

    Args:
        logits: rows by vocabulary.
        samplings: one per row.
        generators: one per row, as `randomness` made them.
    """
    chosen: list[int] = logits.argmax(dim=-1).tolist()
    for row, (sampling, generator) in enumerate(zip(samplings, generators, strict=True)):
        if generator is not None:
            chosen[row] = _draw(logits[row].float().cpu(), sampling, generator)
    return chosen


def _draw(logits: torch.Tensor, sampling: Sampling, generator: torch.Generator) -> int:
    import torch

    # From the greatest down, or a temperature near 0 makes infinities.
    scaled = (logits - logits.max()) / max(sampling.temperature, _COLDEST)
    probabilities = torch.softmax(scaled, dim=-1)
    if sampling.top_p < 1:
        ordered, tokens = probabilities.sort(descending=True)
        before = ordered.cumsum(dim=-1) - ordered
        ordered[1:][before[1:] >= sampling.top_p] = 0  # the likeliest token always stays
        return int(tokens[torch.multinomial(ordered, 1, generator=generator)])
    return int(torch.multinomial(probabilities, 1, generator=generator))
