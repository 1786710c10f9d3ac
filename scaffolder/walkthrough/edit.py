"""Make the changes that a document shows as a diff.

Line numbers would be wrong as soon as a template changes, so they are not used: the old lines of a hunk are looked for,
and have to stand in the file exactly once.
"""

from __future__ import annotations

from pathlib import Path

from scaffolder.errors import ConflictError


def apply_diff(root: Path, diff: str) -> None:
    """Change files under `root`; a hunk that has been made already is passed over.

    Raises:
        ConflictError: the old lines are not there, or are there more than once.
    """
    for path, hunks in _files(diff).items():
        target = root / path
        if not target.is_file():
            raise ConflictError(f"there is no file {path} in {root}")
        text = target.read_text(encoding="utf-8")
        for old, new in hunks:
            text = _change(text, old, new, path)
        if text != target.read_text(encoding="utf-8"):
            _replace(target, text)


def is_applied(root: Path, diff: str) -> str:
    """Why the change is not there yet; an empty string if it is."""
    for path, hunks in _files(diff).items():
        target = root / path
        text = target.read_text(encoding="utf-8") if target.is_file() else ""
        for _, new in hunks:
            if not _stands(new, text):
                return f"{path} does not have:\n{new}"
    return ""


def _stands(lines: str, text: str) -> bool:
    return f"\n{lines}" in f"\n{text}"


def _change(text: str, old: str, new: str, path: str) -> str:
    count = f"\n{text}".count(f"\n{old}")
    if _stands(new, text) and (count == 0 or old in new):
        return text
    if count != 1:
        found = "are not there" if count == 0 else f"are there {count} times"
        raise ConflictError(f"{path} cannot be changed as the text says: these lines {found}", why=f"\n{old}")
    return f"\n{text}".replace(f"\n{old}", f"\n{new}")[1:]


def _files(diff: str) -> dict[str, list[tuple[str, str]]]:
    """Path -> hunks (old lines, new lines)."""
    files: dict[str, list[tuple[str, str]]] = {}
    hunks: list[tuple[str, str]] = []
    for line in diff.splitlines():
        if line.startswith("--- "):
            continue
        if line.startswith("+++ "):
            hunks = files.setdefault(line[4:].strip().removeprefix("b/"), [])
        elif line.startswith("@@"):
            hunks.append(("", ""))
        else:
            if not hunks:
                hunks.append(("", ""))
            old, new = hunks.pop()
            body = line[1:] + "\n"
            hunks.append((old + body * (line[:1] != "+"), new + body * (line[:1] != "-")))
    return files


def _replace(target: Path, text: str) -> None:
    partial = target.with_name(f".{target.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.chmod(target.stat().st_mode)
    partial.replace(target)
