"""Sequences that one model continues together: their keys, values and next tokens.

Sequences join and leave between two tokens (continuous batching; Yu et al., Orca, 2022). They are
aligned on the right, so that the next token of all has one place; on the left there is padding,
which the attention mask hides. Positions count from each sequence's own first token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .jobs import Job
from .sampling import choose

if TYPE_CHECKING:
    import torch

Forward = Callable[..., Any]


class Lane:
    """A batch.

    Args:
        pad: a token to fill with; any will do, it is never attended to.
        device: where the model is.
    """

    def __init__(self, pad: int, device: torch.device) -> None:
        self.jobs: list[Job] = []
        self._pad = pad
        self._device = device
        self._cache: Any = None
        self._mask: torch.Tensor  # jobs by length: 1 where there is a token
        self._last: list[int] = []

    def join(self, forward: Forward, jobs: Sequence[Job]) -> list[int]:
        """Read the prompts of `jobs`, let them in, and return the first token of each."""
        import torch
        from transformers import DynamicCache

        length = max(len(job.prompt) for job in jobs)
        filled = [[self._pad] * (length - len(job.prompt)) + [*job.prompt] for job in jobs]
        empty = [[0] * (length - len(job.prompt)) + [1] * len(job.prompt) for job in jobs]
        mask = torch.tensor(empty, device=self._device)
        cache = DynamicCache()
        output = forward(
            input_ids=torch.tensor(filled, device=self._device),
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=-1) - 1).clamp(min=0),
            cache=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        tokens = _next(output, jobs)
        if self.jobs:
            cache, mask = _merged((self._cache, self._mask), (cache, mask))
        self._cache, self._mask = cache, mask
        self.jobs += jobs
        self._last += tokens
        return tokens

    def step(self, forward: Forward) -> list[int]:
        """The next token of every job."""
        import torch

        more = torch.ones((len(self.jobs), 1), dtype=self._mask.dtype, device=self._device)
        self._mask = torch.cat([self._mask, more], dim=1)
        output = forward(
            input_ids=torch.tensor([[token] for token in self._last], device=self._device),
            attention_mask=self._mask,
            position_ids=self._mask.sum(dim=1, keepdim=True) - 1,
            cache=self._cache,
            use_cache=True,
        )
        self._last = _next(output, self.jobs)
        return self._last

    def keep(self, places: Sequence[int]) -> None:
        """Let go of all jobs but those at `places`, and of padding that none of these needs."""
        import torch

        if len(places) == len(self.jobs):
            return
        self.jobs = [self.jobs[place] for place in places]
        self._last = [self._last[place] for place in places]
        if not places:
            self._cache = None
            return
        rows = torch.tensor(places, device=self._device)
        mask = self._mask[rows]
        start = int(mask.argmax(dim=1).min())
        self._mask = mask[:, start:]
        self._cache = _rebuilt(
            (layer.keys[rows, :, start:], layer.values[rows, :, start:])
            for layer in self._cache.layers
        )


def _next(output: Any, jobs: Sequence[Job]) -> list[int]:
    return choose(
        output.logits[:, -1], [job.sampling for job in jobs], [job.generator for job in jobs]
    )


def _merged(
    first: tuple[Any, torch.Tensor], second: tuple[Any, torch.Tensor]
) -> tuple[Any, torch.Tensor]:
    """Two batches as one, the shorter filled up on the left."""
    import torch
    from torch.nn.functional import pad

    length = max(first[1].shape[1], second[1].shape[1])
    missing = [length - mask.shape[1] for _, mask in (first, second)]
    masks = [pad(mask, (gap, 0)) for (_, mask), gap in zip((first, second), missing, strict=True)]

    def together(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        return torch.cat([pad(one, (0, 0, missing[0], 0)), pad(other, (0, 0, missing[1], 0))])

    cache = _rebuilt(
        (together(one.keys, other.keys), together(one.values, other.values))
        for one, other in zip(first[0].layers, second[0].layers, strict=True)
    )
    return cache, torch.cat(masks)


def _rebuilt(layers: Any) -> Any:
    from transformers import DynamicCache

    cache = DynamicCache()
    for place, (keys, values) in enumerate(layers):
        cache.update(keys, values, place)
    return cache
