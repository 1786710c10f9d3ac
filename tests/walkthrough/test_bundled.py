"""Every bundled walkthrough is followed to its end; those of one project in one project, in order."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from wheels import use_wheels

from scaffolder.walkthrough import Walkthrough, follow, load_all

BUNDLED = load_all()


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where the walkthroughs that others build on were followed: name -> the project that they made."""
    return {}


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where PyTorch comes from; one folder for all walkthroughs of a project, as its lock file names it."""
    return tmp_path_factory.mktemp("wheels")


def carried_out(walkthrough: Walkthrough, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        monkeypatch.setenv("APP_PORT", str(probe.getsockname()[1]))
    said: list[str] = []
    start = follow.begin(walkthrough, folder)
    result = follow.run_all(walkthrough, start, said.append)
    failed = [row for row in result["steps"] if row["status"] == "failed"]
    assert not failed, "\n".join([failed[0]["title"], failed[0]["what"], failed[0]["why"], "", "".join(said)[-6000:]])
    assert len(result["steps"]) == len(walkthrough.steps)
    return Path(result["folder"])


@pytest.mark.life
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.xdist_group(f"walkthroughs-{item.project}"))
        for name, item in BUNDLED.items()
    ],
)
def test_a_walkthrough_can_be_followed_to_its_end(
    name: str,
    workplace: dict[str, Path],
    index: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walkthrough = BUNDLED[name]
    if walkthrough.project == "lora-finetune":
        use_wheels(index, monkeypatch)
        monkeypatch.setenv("OMP_NUM_THREADS", "1")  # two threads on two busy cores wait for each other
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # outside the project, which commits all that is in it
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Reader")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "reader@example.org")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Reader")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "reader@example.org")
    if walkthrough.after and walkthrough.after not in workplace:
        # Run alone, or in another order: what it builds on comes first.
        before = carried_out(BUNDLED[walkthrough.after], tmp_path_factory.mktemp("walkthrough"), monkeypatch)
        workplace[walkthrough.after] = before
    folder = workplace[walkthrough.after] if walkthrough.after else tmp_path_factory.mktemp("walkthrough")
    workplace[name] = carried_out(walkthrough, folder, monkeypatch)


def test_walkthroughs_build_on_others_that_there_are() -> None:
    for walkthrough in BUNDLED.values():
        assert not walkthrough.after or BUNDLED[walkthrough.after].project == walkthrough.project
        assert 1 <= walkthrough.minutes <= 30
        assert any(block.checks or block.expected for step in walkthrough.steps for block in step.blocks)
