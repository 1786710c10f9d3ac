from __future__ import annotations

from pathlib import Path

import pytest

from scaffolder import catalog, lock, project, workflow
from scaffolder.catalog import Catalog
from scaffolder.errors import ConflictError, InputError
from scaffolder.proposal import Proposal
from scaffolder.tree import Tree, read_tree


def make(mini: Catalog, root: Path, *added: str, **data: str) -> Path:
    workflow.carry_out(workflow.new(mini, "small", root, added=added, data=data))
    return root


def add(mini: Catalog, root: Path, *names: str) -> Proposal:
    proposal = workflow.add(mini, project.find(root), names, {})
    workflow.carry_out(proposal)
    return proposal


def remove(mini: Catalog, root: Path, *names: str) -> None:
    workflow.carry_out(workflow.remove(mini, project.find(root), names))


def set_answers(mini: Catalog, root: Path, **data: str) -> None:
    workflow.carry_out(workflow.set_answers(mini, project.find(root), data))


@pytest.fixture
def root(mini: Catalog, tmp_path: Path) -> Path:
    return make(mini, tmp_path / "shop")


def test_new_names_the_project_after_its_folder_and_locks_every_file(root: Path) -> None:
    files = read_tree(root)
    assert b'name = "shop"' in files["pyproject.toml"].data
    locked = lock.read(root)
    assert locked is not None
    assert locked.components == ("base", "alpha")
    assert set(locked.files) == set(files) - {lock.NAME}
    assert all(locked.untouched(path, files[path]) for path in locked.files)
    assert files["run.sh"].mode == 0o100755


def test_add_then_remove_is_the_identity(mini: Catalog, root: Path) -> None:
    before = read_tree(root)
    add(mini, root, "beta")
    assert (root / "src/shop/alpha_beta.py").exists()
    assert '"beta>=2"' in (root / "pyproject.toml").read_text()
    remove(mini, root, "beta")
    assert read_tree(root) == before


def test_adding_what_is_there_changes_nothing(mini: Catalog, root: Path) -> None:
    before = read_tree(root)
    assert not add(mini, root, "alpha").plan.changes
    assert read_tree(root) == before


def test_edits_survive_add_set_and_remove(mini: Catalog, root: Path) -> None:
    mine = root / "pyproject.toml"
    mine.write_text(
        mine.read_text().replace("dependencies = [", 'dependencies = [\n    "mine",', 1)
        + '\n[tool.mine]\nkey = "value"  # why\n'
    )
    (root / "README.md").write_text((root / "README.md").read_text() + "\n## Mine\n\nMy words.\n")
    (root / "beta.txt.orig").write_text("unrelated\n")
    add(mini, root, "beta")
    set_answers(mini, root, description="Other words")
    text = mine.read_text()
    for part in ('"mine"', '"beta>=2"', 'key = "value"  # why', 'description = "Other words"', "# kept"):
        assert part in text, part
    assert "My words." in (root / "README.md").read_text()
    (root / "beta.txt").write_text("edited\n")
    remove(mini, root, "beta")
    assert (root / "beta.txt").read_text() == "edited\n", "an edited file is never removed"
    assert '"beta>=2"' not in mine.read_text()
    assert '"mine"' in mine.read_text()


def test_a_deleted_file_stays_deleted(mini: Catalog, root: Path) -> None:
    (root / "run.sh").unlink()
    add(mini, root, "beta")
    assert not (root / "run.sh").exists()


def test_a_conflict_is_reported_before_anything_is_written(mini: Catalog, root: Path) -> None:
    (root / "beta.txt").write_text("something of mine\n")
    before = read_tree(root)
    with pytest.raises(ConflictError, match="nothing was written") as caught:
        add(mini, root, "beta")
    assert "beta.txt: it exists already" in caught.value.why
    assert read_tree(root) == before


def test_renaming_the_project_moves_its_package_with_the_users_edits(mini: Catalog, root: Path) -> None:
    edited = root / "src/shop/alpha.py"
    edited.write_text(edited.read_text() + "\nMINE = 1\n")
    (root / "src/shop/own.py").write_text("OWN = 1\n")
    set_answers(mini, root, project_name="store")
    moved = (root / "src/store/alpha.py").read_text()
    assert moved.startswith("from store import NAME\n")
    assert moved.endswith("MINE = 1\n")
    assert sorted(path.name for path in (root / "src").rglob("*.py")) == ["__init__.py", "alpha.py", "own.py"]
    assert not read_tree(root).keys() & {"src/shop/alpha.py"}
    set_answers(mini, root, project_name="shop")
    assert edited.read_text().endswith("MINE = 1\n")


