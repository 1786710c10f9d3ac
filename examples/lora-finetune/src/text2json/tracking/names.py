"""What others call things here; imports nothing of MLflow."""

from __future__ import annotations

from urllib.parse import urlsplit

#: Of the experiment and the registered model.
NAME = "text2json"


def without_password(uri: str) -> str:
    """`uri`, fit for messages and logs."""
    parts = urlsplit(uri)
    if parts.password is None:
        return uri
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{parts.username}:***@{parts.hostname}{port}").geturl()
