"""Build the documentation into build/site: pages from docs/, and pages made from what they describe.

Nothing that is made here is committed, so it cannot be out of date. Run it with `make docs`.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import tomlkit
from architecture import DRAWINGS, svg

from scaffolder import catalog, output
from scaffolder.cli.main import EXIT_CODES, cli
from scaffolder.compose import compose
from scaffolder.show import dumps
from scaffolder.walkthrough import Walkthrough, load_all

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "build/docs"
SITE = ROOT / "build/site"


def main() -> int:
    """Write all pages, build them, and check every link; returns the exit code."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.rmtree(SITE, ignore_errors=True)
    pages = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}
    pages["index.md"] = pages["index.md"].replace("<!-- projects -->", _projects())
    pages["projects.md"] = _architectures()
    pages["contributing.md"] = _without_files("CONTRIBUTING.md")
    pages["changelog.md"] = _without_files("CHANGELOG.md")
    pages["comparison.md"] = _comparison()
    pages["reference/components.md"] = _components()
    pages["reference/commands.md"] = _commands()
    pages["reference/json.md"] = _answers()
    walkthroughs = {f"walkthroughs/{item.name}.md": item for item in load_all().values()}
    pages |= {path: item.path.read_text(encoding="utf-8") for path, item in walkthroughs.items()}
    for path, text in pages.items():
        target = SOURCE / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    (SOURCE / "assets").mkdir()
    for picture in (ROOT / "docs/assets").glob("*"):
        shutil.copy(picture, SOURCE / "assets")
    for name, drawing in DRAWINGS.items():
        (SOURCE / f"assets/architecture-{name}.svg").write_text(svg(drawing), encoding="utf-8")
    for name, (picture, _) in pictures().items():
        shutil.copy(picture, SOURCE / f"assets/{name}.png")
    nav: list[Any] = [
        {"Quick start": "index.md"},
        {"Projects": "projects.md"},
        {"Walkthroughs": _by_project(walkthroughs)},
        {"How it works": "how-it-works.md"},
        {
            "Reference": [
                {"Components": "reference/components.md"},
                {"Commands": "reference/commands.md"},
                {"JSON": "reference/json.md"},
            ]
        },
        {"Comparison": "comparison.md"},
        {"Writing a component": "contributing.md"},
        {"Questions": "faq.md"},
        {"Changes": "changelog.md"},
    ]
    config = tomlkit.parse((ROOT / "docs/zensical.toml").read_text(encoding="utf-8"))
    config["project"]["nav"] = nav  # type: ignore[index]
    (ROOT / "build/zensical.toml").write_text(tomlkit.dumps(config), encoding="utf-8")
    zensical = [str(Path(sys.executable).with_name("zensical")), "build", "--clean", "--strict", "--config-file"]
    if code := subprocess.run([*zensical, "build/zensical.toml"], cwd=ROOT, check=False).returncode:
        return code
    broken = broken_links(SITE)
    for link in broken:
        print(f"leads nowhere: {link}", file=sys.stderr)
    return int(bool(broken))


def pictures() -> dict[str, tuple[Path, str]]:
    """Project -> the picture that its example made of itself, and what it shows: those of the README."""
    found = re.findall(r"!\[([^\]]+)\]\((examples/([\w-]+)/evidence/[^)]+)\)", (ROOT / "README.md").read_text("utf-8"))
    return {project: (ROOT / path, shows) for shows, path, project in found}


def _comparison() -> str:
    """All that is measured beside others, after the summary that the README has."""
    summary = (
        (ROOT / "README.md").read_text("utf-8").partition("<!-- measured -->")[2].partition("<!-- /measured -->")[0]
    )
    return f"# Comparison\n{summary}{_without_files('bench/RESULTS.md').removeprefix('# Results')}"


def _by_project(walkthroughs: dict[str, Walkthrough]) -> list[Any]:
    """Navigation: the walkthroughs under the name of their project; those of no whole project come first."""
    whole = {item.name for item in catalog.load().projects.values() if item.components}
    groups: dict[str, list[dict[str, str]]] = {}
    for path, item in walkthroughs.items():
        group = item.project if item.project in whole else "For any project"
        groups.setdefault(group, []).append({item.title.split(":")[0]: path})
    return [{name: items} for name, items in groups.items()]


def _without_files(path: str) -> str:
    """A document of the repository; its links to other files of the repository become their words."""
    return re.sub(r"\[([^\]]+)\]\((?!https?:|#)[^)]*\)", r"\1", (ROOT / path).read_text(encoding="utf-8"))


