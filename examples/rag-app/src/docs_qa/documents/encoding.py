"""Bytes to text without a statistical guess: marks, declarations, UTF-8, and one named fallback."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE
)
_HEAD = 2048
_UNITS = 2  # of UTF-16, at least, to judge by
# Of the bytes of a text that is UTF-8 but for a few damaged places
_DAMAGED = 0.001


def decode(data: bytes, fallback: str = "cp1252") -> tuple[str, str]:
    """Return the text and the name of its encoding; "(assumed)" is added to the fallback's name.

    The order is: byte order mark, UTF-16 without a mark, UTF-8, what HTML or XML declares, UTF-8
    with a few damaged bytes, the fallback. It never fails: bytes that the fallback lacks become
    U+FFFD.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace"), name
    if (wide := utf16(data)) is not None:
        return data.decode(wide, "replace"), wide
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass
    declared = _declared(data)
    if declared is not None:
        return data.decode(declared, "replace"), declared
    damaged = data.decode("utf-8", "replace")
    readable = sum(character > "\x7f" for character in damaged) - damaged.count("\ufffd")
    if damaged.count("\ufffd") <= min(_DAMAGED * len(data), readable):
        return damaged, "utf-8 (damaged)"
    return data.decode(fallback, "replace"), f"{fallback} (assumed)"


def utf16(data: bytes) -> str | None:
    """Return the encoding of text that is UTF-16 without a mark: every second byte is mostly zero."""
    head = data[:_HEAD]
    if len(head) < 2 * _UNITS or len(head) % 2:
        return None
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) / 2
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _declared(data: bytes) -> str | None:
    match = _DECLARED.search(data[:_HEAD])
    if match is None:
        return None
    try:
        return codecs.lookup(match[1].decode("ascii")).name
    except LookupError:
        return None
