from __future__ import annotations

from pathlib import Path

import pytest

from scaffolder import catalog
from scaffolder.catalog import Catalog
from scaffolder.compose import compose, refuse_own_dependency
from scaffolder.errors import CatalogError, InputError


def test_files_are_overlaid_and_shared_files_merged(mini: Catalog) -> None:
    template = compose(mini, ("base", "alpha", "beta"))
    assert template.owners["src/my_project/alpha.py"] == "alpha"
    assert template.owners["src/my_project/alpha_beta.py"] == "alpha", "with/beta is laid because beta is there"
    pyproject = template.files["pyproject.toml"].data.decode()
    assert '"alpha>=1"' in pyproject
    assert '"beta>=2"' in pyproject
    assert "# kept" in pyproject
    assert template.files[".gitignore"].data.decode().split() == [".venv/", "alpha/", "alpha-beta/"]
    readme = template.files["README.md"].data.decode()
    assert readme.index("## Run it") < readme.index("## Alpha")


def test_what_belongs_to_an_absent_component_is_left_out(mini: Catalog) -> None:
    template = compose(mini, ("base", "alpha"))
    assert "src/my_project/alpha_beta.py" not in template.files
    assert "alpha-beta/" not in template.files[".gitignore"].data.decode()


def test_modes_and_symlinks_are_kept(mini: Catalog) -> None:
    files = compose(mini, ("base",)).files
    assert files["run.sh"].mode == 0o100755
    assert (files["latest"].mode, files["latest"].data) == (0o120000, b"run.sh")


def test_one_owner_per_file(mini: Catalog, mini_folder: Path) -> None:
    (mini_folder / "components/beta/project/run.sh").write_text("mine\n")
    with pytest.raises(CatalogError, match=r'"base" and "beta" both ship run\.sh'):
        compose(mini, ("base", "alpha", "beta"))


def test_adding_to_a_file_that_nobody_ships(mini_folder: Path) -> None:
    manifest = mini_folder / "components/beta/component.toml"
    manifest.write_text(manifest.read_text() + '[adds."compose.yaml"]\ninclude = ["x.yaml"]\n')
    with pytest.raises(CatalogError, match=r"beta adds to compose\.yaml, which no component"):
        compose(catalog.load(mini_folder), ("base", "alpha", "beta"))


def test_questions_are_united_and_must_agree(mini: Catalog, mini_folder: Path) -> None:
    template = compose(mini, ("base", "alpha"))
    assert list(template.questions) == ["project_name", "package_name", "project_title", "description"]
    assert template.copier_yml.count("project_title:") == 1
    path = mini_folder / "components/alpha/copier.yml"
    path.write_text(path.read_text() + "description:\n  type: str\n  help: Something else\n")
    with pytest.raises(CatalogError, match='"description" is defined differently'):
        compose(mini, ("base", "alpha"))


def test_a_project_cannot_hide_its_own_dependency(mini: Catalog) -> None:
    template = compose(mini, ("base", "alpha"))
    with pytest.raises(InputError, match='"alpha" is the name of a package'):
        refuse_own_dependency(template, "alpha")
    refuse_own_dependency(template, "alphabet")


@pytest.mark.parametrize(
    ("key", "what", "next_step"),
    [
        ("descripton", 'no question called "descripton"', 'did you mean "description"?'),
        ("package_name", '"package_name" follows from other answers', "project_name"),
    ],
)
def test_only_what_is_asked_can_be_answered(mini: Catalog, key: str, what: str, next_step: str) -> None:
    template = compose(mini, ("base",))
    template.refuse_unasked(dict.fromkeys(template.asked, "x"))
    with pytest.raises(InputError) as caught:
        template.refuse_unasked({key: "x"})
    assert what in caught.value.what
    assert next_step in caught.value.next_step
