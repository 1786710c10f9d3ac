"""What components have besides code is in the wheel that a repository builds with setuptools."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolder import catalog, project, workflow
from scaffolder.foreign import audit, by_hand

CATALOG = catalog.load()
BUILD = '[build-system]\nrequires = ["setuptools>=77"]\nbuild-backend = "setuptools.build_meta"\n'
FORMS = {
    "setup.py": {"setup.py": 'from setuptools import find_packages, setup\n\nsetup(name="shop", version="1", '
                 'python_requires=">=3.11", packages=find_packages(), install_requires=["click"])\n'},
    "setup.py with a list": {"setup.py": "from setuptools import setup\n\nNAMES = ['shop']\nsetup(name='shop', "
                             "version='1', python_requires='>=3.11', packages=NAMES, install_requires=['click'])\n"},
    "setup.cfg": {"setup.cfg": "[metadata]\nname = shop\nversion = 1\n\n[options]\npackages = shop\n"
                  "python_requires = >=3.11\ninstall_requires =\n    click\n", "pyproject.toml": BUILD},
    "pyproject.toml": {"pyproject.toml": f'{BUILD}[project]\nname = "shop"\nversion = "1"\n'
                                        'requires-python = ">=3.11"\n[tool.setuptools]\npackages = ["shop"]  # all\n'},
}  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Callable[[str], Path]:
    """A repository in one of the forms, with the page and what else has files besides code."""

    def make(form: str) -> Path:
        for path, text in {**FORMS[form], "shop/__init__.py": "", "README.md": "# Shop\n"}.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
        names = ["chat-ui", "rag", "documents", "data-validation"]
        proposal = workflow.add(CATALOG, project.find_or_adopt(tmp_path, "", {}), names, {})
        workflow.carry_out(proposal)
        if "setup.py" in FORMS[form]:
            assert any(finding.path == "setup.py" for finding in audit.findings(CATALOG, project.find(tmp_path)))
            by_hand.add(tmp_path, proposal.by_hand)
        assert not audit.findings(CATALOG, project.find(tmp_path))
        return tmp_path

    return make


@pytest.mark.parametrize("form", FORMS)
def test_the_wheel_has_the_page_and_every_module(form: str, shop: Callable[[str], Path], tmp_path: Path) -> None:
    root = shop(form)
    command = [
        sys.executable,
        "-m",
        "uv",
        "build",
        "--quiet",
        "--wheel",
        "--out-dir",
        str(tmp_path / "dist"),
        str(root),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next((tmp_path / "dist").glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("shop/")}
    there = {str(path.relative_to(root)) for path in (root / "shop").rglob("*") if path.is_file()}
    assert {"shop/chat/static/index.html", "shop/chat/static/app.js", "shop/chat/static/styles.css"} <= packed
    assert there == packed
