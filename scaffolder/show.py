"""Turn plans and lists into text, diffs or JSON (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scaffolder.plan import Action, Plan, Step
from scaffolder.tree import Entry

_SIGNS = {"create": "+", "update": "~", "merge": "~", "delete": "-", "keep": "=", "skip": "=", "conflict": "!"}
_WORDS: Mapping[Action, str] = {
    "create": "created",
    "update": "updated",
    "merge": "merged with your edits",
    "delete": "deleted",
    "keep": "kept",
    "skip": "left deleted",
    "conflict": "in conflict",
}


def plan_tree(plan: Plan) -> str:
    """Every step, as a tree of folders with a sign and what happens where that is not plain."""
    lines: list[str] = []
    above: tuple[str, ...] = ()
    for step in plan.steps:
        *folders, name = step.path.split("/")
        for depth, folder in enumerate(folders):
            if tuple(folders[: depth + 1]) != above[: depth + 1]:
                lines.append(f"  {'  ' * depth}{folder}/")
        above = tuple(folders)
        note = step.why or ("your edits are kept" if step.action == "merge" else "")
        lines.append(f"{_SIGNS[step.action]} {'  ' * len(folders)}{name}{f'  ({note})' if note else ''}")
    return "\n".join(lines)


def plan_summary(plan: Plan) -> str:
    """One line: how many files, and what happens to them."""
    if not plan.steps:
        return "nothing to change"
    counts = Counter(step.action for step in plan.steps)
    return ", ".join(f"{counts[action]} {word}" for action, word in _WORDS.items() if counts[action])


def plan_folders(plan: Plan, width: int = 100) -> str:
    """What a plan writes, by top-level folder with what is in it: a preview that fits on a screen."""
    import textwrap

    inside: dict[str, Counter[str]] = {}
    for step in plan.steps:
        folder, slash, rest = step.path.partition("/")
        head, deeper, _ = rest.partition("/")
        inside.setdefault(folder + slash if slash else "", Counter())[head + deeper if slash else folder] += 1
    rows = [(name, f"{sum(names.values())}", ", ".join(sorted(names))) for name, names in sorted(inside.items())]
    rows = [*(row for row in rows if row[0]), *(("files", *row[1:]) for row in rows if not row[0])]
    wide = max((len(name) for name, *_ in rows), default=0)
    room = width - wide - 9
    return "\n".join(
        f"  {name:<{wide}} {count:>4}  {textwrap.shorten(names, room, placeholder=' ...')}"
        for name, count, names in rows
    )


def plan_diff(plan: Plan) -> str:
    """A unified diff of all that would be written."""
    return "".join(_diff(step) for step in plan.steps if step.action not in {"keep", "skip"})


def plan_json(plan: Plan) -> list[dict[str, str]]:
    """Steps as JSON data: path, action, and why where there is a reason to give."""
    return [{"path": step.path, "action": step.action} | ({"why": step.why} if step.why else {}) for step in plan.steps]


def unified(path: str, old: Entry | None, new: Entry | None) -> str:
    """The unified diff of one file; one line for what is not text."""
    import difflib

    before, after = (entry.text if entry else "" for entry in (old, new))
    if before is None or after is None:
        return f"Binary file {path} differs\n"
    names = (f"a/{path}" if old else "/dev/null", f"b/{path}" if new else "/dev/null")
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), *names)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def table(rows: Iterable[Sequence[str]], indent: str = "  ", width: int = 100) -> str:
    """Rows as aligned columns; the last column is wrapped to `width`."""
    import textwrap

    rows = [tuple(row) for row in rows]
    columns = list(zip(*rows, strict=True))[:-1]
    widths = [max(map(len, column)) for column in columns]
    lines: list[str] = []
    for row in rows:
        head = indent + "".join(f"{cell:<{size}}  " for cell, size in zip(row, widths, strict=False))
        lines += textwrap.wrap(
            row[-1],
            max(width, len(head) + 20),
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_on_hyphens=False,
        ) or [head.rstrip()]
    return "\n".join(lines)


def reflow(markdown: str, width: int) -> str:
    """Markdown for a terminal: paragraphs and items wrapped anew, blocks indented, commands marked, the rest kept."""
    import re
    import textwrap

    out: list[str] = []
    paragraph: list[str] = []

    def flush() -> None:
        if paragraph:
            bullet = re.match(r"(\s*)([-*]|\d+\.) ", paragraph[0])
            indent = " " * (len(bullet[0]) if bullet else 0)
            text = " ".join(line.strip() for line in paragraph)
            start = bullet[1] if bullet else ""
            out.append(
                textwrap.fill(text, width, initial_indent=start, subsequent_indent=indent, break_on_hyphens=False)
            )
            paragraph.clear()

    fenced, prompt = False, ""
    for line in markdown.splitlines():
        if line.startswith("```"):
            flush()
            fenced = not fenced
            prompt = "$ " if line[3:] in {"sh", "bash"} else ""
        elif fenced:
            out.append(f"    {'' if line.startswith(' ') else prompt}{line}".rstrip())
        elif not line.strip() or line.startswith(("|", "#")):
            flush()
            out.append(line)
        else:
            if re.match(r"\s*([-*]|\d+\.) ", line):
                flush()
            paragraph.append(line)
    flush()
    return "\n".join(out)


def dumps(data: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON for machines and people: stable order, indented."""
    import json

    return json.dumps(data, indent=2, ensure_ascii=False)


def _diff(step: Step) -> str:
    moded = step.old and step.new and step.old.mode != step.new.mode
    head = f"mode of {step.path}: {step.old.mode:o} -> {step.new.mode:o}\n" if moded and step.old and step.new else ""
    return head + unified(step.path, step.old, step.new)
