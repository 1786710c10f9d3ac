"""Bringing projects to this version: from every state of a repository, with conflicts left the way git leaves them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scaffolder import catalog, lock, project, unmerged, update, workflow
from scaffolder.catalog import Catalog
from scaffolder.errors import ConflictError, EnvironmentLacksError, InputError
from scaffolder.tree import Entry, read_tree

#: Long enough to be edited at both ends.
SCRIPT = "#!/bin/sh\necho run\n# 1\n# 2\n# 3\necho end\n"
MINE = SCRIPT.replace("end\n", "end\necho mine\n")


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def commit(root: Path, message: str = "work") -> None:
    git(root, "add", "-A", ".")
    git(root, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", message)


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, text
    path.write_text(text.replace(old, new))


def older(root: Path) -> None:
    """Say that another version generated the project, so that nothing can be rendered as it was."""
    replace_in(root / lock.NAME, 'version = "', 'version = "0.0.')


def run_update(known: Catalog, root: Path, **options: object) -> update.Update:
    found = update.propose(known, project.find(root), {}, **options)  # type: ignore[arg-type]
    workflow.carry_out(found.proposal)
    return found


@pytest.fixture
def shop(mini: Catalog, mini_folder: Path, tmp_path: Path) -> Path:
    """A project of an earlier version, committed as generated."""
    (mini_folder / "components/base/project/run.sh").write_text(SCRIPT)
    root = tmp_path / "shop"
    workflow.carry_out(workflow.new(mini, "small", root, added=["beta"], data={"description": "Sold things"}))
    older(root)
    git(root, "init", "-q")
    commit(root, "start")
    return root


@pytest.fixture
def newer(mini_folder: Path, shop: Path) -> Path:
    """The catalogue of this version: the mini one, in which much has changed."""
    parts = mini_folder / "components"
    replace_in(parts / "base/project/README.md", "It is good.", "It is better.")
    replace_in(parts / "base/project/run.sh", "echo run", "echo run it")
    (parts / "beta/project/beta.txt").rename(parts / "beta/project/second.txt")
    (parts / "alpha/project/src/my_project/alpha.py").unlink()
    (parts / "alpha/project/src/my_project/letters.py").write_text("LETTERS = 1\n")
    text = (parts / "beta/component.toml").read_text()
    (parts / "beta/component.toml").write_text(
        text.replace("beta>=2", "beta>=3") + '\n[renamed.files]\n"beta.txt" = "second.txt"\n'
    )
    return mini_folder


def fresh(known: Catalog, tmp_path: Path) -> dict[str, Entry]:
    root = tmp_path / "fresh/shop"
    workflow.carry_out(workflow.new(known, "small", root, added=["beta"], data={"description": "Sold things"}))
    return read_tree(root)


def test_an_untouched_project_becomes_what_this_version_generates(newer: Path, shop: Path, tmp_path: Path) -> None:
    known = catalog.load(newer)
    run_update(known, shop)
    assert read_tree(shop) == fresh(known, tmp_path)
    assert not update.propose(known, project.find(shop), {}).proposal.plan.steps, "once is enough"


def test_edits_renames_and_dropped_files(newer: Path, shop: Path) -> None:
    """What the user edited is merged, follows a rename, and stays where the file is dropped."""
    with (shop / "src/shop/alpha.py").open("a") as file:
        file.write("MINE = 1\n")
    replace_in(shop / "beta.txt", "beta", "my beta")
    replace_in(shop / "pyproject.toml", "dependencies = [", 'dependencies = [\n    "mine",')
    (shop / "run.sh").unlink()
    commit(shop)
    found = run_update(catalog.load(newer), shop)
    assert {step.path: step.action for step in found.proposal.plan.steps} == {
        "README.md": "update",
        "beta.txt": "delete",
        "pyproject.toml": "merge",
        "run.sh": "skip",
        "scaffolder.lock": "update",
        "second.txt": "create",
        "src/shop/alpha.py": "keep",
        "src/shop/letters.py": "create",
    }
    assert (shop / "second.txt").read_text() == "my beta\n"
    assert (shop / "src/shop/alpha.py").read_text().endswith("MINE = 1\n")
    assert '"mine"' in (shop / "pyproject.toml").read_text()
    assert '"beta>=3"' in (shop / "pyproject.toml").read_text()
    assert not (shop / "run.sh").exists()
    assert "src/shop/alpha.py" not in project.find(shop).lock.files


def test_a_deleted_file_that_moves_stays_deleted(newer: Path, shop: Path) -> None:
    (shop / "beta.txt").unlink()
    commit(shop)
    run_update(catalog.load(newer), shop)
    assert not (shop / "second.txt").exists()


def test_a_second_update_has_its_base_though_no_commit_has_it(newer: Path, shop: Path) -> None:
    """The merged file is committed, what this version generated never is: the lock keeps it."""
    with (shop / "run.sh").open("a") as file:
        file.write("echo mine\n")
    commit(shop)
    run_update(catalog.load(newer), shop)
    older(shop)
    commit(shop)
    replace_in(newer / "components/base/project/run.sh", "echo run it", "echo run it again")
    run_update(catalog.load(newer), shop)
    assert (shop / "run.sh").read_text() == MINE.replace("run", "run it again")
    packed = project.find(shop).lock.pristine
    assert [lock.unpack(text) for text in packed.values()] == [SCRIPT.replace("run", "run it again").encode()]


def edited(shop: Path) -> None:
    with (shop / "run.sh").open("a") as file:
        file.write("echo mine\n")
    commit(shop, "edit")


def as_cloned(shop: Path, tmp_path: Path, *options: str) -> Path:
    git(tmp_path, "clone", "-q", *options, f"file://{shop}", "clone")
    return tmp_path / "clone"


def test_on_a_fresh_clone(newer: Path, shop: Path, tmp_path: Path) -> None:
    edited(shop)
    clone = as_cloned(shop, tmp_path)
    run_update(catalog.load(newer), clone)
    assert (clone / "run.sh").read_text() == MINE.replace("run", "run it")


def test_on_a_rebased_history(newer: Path, shop: Path) -> None:
    edited(shop)
    git(shop, "-c", "user.name=B", "-c", "user.email=b@example.org", "rebase", "-q", "--root", "--force-rebase")
    git(shop, "reflog", "expire", "--expire=now", "--all")
    git(shop, "gc", "-q", "--prune=now")
    run_update(catalog.load(newer), shop)
    assert "echo run it\n" in (shop / "run.sh").read_text()


def test_in_a_repository_with_sha256(newer: Path, shop: Path, tmp_path: Path) -> None:
    """Git's ids are others there than those in the lock."""
    shutil.rmtree(shop / ".git")
    git(shop, "init", "-q", "--object-format=sha256")
    commit(shop)
    edited(shop)
    replace_in(shop / "README.md", "It is good.", "It is mine.")
    commit(shop)
    run_update(catalog.load(newer), shop)
    assert (shop / "run.sh").read_text() == MINE.replace("run", "run it")
    assert stages(shop) == {"README.md": ["1", "2", "3"]}
    unmerged.abort(shop)
    assert git(shop, "status", "--porcelain") == ""


