"""Catalogues of others: found, named, recorded and kept at their revision; and hostile ones, which get nowhere."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from scaffolder import catalog, catalog_source, catalogs, project, update, workflow
from scaffolder.catalog import Catalog
from scaffolder.compose import compose
from scaffolder.errors import InputError, ScaffolderError
from scaffolder.render import render

HEADER = (catalog.templates_folder() / "components" / "base" / "copier.yml").read_text(encoding="utf-8").split(
    "\ndescription:"
)[0] + "\n"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def component(name: str, **manifest: object) -> dict[str, str]:
    head = {"summary": f"The part {name}", **manifest}
    rows = "".join(f"{key} = {json.dumps(value)}\n" for key, value in head.items())
    folder = f"components/{name}"
    return {
        f"{folder}/component.toml": rows,
        f"{folder}/copier.yml": HEADER,
        f"{folder}/project/{name}.txt": f"{name} of my_project\n",
    }


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A catalogue with a component, one on top of it, one called like a bundled one, and a recipe."""
    files = component("widget") | component("gadget", requires=["widget"]) | component("docker")
    files |= {
        "components/gadget/with/widget/both.txt": "both\n",
        "components/gadget/with/docker/box.txt": "box\n",
        "projects/shop.toml": 'summary = "A shop"\ncomponents = ["gadget"]\n',
        "README.md": "# Acme\n",
    }
    return write(tmp_path / "acme", files)


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def commit(root: Path) -> str:
    git(root, "add", "-A")
    git(root, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "x")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def new(known: Catalog, root: Path, *parts: str) -> Path:
    workflow.carry_out(workflow.new(known, "package", root, added=parts, data={}))
    return root


def test_a_folder_is_named_recorded_and_used_again(acme: Path, tmp_path: Path) -> None:
    known = catalogs.load([str(acme)])
    root = new(known, tmp_path / "shop", "gadget")
    assert (root / "widget.txt").read_text() == "widget of shop\n"
    assert (root / "both.txt").exists()
    assert not (root / "box.txt").exists()
    found = project.find(root)
    assert found.lock.components == ("base", "acme/widget", "acme/gadget")
    assert found.lock.catalogs["acme"].startswith(f"{acme}#")
    again = catalogs.load([], found.lock.catalogs)
    assert not workflow.add(again, found, ["widget"], {}).plan.changes
    workflow.carry_out(workflow.remove(again, found, ["gadget", "widget"]))
    assert project.find(root).lock.catalogs == {}


def test_the_bundled_catalogue_wins_a_plain_name_and_the_prefix_decides(acme: Path) -> None:
    known = catalogs.load([str(acme)])
    assert known.component("docker").folder.is_relative_to(catalog.templates_folder())
    assert known.component("acme/docker").folder == acme / "components/docker"
    assert known.resolve(known.project("acme/shop").components) == ("base", "acme/widget", "acme/gadget")
    two = catalogs.load([str(acme), f"other={acme}"])
    with pytest.raises(InputError, match='several catalogues have a component "widget"') as caught:
        two.component("widget")
    assert caught.value.next_step == "say acme/widget or other/widget"
    with pytest.raises(InputError, match='two catalogues are called "acme"'):
        catalogs.load([str(acme), str(acme)])


def test_with_folders_mean_the_own_catalogue_and_the_bundled_one(acme: Path) -> None:
    known = catalogs.load([str(acme)])
    for docker in ("docker", "acme/docker"):
        assert "box.txt" in compose(known, known.resolve(["gadget", docker])).files


def test_a_capability_may_come_from_another_catalogue_but_is_not_taken_from_it_unasked(tmp_path: Path) -> None:
    provided = next(c for c in catalog.load().components.values() if c.provides and c.name != catalog.BASE)
    capability = provided.provides[0]
    folder = write(
        tmp_path / "acme", component("mine", provides=[capability]) | component("user", requires=[capability])
    )
    known = catalogs.load([str(folder)])
    assert provided.name in known.resolve(["user"])
    assert provided.name not in known.resolve(["user", "mine"])


def test_a_folder_that_changed_needs_an_update(acme: Path, tmp_path: Path) -> None:
    root = new(catalogs.load([str(acme)]), tmp_path / "shop", "widget")
    (acme / "components/widget/project/widget.txt").write_text("new\n")
    recorded = project.find(root).lock.catalogs
    with pytest.raises(InputError, match="is not what it was") as caught:
        catalogs.load([], recorded)
    assert "scaffolder update" in caught.value.next_step
    workflow.carry_out(update.propose(catalogs.load([], recorded, newer=True), project.find(root), {}).proposal)
    assert (root / "widget.txt").read_text() == "new\n"
    catalogs.load([], project.find(root).lock.catalogs)


