"""Read a walkthrough from Markdown.

The notation is what a reader of the plain document needs anyway: a section is a step, a block of `sh` is to be typed, a
block of `text` after it is what it prints, a block of `diff` is a change to make. What only the program needs stands in
comments, which no viewer shows:

    <!-- walkthrough: project=NAME after=WALKTHROUGH minutes=N -->    once, below the title
    <!-- check: COMMAND -->      succeeds once the block above has been carried out
    <!-- exit: N -->             the block above ends with that exit code
    <!-- service: COMMAND -->    the block above goes on until the step ends, and is ready when COMMAND succeeds
    <!-- file: PATH -->          the block above is the contents of that file
    <!-- not run -->             the block above is shown and not run
    <!-- needs: PROGRAM ... -->  the step is passed over where one of these is missing
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from scaffolder.errors import CatalogError, InputError
from scaffolder.walkthrough.model import Block, Step, Walkthrough

_COMMENT = re.compile(r"<!-- ([a-z ]+?)(?:: (.*))? -->")
_FENCE = re.compile(r"(`{3,})(\S*)")
_KINDS = {"sh": "run", "diff": "edit"}


@dataclass
class _Section:
    title: str = ""
    lines: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    needs: tuple[str, ...] = ()
    hidden: Block | None = None  # a block that is only for reading, until a comment says otherwise
    active: bool = False  # whether comments are about the last of `blocks`


def load_all(folder: Path | None = None) -> dict[str, Walkthrough]:
    """The walkthroughs of a folder (the bundled ones by default) by name, each after the one that it builds on."""
    found = {path.stem: load(path) for path in sorted((folder or bundled()).glob("*.md"))}

    # The smallest project first, then by project; what makes a project before what goes on in it.
    def place(item: tuple[str, Walkthrough]) -> tuple[bool, str, bool, str]:
        return item[1].project != "package", item[1].project, item[1].after != "", item[0]

    return dict(sorted(found.items(), key=place))


def get(name: str) -> Walkthrough:
    """The bundled walkthrough of that name.

    Raises:
        InputError: there is none; the nearest name is offered.
    """
    known = load_all()
    if name not in known:
        from difflib import get_close_matches

        nearest = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
        hint = f'did you mean "{nearest[0]}"?' if nearest else f"there are: {', '.join(known)}"
        raise InputError(f'there is no walkthrough called "{name}"', next_step=hint)
    return known[name]


def bundled() -> Path:
    """Where the walkthroughs are: in the package (wheel), or beside it (checkout)."""
    package = Path(__file__).parents[1]
    folders = (package / "examples/walkthroughs", package.parent / "examples/walkthroughs")
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def load(path: Path) -> Walkthrough:
    """Read one document.

    Raises:
        CatalogError: it breaks the notation; file and line are named.
    """
    sections = [_Section()]
    title, facts = "", {}
    for number, line, block in _pieces(path):
        if block is not None:
            sections[-1].lines += ["```" + block[0], *block[1], "```"]
            _take_block(sections[-1], block, number)
        elif line.startswith("# ") and not title:
            title = line[2:].strip()
        elif line.startswith("## "):
            sections.append(_Section(line[3:].strip()))
        elif comment := _COMMENT.fullmatch(line.strip()):
            key, value = comment[1], comment[2] or ""
            if key == "walkthrough":
                facts = dict(pair.split("=", 1) for pair in value.split())
            elif not _take_comment(sections[-1], key, value):
                raise CatalogError(f"{path}:{number}: {line.strip()} is about no block, or is not known")
        else:
            sections[-1].lines.append(line)
    intro, *rest = sections
    if not (title and facts.get("project") and rest):
        raise CatalogError(f"{path}: a walkthrough has a title, a comment that names its project, and steps")
    steps = tuple(Step(s.title, "\n".join(s.lines).strip(), tuple(s.blocks), s.needs) for s in rest)
    text = "\n".join(intro.lines).strip()
    return Walkthrough(
        name=path.stem,
        path=path,
        title=title,
        summary=" ".join(text.split("\n\n")[0].split()),
        project=facts["project"],
        after=facts.get("after", ""),
        minutes=int(facts.get("minutes", 10)),
        intro=text,
        steps=steps,
    )


def _pieces(path: Path) -> Iterator[tuple[int, str, tuple[str, list[str]] | None]]:
    """Lines of text, and whole fenced blocks: line number, line, (language, lines of the block)."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
    for number, line in lines:
        fence = _FENCE.match(line)
        if not fence:
            yield number, line, None
            continue
        content: list[str] = []
        for _, inner in lines:
            if inner.rstrip() == fence[1]:
                break
            content.append(inner)
        else:
            raise CatalogError(f"{path}:{number}: this block has no end")
        yield number, line, (fence[2], content)


def _take_block(section: _Section, block: tuple[str, list[str]], line: int) -> None:
    language, content = block
    text = "\n".join(content) + "\n"
    last = section.blocks[-1] if section.blocks else None
    section.hidden = None
    if language == "text" and last and last.kind == "run" and last.expected is None and section.active:
        section.blocks[-1] = replace(last, expected=text)
    elif language in _KINDS:
        section.blocks.append(Block("edit" if language == "diff" else "run", text, line))
        section.active = True
    else:
        section.hidden = Block("file", text, line)
        section.active = False


def _take_comment(section: _Section, key: str, value: str) -> bool:
    """Add what a comment says; False if it is about nothing."""
    if key == "needs":
        section.needs = tuple(value.split())
        return True
    if key == "file" and section.hidden:
        section.blocks.append(replace(section.hidden, path=value))
        section.hidden, section.active = None, True
        return True
    if not section.active:
        return False
    last = section.blocks[-1]
    if key == "not run":
        section.blocks.pop()
        section.active = False
    elif key == "check":
        section.blocks[-1] = replace(last, checks=(*last.checks, value))
    elif key == "exit":
        section.blocks[-1] = replace(last, exit_code=int(value))
    elif key == "service":
        section.blocks[-1] = replace(last, kind="service", ready=value)
    else:
        return False
    return True
