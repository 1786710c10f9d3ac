from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffolder.foreign import relocate

RENAMED = {"cli": "cli_components", "data": "data_components", "__main__": "main_components"}


@pytest.mark.parametrize(
    ("raw", "package", "path"),
    [
        ("src/my_project/cli.py", "shop", "shop/cli_components.py"),
        ("src/my_project/data/rows.py", "src/shop", "src/shop/data_components/rows.py"),
        ("src/my_project/data.txt", "src", "src/data_components.txt"),
        ("src/my_project/database.py", "src", "src/database.py"),
        ("tests/unit/test_cli.py", "shop", "tests/unit/test_cli.py"),
    ],
)
def test_paths(raw: str, package: str, path: str) -> None:
    assert relocate.path(raw, package, RENAMED) == path


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
    assert relocate.text("x.py", line, "shop", RENAMED) == moved


def test_make_files_call_the_program_without_installing_it() -> None:
    assert relocate.text("mk/x.mk", "\t$(BIN)/my-project drift", "shop", {}) == "\t$(PROGRAM) drift"


def test_workflows_call_our_targets_in_our_file() -> None:
    text = "  - run: make setup\n  - run: make image\n  - run: |\n      make models load\n"
    assert relocate.text(".github/workflows/x.yml", text, "shop", {}) == text.replace(
        "make image", "make -f components.mk image"
    ).replace("make models", "make -f components.mk models")


@given(st.text(st.sampled_from("my_project-My Project{@ab\n"), max_size=80))
def test_protection_is_undone_exactly(text: str) -> None:
    protected = relocate.protect(text)
    assert relocate.unprotect(protected) == text
    assert not any(mark in protected for mark in ("my_project", "my-project", "My Project", "{@"))
