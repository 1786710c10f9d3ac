"""What goes wrong is said kindly, and can be tried again."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from plugins.chat_ui import LATE, OpenPage, ask, library, stop_the_clock
from plugins.http_api import KEY


def send(page: Page, question: str = LATE) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def problem(status: int, name: str) -> dict[str, Any]:
    """A response as the service gives it."""
    document = {
        "type": f"urn:problem-type:{name}",
        "title": name,
        "status": status,
        "detail": "Details",
        "request_id": "id-of-the-request",
    }
    return {
        "status": status,
        "content_type": "application/problem+json",
        "body": json.dumps(document),
    }


def once(page: Page, **response: Any) -> None:
    """Answer the next question like this, those after it by the service."""
    page.route("**/v1/ask", lambda route: route.fulfill(**response), times=1)


def test_too_many_questions_wait_for_as_long_as_the_service_says(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    stop_the_clock(page)
    once(page, **problem(429, "rate-limited"), headers={"retry-after": "20"})
    send(page)
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_disabled()
    expect(again).to_contain_text("in 20 s")
    expect(page.get_by_role("alert")).to_contain_text("A little too fast")
    page.clock.run_for(19_000)
    expect(again).to_contain_text("in 1 s")
    page.clock.run_for(1_000)
    page.clock.resume()
    expect(again).to_be_enabled()
    again.click()
    expect(page.locator(".answer")).to_contain_text("twenty cents")
    expect(page.get_by_role("article")).to_have_count(1)


def test_a_busy_service_is_no_mystery(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    once(page, **problem(503, "overloaded"))
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("The service is busy")
    expect(page.get_by_role("article")).to_contain_text("id-of-the-request")


def test_a_lost_connection_keeps_what_has_arrived(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    page.route("**/v1/ask", lambda route: route.abort(), times=1)
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")

    half = 'event: token\ndata: {"text": "Twenty cents, but"}\n\n'
    page.get_by_role("button", name="New conversation").click()
    once(page, content_type="text/event-stream", body=half)
    send(page)
    expect(page.locator(".answer")).to_contain_text("Twenty cents, but")
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_problem_in_the_stream_is_a_problem(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    document = problem(504, "model-timeout")["body"]
    once(page, content_type="text/event-stream", body=f"event: problem\ndata: {document}\n\n")
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("took too long")


def test_failed_questions_are_no_part_of_the_conversation(
    open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    once(page, **problem(503, "overloaded"))
    send(page)
    page.get_by_role("alert").wait_for()
    with page.expect_request("**/v1/ask") as sent:
        ask(page, LATE)
    assert json.loads(sent.value.post_data or "")["history"] == []


def test_a_passage_that_is_gone_is_shown_as_it_was(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, LATE)

    def gone(route: Route) -> None:
        route.fulfill(**problem(404, "no-such-passage"))

    page.route("**/v1/passages/*", gone)
    page.locator(".citation").first.click()
    panel = page.get_by_role("complementary", name="Passage")
    expect(panel).to_contain_text("changed since")
    expect(panel.locator("mark")).to_contain_text("twenty cents")


@pytest.fixture(scope="module")
def locked(
    chrome: Browser,
    service_settings: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """URL of a service that wants a key."""
    del chrome
    folder = tmp_path_factory.mktemp("locked")
    with library(service_settings, folder, APP_API_KEYS=KEY) as url:
        yield url


def test_a_key_is_asked_for_and_kept_in_the_tab_only(chrome: Browser, locked: str) -> None:
    context = chrome.new_context()
    page = context.new_page()
    page.goto(locked)
    dialog = page.get_by_role("dialog", name="An API key is needed")
    field = dialog.get_by_label("API key", exact=True)
    field.fill("a-wrong-key-for-tests")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="That key was not accepted")).to_be_visible()
    page.get_by_role("dialog").get_by_label("API key", exact=True).fill(KEY)
    page.keyboard.press("Enter")
    page.locator("[data-ready]").wait_for()
    expect(page.locator("#count")).to_contain_text("Nothing here yet")
    stored = page.evaluate("[JSON.stringify(sessionStorage), JSON.stringify(localStorage)]")
    assert KEY in stored[0]
    assert KEY not in stored[1]
    assert not any(KEY in str(cookie) for cookie in context.cookies())
    context.close()
