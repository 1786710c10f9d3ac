"""What the fine-tuned model still gets wrong: which fields, which rows, with examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from text2json.sft import task
from text2json.sft.rows import Row

from .answers import Answered


def fields(answered: Answered, rows: Sequence[Row]) -> dict[str, int]:
    """How many answers have each field wrong, the most frequent first."""
    found: Counter[str] = Counter()
    for said, row in zip(answered.answers, rows, strict=True):
        found.update(task.wrong_fields(said, row.answer))
    return dict(found.most_common())


def write(answered: Answered, rows: Sequence[Row], path: Path, examples: int = 12) -> Path:
    """Write the wrong answers of each slice, beside what was right, as Markdown."""
    wrong = [
        (row, said)
        for row, said, right in zip(rows, answered.answers, answered.correct, strict=True)
        if not right
    ]
    lines = [
        f"# Errors of {answered.name}",
        "",
        f"{len(wrong)} of {len(rows)} answers are wrong. Fields that differ, most frequent first:",
        "",
        "| field | answers |",
        "| :--- | ---: |",
        *(f"| {name} | {count} |" for name, count in fields(answered, rows).items()),
    ]
    for slice_ in sorted({row.slice for row, _ in wrong}):
        chosen = [(row, said) for row, said in wrong if row.slice == slice_]
        lines += ["", f"## {slice_ or 'rows'}: {len(chosen)} wrong", ""]
        for row, said in chosen[:examples]:
            differs = ", ".join(task.wrong_fields(said, row.answer))
            lines += [
                f"`{row.id}` ({differs})",
                "",
                "```text",
                f"asked     {row.asked}",
                f"expected  {row.answer}",
                f"answered  {said}",
                "```",
                "",
            ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")
    return path
