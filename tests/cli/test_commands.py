"""The command line as a user meets it: a child process, its exit code, and what it prints."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolder import catalog, lock

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SMALL = ("package", "shop", "--defaults")


def git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def shop(run_cli: Run, tmp_path: Path) -> Path:
    done = run_cli("new", *SMALL)
    assert done.returncode == 0, done.stderr
    return tmp_path / "shop"


def test_new_makes_a_repository_with_one_clean_commit_and_says_what_is_next(run_cli: Run, tmp_path: Path) -> None:
    done = run_cli("new", *SMALL)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert [line.split("#")[0].strip() for line in done.stdout.split("Next:\n")[1].splitlines()] == [
        "cd shop",
        "make setup",
        "make test",
    ]
    assert git(tmp_path / "shop", "log", "--format=%s").splitlines() == ["Start Shop"]
    assert git(tmp_path / "shop", "status", "--porcelain") == ""
    assert git(tmp_path / "shop", "branch", "--show-current").strip() == "main"


def test_a_person_goes_back_to_a_question_before_anything_is_written(
    in_terminal: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAGER", "cat")
    enter, down = "\r", "\x1b[B"
    said = in_terminal(
        [sys.executable, "-m", "scaffolder", "new", "package", "shop", "--no-git"],
        [
            ("in a sentence", enter),
            ("Your name", enter),
            ("E-mail", enter),
            ("Licence", enter),
            ("Oldest Python", enter),
            ("GitHub user", enter),
            ("What now", down * 4 + enter),
            ("in a sentence", "\x15Sells things" + enter),
            ("What now", down * 2 + enter),
            ("Components", down * 3 + " " + enter),
            ("What now", down + enter),
            ("What now", enter),
        ],
        tmp_path,
    )
    assert "Next:" in said
    assert "+     ci.yml" in said
    assert (tmp_path / "shop/.github/workflows/ci.yml").exists()
    assert all(ord(letter) < 0x2700 for letter in said), "no pictures"
    assert 'description = "Sells things"' in (tmp_path / "shop/pyproject.toml").read_text()


def test_no_git_and_inside_another_repository(run_cli: Run, tmp_path: Path) -> None:
    assert run_cli("new", "package", "one", "--defaults", "--no-git").returncode == 0
    assert not (tmp_path / "one/.git").exists()
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "outer")], check=True)
    assert run_cli("new", "package", "outer/two", "--defaults").returncode == 0
    assert not (tmp_path / "outer/two/.git").exists()


def test_an_empty_repository_is_taken_as_it_is(run_cli: Run, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path / "shop")], check=True)
    done = run_cli("new", *SMALL)
    assert done.returncode == 0, done.stderr
    assert git(tmp_path / "shop", "log", "--format=%s").splitlines() == ["Start Shop"]


def test_a_dry_run_shows_every_file_and_writes_none(run_cli: Run, tmp_path: Path) -> None:
    shown = run_cli("new", *SMALL, "--dry-run")
    assert shown.returncode == 0
    assert not (tmp_path / "shop").exists()
    planned = json.loads(run_cli("new", *SMALL, "--dry-run", "--json").stdout)
    assert not planned["written"]
    made = json.loads(run_cli("new", *SMALL, "--json").stdout)
    assert made["steps"] == planned["steps"]
    written = set(git(tmp_path / "shop", "ls-files").splitlines())
    assert {step["path"] for step in planned["steps"]} == written
    assert all(Path(path).name in shown.stdout for path in written)


def test_a_diff_is_one_that_git_applies(run_cli: Run, tmp_path: Path) -> None:
    diff = run_cli("new", *SMALL, "--dry-run", "--diff").stdout
    run_cli("new", *SMALL)
    (tmp_path / "patched").mkdir()
    subprocess.run(["git", "apply"], cwd=tmp_path / "patched", input=diff, text=True, check=True)
    assert (tmp_path / "patched/pyproject.toml").read_bytes() == (tmp_path / "shop/pyproject.toml").read_bytes()


BAD = [
    ((), "Usage:", ""),
    (("frobnicate",), 'no command "frobnicate"', "--help"),
    (("nwe",), 'there is no command "nwe"', 'did you mean "new"?'),
    (("new",), "which project?", "one of"),
    (("new", "model-servin", "x"), 'no project called "model-servin"', 'did you mean "model-serving"?'),
    (
        ("new", "package", "x", "--with", "dokcer", "--defaults"),
        'no component called "dokcer"',
        'did you mean "docker"?',
    ),
    (
        ("new", "package", "x", "--data", "descripton=y"),
        'no question called "descripton"',
        'did you mean "description"?',
    ),
    (("new", "package", "x", "--data", "description"), "is not KEY=VALUE", "--data"),
    (("new", "package", "class"), "keyword", "another folder"),
    (("new", "package", "json"), "standard library", "another folder"),
    (("new", "package", "日本"), "cannot name a project", "another folder"),
    (("new", "package", "x" * 41), "too many", "another folder"),
    (("new", "package", "x", "--data", "project_name=../up"), "not a path", "--data"),
    (("new", "package", "x", "--data", "project_name="), "a name is needed", "--data"),
    (("new", "package", "x", "--data", "license=GPL"), "license", "--data"),
    (("new", "package", "occupied"), "is not empty", "new folder"),
    (("new", "package", "file.txt"), "file.txt", ""),
    (("new", "package", "file.txt/x"), "file.txt", ""),
    (("new", "package", "x", "--answers", "missing.yml"), "missing.yml cannot be read", "--answers"),
    (("new", "package", "x", "--answers", "broken.yml"), "broken.yml is not valid YAML", ""),
    (("new", "package", "x", "--answers", "list.yml"), "must map questions to answers", ""),
    (("add", "docker"), "not in a project that scaffolder generated", "-C DIR"),
    (("set", "a=b", "-C", "nowhere"), "nowhere", ""),
    (("info", "dokcer"), 'did you mean "docker"?', ""),
]


@pytest.mark.parametrize(
    ("arguments", "what", "next_step"), BAD, ids=[" ".join(row[0])[:40] or "nothing" for row in BAD]
)
def test_bad_input_gets_one_clear_message_and_writes_nothing(
    run_cli: Run, tmp_path: Path, arguments: tuple[str, ...], what: str, next_step: str
) -> None:
    work = tmp_path / "work"
    (work / "occupied").mkdir(parents=True)
    for name, text in {"occupied/notes": "mine", "file.txt": "mine", "broken.yml": "a: [", "list.yml": "- a\n"}.items():
        (work / name).write_text(text)
    before = sorted(work.rglob("*"))
    done = run_cli(*arguments, cwd=work)
    assert done.returncode == 2, done.stderr
    said = done.stdout + done.stderr
    assert what in said
    assert next_step in said
    assert "Traceback" not in said
    assert said.count("error:") <= 1
    assert sorted(work.rglob("*")) == before


def test_a_broken_lock_and_broken_answers_stop_every_change(run_cli: Run, shop: Path) -> None:
    locked = (shop / lock.NAME).read_text()
    (shop / lock.NAME).write_text(locked.replace("format = 1", "format = 9"))
    done = run_cli("add", "docker", cwd=shop)
    assert (done.returncode, "newer scaffolder" in done.stderr) == (2, True)
    (shop / lock.NAME).write_text(locked)
    (shop / ".copier-answers.yml").write_text("a: [")
    done = run_cli("add", "docker", cwd=shop)
    assert (done.returncode, "not valid YAML" in done.stderr) == (2, True)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir(mode=0o500)
    done = run_cli("new", "package", "locked/x", "--defaults")
    assert done.returncode in {2, 3}
    assert "Traceback" not in done.stderr


def test_a_change_from_a_subfolder_and_with_directory(run_cli: Run, shop: Path, tmp_path: Path) -> None:
    done = run_cli("set", "description=Sells things", cwd=shop / "src")
    assert done.returncode == 0, done.stderr
    assert 'description = "Sells things"' in (shop / "pyproject.toml").read_text()
    assert run_cli("set", "description=Sells more", "-C", "shop").returncode == 0
    assert "Sells more" in (shop / ".copier-answers.yml").read_text()
    assert 'no question called "colour"' in run_cli("set", "colour=red", cwd=shop).stderr
    assert '"package_name" follows from other answers' in run_cli("set", "package_name=store", cwd=shop).stderr


def test_a_conflict_ends_with_1_and_names_the_file(run_cli: Run, shop: Path) -> None:
    own = compose_paths("security")[0]
    (shop / own).parent.mkdir(parents=True, exist_ok=True)
    (shop / own).write_text("mine\n")
    for extra in ((), ("--dry-run",), ("--json",)):
        done = run_cli("add", "security", *extra, cwd=shop)
        assert done.returncode == 1
        assert own in done.stdout + done.stderr
    assert git(shop, "status", "--porcelain", "-uall").splitlines() == [f"?? {own}"]


def compose_paths(name: str) -> list[str]:
    folder = catalog.load().components[name].folder / "project"
    return sorted(
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and "my_project" not in str(p) and p.suffix == ".md"
    )


def test_diff_shows_the_users_changes(run_cli: Run, shop: Path) -> None:
    assert "nothing was changed" in run_cli("diff", cwd=shop).stdout
    readme = shop / "README.md"
    readme.write_text(readme.read_text() + "\nMine.\n")
    (shop / "CONTRIBUTING.md").unlink()
    done = run_cli("diff", cwd=shop)
    assert "+Mine." in done.stdout
    assert "+++ /dev/null" in done.stdout
    rows = json.loads(run_cli("diff", "--json", cwd=shop).stdout)["changed"]
    assert rows == [{"path": "CONTRIBUTING.md", "change": "deleted"}, {"path": "README.md", "change": "edited"}]


def test_list_and_info(run_cli: Run) -> None:
    listed = json.loads(run_cli("list", "--json").stdout)
    known = catalog.load()
    assert [row["name"] for row in listed["components"]] == list(known.components)
    shown = run_cli("list").stdout
    for name in (*known.components, *known.projects):
        assert name in shown
        facts = json.loads(run_cli("info", name, "--json").stdout)
        assert facts["files"]
        assert facts["summary"] in " ".join(run_cli("info", name).stdout.split())


def test_help_and_version(run_cli: Run) -> None:
    assert run_cli("--version").stdout.startswith("scaffolder ")
    said = run_cli("--help").stdout
    for name in ("new", "add", "remove", "set", "diff", "list", "info", "doctor"):
        assert f"  {name} " in said
        assert run_cli(name, "--help").stdout.startswith("Usage: scaffolder")


def test_all_commands_are_on_one_screen(run_cli: Run) -> None:
    lines = run_cli("--help", COLUMNS="80").stdout.splitlines()
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    for arguments in (("list",), ("info", "docker"), ("doctor",), ("walkthrough",)):
        wide = [line for line in run_cli(*arguments, COLUMNS="80").stdout.splitlines() if len(line) > 80]
        assert not [line for line in wide if not line.startswith(("|", "    "))], arguments


def test_new_names_what_the_project_is_for_and_the_target_exists(run_cli: Run, tmp_path: Path) -> None:
    for project in catalog.load().projects.values():
        said = run_cli("new", project.name, f"a-{project.name}", "--defaults", "--no-git").stdout
        assert not project.job or f"  {project.job}" in said
        makefiles = [tmp_path / f"a-{project.name}/Makefile", *(tmp_path / f"a-{project.name}/mk").glob("*.mk")]
        rules = "".join(path.read_text() for path in makefiles)
        for target in project.job.split()[1:]:
            assert f"\n{target}:" in rules, project.name


def test_doctor(run_cli: Run) -> None:
    done = run_cli("doctor")
    assert done.returncode in {0, 3}
    names = {row["name"] for row in json.loads(run_cli("doctor", "--json").stdout)}
    assert {"python", "git", "make", "uv", "docker"} <= names
    lacking = run_cli("doctor", PATH="/nonexistent")
    assert lacking.returncode == 3
    assert "install: git, make" in lacking.stdout


def test_completion_knows_commands_components_and_projects(run_cli: Run) -> None:
    assert "_SCAFFOLDER_COMPLETE" in run_cli("completion", "bash").stdout
    environment = {"_SCAFFOLDER_COMPLETE": "bash_complete"}
    assert "plain,model-serving" in run_cli(**environment, COMP_WORDS="scaffolder new mod", COMP_CWORD="2").stdout
    assert "plain,docker" in run_cli(**environment, COMP_WORDS="scaffolder add doc", COMP_CWORD="2").stdout


def test_a_bug_is_reported_with_70(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from scaffolder.cli import main

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(catalog, "load", broken)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    assert main(["list"]) == 70
    report = next(tmp_path.glob("scaffolder-bug-*.txt"))
    assert "ZeroDivisionError" in report.read_text()
    assert str(report) in capsys.readouterr().err
