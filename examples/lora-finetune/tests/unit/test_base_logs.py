import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from text2json import logs

logger = logging.getLogger("text2json.tests")


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def only_line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    (line,) = capsys.readouterr().err.splitlines()
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_a_line_holds_the_event_and_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logger.info("scored %d rows", 8, extra={"model_version": "v3", "seconds": 0.25})
    line = only_line(capsys)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": logger.name,
        "event": "scored 8 rows",
        "model_version": "v3",
        "seconds": 0.25,
    }


def test_the_request_id_is_in_lines_of_that_request_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    token = logs.request_id.set("r-1")
    logger.info("inside")
    logs.request_id.reset(token)
    assert only_line(capsys)["request_id"] == "r-1"
    logger.info("outside")
    assert "request_id" not in only_line(capsys)


def test_line_breaks_cannot_forge_a_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logger.info('x\n{"level": "ERROR"}\u2028', extra={"route": "/a\r\nb"})
    line = only_line(capsys)
    assert line["level"] == "INFO"
    assert line["route"] == "/a\r\nb"


@pytest.mark.parametrize("name", ["api_key", "X_API_KEY", "access_token", "db_password"])
def test_values_under_secret_names_are_blanked(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure()
    logger.warning("refused", extra={name: "s3cr3t"})
    assert only_line(capsys)[name] == "[redacted]"


def test_values_outside_json_are_written_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logger.info("odd", extra={"ratio": float("nan"), "kind": ValueError})
    line = only_line(capsys)
    assert line["ratio"] == "nan"
    assert line["kind"] == "<class 'ValueError'>"


def test_an_exception_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    try:
        raise RuntimeError("disk full")
    except RuntimeError:
        logger.exception("failed")
    line = only_line(capsys)
    assert line["level"] == "ERROR"
    assert line["exception"].endswith("RuntimeError: disk full")


def test_less_severe_records_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    logger.info("chatter")
    assert capsys.readouterr().err == ""


def test_text_for_reading_shows_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", json_lines=False)
    logger.info("scored", extra={"rows": 8, "token": "s3cr3t"})
    line = capsys.readouterr().err
    assert "INFO" in line
    assert line.endswith("scored rows=8 token=[redacted]\n")


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="LOUD"):
        logs.configure("loud")