def test_git_by_revision_kept_for_work_without_the_repository(acme: Path, tmp_path: Path) -> None:
    git(acme, "init", "-qb", "main")
    first = commit(acme)
    git(acme, "tag", "v1")
    (acme / "components/widget/project/widget.txt").write_text("second\n")
    second = commit(acme)
    url = f"file://{acme}"
    for ref, revision in (("", second), ("#v1", first), ("#main", second), (f"#{first}", first)):
        assert catalogs.load([f"{url}{ref}"]).sources == {"acme": f"{url}#{revision}"}, ref
    root = new(catalogs.load([f"{url}#v1"]), tmp_path / "shop", "widget")
    acme.rename(tmp_path / "away")
    recorded = project.find(root).lock.catalogs
    assert catalogs.load([], recorded).sources == recorded, "no network"
    with pytest.raises(InputError, match="cannot be fetched"):
        catalogs.load([f"{url}#v9"])
    (tmp_path / "away").rename(acme)
    with pytest.raises(InputError, match="cannot be fetched"):
        catalogs.load([f"{url}#v9"])
    workflow.carry_out(update.propose(catalogs.load([url], recorded), project.find(root), {}).proposal)
    assert (root / "widget.txt").read_text() == "second\n"
    assert not list((tmp_path / "cache").rglob(".git"))


