"""Runs and artifacts through a real server."""

from __future__ import annotations

from pathlib import Path

import mlflow

from text2json.tracking import connect


def test_server_keeps_runs_and_artifacts(tracking_server: str, tmp_path: Path) -> None:
    tracking = connect(tmp_path, tracking_server)
    with tracking.run("remote") as run:
        mlflow.log_metric("auc", 0.8)
        mlflow.log_text("text", "folder/note.txt")
    kept = tracking.client.download_artifacts(run.info.run_id, "folder/note.txt", str(tmp_path))
    assert tracking.remote
    assert tracking.client.get_run(run.info.run_id).data.metrics == {"auc": 0.8}
    assert Path(kept).read_text() == "text"
    assert not (tmp_path / "mlruns").exists()