def test_from_a_subfolder_of_a_monorepo_and_in_a_worktree(newer: Path, shop: Path, tmp_path: Path) -> None:
    mono = tmp_path / "mono"
    git(tmp_path, "init", "-q", "mono")
    shutil.copytree(shop, mono / "apps/shop", ignore=shutil.ignore_patterns(".git"), symlinks=True)
    commit(mono)
    with (mono / "apps/shop/run.sh").open("a") as file:
        file.write("echo mine\n")
    commit(mono)
    git(mono, "worktree", "add", "-q", "../tree")
    root = tmp_path / "tree/apps/shop"
    run_update(catalog.load(newer), root)
    assert "echo run it\n" in (root / "run.sh").read_text()
    assert "apps/shop/run.sh" in git(tmp_path / "tree", "status", "--porcelain")


def squashed(shop: Path, tmp_path: Path) -> Path:
    edited(shop)
    git(shop, "checkout", "-q", "--orphan", "one")
    commit(shop, "all in one")
    return as_cloned(shop, tmp_path, "--single-branch")


def partial(shop: Path, tmp_path: Path) -> Path:
    edited(shop)
    git(shop, "config", "uploadpack.allowFilter", "true")
    return as_cloned(shop, tmp_path, "--filter=blob:none")


def shallow(shop: Path, tmp_path: Path) -> Path:
    edited(shop)
    return as_cloned(shop, tmp_path, "--depth=1")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (shallow, "git fetch --unshallow"),
        (partial, "git fetch --refetch --no-filter"),
        (squashed, "uvx scaffolder@0.0.0.1.0 diff -C "),
    ],
)
def test_where_the_base_is_lost_it_stops_and_says_what_to_run(
    made: Callable[[Path, Path], Path], said: str, newer: Path, shop: Path, tmp_path: Path
) -> None:
    root = made(shop, tmp_path)
    before = read_tree(root)
    with pytest.raises(InputError, match="not all to be had") as caught:
        run_update(catalog.load(newer), root)
    assert said in caught.value.next_step
    assert "run.sh was edited" in caught.value.why
    assert read_tree(root) == before
    if made is shallow:
        git(root, "fetch", "-q", "--unshallow")
        run_update(catalog.load(newer), root)
    elif made is partial:
        git(root, "fetch", "-q", "--refetch", "--no-filter")
        run_update(catalog.load(newer), root)


