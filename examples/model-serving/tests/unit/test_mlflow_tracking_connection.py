"""Where runs go, and what happens when there is nothing there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pytest

from fraud_scoring.tracking import (
    Tracking,
    TrackingError,
    commit,
    connect,
    connection,
    environment,
)

CREATE = """
import sys
from pathlib import Path
from fraud_scoring.tracking import connect
connect(Path(sys.argv[1]))
"""


def test_runs_go_to_a_file_beside_the_code(tracking: Tracking, tmp_path: Path) -> None:
    with tracking.run("one", {"kind": "test"}) as run:
        mlflow.log_param("depth", 3)
        mlflow.log_text("text", "note.txt")
    found = tracking.client.get_run(run.info.run_id)
    assert tracking.uri == f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert found.data.params == {"depth": "3"}
    assert found.data.tags["kind"] == "test"
    assert found.info.status == "FINISHED"
    assert [path.read_text() for path in tmp_path.glob("mlruns/**/note.txt")] == ["text"]


def test_runs_nest_under_the_parent_that_is_named(tracking: Tracking) -> None:
    with tracking.run("parent") as parent, tracking.run("child", parent=parent.info.run_id) as run:
        mlflow.log_metric("loss", 0.5)
    child = tracking.client.get_run(run.info.run_id)
    assert child.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert child.data.metrics == {"loss": 0.5}


def test_run_that_raises_is_recorded_as_failed(tracking: Tracking) -> None:
    with pytest.raises(ZeroDivisionError), tracking.run("fails") as run:
        _ = 1 / 0
    assert tracking.client.get_run(run.info.run_id).info.status == "FAILED"


def test_other_code_finds_mlflow_as_it_left_it(tracking: Tracking) -> None:
    before = os.environ.get("MLFLOW_TRACKING_URI")
    with tracking.active():
        assert mlflow.get_tracking_uri() == tracking.uri
    assert os.environ.get("MLFLOW_TRACKING_URI") == before


def test_experiment_is_created_once(tracking: Tracking) -> None:
    made = tracking.experiment("race", "Who is fastest")
    assert tracking.experiment("race") == made
    assert tracking.client.get_experiment(made).tags["mlflow.note.content"] == "Who is fastest"


def test_variable_names_the_store(
    tracking: Tracking,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking.uri)
    assert connect(tmp_path / "elsewhere").uri == tracking.uri
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    assert connect(tmp_path).uri == tracking.uri


def test_server_that_is_not_there_is_named_at_once(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TrackingError, match=r"127\.0\.0\.1:9: MLflow does not answer"):
        connect(tmp_path, "http://127.0.0.1:9")
    assert time.monotonic() - started < 50


def test_server_that_accepts_and_says_nothing_is_given_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "PROBE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(TrackingError, match="does not answer"):
            connect(tmp_path, f"http://127.0.0.1:{port}")


def test_password_is_not_repeated(tmp_path: Path) -> None:
    uri = "http://ana:secret@127.0.0.1:9"  # pragma: allowlist secret
    with pytest.raises(TrackingError) as caught:
        connect(tmp_path, uri)
    assert "secret" not in str(caught.value)


def test_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("no database at all" * 100)
    with pytest.raises(TrackingError, match=r"mlflow\.db"):
        connect(tmp_path)


def test_processes_that_create_the_store_together_all_succeed(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-c", CREATE, str(tmp_path)]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(2)]
    outcomes = [(process.communicate()[1], process.returncode) for process in processes]
    assert [code for _, code in outcomes] == [0, 0], outcomes


def test_commit_tells_files_that_differ_from_it(tmp_path: Path) -> None:
    assert commit(tmp_path / "nowhere") is None

    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, timeout=60)

    (tmp_path / "file").write_text("one")
    git("init", "-q")
    git("add", "file")
    git("commit", "-qm", "one", "--no-gpg-sign")
    clean = commit(tmp_path)
    (tmp_path / "file").write_text("two")
    assert clean is not None
    assert len(clean) == 40
    assert commit(tmp_path) == f"{clean}+changes"


def test_environment_lists_what_is_installed() -> None:
    found = environment(["mlflow", "no-such-package"])
    assert found["mlflow"].startswith("3.")
    assert "no-such-package" not in found
