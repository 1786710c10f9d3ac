"""A world of card payments with frauds, known drift and known faults, to try the loop on."""

from my_project.payments.calendar import (
    DAYS,
    QUIET_DAYS,
    Incident,
    calendar,
)
from my_project.payments.generator import World
from my_project.payments.settings import load_world

__all__ = ["DAYS", "QUIET_DAYS", "Incident", "World", "calendar", "load_world"]
