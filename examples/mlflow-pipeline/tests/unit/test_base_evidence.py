import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payments_loop import evidence


def test_a_record_holds_the_values_and_how_they_were_measured(tmp_path: Path) -> None:
    image = tmp_path / "evidence" / "curve.png"
    image.parent.mkdir()
    image.write_bytes(b"image")
    path = evidence.write(
        "test-set",
        "On the test set",
        [evidence.Value("ROC AUC", 0.81, low=0.79, high=0.83, note="higher is better")],
        command="make evidence",
        seed=7,
        data_sha256="ab" * 32,
        plots=[evidence.Plot("evidence/curve.png", "ROC curve")],
        details={"rows": 1000},
        root=tmp_path,
    )
    assert path == tmp_path / "evidence" / "test-set.json"
    record = json.loads(path.read_text())
    measured = datetime.fromisoformat(record.pop("measured_at"))
    assert timedelta(0) <= datetime.now(UTC) - measured < timedelta(minutes=1)
    hardware = record.pop("hardware")
    assert hardware["cpu"]
    assert hardware["cores"] >= 1
    assert record == {
        "name": "test-set",
        "title": "On the test set",
        "command": "make evidence",
        "commit": None,
        "dirty": None,
        "seed": 7,
        "data_sha256": "ab" * 32,
        "values": [
            {
                "name": "ROC AUC",
                "value": 0.81,
                "unit": "",
                "low": 0.79,
                "high": 0.83,
                "note": "higher is better",
            }
        ],
        "plots": [{"path": "evidence/curve.png", "alt": "ROC curve"}],
        "details": {"rows": 1000},
    }


def test_measuring_again_replaces_the_record(tmp_path: Path) -> None:
    for number in (1, 2):
        values = [evidence.Value("Rows", number)]
        evidence.write("size", "Size", values, command="make evidence", root=tmp_path)
    (path,) = (tmp_path / "evidence").iterdir()
    assert json.loads(path.read_text())["values"][0]["value"] == 2


def test_the_commit_is_recorded_and_whether_the_code_differs(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def state() -> tuple[str, bool]:
        values = [evidence.Value("Rows", 1)]
        path = evidence.write("size", "Size", values, command="make evidence", root=tmp_path)
        record = json.loads(path.read_text())
        return record["commit"], record["dirty"]

    (tmp_path / "src").mkdir()
    source = tmp_path / "src" / "model.py"
    source.write_text("SEED = 1\n")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "first")
    commit = git("rev-parse", "HEAD")
    assert state() == (commit, False)
    assert state() == (commit, False), "a record of an earlier measurement is no change of the code"
    source.write_text("SEED = 2\n")
    assert state() == (commit, True)


@pytest.mark.parametrize("name", ["", "../escape", "Upper", "two words", "a/b", "-x", "x.json"])
def test_a_name_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="record name"):
        evidence.write(name, "T", [evidence.Value("a", 1)], command="c", root=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_record_without_values_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no values"):
        evidence.write("empty", "T", [], command="c", root=tmp_path)


def test_a_missing_plot_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    plot = evidence.Plot("evidence/none.png", "nothing")
    with pytest.raises(FileNotFoundError, match=r"none\.png"):
        evidence.write("x", "T", [evidence.Value("a", 1)], command="c", plots=[plot], root=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [
        (float("nan"), None, None),
        (float("inf"), None, None),
        (1.0, float("-inf"), 2.0),
        (1.0, 0.5, None),
        (1.0, None, 1.5),
        (1.0, 1.1, 1.2),
        (1.0, 1.2, 0.8),
        ("text", 0.0, 1.0),
    ],
)
def test_a_value_that_nobody_could_interpret_is_refused(
    value: float | str, low: float | None, high: float | None
) -> None:
    with pytest.raises(ValueError, match="latency"):
        evidence.Value("latency", value, low=low, high=high)


def test_a_share_has_the_published_interval() -> None:
    # Newcombe (1998), table I: 81 of 263 and 0 of 20.
    assert evidence.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    value = evidence.Value.share("detected", 0, 20, "20 seeds")
    assert (value.value, value.unit, value.low, value.note) == (0, "%", 0, "20 seeds")
    assert value.high == pytest.approx(16.11, abs=0.01)
    assert evidence.wilson(50, 50)[1] == 1
