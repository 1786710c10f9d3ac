"""The log of decisions."""

from datetime import datetime

import msgspec


class Decided(msgspec.Struct, kw_only=True, gc=False, tag_field="event", tag="decision"):
    """One decision. Features and routing keys are personal data and are not logged."""

    time: datetime
    level: str = "INFO"
    logger: str = "decisions"
    request_id: str
    row: int
    model_version: str
    role: str
    probability: float
    decision: str
