"""Every component and every recipe, found by walking the folders: adding one adds its tests."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest
import yaml

from scaffolder import catalog, project, workflow
from scaffolder.compose import Template, compose
from scaffolder.render import Rendered, render
from scaffolder.sentinels import SENTINEL, replace
from scaffolder.tree import Entry, read_tree

CATALOG = catalog.load()
COMPONENTS = sorted(CATALOG.components)
STACKS = {f"component {name}": CATALOG.resolve([name]) for name in COMPONENTS} | {
    f"project {name}": CATALOG.resolve(project.components) for name, project in CATALOG.projects.items()
}
#: The shortest and the longest name a project may have, and one with a digit that sorts after other packages.
NAMES = ("ab", "vision-v2", "a-name-of-forty-characters-that-is-legal")


@pytest.fixture(scope="module", params=STACKS, ids=list(STACKS))
def template(request: pytest.FixtureRequest) -> Template:
    return compose(CATALOG, STACKS[request.param])


@pytest.fixture(scope="module", params=NAMES)
def rendered(template: Template, request: pytest.FixtureRequest) -> Rendered:
    return render(template, {"project_name": request.param})


def lay(files: Mapping[str, Entry], root: Path) -> Path:
    for path, entry in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(entry.data)
        target.chmod(entry.mode & 0o777 or 0o644)
    return root


def test_a_rendered_project_parses_and_has_no_sentinel_left(rendered: Rendered) -> None:
    for path, entry in rendered.files.items():
        text = entry.text
        assert not SENTINEL.search(path), path
        if text is None:
            continue
        assert not SENTINEL.search(text), path
        assert "{@" not in text, path
        if path.endswith(".py"):
            ast.parse(text, path)
        elif path.endswith(".toml"):
            tomllib.loads(text)
        elif path.endswith(".json"):
            json.loads(text)
        elif path.endswith((".yaml", ".yml")):
            list(yaml.load_all(text, yaml.BaseLoader))


def test_a_rendered_project_is_linted_and_formatted(rendered: Rendered, tmp_path: Path) -> None:
    root = lay(rendered.files, tmp_path)
    for arguments in (["check", "--no-cache"], ["format", "--check", "--no-cache"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *arguments, "."], cwd=root, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_text_files_end_with_one_newline_and_have_no_trailing_space(rendered: Rendered) -> None:
    for path, entry in rendered.files.items():
        if (text := entry.text) and not path.endswith((".json", ".svg")):
            assert text.endswith("\n"), path
            assert not text.endswith("\n\n"), path
            assert path.endswith(".md") or not re.search(r"[ \t]\n", text), path


def anchors(text: str) -> set[str]:
    """The fragments by which GitHub's pages link to the headings of a Markdown document."""
    headings = re.findall(r"(?m)^#+ (.+)$", text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_in_documents_lead_somewhere(rendered: Rendered) -> None:
    texts = {path: entry.text or "" for path, entry in rendered.files.items()}
    folders = {parent.as_posix() for path in texts for parent in PurePosixPath(path).parents}
    for path, text in texts.items():
        prose = re.sub(r"(?ms)^ *```.*?^ *```$|`[^`\n]*`", "", text) if path.endswith(".md") else ""
        for link in re.findall(r"\]\(([^)\s]+)\)", prose):
            if re.match(r"[a-z]+:", link):
                continue
            target, _, anchor = link.partition("#")
            found = os.path.normpath(PurePosixPath(path).parent / target) if target else path
            # Plots and reports are there once they were made.
            assert found in texts or found in folders or found.startswith(("evidence", "reports")), f"{path}: {link}"
            assert not anchor or anchor in anchors(texts[found]), f"{path}: {link}"


@pytest.mark.parametrize("name", COMPONENTS)
def test_raw_template_files_are_real_code(name: str) -> None:
    conditionals, lines = 0, 0
    for path in sorted(CATALOG.components[name].folder.glob("**/*")):
        if path.is_dir() or ("project" not in path.parts and "with" not in path.parts):
            continue
        text = Entry(path.read_bytes()).text
        if text is None:
            continue
        lines += text.count("\n")
        conditionals += len(re.findall(r"\{@%\s*if", text))
        if path.suffix == ".py":
            ast.parse(text, str(path))
            assert "{@" not in text, f"{path}: no template syntax in Python"
    assert conditionals <= max(2, 2 * lines / 1000), f"{conditionals} conditionals in {lines} lines"


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_tells_what_it_is(name: str) -> None:
    readme = (CATALOG.components[name].folder / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) >= 8
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", readme)


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_is_an_ordinary_copier_template(name: str, tmp_path: Path) -> None:
    copier = Path(sys.executable).with_name("copier")
    folder = CATALOG.components[name].folder
    environment = {**os.environ, "PYTHONPATH": str(catalog.templates_folder().parent)}
    command = [copier, "copy", "--trust", "--defaults", "--quiet", folder, tmp_path / "shop-floor"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = {
        path.relative_to(tmp_path / "shop-floor").as_posix()
        for path in (tmp_path / "shop-floor").rglob("*")
        if path.is_file()
    }
    answers = {"package_name": "shop_floor", "project_name": "shop-floor", "project_title": "Shop Floor"}
    expected = {
        replace(path.relative_to(folder / "project").as_posix(), answers)
        for path in (folder / "project").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert written == expected


def test_all_components_together_have_one_owner_per_file() -> None:
    chosen: list[str] = []
    for name in COMPONENTS:
        if not any(other in chosen for other in CATALOG.components[name].conflicts):
            chosen.append(name)
    template = compose(CATALOG, CATALOG.resolve(chosen))
    assert set(template.owners.values()) >= set(chosen)


def test_setting_every_answer_is_generating_with_them(tmp_path: Path) -> None:
    """Of a whole project, the name included; what a user added stays."""
    answers = {
        "project_name": "other-name",
        "description": 'Says "so": {@ x @} # and \\ more',
        "author_name": "Grace",
        "author_email": "grace@example.org",
        "license": "Apache-2.0",
        "python_min": "3.13",
        "repository_owner": "grace",
    }
    base = {key for key, block in compose(CATALOG, ("base",)).questions.items() if "when: false" not in block}
    assert base == set(answers)
    recipe = "rag-app"
    workflow.carry_out(workflow.new(CATALOG, recipe, tmp_path / "docs-qa", data={}))
    (tmp_path / "docs-qa/src/docs_qa/mine.py").write_text("MINE = 1\n")
    workflow.carry_out(workflow.set_answers(CATALOG, project.find(tmp_path / "docs-qa"), answers))
    workflow.carry_out(workflow.new(CATALOG, recipe, tmp_path / "other", data=answers))
    found = read_tree(tmp_path / "docs-qa")
    assert found.pop("src/docs_qa/mine.py").data == b"MINE = 1\n"
    assert found == read_tree(tmp_path / "other")
