"""Logging as one JSON object per line on standard error, with the id of the request in every line.

Fields are passed through `extra`: `logger.info("scored", extra={"rows": 8})`. Log facts about a
request (its route, status, sizes, versions), never its payload: what is not logged cannot leak.
"""

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from math import isfinite

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""Id of the request that the current task serves; set by the service, None outside requests."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET_WORDS = ("password", "secret", "token", "api_key", "apikey", "authorization", "cookie")


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: time, level, logger, event, request_id, fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end; values that JSON lacks are written as text."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        line |= fields(record)
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """Formats a record for a person: time, level, logger, event, then the fields as key=value."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s", datefmt="%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        """Append the fields to the usual line."""
        parts = [super().formatMessage(record)]
        parts += [f"{key}={value}" for key, value in fields(record).items()]
        return " ".join(parts)


def fields(record: logging.LogRecord) -> dict[str, object]:
    """Return what was passed through `extra`; values under secret-looking names are blanked."""
    found: dict[str, object] = {}
    for key, value in vars(record).items():
        if key in _STANDARD:
            continue
        if any(word in key.lower() for word in _SECRET_WORDS):
            found[key] = "[redacted]"
        elif isinstance(value, float) and not isfinite(value):
            found[key] = str(value)  # NaN and Infinity are not JSON
        else:
            found[key] = value
    return found


def configure(level: str = "INFO", *, json_lines: bool = True) -> None:
    """Send all logging, that of libraries included, to standard error in one format.

    Args:
        level: least severity written, e.g. "INFO".
        json_lines: JSON when true, text for reading when false.

    Raises:
        ValueError: the level is unknown.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if json_lines else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
