"""Compare what a document says is printed with what was printed."""

from __future__ import annotations

import re


def differs(expected: str, actual: str) -> str:
    """Say where printed text departs from what was expected; an empty string if it does not.

    The expected lines stand anywhere in the text, one after the other. In them `...` is any text within a line, and any
    lines when it stands alone. Spaces at the ends of lines and colours count for nothing.
    """
    said = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", actual).splitlines()]
    wanted = [line.rstrip() for line in expected.strip("\n").splitlines()]
    groups = _groups(wanted)
    at = 0
    for group in groups:
        found = next((start for start in range(at, len(said) + 1) if _fits(group, said[start:])), None)
        if found is None:
            return _difference(group, said[at:])
        at = found + len(group)
    return ""


def _groups(wanted: list[str]) -> list[list[str]]:
    """Lines that follow each other directly."""
    groups: list[list[str]] = [[]]
    for line in wanted:
        if line.strip() == "...":
            groups.append([])
        else:
            groups[-1].append(line)
    return [group for group in groups if group]


def _fits(group: list[str], said: list[str]) -> bool:
    return len(said) >= len(group) and all(_line(want, got) for want, got in zip(group, said, strict=False))


def _line(want: str, got: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in re.split(r"\.{3,}", want))  # 0.... is 0. and any digits
    return re.fullmatch(pattern, got) is not None


def _difference(group: list[str], said: list[str]) -> str:
    """The expected lines against the stretch of the text that is most like them."""
    from difflib import SequenceMatcher

    def likeness(start: int) -> float:
        pairs = zip(group, said[start:], strict=False)
        return sum(_line(want, got) + SequenceMatcher(None, want, got).ratio() for want, got in pairs)

    # A long log is compared at its end only: likeness costs time, and results stand last.
    said = said[-400:]
    start = max(range(max(len(said), 1)), key=likeness)
    lines = ["- what the text says, + what was printed"]
    for number, want in enumerate(group):
        got = said[start + number] if start + number < len(said) else None
        if got is not None and _line(want, got):
            lines.append(f"  {got}")
        else:
            lines += [f"- {want}"] + ([f"+ {got}"] if got is not None else [])
    return "\n".join(lines)
