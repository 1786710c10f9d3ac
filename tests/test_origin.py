"""Projects from templates of Copier and Cookiecutter: made whole or not at all, and updated by their own tools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from scaffolder import origin, workflow
from scaffolder.errors import EnvironmentLacksError, InputError
from scaffolder.tree import read_tree

Run = Callable[..., CompletedProcess[str]]
UV = str(Path(sys.executable).parent / "uv")
PYPROJECT = '[project]\nname = "{{ name }}"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = []\n'
COPIER = {
    "copier.yml": "name:\n  type: str\n  default: shop\n  validator: \"{% if ' ' in name %}no blanks{% endif %}\"\n",
    "pyproject.toml.jinja": PYPROJECT,
    "{{ name }}/__init__.py.jinja": 'NAME = "{{ name }}"\n',
    "{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers | to_nice_yaml }}",
}
COOKIECUTTER = {
    "cookiecutter.json": '{"name": "shop", "kind": ["a", "b"]}',
    "{{ cookiecutter.name }}/pyproject.toml": PYPROJECT.replace("{{ name }}", "{{ cookiecutter.name }}"),
    "{{ cookiecutter.name }}/{{ cookiecutter.name }}/__init__.py": 'KIND = "{{ cookiecutter.kind }}"\n',
}
HOOK = {"hooks/post_gen_project.py": "print('the hook')\nopen('hooked', 'w').write('1')\n"}


def lay(folder: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, tag: str) -> None:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", tag), ("tag", tag)):
        git(folder, *arguments)


def make(template: Path | str, destination: Path, *, trust: bool = False, ref: str = "", **data: str) -> Path:
    workflow.carry_out(origin.new(origin.Request(str(template), data, ref, trust), destination))
    return destination


def test_a_copier_project_gets_components_and_updates_of_its_template(tmp_path: Path, run_cli: Run) -> None:
    template = lay(tmp_path / "template", COPIER)
    commit(template, "v1")
    assert run_cli("new", "--from", "template", "shop").returncode == 0
    root = tmp_path / "shop"
    assert "_commit: v1" in (root / ".copier-answers.yml").read_text()
    assert run_cli("add", "drift", "-C", "shop").returncode == 0
    git(root, "add", "-A")
    git(root, "commit", "-qm", "drift")
    lay(template, {"new.txt": "new\n", "pyproject.toml.jinja": PYPROJECT.replace('"1"', '"2"')})
    commit(template, "v2")
    subprocess.run([sys.executable, "-m", "copier", "update", "--defaults"], cwd=root, check=True, capture_output=True)
    assert (root / "new.txt").exists()
    pyproject = (root / "pyproject.toml").read_text()
    assert 'version = "2"' in pyproject
    assert "onnxruntime" in pyproject
    # What came from there stays, what came from here goes again.
    assert run_cli("remove", "drift", "model-bundle", "-C", "shop").returncode == 0
    assert (root / "pyproject.toml").read_text() == PYPROJECT.replace('"1"', '"2"').replace("{{ name }}", "shop")
    assert not (root / "scaffolder.lock").exists()


def test_a_cookiecutter_project_keeps_what_cruft_needs(tmp_path: Path) -> None:
    template = lay(tmp_path / "template", COOKIECUTTER)
    commit(template, "v1")
    root = make(template, tmp_path / "mine", name="books", kind="b")
    assert (root / "books/__init__.py").read_text() == 'KIND = "b"\n'
    kept = json.loads((root / ".cruft.json").read_text())
    assert kept["template"] == str(template)
    assert kept["commit"] == git(template, "rev-parse", "HEAD").strip()
    assert kept["context"]["cookiecutter"] == {"name": "books", "kind": "b", "_template": str(template)}


@pytest.mark.life
def test_cruft_updates_it(tmp_path: Path) -> None:
    template = lay(tmp_path / "template", COOKIECUTTER)
    commit(template, "v1")
    root = make(template, tmp_path / "mine", name="books")
    commit(root, "start")
    cruft = (UV, "tool", "run", "--quiet", "--with", "setuptools", "cruft")
    environment = {**os.environ, "HOME": str(tmp_path), "UV_TOOL_DIR": str(tmp_path / "tools")}
    subprocess.run([*cruft, "check"], cwd=root, check=True, env=environment, capture_output=True)
    lay(template, {"{{ cookiecutter.name }}/new.txt": "new\n"})
    commit(template, "v2")
    assert (
        subprocess.run([*cruft, "check"], cwd=root, check=False, env=environment, capture_output=True).returncode == 1
    )
    subprocess.run([*cruft, "update", "-y"], cwd=root, check=True, env=environment, capture_output=True)
    assert (root / "new.txt").read_text() == "new\n"


def test_a_zip_is_a_template_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "template.zip", "w") as archive:
        archive.writestr("template/", "")
        for path, text in COOKIECUTTER.items():
            archive.writestr(f"template/{path}", text)
    root = make(tmp_path / "template.zip", tmp_path / "mine")
    assert set(read_tree(root)) == {"pyproject.toml", "shop/__init__.py"}


def test_a_reference_chooses_the_version(tmp_path: Path) -> None:
    for name, files in (("copier", COPIER), ("cookiecutter", COOKIECUTTER)):
        template = lay(tmp_path / name, files)
        commit(template, "v1")
        (template / next(path for path in files if path.endswith(("__init__.py", "__init__.py.jinja")))).write_text("")
        commit(template, "v2")
        old, new = (make(template, tmp_path / f"{name}-{ref}", ref=ref) for ref in ("v1", "v2"))
        assert (old / "shop/__init__.py").read_text() != ""
        assert (new / "shop/__init__.py").read_text() == ""
        with pytest.raises((InputError, EnvironmentLacksError)):
            make(template, tmp_path / f"{name}-none", ref="nowhere")


@pytest.mark.parametrize(
    "files",
    [
        COOKIECUTTER | HOOK,
        COOKIECUTTER | {"cookiecutter.json": '{"name": "shop", "kind": "a", "_extensions": ["os.path.X"]}'},
        COPIER | {"copier.yml": COPIER["copier.yml"] + "_tasks: ['touch hooked']\n"},
        COPIER | {"copier.yml": COPIER["copier.yml"] + "_jinja_extensions: [os.path.X]\n"},
    ],
    ids=["hook", "extension", "task", "copier extension"],
)
def test_code_of_a_template_runs_only_when_it_is_trusted(files: dict[str, str], tmp_path: Path) -> None:
    template = lay(tmp_path / "template", files)
    with pytest.raises(InputError, match="runs code of its own") as refusal:
        make(template, tmp_path / "mine")
    assert "--trust" in refusal.value.next_step
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    "files", [COOKIECUTTER | HOOK, COPIER | {"copier.yml": "name: shop\n_tasks: ['echo the hook; touch hooked']\n"}]
)
def test_trusted_code_runs_and_prints_beside_the_answer(files: dict[str, str], tmp_path: Path, run_cli: Run) -> None:
    lay(tmp_path / "template", files)
    done = run_cli("new", "--from", "template", "mine", "--trust", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["written"]
    assert "the hook" in done.stderr
    assert (tmp_path / "mine/hooked").exists()


@pytest.mark.parametrize(
    ("files", "data"),
    [
        (COPIER, {"name": "a b"}),
        (COPIER, {"nmae": "x"}),
        (COPIER | {"x.txt.jinja": "{{ nothing.at_all }}"}, {}),
        (COPIER | {"x.txt.jinja": "{{ ''.__class__.__mro__[1].__subclasses__() }}"}, {}),
        (COOKIECUTTER, {"kind": "c"}),
        (COOKIECUTTER, {"nmae": "x"}),
        (COOKIECUTTER | {"{{ cookiecutter.name }}/x": "{{ ''.__class__.__mro__[1].__subclasses__() }}"}, {}),
        (COOKIECUTTER | {"{{ cookiecutter.name }}/x": "{{ cookiecutter.nothing }}"}, {}),
        ({"README.md": "no template"}, {}),
    ],
)
def test_what_cannot_be_made_leaves_nothing(files: dict[str, str], data: dict[str, str], tmp_path: Path) -> None:
    template = lay(tmp_path / "template", files)
    with pytest.raises(InputError):
        make(template, tmp_path / "mine", **data)
    assert not (tmp_path / "mine").exists()


def test_a_hook_that_fails_leaves_nothing(tmp_path: Path) -> None:
    template = lay(tmp_path / "template", COOKIECUTTER | {"hooks/post_gen_project.py": "raise SystemExit(1)\n"})
    with pytest.raises(InputError, match="Cookiecutter cannot"):
        make(template, tmp_path / "mine", trust=True)
    assert not (tmp_path / "mine").exists()


def test_addresses_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no template at"):
        make("nowhere", tmp_path / "mine")
    with pytest.raises(EnvironmentLacksError, match="cannot be cloned"):
        make(f"file://{tmp_path}/nowhere.git", tmp_path / "mine")
    with pytest.raises(InputError, match="no file"):
        make(tmp_path / "nowhere.zip", tmp_path / "mine")


def test_options_that_belong_to_a_recipe_are_refused(run_cli: Run) -> None:
    assert run_cli("new", "--from", "x", "y", "--with", "drift").returncode == 2
    assert run_cli("new", "package", "y", "--trust").returncode == 2
