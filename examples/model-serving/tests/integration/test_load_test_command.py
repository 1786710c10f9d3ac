from __future__ import annotations

import http.client
import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from plugins.load_test import OK, Serve

from fraud_scoring.commands.load import command
from fraud_scoring.load import service, usage

QUICK = ["--duration", "0.2", "--warm-up", "0", "--concurrency", "1,2"]


@pytest.fixture
def requests(tmp_path: Path) -> str:
    file = tmp_path / "requests.jsonl"
    file.write_text('{"a": 1}\n')
    return str(file)


def test_objective_that_is_met_ends_with_0(serve: Serve, requests: str) -> None:
    with serve(lambda _: (0.0, OK)) as target:
        url = f"http://127.0.0.1:{target.port}"
        arguments = ["--url", url, "--requests", requests, "--slo-ms", "500", *QUICK]
        result = CliRunner().invoke(command, [*arguments, "--pid", str(os.getpid())])
    assert result.exit_code == 0, result.output
    assert "2 at once: 1 of 1 repetitions" in result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert [row[:3] for row in rows[1:3]] == [["1", "at", "once"], ["2", "at", "once"]]
    assert float(rows[1][-2]) > 0  # processor time of the given process


def test_objective_that_is_missed_ends_with_1(serve: Serve, requests: str) -> None:
    with serve(lambda _: (0.03, OK)) as target:
        url = f"http://127.0.0.1:{target.port}"
        arguments = ["--url", url, "--requests", requests, "--slo-ms", "20", "--rate", "50"]
        result = CliRunner().invoke(command, [*arguments, *QUICK])
    assert result.exit_code == 1
    assert "50/s: p99 is" in result.stderr
    assert "the objective is 20 ms" in result.stderr
    assert "the objective is 20 ms" in result.stderr


def test_result_is_recorded_without_the_key(
    serve: Serve, requests: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with serve(lambda _: (0.0, OK)) as target:
        url = f"http://127.0.0.1:{target.port}"
        arguments = ["--url", url, "--requests", requests, "--header", "X-API-Key: s3cret"]
        result = CliRunner().invoke(command, [*arguments, *QUICK, "--record"])
    assert result.exit_code == 0, result.output
    record = (tmp_path / "evidence" / "throughput.json").read_text()
    assert '"Throughput, 2 at once"' in record
    assert "s3cret" not in record + result.output


def test_what_has_no_percentiles_is_not_recorded_and_says_what_to_do(
    serve: Serve, requests: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    busy = OK.replace(b"200 OK", b"503 Service Unavailable")
    with serve(lambda _: (0.0, busy)) as target:
        url = f"http://127.0.0.1:{target.port}"
        arguments = ["--url", url, "--requests", requests, *QUICK, "--record"]
        result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 1
    assert "1 at once: no request succeeded in 1 of 1 repetitions (503: " in result.stderr
    assert "Ask for less at once" in result.stderr
    assert not (tmp_path / "evidence").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "--requests needs --path"),
        (["--url", "http://192.0.2.1"], 2, "--allow-remote"),
        (["--url", "http://localhost", "--concurrency", "four"], 2, "not a list of whole numbers"),
        (["--url", "http://localhost", "--concurrency", "0"], 1, "between 1 and"),
        (["--url", "ftp://localhost"], 1, "not an http"),
        (["--url", "http://localhost", "--header", "X-API-Key"], 1, "Name: value"),
    ],
)
def test_wrong_use_is_explained(
    arguments: list[str], code: int, message: str, requests: str
) -> None:
    result = CliRunner().invoke(command, [*arguments, "--requests", requests])
    assert result.exit_code == code
    assert message in result.stderr


def test_service_runs_until_the_block_ends() -> None:
    port = service.free_port()
    code = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with service.running(code, port, "/") as running:
        assert running.pid is not None
        assert usage.resident_bytes(running.pid) > 1_000_000
        assert running.cpu_seconds() > 0
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        connection.close()
    assert not psutil.pid_exists(running.pid)


def test_workers_are_counted_and_stopped_with_their_parent() -> None:
    port = service.free_port()
    script = (
        "import subprocess, sys;"
        "subprocess.run([sys.executable, '-m', 'http.server', sys.argv[1], '--bind', '127.0.0.1'])"
    )
    with service.running([sys.executable, "-c", script, str(port)], port, "/") as running:
        assert running.pid is not None
        (worker,) = psutil.Process(running.pid).children()
        alone = psutil.Process(running.pid).memory_info().rss
        assert usage.resident_bytes(running.pid) > 1.5 * alone
    give_up = time.monotonic() + 60
    while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_service_that_ends_at_once_is_reported_with_its_words() -> None:
    command = [sys.executable, "-c", "raise SystemExit('no model')"]
    with (
        pytest.raises(service.StartError, match=r"exit code 1(?s:.*)no model"),
        service.running(command, service.free_port(), "/"),
    ):
        pytest.fail("it cannot be ready")


def test_service_that_never_answers_is_given_up() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        pytest.raises(service.StartError, match=r"within 0\.3 s"),
        service.running(command, service.free_port(), "/", patience=0.3),
    ):
        pytest.fail("it cannot be ready")
