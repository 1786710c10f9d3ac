"""Citations in streamed text: brought into one form, `[1][2]`, and limited to what was retrieved."""

from __future__ import annotations

import re

MARK = re.compile(r"\[(\d{1,3})\]")
# White space and an opening bracket with what a citation may hold: the rest may still come.
_LONGEST = 40
_BEGINNING = re.compile(
    rf"\s{{0,3}}(?:\[[\d\s,;\u2013-]{{0,{_LONGEST}}}|\u3010[^\u3011`]{{0,{_LONGEST}}})?$"
)
_NUMBERS = r"\s*\d{1,3}(?:\s*[,;\u2013-]\s*\d{1,3})*\s*"
# Some models write 【1†source】.
_CITATION = re.compile(
    rf"(\s{{0,3}})(?:\[({_NUMBERS})\]|\u3010({_NUMBERS})(?:\u2020[^\u3011`]*)?\u3011)"
)
_RANGE = re.compile(r"(\d+)\s*[\u2013-]\s*(\d+)")


class CitationFilter:
    """Lets text through piece by piece; citations of passages that were not retrieved are cut out.

    A citation is held back until its bracket closes. Text between backticks is code, where `[0]`
    is an index and passes as it is.

    Attributes:
        removed: how many numbers were cut out so far.
    """

    def __init__(self, sources: int) -> None:
        """Start a text that may cite the numbers 1 to `sources`."""
        self.removed = 0
        self._sources = sources
        self._held = ""
        self._code = False

    def feed(self, text: str) -> str:
        """Take the next piece; return what is certain by now."""
        text = self._held + text
        begin = self._open_end(text)
        self._held = text[begin:]
        return self._settle(text[:begin])

    def close(self) -> str:
        """Return what was held back at the end of the text."""
        held, self._held = self._held, ""
        return self._settle(held)

    @staticmethod
    def _open_end(text: str) -> int:
        """Where the part begins that the next piece may still change."""
        match = _BEGINNING.search(text, max(0, len(text) - 60))
        return match.start() if match else len(text)

    def _settle(self, text: str) -> str:
        out = []
        for index, part in enumerate(text.split("`")):
            if index:
                self._code = not self._code
                out.append("`")
            out.append(part if self._code else _CITATION.sub(self._marks, part))
        return "".join(out)

    def _marks(self, match: re.Match[str]) -> str:
        if len(match[0]) - len(match[1]) - 2 > _LONGEST:
            return match[0]
        numbers = expand(match[2] or match[3])
        valid = [number for number in numbers if 1 <= number <= self._sources]
        self.removed += len(numbers) - len(valid)
        return match[1] + "".join(f"[{number}]" for number in valid) if valid else ""


def expand(body: str) -> list[int]:
    """Return the numbers of "1, 3-5", each once, in order; an endless range counts as its ends."""
    found: dict[int, None] = {}
    for part in re.split(r"[,;]", body):
        limits = _RANGE.search(part)
        low, high = (int(limits[1]), int(limits[2])) if limits else (0, -1)
        if low <= high < low + 20:
            found |= dict.fromkeys(range(low, high + 1))
        else:
            found |= dict.fromkeys(int(number) for number in re.findall(r"\d+", part))
    return list(found)


def cited(text: str) -> tuple[int, ...]:
    """Return the numbers cited in settled text, ascending, each once."""
    return tuple(sorted({int(number) for number in MARK.findall(text)}))


def without_marks(text: str) -> str:
    """Return the text without its citations and the white space before them."""
    return re.sub(r"\s*\[\d{1,3}\]", "", text)
