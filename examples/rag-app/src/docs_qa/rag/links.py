"""Addresses in streamed answers: only those that stand in the passages word for word.

A planted instruction may make a model write an address that carries the conversation to somebody
else as soon as a page renders or a person follows it. Such an address is in no document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

REMOVED = "(address removed)"
_ADDRESS = re.compile(r"(?:https?:|www\.)[^\s\[\]()<>\"'`]+", re.IGNORECASE)
_BEGINNING = re.compile(
    r"(?:(?:https?:|www\.)[^\s\[\]()<>\"'`]*|h|ht|htt|https?|w|ww|www)$",
    re.IGNORECASE,
)


class LinkFilter:
    """Lets text through piece by piece; an address is held back until it is complete.

    Attributes:
        removed: how many addresses were replaced so far.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Start a text that may use the addresses in `texts`."""
        self.removed = 0
        self._known = {
            address.rstrip(".,;:!?") for text in texts for address in _ADDRESS.findall(text)
        }
        self._held = ""

    def feed(self, text: str) -> str:
        """Take the next piece; return what is certain by now."""
        text = self._held + text
        match = _BEGINNING.search(text)
        begin = match.start() if match else len(text)
        self._held = text[begin:]
        return self._settle(text[:begin])

    def close(self) -> str:
        """Return what was held back at the end of the text."""
        held, self._held = self._held, ""
        return self._settle(held)

    def _settle(self, text: str) -> str:
        return _ADDRESS.sub(self._checked, text)

    def _checked(self, match: re.Match[str]) -> str:
        address = match[0].rstrip(".,;:!?")
        if address in self._known:
            return match[0]
        self.removed += 1
        return REMOVED + match[0].removeprefix(address)
