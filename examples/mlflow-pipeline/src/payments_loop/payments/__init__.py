"""A world of card payments with frauds, known drift and known faults, to try the loop on."""

from payments_loop.payments.calendar import (
    DAYS,
    QUIET_DAYS,
    Incident,
    calendar,
)
from payments_loop.payments.generator import World
from payments_loop.payments.settings import load_world

__all__ = ["DAYS", "QUIET_DAYS", "Incident", "World", "calendar", "load_world"]
