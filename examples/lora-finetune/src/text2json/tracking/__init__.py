"""Where runs and models are recorded: MLflow, in a file beside the code or on a server."""

from .connection import Tracking, connect
from .errors import TrackingError
from .names import NAME
from .provenance import commit, environment

__all__ = ["NAME", "Tracking", "TrackingError", "commit", "connect", "environment"]
