"""Features from SQL: the same files for training sets, batches and single decisions."""

from my_project.features.build import build
from my_project.features.errors import FeatureError
from my_project.features.examples import Examples, examples
from my_project.features.matrix import matrix
from my_project.features.online import Online

__all__ = [
    "Examples",
    "FeatureError",
    "Online",
    "build",
    "examples",
    "matrix",
]
