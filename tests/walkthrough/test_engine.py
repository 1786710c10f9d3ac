"""Walkthroughs: the notation, comparing, editing, running, going on later."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scaffolder import show
from scaffolder.errors import CatalogError, ConflictError, InputError
from scaffolder.walkthrough import Runner, StepFailedError, Walkthrough, edit, follow, load, match, progress

DOCUMENT = """\
# A small one
<!-- walkthrough: project=package minutes=3 -->

What it is
about.

More of it.

## First

```sh
mkdir sub && cd sub
echo "one 1.234 two"
```
```text
one ... two
```
<!-- check: test -d ../sub -->

## Second

```ini
a = 1
b = 2
```
<!-- file: deep/settings.ini -->

```diff
--- a/deep/settings.ini
+++ b/deep/settings.ini
@@
-b = 2
+b = 3
```

```sh
grep "b = 3" deep/settings.ini
exit 7
```
<!-- exit: 7 -->

## Third
<!-- needs: no-such-program -->

```sh
no-such-program
```

## Fourth

```sh
push --to the cloud
```
<!-- not run -->

Only text.
"""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def document(folder: Path, text: str = DOCUMENT, name: str = "small") -> Walkthrough:
    path = folder / f"{name}.md"
    path.write_text(text, encoding="utf-8")
    return load(path)


def run(walkthrough: Walkthrough, folder: Path) -> dict[str, Any]:
    return follow.run_all(walkthrough, follow.begin(walkthrough, folder), lambda _: None)


def one(tmp_path: Path, body: str) -> dict[str, Any]:
    """Run a walkthrough of one step; the row of that step."""
    head = "# T\n<!-- walkthrough: project=package -->\n\nIntro.\n\n## Step\n\n"
    progress.forget("small")
    row: dict[str, Any] = run(document(tmp_path, head + body), tmp_path)["steps"][0]
    return row


def test_a_document_says_what_a_reader_sees_and_what_is_run(tmp_path: Path) -> None:
    found = document(tmp_path)
    assert (found.title, found.summary, found.minutes) == ("A small one", "What it is about.", 3)
    first, second, third, fourth = found.steps
    assert [block.kind for block in second.blocks] == ["file", "edit", "run"]
    assert first.blocks[0].expected == "one ... two\n"
    assert "<!--" not in first.text
    assert "one ... two" in first.text
    assert third.needs == ("no-such-program",)
    assert fourth.blocks == ()
    assert "push --to the cloud" in fourth.text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("# T\n", "a walkthrough has a title"),
        ("# T\n<!-- walkthrough: project=x -->\n## S\n```sh\nls\n", "small.md:4: this block has no end"),
        ("# T\n<!-- walkthrough: project=x -->\n## S\n<!-- check: ls -->\n", "small.md:4"),
        ("# T\n<!-- walkthrough: project=x -->\n## S\n```sh\nls\n```\n<!-- chekc: ls -->\n", "small.md:7"),
    ],
)
def test_a_document_that_breaks_the_notation_is_refused_with_its_line(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(CatalogError, match=what):
        document(tmp_path, text)


def test_a_whole_run_changes_folders_and_skips_what_cannot_be_run(tmp_path: Path) -> None:
    result = run(document(tmp_path), tmp_path)
    assert [row["status"] for row in result["steps"]] == ["done", "done", "skipped", "done"]
    assert result["done"]
    assert result["folder"] == str(tmp_path / "sub")
    assert (tmp_path / "sub/deep/settings.ini").read_text() == "a = 1\nb = 3\n"


def test_a_step_whose_text_and_outcome_disagree_fails_with_the_difference(tmp_path: Path) -> None:
    printed = one(tmp_path, "```sh\necho apples; echo pears\n```\n```text\napples\nplums\n```\n")
    assert printed["status"] == "failed"
    assert "- plums\n+ pears" in printed["why"]
    assert "exit code 3, not 0" in one(tmp_path, "```sh\nexit 3\n```\n")["what"]
    assert "exit code 0, not 1" in one(tmp_path, "```sh\ntrue\n```\n<!-- exit: 1 -->\n")["what"]
    assert "test -f nothing" in one(tmp_path, "```sh\ntrue\n```\n<!-- check: test -f nothing -->\n")["what"]
    missing = "```diff\n--- a/small.md\n+++ b/small.md\n@@\n-not there\n+there\n```\n"
    assert "cannot be changed as the text says" in one(tmp_path, missing)["what"]


@pytest.mark.parametrize(
    ("expected", "printed", "fits"),
    [
        ("a\nb", "x\na\nb\ny", True),
        ("a\nb", "a\nx\nb", False),
        ("a\n...\nb", "a\nx\nb", True),
        ("b\n...\na", "a\nb", False),
        ("auc 0.9... [...]", "auc 0.9034 [0.88, 0.91]", True),
        ("auc 0.9...", "auc 0.8", False),
        ('{"p":0....,"d":1}', '{"p":0.72,"d":1}', True),
        ("a (b) [c]*", "a (b) [c]*", True),
        ("green", "\x1b[32mgreen\x1b[0m  ", True),
        ("", "anything", True),
        ("...", "", True),
        ("a", "", False),
    ],
)
def test_comparing(expected: str, printed: str, fits: bool) -> None:
    assert (match.differs(expected, printed) == "") is fits


def test_a_change_is_made_once_and_only_where_its_lines_are(tmp_path: Path) -> None:
    target = tmp_path / "f.txt"
    target.write_text("one\ntwo\nthree\n")
    target.chmod(0o755)
    diff = "--- a/f.txt\n+++ b/f.txt\n@@\n one\n-two\n+2\n@@\n three\n+four\n"
    assert edit.is_applied(tmp_path, diff)
    for _ in range(2):
        edit.apply_diff(tmp_path, diff)
        assert target.read_text() == "one\n2\nthree\nfour\n"
    assert not edit.is_applied(tmp_path, diff)
    assert target.stat().st_mode & 0o777 == 0o755
    target.write_text("one\ntwo\none\ntwo\n")
    with pytest.raises(ConflictError, match="2 times"):
        edit.apply_diff(tmp_path, "--- a/f.txt\n+++ b/f.txt\n@@\n-two\n+2\n")
    with pytest.raises(ConflictError, match=r"no file g\.txt"):
        edit.apply_diff(tmp_path, "--- a/g.txt\n+++ b/g.txt\n@@\n-two\n+2\n")


def test_a_make_around_it_is_not_that_of_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKELEVEL", "1")
    monkeypatch.setenv("MAKEFLAGS", "w")
    (tmp_path / "Makefile").write_text("it:\n\t@echo made\n")
    assert one(tmp_path, "```sh\nmake it\nmake it\n```\n```text\nmade\nmade\n```\n")["status"] == "done"


SERVICE = """\
```sh
echo $$ > pid; echo ready > there; exec sleep 600
```
<!-- service: test -f there -->