def test_a_base_that_was_generated_again(newer: Path, shop: Path, mini_folder: Path, tmp_path: Path) -> None:
    root = squashed(shop, tmp_path)
    generated = tmp_path / "again"
    git(shop, "worktree", "add", "-q", str(generated), "HEAD")
    with pytest.raises(InputError, match="not all to be had"):
        run_update(catalog.load(newer), root, base_folder=generated)
    replace_in(generated / "run.sh", "echo mine\n", "")
    run_update(catalog.load(newer), root, base_folder=generated)
    assert (root / "run.sh").read_text() == MINE.replace("run", "run it")


def test_questions_that_are_new_renamed_or_gone(mini_folder: Path, shop: Path) -> None:
    base = mini_folder / "components/base"
    replace_in(base / "copier.yml", "\ndescription:", "\nsummary:")
    replace_in(base / "copier.yml", "if description |", "if summary |")
    with (base / "copier.yml").open("a") as file:
        file.write("colour:\n  type: str\n  default: red\n")
    replace_in(base / "project/pyproject.toml", "{@ description |", "{@ summary |")
    (base / "project/.copier-answers.yml").write_text(
        "project_name: my-project\nsummary: {@ summary | to_json @}\ncolour: {@ colour @}\n"
    )
    with (base / "component.toml").open("a") as file:
        file.write('\n[renamed.questions]\ndescription = "purpose"\npurpose = "summary"\n')
    with (shop / ".copier-answers.yml").open("a") as file:
        file.write("smell: sweet\n")
    found = update.propose(catalog.load(mini_folder), project.find(shop), {})
    assert found.proposal.answers["summary"] == "Sold things"
    assert set(found.notes) == {
        "question description is now summary",
        "question smell is no more",
        "question colour is new; the answer is 'red'",
    }


def test_components_that_are_renamed_required_or_gone(mini_folder: Path, shop: Path) -> None:
    parts = mini_folder / "components"
    (parts / "alpha").rename(parts / "omega")
    with (parts / "omega/component.toml").open("a") as file:
        file.write("\n")
    text = (parts / "omega/component.toml").read_text()
    (parts / "omega/component.toml").write_text('formerly = ["alpha"]\nrequires = ["delta"]\n' + text)
    shutil.copytree(parts / "gamma", parts / "delta")
    (parts / "delta/component.toml").write_text('summary = "New"\n')
    (parts / "delta/project/gamma.txt").rename(parts / "delta/project/delta.txt")
    shutil.rmtree(parts / "beta")
    (mini_folder / "projects/small.toml").write_text('summary = "x"\ncomponents = ["omega"]\n')
    (shop / "beta.txt").write_text("mine\n")
    found = run_update(catalog.load(mini_folder), shop)
    assert set(found.notes) == {
        "component alpha is now omega",
        "component beta is no more",
        "component delta is new, because others require it",
    }
    assert project.find(shop).lock.components == ("base", "delta", "omega")
    assert (shop / "beta.txt").read_text() == "mine\n", "edited, so it stays"
    assert (shop / "delta.txt").exists()
    assert "beta>=2" not in (shop / "pyproject.toml").read_text()


