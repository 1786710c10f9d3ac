"""Text out of tokens, piece by piece, up to a stop sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Decode = Callable[[Sequence[int]], str]

_INCOMPLETE = "\ufffd"  # what a decoder shows for the first bytes of a longer character


class TextStream:
    """Decodes a growing completion.

    A token is decoded together with those before it, because spaces and characters may span tokens.
    Text is held back while it may still turn out to be part of a character or of a stop sequence.

    Args:
        decode: tokens to text.
        stop: texts at which it ends; none is empty.

    Attributes:
        stopped: whether a stop sequence has come.
        text: everything that was given out.
    """

    def __init__(self, decode: Decode, stop: Sequence[str] = ()) -> None:
        self._decode = decode
        self._stop = tuple(stop)
        self._tokens: list[int] = []
        self._context = 0  # from here tokens are decoded; up to `_shown` their text is known
        self._shown = 0
        self._held = ""
        self.stopped = False
        self.text = ""

    def push(self, token: int) -> str:
        """Add a token; return the text that is certain now."""
        self._tokens.append(token)
        return self._add(self._fresh(final=False), final=False)

    def finish(self) -> str:
        """There are no more tokens; return the rest of the text."""
        return self._add(self._fresh(final=True), final=True)

    def _fresh(self, *, final: bool) -> str:
        known = self._decode(self._tokens[self._context : self._shown])
        text = self._decode(self._tokens[self._context :])
        if not final and text.endswith(_INCOMPLETE):
            return ""
        self._context, self._shown = self._shown, len(self._tokens)
        return text[len(known) :]

    def _add(self, fresh: str, *, final: bool) -> str:
        if self.stopped:
            return ""
        held = self._held + fresh
        ends = [place for stop in self._stop if (place := held.find(stop)) >= 0]
        if ends:
            self.stopped = True
            given, self._held = held[: min(ends)], ""
        else:
            keep = 0 if final else max((_overlap(held, stop) for stop in self._stop), default=0)
            given, self._held = held[: len(held) - keep], held[len(held) - keep :]
        self.text += given
        return given


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that `stop` begins with."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