def test_an_installed_package_is_found_without_importing_it(
    acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site/acme_parts"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('imported')\n")
    acme.rename(package / "templates")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    point = EntryPoint("acme", "acme_parts:templates", catalog_source.ENTRY_POINTS)
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **select: EntryPoints([point]).select(**select))
    assert "acme/widget" in catalogs.load(["acme"]).components
    assert "mine/widget" in catalogs.load(["mine=acme"]).components


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("nowhere", 'no catalogue "nowhere"'),
        ("file:///nowhere/at/all", "cannot be fetched"),
        ("ext::sh -c touch% owned", 'no catalogue "ext'),
        ("x=ext://sh", "cannot be fetched"),
        ("Bad_Name=.", "cannot name a catalogue"),
        (".", "is not a catalogue"),
        ("https://--upload-pack=touch owned/x", "cannot be fetched"),
    ],
)
def test_a_source_that_is_none(source: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(ScaffolderError, match=said):
        catalogs.load([source])
    assert not list((tmp_path / "empty").iterdir())


def test_on_the_command_line(acme: Path, run_cli: Run, tmp_path: Path) -> None:
    assert "acme/gadget" in run_cli("list", "--catalog", str(acme)).stdout
    assert "acme/widget" in run_cli("info", "gadget", "--catalog", str(acme)).stdout
    done = run_cli("new", "acme/shop", "shop", "--defaults", "--catalog", str(acme))
    assert done.returncode == 0, done.stderr
    shop = tmp_path / "shop"
    for command in (
        ["set", "description=Other"],
        ["remove", "gadget"],
        ["update", "--check"],
    ):
        done = run_cli(*command, cwd=shop)
        assert done.returncode == 0, done.stderr
    assert "acme = " in (shop / "scaffolder.lock").read_text()
    acme.rename(tmp_path / "moved")
    done = run_cli("set", "description=More", cwd=shop)
    assert (done.returncode, "--catalog acme=SOURCE" in done.stderr) == (2, True)
    done = run_cli("update", "--allow-dirty", "--catalog", f"acme={tmp_path / 'moved'}", cwd=shop)
    assert done.returncode == 0, done.stderr
    assert run_cli("set", "description=More", cwd=shop).returncode == 0


# Hostile catalogues. None of them may write outside the project, read the machine, or run anything.


OWNED = "from pathlib import Path\nPath({!r}).write_text('owned')\n"


def test_completion_knows_the_names_of_others(acme: Path, run_cli: Run, tmp_path: Path) -> None:
    def completed(words: str, cwd: Path) -> str:
        environment = {"_SCAFFOLDER_COMPLETE": "bash_complete", "COMP_WORDS": words}
        return run_cli(cwd=cwd, COMP_CWORD=str(len(words.split()) - 1), **environment).stdout

    name = next(path.name for path in sorted((acme / "components").iterdir()))
    assert f"plain,acme/{name}" in completed(f"scaffolder add --catalog {acme} ac", tmp_path)
    assert "acme/" not in completed("scaffolder add ac", tmp_path)
    assert completed("scaffolder add --catalog https://nowhere.example/x ht", tmp_path).count("plain,http-api") == 1
    made = run_cli("new", "package", "shop", "--defaults", "--catalog", str(acme), "--with", f"acme/{name}")
    assert made.returncode == 0, made.stderr
    assert f"plain,acme/{name}" in completed("scaffolder add ac", tmp_path / "shop")


def hostile_yaml(text: str) -> Callable[[Path], None]:
    return lambda folder: (
        (folder / "components/widget/copier.yml").write_text(
            HEADER + text.replace("OWNED", str(folder.parent / "owned"))
        )
        and None
    )


def link(path: str, target: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            place.unlink() if place.is_file() else place.rename(folder.parent / "aside")
        place.symlink_to(target)

    return make


def text_file(path: str, text: str) -> Callable[[Path], None]:
    return lambda folder: write(folder, {f"components/widget/{path}": text}) and None


TASK = '[["touch", "OWNED"]]'
HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "a task": (hostile_yaml(f"_tasks: {TASK}\n"), "may not set _tasks"),
    "a migration": (hostile_yaml('_migrations: [{version: v1, before: [["touch", "OWNED"]]}]\n'), "may not set"),
    "a task behind quotes": (hostile_yaml(f'colour:\n  type: str\n"_tasks": {TASK}\n'), "is not plain"),
    "a task as a complex key": (hostile_yaml(f"colour:\n  type: str\n? _tasks\n: {TASK}\n"), "is not plain"),
    "a task in a second document": (hostile_yaml(f"colour:\n  type: str\n---\n_tasks: {TASK}\n"), "may not set _tasks"),
    "a task through a merge key": (
        hostile_yaml(f"colour: &c\n  _tasks: {TASK}\n<<: *c\n"),
        "is not plain",
    ),
    "an included file": (hostile_yaml("colour:\n  type: str\n!include other.yml\n"), "not valid YAML|is not plain"),
    "an object of Python": (hostile_yaml("colour: !!python/object/apply:os.system [touch OWNED]\n"), "not valid YAML"),
    "an extension of its own": (
        lambda folder: (
            (folder / "components/widget/copier.yml").write_text(
                HEADER.replace("scaffolder.extension.Sentinels", "owner.Owner")
            )
            and None
        ),
        "defined differently",
    ),
    "a second extension behind quotes": (
        lambda folder: (
            (folder / "components/widget/copier.yml").write_text(
                HEADER.replace("_envops:", '"_jinja_extensions": [owner.Owner]\n_envops:')
            )
            and None
        ),
        "defined differently|is not plain",
    ),
    "data from a file": (hostile_yaml("_external_data: {secrets: /etc/passwd}\n"), "may not set"),
    "a question that breaks out of the sandbox": (
        hostile_yaml("colour:\n  type: str\n  default: \"{@ ''.__class__.__mro__[1].__subclasses__() @}\"\n"),
        "unsafe|wrong|access",
    ),
    "a file that breaks out of the sandbox": (
        text_file("project/x.txt", "{@ cycler.__init__.__globals__.os.system('touch owned') @}\n"),
        "wrong",
    ),
    "a variable of the environment": (text_file("project/x.txt", "{@ '$HOME' | expandvars @}\n"), "wrong"),
    "files of the machine": (text_file("project/x.txt", "{@ '/etc/*' | fileglob @}\n"), "wrong"),
    "an include of a file": (text_file("project/x.txt", "{@% include '/etc/passwd' %@}\n"), "could not be rendered"),
    "a link out of the project": (link("components/widget/project/up", "../../x"), "leads out of the project"),
    "an absolute link": (link("components/widget/project/etc", "/etc"), "leads out of the project"),
    "a link in a folder": (link("components/widget/project/a/b/up", "../../../x"), "leads out of the project"),
    "project as a link": (link("components/widget/project", "/etc"), "is a symbolic link"),
    "with as a link": (link("components/widget/with/docker", "/etc"), "is a symbolic link"),
    "a component as a link": (link("components/other", "/etc"), "is a symbolic link"),
    "a manifest as a link": (link("components/widget/component.toml", "/etc/passwd"), "is a symbolic link"),
    "a README as a link": (link("components/widget/README.md", "/etc/passwd"), "is a symbolic link"),
    "git's own files, differently spelt": (text_file("project/.GIT/config", "[core]\n"), "git's own files"),
    "a name with a backslash": (text_file("project/..\\x", "x"), "backslash"),
    "a name that moves the cursor": (text_file("project/\x1b[2Jx", "x"), "does not print"),
    "a summary that moves the cursor": (text_file("component.toml", 'summary = "\\u001b[2J"\n'), "one line of text"),
    "an addition to a path outside": (
        text_file("component.toml", 'summary = "x"\n[adds."../x.toml".a]\nb = 1\n'),
        "a path inside the project",
    ),
    "an addition to git's own files": (
        text_file("component.toml", 'summary = "x"\n[adds.".git/config"]\nlines = ["x"]\n'),
        "no component of the stack ships",
    ),
    "somebody else's file": (text_file("project/pyproject.toml", "x"), "both ship pyproject.toml"),
    "the lock": (text_file("project/scaffolder.lock", "x"), "written twice|reserved"),
    "two names that are one where case does not count": (
        lambda folder: (
            write(folder, {"components/widget/project/A.txt": "", "components/widget/project/a.txt": ""}) and None
        ),
        "where case does not count",
    ),
}


@pytest.mark.parametrize("make", HOSTILE)
def test_a_hostile_catalogue_gets_nowhere(make: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attack, said = HOSTILE[make]
    outside = tmp_path / "outside"
    write(outside, component("widget"))
    attack(outside)
    write(tmp_path / "importable", {"owner.py": OWNED.format(str(tmp_path / "owned"))})
    monkeypatch.syspath_prepend(str(tmp_path / "importable"))
    monkeypatch.chdir(tmp_path)
    before = {path for path in tmp_path.rglob("*") if "shop" not in path.parts}
    with pytest.raises(ScaffolderError) as caught:
        new(catalogs.load([f"acme={outside}"]), tmp_path / "shop", "widget")
    assert any(re.search(said, text) for text in (caught.value.what, caught.value.why)), caught.value
    assert not (tmp_path / "shop").exists()
    assert {path for path in tmp_path.rglob("*") if "shop" not in path.parts} == before


def test_gits_own_files_and_our_temporary_ones_are_no_part_of_a_component(tmp_path: Path) -> None:
    folder = write(tmp_path / "acme", component("widget"))
    text_file("project/.git/hooks/pre-commit", "#!/bin/sh\n")(folder)
    text_file("project/.scaffolder.tmp/journal", "{}")(folder)
    known = catalogs.load([str(folder)])
    assert not [path for path in compose(known, known.resolve(["widget"])).files if path.startswith((".git/", ".sc"))]


def test_a_link_inside_the_project_is_fine_and_is_not_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "acme", component("widget"))
    (folder / "components/widget/project/deep").mkdir()
    (folder / "components/widget/project/deep/link").symlink_to("../widget.txt")
    root = new(catalogs.load([str(folder)]), tmp_path / "shop", "widget")
    assert (root / "deep/link").is_symlink()
    assert (root / "deep/link").read_text() == "widget of shop\n"


def test_answers_with_template_syntax_stay_text(tmp_path: Path, acme: Path) -> None:
    known = catalogs.load([str(acme)])
    given = "{@ cycler.__init__.__globals__ @}"
    rendered = render(compose(known, known.resolve(["widget"])), {"project_name": "shop", "description": given})
    assert given in (rendered.files["pyproject.toml"].text or "")


def test_a_lock_cannot_lead_to_what_is_no_catalogue(acme: Path, tmp_path: Path, run_cli: Run) -> None:
    """A repository of somebody else may say anything in its lock."""
    run_cli("new", "acme/shop", "shop", "--defaults", "--catalog", str(acme))
    lock = tmp_path / "shop/scaffolder.lock"
    text = lock.read_text()
    for where in ("ext::sh -c touch owned#x", "/etc#x", "--upload-pack=touch owned#x", "fd::17#x"):
        line = next(line for line in text.splitlines() if line.startswith("acme = "))
        lock.write_text(text.replace(line, f'acme = "{where}"'))
        done = run_cli("set", "description=x", cwd=tmp_path / "shop")
        assert done.returncode == 2, done.stderr
        assert not list(tmp_path.rglob("owned"))