def _projects() -> str:
    rows = [f"| `{item.name}` | {item.summary} |" for item in catalog.load().projects.values()]
    return "\n".join(["| project | shows |", "| --- | --- |", *rows])


def _architectures() -> str:
    """What runs in each project, what it looks like at work, and where a whole one can be read."""
    known = catalog.load()
    parts = [
        "# Projects",
        "",
        "What runs in each. A whole one of each kind, with what it measured of itself, is in the",
    ]
    parts += ["repository's folder `examples/`; `scaffolder walkthrough` builds one step by step."]
    shown = pictures()
    for name, drawing in DRAWINGS.items():
        parts += ["", f"## {name}", "", f"{known.project(name).summary}.", ""]
        parts += [f"![{drawing.says}](assets/architecture-{name}.svg)"]
        parts += ["", f"{shown[name][1]}:", "", f"![{shown[name][1]}](assets/{name}.png)"]
        parts += [
            "",
            f"Components: {', '.join(f'`{item}`' for item in known.resolve(known.project(name).components))}.",
        ]
    return "\n".join(parts) + "\n"


def _components() -> str:
    known = catalog.load()
    used = {
        name: [p.name for p in known.projects.values() if name in known.resolve(p.components)]
        for name in known.components
    }
    parts = ["# Components", "", "Made from the manifests; `scaffolder info NAME` says the same.", ""]
    parts += ["| component | gives |", "| --- | --- |"]
    parts += [f"| [`{item.name}`](#{item.name}) | {item.summary} |" for item in known.components.values()]
    for item in known.components.values():
        owned = [
            path for path, owner in compose(known, known.resolve([item.name])).owners.items() if owner == item.name
        ]
        readme = item.folder / "README.md"
        text = readme.read_text(encoding="utf-8").partition("\n")[2].strip() if readme.exists() else item.summary
        facts = {
            "needs": ", ".join(f"`{name}`" for name in item.requires),
            "provides": ", ".join(f"`{name}`" for name in item.provides),
            "not beside": ", ".join(f"`{name}`" for name in item.conflicts),
            "in": ", ".join(f"`{name}`" for name in used[item.name]),
            "files": str(len(owned)),
        }
        parts += ["", f"## {item.name}", "", re.sub(r"^(#+) ", r"##\1 ", text, flags=re.M), ""]
        parts += [f"- {key}: {value}" for key, value in facts.items() if value]
    return "\n".join(parts) + "\n"


def _commands() -> str:
    context = cli.make_context("scaffolder", ["list"], resilient_parsing=True)
    parts = ["# Commands", "", "Made from the program; `scaffolder COMMAND --help` says the same.", ""]
    parts += ["## Exit codes", "", "| code | means |", "| --- | --- |"]
    parts += [f"| {code} | {words} |" for code, words in EXIT_CODES.items()]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        own = click.Context(command, info_name=name, parent=click.Context(cli, info_name="scaffolder"))
        text = command.get_help(own)
        parts += ["", f"## {name}", "", "```text", text, "```"]
    return "\n".join(parts) + "\n"


def _answers() -> str:
    parts = [
        "# JSON",
        "",
        "What `--json` prints, as JSON Schema. Standard output holds nothing else; messages go to standard error.",
    ]
    parts += ["Answers may get more keys; keys and their meaning do not change within a major version."]
    for name, answer in output.ANSWERS.items():
        words = (
            (answer.__doc__ or "").strip() if isinstance(answer, type) and not str(answer).startswith("list") else ""
        )
        parts += ["", f"## {name}", "", words, "", "```json", dumps(output.schema(answer)), "```"]
    return "\n".join(parts) + "\n"


def broken_links(site: Path) -> list[str]:
    """Links of built pages to pages, files or headings that are not there: `page -> target`."""
    pages = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    ids = {path: set(re.findall(r'\bid="?([^"\s>]+)', text)) for path, text in pages.items()}
    broken = []
    for path, text in pages.items():
        if path.name == "404.html":
            continue
        for target in re.findall(r'<(?:a|img|link|script)\b[^>]*?\b(?:href|src)="?([^"\s>]+)', text):
            if re.match(r"[a-z]+:|//", target):
                continue
            page, _, anchor = target.partition("#")
            there = (path.parent / page).resolve() if page else path
            there = there / "index.html" if there.is_dir() else there
            if not there.exists() or (anchor and there in ids and anchor not in ids[there]):
                broken.append(f"{path.relative_to(site)} -> {target}")
    return sorted(set(broken))


if __name__ == "__main__":
    sys.exit(main())
