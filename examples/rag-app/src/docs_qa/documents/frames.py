"""Messages between the library and its parsing processes: JSON and bytes, each with its length.

Never pickle: what comes back was made by code that has just read a stranger's file.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

_LENGTHS = struct.Struct("!QQ")


def send(stream: BinaryIO, header: Mapping[str, Any], payload: bytes = b"") -> None:
    """Write one message."""
    encoded = json.dumps(header).encode()
    stream.write(_LENGTHS.pack(len(encoded), len(payload)) + encoded)
    stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO, most: int) -> tuple[dict[str, Any], bytes]:
    """Read one message.

    Args:
        stream: a blocking stream.
        most: bytes that a message may have.

    Raises:
        EOFError: the other side ended.
        ValueError: the message is too long or malformed.
    """
    header_size, payload_size = _LENGTHS.unpack(_exactly(stream, _LENGTHS.size))
    if header_size + payload_size > most:
        raise ValueError(f"a message of {header_size + payload_size} bytes; {most} are allowed")
    header = json.loads(_exactly(stream, header_size))
    if not isinstance(header, dict):
        raise ValueError("a message without a header")  # noqa: TRY004 (it is the content)
    return header, _exactly(stream, payload_size)


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data
