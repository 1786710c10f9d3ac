"""The decision and access log."""

import io
import json
import logging

import pytest

from text2json.api.events import Answered, EventLog, now


def answered(request_id: str = "r-1") -> Answered:
    return Answered(
        time=now(),
        request_id=request_id,
        method="GET",
        route="/v1/model",
        status=200,
        duration_ms=1.5,
        caller="anonymous",
    )


@pytest.fixture(autouse=True)
def _level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def test_every_event_is_a_line_of_json() -> None:
    stream = io.BytesIO()
    log = EventLog(stream)
    log.add(answered("a"))
    log.add(answered("b"))
    log.flush()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["request_id"] for line in lines] == ["a", "b"]
    assert lines[0]["event"] == "request"
    assert {"time", "level", "logger"} <= lines[0].keys()
    log.flush()
    assert len(stream.getvalue().splitlines()) == 2


def test_what_does_not_fit_is_dropped_and_reported(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.BytesIO()
    log = EventLog(stream, capacity=2)
    for _ in range(5):
        log.add(answered())
    log.flush()
    assert len(stream.getvalue().splitlines()) == 2
    assert vars(caplog.records[-1])["dropped"] == 3


def test_a_closed_stream_does_not_stop_the_service() -> None:
    stream = io.BytesIO()
    log = EventLog(stream)
    stream.close()
    log.add(answered())
    log.flush()


def test_the_log_level_applies(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    stream = io.BytesIO()
    log = EventLog(stream)
    log.add(answered())
    log.flush()
    assert stream.getvalue() == b""
