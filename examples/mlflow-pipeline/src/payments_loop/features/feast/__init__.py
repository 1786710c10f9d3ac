"""Feast as a feature store: its registry, offline and online store, filled by our own engine.

Needs the group `feast`. Nothing else in the project uses it.
"""

from payments_loop.features.feast.repository import Applied, apply
from payments_loop.features.feast.store import Store

__all__ = ["Applied", "Store", "apply"]
