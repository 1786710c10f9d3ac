"""Projects of earlier versions, as they were generated, come to this version with their users' work."""

from __future__ import annotations

import subprocess
import tarfile
import tomllib
from pathlib import Path

import pytest

from scaffolder import __version__, lock, project, update, workflow
from scaffolder.catalog import Catalog
from scaffolder.tree import Tree, read_tree

KEPT = sorted((Path(__file__).parent / "releases").glob("*.tar.xz"), key=lambda path: path.name)


def git(root: Path, *arguments: str) -> str:
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return subprocess.run(["git", *author, *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture(params=KEPT, ids=lambda path: path.name.removesuffix(".tar.xz"))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    with tarfile.open(request.param) as archive:
        archive.extractall(root, filter="data")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "as generated")
    return root


def run_update(known: Catalog, root: Path) -> update.Update:
    found = update.propose(known, project.find(root), {})
    workflow.carry_out(found.proposal)
    return found


def as_new(known: Catalog, root: Path, folder: Path) -> Tree:
    """What this version generates with the stack and the answers of the project."""
    found = project.find(root)
    data = {key: value for key, value in found.answers.items() if key != "old_question"}
    recipe = found.lock.project
    workflow.carry_out(workflow.new(known, recipe, folder, added=found.lock.components, data=data))
    return read_tree(folder)


def test_there_is_one_of_the_first_version_and_an_older_one() -> None:
    assert {"0.0.9.tar.xz", "0.1.0.tar.xz"} <= {path.name for path in KEPT}


def test_untouched_it_becomes_what_this_version_generates(bundled: Catalog, shop: Path, tmp_path: Path) -> None:
    wanted = as_new(bundled, shop, tmp_path / "new")
    run_update(bundled, shop)
    assert read_tree(shop) == wanted
    assert project.find(shop).lock.version == __version__
    assert not update.propose(bundled, project.find(shop), {}).proposal.plan.steps


def test_the_users_work_survives(bundled: Catalog, shop: Path) -> None:
    own = {
        "src/shop/mine.py": "MINE = 1\n",
        "docs/mine.md": "# Mine\n",
        "tests/test_mine.py": "def test_mine() -> None:\n    assert True\n",
    }
    for path, text in own.items():
        (shop / path).write_text(text)
    appended = {
        "README.md": "\n## Mine\n\nMy words.\n",
        ".gitignore": "mine/\n",
        "pyproject.toml": '\n[tool.mine]\nkey = "value"  # why\n',
        "src/shop/__init__.py": "\nMINE = 1\n",
    }
    if (shop / "docs/old-guide.md").exists():
        appended["docs/old-guide.md"] = "\nMy words.\n"
    for path, text in appended.items():
        with (shop / path).open("a") as file:
            file.write(text)
    pyproject = (shop / "pyproject.toml").read_text()
    pyproject = pyproject.replace("dependencies = [", 'dependencies = [\n    "mine>=1",', 1)
    (shop / "pyproject.toml").write_text(pyproject)
    (shop / "CONTRIBUTING.md").unlink()
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "mine")
    found = run_update(bundled, shop)
    assert not found.proposal.plan.conflicts
    for path, text in {**own, **appended}.items():
        assert text.strip() in (shop / path).read_text(), path
    table = tomllib.loads((shop / "pyproject.toml").read_text())
    assert "mine>=1" in table["project"]["dependencies"]
    assert table["tool"]["mine"] == {"key": "value"}
    assert not (shop / "CONTRIBUTING.md").exists()
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "updated", "--allow-empty")
    assert not update.propose(bundled, project.find(shop), {}).proposal.plan.steps, "once is enough"


def test_the_older_version_differs_in_every_way(bundled: Catalog, tmp_path: Path) -> None:
    """Or this file would test little."""
    root = tmp_path / "shop"
    with tarfile.open(KEPT[0]) as archive:
        archive.extractall(root, filter="data")
    found = run_update(bundled, root)
    actions = {step.path: step.action for step in found.proposal.plan.steps}
    assert {"create", "update", "delete"} <= set(actions.values())
    assert actions["docs/old-guide.md"] == "delete"
    assert actions["AGENTS.md"] == "create"
    assert found.notes == ("question old_question is no more",)
    assert "old" not in tomllib.loads((root / "pyproject.toml").read_text())["tool"]
    assert lock.read(root)