def test_order_of_adds_does_not_matter(mini: Catalog, tmp_path: Path, mini_folder: Path) -> None:
    def parsed(root: Path) -> Tree:
        return {path: entry for path, entry in read_tree(root).items() if path != lock.NAME}

    one, two = make(mini, tmp_path / "a/shop"), make(mini, tmp_path / "b/shop", "beta")
    add(mini, one, "beta")
    assert parsed(one) == parsed(two)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["base"], "cannot be removed"),
        (["gamma"], "is not in this project"),
        (["nothing"], "no component"),
        (["alpha"], '"beta" requires "letter"'),
    ],
)
def test_remove_refuses(mini: Catalog, tmp_path: Path, names: list[str], said: str) -> None:
    root = make(mini, tmp_path / "shop", "beta")
    with pytest.raises(InputError, match=said):
        remove(mini, root, *names)


def test_remove_names_everything_that_depends_on_it(mini: Catalog, tmp_path: Path, mini_folder: Path) -> None:
    (mini_folder / "components/gamma/component.toml").write_text('summary = "On beta"\nrequires = ["beta"]\n')
    known = catalog.load(mini_folder)
    root = make(known, tmp_path / "shop", "beta", "gamma")
    with pytest.raises(InputError, match='"beta" requires "letter"; "gamma" requires "beta"') as caught:
        remove(known, root, "alpha")
    assert "scaffolder remove alpha beta gamma" in caught.value.next_step
    remove(known, root, "alpha", "beta", "gamma")
    assert project.find(root).lock.components == ("base",)


def test_a_shared_entry_goes_only_when_nothing_needs_it_any_more(mini_folder: Path, tmp_path: Path) -> None:
    """Two components add the same line and the same dependency."""
    for name in ("alpha", "delta"):
        folder = mini_folder / "components" / name
        folder.mkdir(exist_ok=True)
        (folder / "component.toml").write_text(
            f'summary = "{name}"\n[adds."pyproject.toml".project]\ndependencies = ["both>=1", "{name}>=1"]\n'
            f'[adds.".gitignore"]\nlines = ["both/", "{name}/"]\n'
        )
        (folder / "copier.yml").write_text((mini_folder / "components/gamma/copier.yml").read_text())
    known = catalog.load(mini_folder)
    root = make(known, tmp_path / "shop", "delta")
    with (root / ".gitignore").open("a") as file:
        file.write("mine/\n")
    remove(known, root, "alpha")
    assert (root / ".gitignore").read_text().split() == [".venv/", "both/", "delta/", "mine/"]
    assert '"both>=1"' in (root / "pyproject.toml").read_text()
    assert "alpha" not in (root / "pyproject.toml").read_text()
    remove(known, root, "delta")
    assert (root / ".gitignore").read_text().split() == [".venv/", "mine/"]
    assert "both" not in (root / "pyproject.toml").read_text()


def test_every_answer_can_be_set(mini: Catalog, root: Path, tmp_path: Path) -> None:
    set_answers(mini, root, project_name="store", description="All of it")
    other = make(mini, tmp_path / "store", description="All of it")
    assert read_tree(root) == read_tree(other)
    with pytest.raises(InputError, match="no question"):
        set_answers(mini, root, colour="red")
    with pytest.raises(InputError, match="60 characters"):
        set_answers(mini, root, description="x" * 61)


def test_another_version_is_refused_with_the_way_out(mini: Catalog, root: Path) -> None:
    path = root / lock.NAME
    path.write_text(path.read_text().replace('version = "', 'version = "0.0.', 1))
    with pytest.raises(InputError, match="was generated by scaffolder") as caught:
        add(mini, root, "beta")
    assert "scaffolder update" in caught.value.next_step


@pytest.mark.parametrize("folder", ["class", "日本", "x" * 41, "json"])
def test_a_folder_that_cannot_name_a_project(mini: Catalog, tmp_path: Path, folder: str) -> None:
    with pytest.raises(InputError, match="cannot name a project") as caught:
        workflow.new(mini, "small", tmp_path / folder, data={})
    assert "project_name=NAME" in caught.value.next_step
    workflow.new(mini, "small", tmp_path / folder, data={"project_name": "fine"})


def test_a_folder_in_title_case_becomes_a_name(mini: Catalog, tmp_path: Path) -> None:
    assert workflow.new(mini, "small", tmp_path / "My Shop_2", data={}).answers["project_name"] == "my-shop-2"


def test_an_occupied_destination_is_refused(mini: Catalog, tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        make(mini, tmp_path / "shop")
    assert (tmp_path / "shop/notes.txt").read_text() == "mine"


def test_edited_lists_edits_and_deletions(root: Path) -> None:
    found = project.find(root)
    assert workflow.edited(found) == {}
    (root / "run.sh").unlink()
    (root / "README.md").write_text("mine\n")
    assert {path: kind for path, (kind, _) in workflow.edited(found).items()} == {
        "README.md": "edited",
        "run.sh": "deleted",
    }
