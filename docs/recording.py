"""Record the command line at work as an animated SVG: `make recording`.

The commands run in a pseudo-terminal; pyte turns what they print into screens. The picture needs no script and no
font of its own, and does not move for readers who asked for less motion.
"""

from __future__ import annotations

import html
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyte

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs/assets/terminal.svg"
COLUMNS, ROWS = 88, 22
WIDE, HIGH, PAD = 8.4, 18, 14
COLOURS = {"default": "#d8dee9", "red": "#e06c75", "green": "#98c379", "brown": "#e5c07b", "cyan": "#56b6c2"}
#: Commands, and seconds to read what they print.
COMMANDS = (
    ("scaffolder new model-serving churn-scoring --defaults --without cloud-aws", 3.0),
    ("cd churn-scoring && scaffolder add cloud-aws --dry-run | tail -12", 3.0),
    ("scaffolder add cloud-aws --yes | head -4", 2.5),
    ("scaffolder diff", 2.0),
    ("scaffolder walkthrough", 4.0),
)
Screen = list[list[tuple[str, str, bool]]]


def main() -> int:
    """Run the commands and write the picture."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    frames: list[tuple[float, Screen]] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "work")
        tools = Path(folder, "bin")
        place.mkdir()
        tools.mkdir()
        (tools / "scaffolder").symlink_to(Path(sys.executable).with_name("scaffolder"))
        environment = {
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "HOME": folder,
            "TERM": "xterm-256color",
            "COLUMNS": str(COLUMNS),
            "LINES": str(ROWS),
            "LC_ALL": "C.UTF-8",
        }
        for command, pause in COMMANDS:
            stream.feed("\x1b[32m$\x1b[0m ")
            for word in command.split(" "):
                stream.feed(f"{word} ")
                frames.append((0.12, snapshot(screen)))
            stream.feed("\r\n")
            for chunk in printed(command, place, environment):
                stream.feed(chunk)
            frames.append((pause, snapshot(screen)))
            place = place / "churn-scoring" if command.startswith("cd ") else place
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(svg(frames), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(ROOT)}, {TARGET.stat().st_size // 1000} kB")
    return 0


def printed(command: str, folder: Path, environment: dict[str, str]) -> list[str]:
    """What a command writes to a terminal of our size; it must succeed."""
    main_end, end = pty.openpty()
    subprocess.run(["stty", "rows", str(ROWS), "cols", str(COLUMNS)], stdin=end, check=True)
    process = subprocess.Popen(
        ["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=end, stderr=end
    )
    os.close(end)
    chunks: list[str] = []
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if select.select([main_end], [], [], 1)[0]:
            try:
                chunks.append(os.read(main_end, 65536).decode(errors="replace"))
            except OSError:
                break
    os.close(main_end)
    if process.wait():
        sys.exit(f"{command} failed:\n{''.join(chunks)}")
    return chunks


def snapshot(screen: pyte.Screen) -> Screen:
    """Each row as stretches of the same look: text, colour, bold."""
    rows: Screen = []
    for y in range(ROWS):
        stretches: list[tuple[str, str, bool]] = []
        for x in range(COLUMNS):
            cell = screen.buffer[y][x]
            look = (COLOURS.get(cell.fg, COLOURS["default"]), cell.bold)
            if stretches and stretches[-1][1:] == look:
                stretches[-1] = (stretches[-1][0] + cell.data, *look)
            else:
                stretches.append((cell.data, *look))
        rows.append(stretches)
    return rows


def svg(frames: list[tuple[float, Screen]]) -> str:
    """One picture: a strip of screens, moved by steps; each different row is drawn once and used where it appears."""
    width, height = COLUMNS * WIDE + 2 * PAD, ROWS * HIGH + 2 * PAD
    names: dict[str, str] = {}
    strips: list[str] = []
    for number, (_, rows) in enumerate(frames):
        uses = []
        for y, row in enumerate(rows):
            text = "".join(
                f'<tspan fill="{colour}"{" font-weight=" + chr(34) + "700" + chr(34) if bold else ""}>'
                f"{html.escape(part)}</tspan>"
                for part, colour, bold in row
                if part.strip() or len(row) > 1
            )
            if text:
                name = names.setdefault(text, f"r{len(names)}")
                uses.append(f'<use href="#{name}" y="{y * HIGH}"/>')
        strips.append(f'<g transform="translate({number * width},0)">{"".join(uses)}</g>')
    total = sum(seconds for seconds, _ in frames)
    keys, at = [], 0.0
    for number, (seconds, _) in enumerate(frames):
        keys.append(f"{at / total:.2%}{{transform:translateX({-number * width}px)}}")
        at += seconds
    last = f"transform:translateX({-(len(frames) - 1) * width}px)"
    drawn = "".join(
        f'<text id="{name}" x="{PAD}" y="{PAD + HIGH - 5}" xml:space="preserve">{text}</text>'
        for text, name in names.items()
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        'aria-label="A terminal: a project is generated, a component previewed and added, walkthroughs listed">'
        f"<style>text{{font:14px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}"
        f"#s{{animation:m {total:.1f}s step-end infinite}}@keyframes m{{{''.join(keys)}100%{{{last}}}}}"
        f"@media (prefers-reduced-motion:reduce){{#s{{animation:none;{last}}}}}</style>"
        f'<rect width="100%" height="100%" rx="8" fill="#20242c"/><defs>{drawn}</defs>'
        f'<g id="s">{"".join(strips)}</g></svg>\n'
    )


if __name__ == "__main__":
    if not shutil.which("bash"):
        sys.exit("bash is needed")
    sys.exit(main())
