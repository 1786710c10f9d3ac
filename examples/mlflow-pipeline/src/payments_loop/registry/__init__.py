"""Model versions: registered, judged, promoted, rolled back, and followed by services."""

from .audit import AuditRecord
from .decision import Check, Decision
from .errors import RegistryError
from .gate import judge
from .policy import Policy, load_policy
from .registry import ModelRegistry
from .scored import Scored, score

__all__ = [
    "AuditRecord",
    "Check",
    "Decision",
    "ModelRegistry",
    "Policy",
    "RegistryError",
    "Scored",
    "judge",
    "load_policy",
    "score",
]
