"""Those who look at what was scored."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fraud_scoring.bundle import Bundle

from .models import Role


class Observation(NamedTuple):
    """Rows that were just scored: features float32 [N, F] (NaN = missing), probabilities [N]."""

    bundle: Bundle
    features: NDArray[np.float32]
    probabilities: NDArray[np.float32]
    role: Role


class Observers(list[Callable[[Observation], None]]):
    """What is called after every scored batch.

    Plugins append to `service.shared(Observers)`. Observers run on the event loop: they must take
    microseconds and must not block.
    """
