from __future__ import annotations

from pathlib import Path

import pytest

from scaffolder import catalog
from scaffolder.catalog import Catalog
from scaffolder.errors import CatalogError, InputError
from scaffolder.manifest_reader import load_component, load_project


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("", "summary: expected one line"),
        ("summary = 3", "summary: expected one line"),
        ('summary = "x"\nrequires = "base"', "requires: expected a list of names"),
        ('summary = "x"\nprovides = ["No Good"]', "provides: expected a list of names"),
        ('summary = "x"\ncolour = "red"', "colour: expected no such key"),
        ('summary = "x"\nadds = []', "adds: expected a table of paths"),
        ('summary = "x"\n[adds]\n"a.md" = 1', 'adds."a.md": expected a table'),
        ('summary = "x"\n[adds."../a.md"]\na = "b"', 'adds."../a.md": expected a path inside'),
        ('summary = "x"\n[with.docker]\nfiles = []', "with: expected tables with.<component>.adds"),
        ("summary = ", "not valid TOML"),
    ],
)
def test_a_wrong_manifest_is_named_with_file_and_key(tmp_path: Path, manifest: str, said: str) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "component.toml").write_text(manifest)
    with pytest.raises(CatalogError) as caught:
        load_component(tmp_path / "x")
    assert said in f"{caught.value.what} {caught.value.why}"
    assert "component.toml" in caught.value.what


def test_a_wrong_recipe_is_named(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text('summary = "x"')
    with pytest.raises(CatalogError, match=r"p\.toml: components: expected"):
        load_project(tmp_path / "p.toml")


def test_resolve_puts_requirements_first_and_base_at_the_head(mini: Catalog) -> None:
    assert mini.resolve(["alpha"]) == ("base", "alpha")
    assert mini.resolve(["beta"]) == ("base", "alpha", "beta"), "the only provider of a capability is taken"
    assert mini.resolve(["beta", "alpha", "beta"]) == ("base", "alpha", "beta")
    assert mini.resolve(["gamma", "base"]) == mini.resolve(["gamma"])


@pytest.mark.parametrize(
    ("wanted", "without", "said"),
    [
        (["alpah"], [], 'no component called "alpah"'),
        (["alpha", "gamma"], [], '"gamma" and "alpha" cannot be in the same project'),
        (["alpha", "beta"], ["alpha"], '"beta" cannot do without "alpha"'),
        ([], ["nonsense"], 'no component called "nonsense"'),
    ],
)
def test_resolve_refuses(mini: Catalog, wanted: list[str], without: list[str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        mini.resolve(wanted, without)
    assert said in caught.value.what
    assert caught.value.next_step


def test_the_nearest_name_is_offered(mini: Catalog) -> None:
    with pytest.raises(InputError) as caught:
        mini.project("smal")
    assert 'did you mean "small"?' in caught.value.next_step


def test_a_capability_with_several_providers_is_a_choice(mini: Catalog, mini_folder: Path) -> None:
    folder = mini_folder / "components/delta"
    folder.mkdir()
    (folder / "component.toml").write_text('summary = "Another letter"\nprovides = ["letter"]\n')
    known = catalog.load(mini_folder)
    with pytest.raises(InputError, match="needs one of: alpha, delta"):
        known.resolve(["beta"])
    assert known.resolve(["beta", "delta"]) == ("base", "delta", "beta")


def test_a_circle_and_an_unmet_requirement_are_errors_of_the_catalogue(mini_folder: Path) -> None:
    (mini_folder / "components/alpha/component.toml").write_text(
        'summary = "x"\nprovides = ["letter"]\nrequires = ["beta"]\n'
    )
    with pytest.raises(CatalogError, match="circle: alpha -> beta -> alpha"):
        catalog.load(mini_folder).resolve(["alpha"])
    (mini_folder / "components/alpha/component.toml").write_text('summary = "x"\nrequires = ["number"]\n')
    with pytest.raises(CatalogError, match='requires "number"'):
        catalog.load(mini_folder).resolve(["alpha"])


def test_a_missing_templates_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog, "__file__", str(tmp_path / "site/scaffolder/catalog.py"))
    with pytest.raises(CatalogError, match="templates of this installation are missing"):
        catalog.templates_folder()
