from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffolder.foreign import relocate
from scaffolder.foreign.record import Foreign

RENAMED = {"cli": "cli_components", "data": "data_components", "__main__": "main_components"}
BESIDE = {
    "Dockerfile": "Dockerfile.api",
    ".dockerignore": "Dockerfile.api.dockerignore",
    "compose.yaml": "compose.api.yaml",
    ".github/workflows/ci.yml": ".github/workflows/components-ci.yml",
}


def record(package: str = "shop", **more: Mapping[str, str]) -> Foreign:
    return Foreign(implicit=True, package=package, home="project", answers={}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "package", "path"),
    [
        ("src/my_project/cli.py", "shop", "shop/cli_components.py"),
        ("src/my_project/data/rows.py", "src/shop", "src/shop/data_components/rows.py"),
        ("src/my_project/data.txt", "src", "src/data_components.txt"),
        ("src/my_project/database.py", "src", "src/database.py"),
        ("tests/unit/test_cli.py", "shop", "tests/unit/test_cli.py"),
        ("Dockerfile", "shop", "Dockerfile.api"),
        ("deploy/mlflow/Dockerfile", "shop", "deploy/mlflow/Dockerfile"),
    ],
)
def test_paths(raw: str, package: str, path: str) -> None:
    assert relocate.path(raw, record(package, renamed=RENAMED, beside=BESIDE)) == path


@pytest.mark.parametrize(
    ("line", "moved"),
    [
        ("from my_project.cli import main", "from my_project.cli_components import main"),
        ("from my_project import cli", "from my_project import cli_components as cli"),
        ("from my_project import bundle, cli", "from my_project import bundle, cli_components as cli"),
        ("from my_project import data as rows", "from my_project import data_components as rows"),
        ("from my_project import rows as data", "from my_project import rows as data"),
        (
            "from my_project import (\n    cli,\n    x,\n)",
            "from my_project import (\n    cli_components as cli,\n    x,\n)",
        ),
        ("from my_project.client import x", "from my_project.client import x"),
        ('patch("my_project.data.rows.f")', 'patch("my_project.data_components.rows.f")'),
        (
            '[sys.executable, "-m", "my_project", "serve"]',
            '[sys.executable, "-m", "my_project.main_components", "serve"]',
        ),
        ('ROOT / "src/my_project/data"', 'ROOT / "shop/data_components"'),
    ],
)
def test_code(line: str, moved: str) -> None:
    assert relocate.text("x.py", line, record(renamed=RENAMED)) == moved


def test_make_files_call_the_program_without_installing_it() -> None:
    assert relocate.text("mk/x.mk", "\t$(BIN)/my-project drift", record()) == "\t$(PROGRAM) drift"


@pytest.mark.parametrize(
    ("line", "moved"),
    [
        ("docker build --file Dockerfile .", "docker build --file Dockerfile.api ."),
        ("Split a Dockerfile into parts", "Split a Dockerfile into parts"),
        ("dockerfile: deploy/mlflow/Dockerfile", "dockerfile: deploy/mlflow/Dockerfile"),
        ("See the Dockerfile.", "See the Dockerfile.api."),
        ("an allow-list (`.dockerignore`)", "an allow-list (`Dockerfile.api.dockerignore`)"),
        ("docker compose -f compose.yaml up", "docker compose -f compose.api.yaml up"),
    ],
)
def test_files_beside_theirs(line: str, moved: str) -> None:
    assert relocate.text("x", line, record(beside=BESIDE)) == moved


def test_a_compose_file_that_nothing_includes_is_named() -> None:
    alone = record(beside={**BESIDE, "docker compose": "docker compose -f compose.api.yaml"})
    text = "docker compose up; docker compose -f compose.yaml -f x.yaml up"
    assert relocate.text("x", text, alone) == (
        "docker compose -f compose.api.yaml up; docker compose -f compose.api.yaml -f x.yaml up"
    )


def test_a_workflow_beside_theirs_has_a_name_of_its_own() -> None:
    text = relocate.text(".github/workflows/ci.yml", "name: CI\njobs:\n  x:\n    name: CI\n", record(beside=BESIDE))
    assert text == "name: Components CI\njobs:\n  x:\n    name: CI\n"


def test_workflows_call_our_targets_in_our_file() -> None:
    text = "  - run: make setup\n  - run: make image\n  - run: |\n      make models load\n"
    assert relocate.text(".github/workflows/x.yml", text, record()) == text.replace(
        "make image", "make -f components.mk image"
    ).replace("make models", "make -f components.mk models")


@given(st.text(st.sampled_from("my_project-My Project{@ab\n"), max_size=80))
def test_protection_is_undone_exactly(text: str) -> None:
    protected = relocate.protect(text)
    assert relocate.unprotect(protected) == text
    assert not any(mark in protected for mark in ("my_project", "my-project", "My Project", "{@"))


@pytest.mark.parametrize(
    ("text", "fitted"),
    [
        ("$ my-project drift report", "$ python -m my_project drift report"),
        ("then `my-project serve`.", "then `python -m my_project serve`."),
        (".venv/bin/my-project lake status", ".venv/bin/python -m my_project lake status"),
        ("kubectl --namespace my-project get pods", "kubectl --namespace my-project get pods"),
        ("the image `my-project`", "the image `my-project`"),
        ("(`uv sync --inexact --group feast`)", "(`pip install -r requirements/feast.txt`)"),
    ],
)
def test_a_program_that_nothing_installs_is_a_module(text: str, fitted: str) -> None:
    assert relocate.text("docs/guide.md", text, replace(record(), home="requirements")) == fitted
    assert relocate.text("docs/guide.md", text, record()) == text
