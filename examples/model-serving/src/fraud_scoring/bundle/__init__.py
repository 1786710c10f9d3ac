"""Model bundles: a folder with everything that serving a model needs, checked when it is loaded."""

from .encode import Encoder, Row, Value
from .errors import BundleError, EncodingError
from .model import Bundle, Golden
from .reference import Distribution, Reference
from .registry import Registry
from .runtime import session
from .schema import Costs, Feature, Manifest
from .write import write

__all__ = [
    "Bundle",
    "BundleError",
    "Costs",
    "Distribution",
    "Encoder",
    "EncodingError",
    "Feature",
    "Golden",
    "Manifest",
    "Reference",
    "Registry",
    "Row",
    "Value",
    "session",
    "write",
]