def test_an_answer_that_is_not_accepted_any_more_can_be_given_anew(mini_folder: Path, shop: Path) -> None:
    replace_in(mini_folder / "components/base/copier.yml", "length > 60", "length > 3")
    replace_in(mini_folder / "components/base/copier.yml", "default: A small thing", "default: abc")
    known = catalog.load(mini_folder)
    with pytest.raises(InputError, match="60 characters at most") as caught:
        update.propose(known, project.find(shop), {})
    assert "--data" in caught.value.next_step
    workflow.carry_out(update.propose(known, project.find(shop), {"description": "xyz"}).proposal)
    assert "xyz" in (shop / "pyproject.toml").read_text()


def test_a_dirty_tree_is_refused_with_the_files_named(shop: Path) -> None:
    (shop / "untracked.txt").write_text("does not matter")
    update.refuse_dirty(shop)
    (shop / "run.sh").write_text("changed\n")
    with pytest.raises(ConflictError, match="not committed") as caught:
        update.refuse_dirty(shop)
    assert "run.sh" in caught.value.why


# Conflicts


@pytest.fixture
def torn(newer: Path, shop: Path) -> Path:
    """A project that conflicts with this version: in a script, in TOML, in a moved file, in one that is new."""
    replace_in(shop / "run.sh", "echo run", "echo walk")
    replace_in(shop / "beta.txt", "beta\n", "mine\n")
    (newer / "components/beta/project/second.txt").write_text("theirs\n")
    replace_in(shop / "pyproject.toml", "beta>=2", "beta>=2.5")
    (shop / "src/shop/letters.py").write_text("MINE = 2\n")
    commit(shop)
    return shop


CONFLICTS = ["pyproject.toml", "run.sh", "second.txt", "src/shop/letters.py"]