```sh
kill -0 "$(cat pid)" && echo alive
```
```text
alive
```
"""


def test_a_service_runs_until_its_step_ends(tmp_path: Path) -> None:
    assert one(tmp_path, SERVICE)["status"] == "done"
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    failed = one(tmp_path, "```sh\necho no port; exit 1\n```\n<!-- service: false -->\n")
    assert "did not get ready" in failed["what"]
    assert "no port" in failed["why"]


def test_going_on_later_where_it_stopped(tmp_path: Path) -> None:
    text = DOCUMENT.replace("exit 7\n```\n<!-- exit: 7 -->", "test -f repaired\n```")
    first = run(document(tmp_path, text), tmp_path)
    assert [row["status"] for row in first["steps"]] == ["done", "failed"]
    reached = progress.read("small")
    assert reached == progress.Progress(1, str(tmp_path / "sub"), (str(tmp_path),))
    (tmp_path / "sub/repaired").touch()
    second = run(document(tmp_path, text), Path("/"))
    assert [row["step"] for row in second["steps"]] == [2, 3, 4]
    assert second["done"]
    progress.forget("small")
    assert progress.read("small") is None


def test_a_reader_who_did_it_alone_is_checked_too(tmp_path: Path) -> None:
    first, second, *_ = document(tmp_path).steps
    with Runner(tmp_path, lambda _: None) as runner:
        with pytest.raises(StepFailedError, match=r"no file deep/settings\.ini"):
            runner.check(second)
        with pytest.raises(StepFailedError, match="no folder sub"):
            runner.check(first)
        (tmp_path / "sub").mkdir()
        runner.check(first)
        assert runner.folder == tmp_path / "sub", "where its cd leads"


def test_where_a_later_walkthrough_begins(run_cli: Callable[..., Any], tmp_path: Path) -> None:
    done = run_cli("walkthrough", "model-serving-break", "--run")
    assert done.returncode == 2
    assert "scaffolder walkthrough model-serving-build" in done.stderr
    near = run_cli("walkthrough", "model-serving-brake")
    assert (near.returncode, 'did you mean "model-serving-break"?' in near.stderr) == (2, True)


def test_one_that_makes_a_repository_begins_outside_of_any(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(InputError, match="inside one"):
        follow.begin(document(tmp_path), tmp_path)


def test_text_for_a_terminal() -> None:
    text = "Words that\nare wrapped.\n\n- an item that is\n  long\n- another\n\n"
    text += "```sh\nls \\\n  -l\n```\n```text\nout\n```\n| a | table |"
    assert show.reflow(text, 14).splitlines() == [
        *("Words that are", "wrapped.", ""),
        *("- an item that", "  is long", "- another", ""),
        *("    $ ls \\", "      -l", "    out", "| a | table |"),
    ]


def test_listing_and_reading_off_a_terminal(run_cli: Callable[..., Any]) -> None:
    listed = run_cli("walkthrough").stdout
    names = [row["name"] for row in json.loads(run_cli("walkthrough", "--json").stdout)]
    assert {"first-experiment", "model-serving-build", "rag-app-break"} <= set(names)
    assert all(name in listed for name in names)
    assert max(map(len, listed.splitlines())) <= 80
    assert run_cli("walkthrough", "first-experiment").stdout.startswith("# Your first local experiment")


@pytest.fixture
def talk(in_terminal: Callable[..., str], tmp_path: Path) -> Callable[..., str]:
    """Follow the small document with these answers, " " for Enter that shows the next step."""
    code = (
        "import sys; from pathlib import Path; from scaffolder.walkthrough import load, follow;"
        "w = load(Path(sys.argv[1])); sys.exit(follow.follow(w, follow.begin(w, Path(sys.argv[2]))))"
    )
    document(tmp_path)
    command = [sys.executable, "-c", code, str(tmp_path / "small.md"), str(tmp_path)]

    def follow_it(*answers: str) -> str:
        typed = [("Enter shows" if answer == " " else "What now", answer.strip() + "\n") for answer in answers]
        return in_terminal(command, typed, tmp_path)

    return follow_it


def test_following_in_a_terminal(talk: Callable[..., str]) -> None:
    """Show a step, go back, run, quit; another day goes on at the next step."""
    said = talk("d", "r", " ", "b", "s", "q")
    assert "Not yet: there is no folder sub in" in said
    assert said.count("Step 1 of 4: First") == 3
    assert "As the text says." in said
    again = talk("r", " ", "s", "d")
    assert "Going on at step 2" in again
    assert "That was all of it" in again


def test_going_back_leads_to_the_folder_of_the_step(talk: Callable[..., str], tmp_path: Path) -> None:
    """Also on another day; a step that failed is tried again where it began."""
    talk("r", " ", "q")
    said = talk("b", "r", "q")
    assert "Not yet: " in said, "the folder is there already"
    assert progress.read("small") == progress.Progress(0, str(tmp_path))
