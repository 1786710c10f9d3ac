"""Features from SQL: the same files for training sets, batches and single decisions."""

from payments_loop.features.build import build
from payments_loop.features.errors import FeatureError
from payments_loop.features.examples import Examples, examples
from payments_loop.features.matrix import matrix
from payments_loop.features.online import Online

__all__ = [
    "Examples",
    "FeatureError",
    "Online",
    "build",
    "examples",
    "matrix",
]