def stages(root: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in git(root, "ls-files", "--unmerged").splitlines():
        facts, path = line.split("\t")
        found.setdefault(path, []).append(facts.split()[2])
    return found


def test_conflicts_are_known_before_and_then_left_as_git_leaves_them(newer: Path, torn: Path) -> None:
    found = update.propose(catalog.load(newer), project.find(torn), {})
    assert [step.path for step in found.proposal.plan.conflicts] == CONFLICTS
    assert git(torn, "status", "--porcelain") == "", "a proposal writes nothing"
    workflow.carry_out(found.proposal)
    assert stages(torn) == {
        "pyproject.toml": ["1", "2", "3"],
        "run.sh": ["1", "2", "3"],
        "second.txt": ["1", "2", "3"],
        "src/shop/letters.py": ["2", "3"],
    }
    for path in CONFLICTS:
        assert "<<<<<<< yours\n" in (torn / path).read_text(), path
        assert "||||||| original\n" in (torn / path).read_text(), path
    assert git(torn, "show", ":1:run.sh") == SCRIPT
    assert git(torn, "show", ":2:run.sh") == SCRIPT.replace("run", "walk")
    assert git(torn, "show", ":3:run.sh") == SCRIPT.replace("run", "run it")
    with pytest.raises(ConflictError, match="under way"):
        unmerged.refuse(torn)


def test_git_mergetool_settles_what_is_left_and_the_next_update_starts_from_it(newer: Path, torn: Path) -> None:
    run_update(catalog.load(newer), torn)
    tool = (
        "-c",
        "merge.tool=take",
        "-c",
        'mergetool.take.cmd=cp "$REMOTE" "$MERGED"',
        "-c",
        "mergetool.keepBackup=false",
    )
    git(torn, *tool, "-c", "mergetool.take.trustExitCode=true", "mergetool", "--no-prompt")
    assert (torn / "run.sh").read_text() == SCRIPT.replace("run", "run it")
    assert stages(torn) == {}
    older(torn)
    commit(torn)
    unmerged.refuse(torn)
    update.refuse_dirty(torn)
    with pytest.raises(InputError, match="no update"):
        unmerged.abort(torn)
    assert [step.path for step in update.propose(catalog.load(newer), project.find(torn), {}).proposal.plan.steps] == [
        lock.NAME
    ]


def test_the_lock_of_a_git_that_was_killed_is_named_and_nothing_is_lost(newer: Path, torn: Path) -> None:
    before = read_tree(torn)
    (torn / ".git/index.lock").touch()
    with pytest.raises(EnvironmentLacksError) as refusal:
        run_update(catalog.load(newer), torn)
    assert f"rm {torn}/.git/index.lock" in refusal.value.next_step
    assert read_tree(torn) == before
    (torn / ".git/index.lock").unlink()
    run_update(catalog.load(newer), torn)
    unmerged.abort(torn)
    assert read_tree(torn) == before
    assert stages(torn) == {}


def test_a_conflict_settled_by_hand_is_the_users_edit_at_the_next_update(newer: Path, torn: Path) -> None:
    run_update(catalog.load(newer), torn)
    for path in CONFLICTS:
        git(torn, "checkout", "--ours", path)
    older(torn)
    commit(torn)
    replace_in(newer / "components/base/project/run.sh", "echo end", "echo the end")
    run_update(catalog.load(newer), torn)
    assert stages(torn) == {}, "what was settled once is no conflict again"
    assert (torn / "run.sh").read_text() == SCRIPT.replace("run", "walk").replace("end", "the end")


def test_abort_gives_everything_back(newer: Path, torn: Path) -> None:
    before, index = read_tree(torn), git(torn, "ls-files", "--stage")
    run_update(catalog.load(newer), torn)
    (torn / "run.sh").write_text("half settled\n")
    git(torn, "add", "second.txt", "README.md")
    (torn / "notes.txt").write_text("a file of mine, made meanwhile\n")
    with (torn / "README.md").open("a") as file:
        file.write("\n## Mine\n\nwritten meanwhile\n")
    unmerged.abort(torn)
    after = read_tree(torn)
    assert after.pop("notes.txt").data.startswith(b"a file")
    assert b"written meanwhile" in after["README.md"].data
    assert b"It is good." in after["README.md"].data
    assert {**after, "README.md": before["README.md"]} == before
    assert git(torn, "ls-files", "--stage") == index
    with pytest.raises(InputError, match="no update"):
        unmerged.abort(torn)


def test_after_a_hard_reset_nothing_is_under_way(newer: Path, torn: Path) -> None:
    run_update(catalog.load(newer), torn)
    git(torn, "reset", "-q", "--hard")
    git(torn, "clean", "-fdq")
    unmerged.refuse(torn)
    update.refuse_dirty(torn)
    assert git(torn, "status", "--porcelain") == ""


def test_in_a_monorepo_each_project_has_its_own_update(newer: Path, torn: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "mono")
    for name in ("one", "two"):
        shutil.copytree(torn, tmp_path / "mono" / name, ignore=shutil.ignore_patterns(".git"), symlinks=True)
    commit(tmp_path / "mono")
    known = catalog.load(newer)
    for name in ("one", "two"):
        workflow.carry_out(
            update.propose(known, project.find(tmp_path / "mono" / name), {}, base_folder=first(torn)).proposal
        )
    assert set(stages(tmp_path / "mono")) == {f"{name}/{path}" for name in ("one", "two") for path in CONFLICTS}
    unmerged.abort(tmp_path / "mono/one")
    assert set(stages(tmp_path / "mono")) == {f"two/{path}" for path in CONFLICTS}
    assert git(tmp_path / "mono", "status", "--porcelain", "one") == ""


def first(root: Path) -> Path:
    place = root.parent / "first"
    if not place.exists():
        git(
            root,
            "worktree",
            "add",
            "-q",
            "--detach",
            str(place),
            git(root, "rev-list", "--max-parents=0", "HEAD").strip(),
        )
    return place


def test_without_git_conflicts_stop_it(newer: Path, torn: Path, tmp_path: Path) -> None:
    root = tmp_path / "bare/shop"
    shutil.copytree(torn, root, ignore=shutil.ignore_patterns(".git"), symlinks=True)
    before = read_tree(root)
    with pytest.raises(ConflictError, match="nothing was written"):
        run_update(catalog.load(newer), root, base_folder=first(torn))
    assert read_tree(root) == before
