"""Questions and answers in a real browser."""

import json
import re

from playwright.sync_api import expect
from plugins.chat_ui import LATE, RENEW, OpenPage, ask, stop_the_clock
from plugins.rag import ChatServer, Reply


def test_an_answer_comes_with_its_sources(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, LATE)
    turn = page.get_by_role("article")
    expect(turn.locator(".answer")).to_contain_text("twenty cents for each day")
    first = turn.locator(".source").first
    expect(first).to_contain_text("Quillfeather Library handbook")
    expect(first).to_contain_text("Late returns")
    expect(turn.locator(".effort")).to_contain_text("Answered in")
    expect(page.get_by_role("button", name="Quotes only")).to_be_visible()
    # What was streamed was spoken too.
    expect(page.get_by_role("log")).to_contain_text("twenty cents for each day")


def test_a_citation_opens_its_passage(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    header = page.locator("header").bounding_box()
    ask(page, LATE)
    page.locator(".citation").first.click()
    panel = page.get_by_role("complementary", name="Passage")
    expect(panel.locator("mark")).to_contain_text("costs twenty cents for each day.")
    expect(panel.locator(".hit")).to_contain_text("Children pay no late fees.")
    expect(panel.get_by_label("After")).to_contain_text("renewed twice")
    assert page.locator("header").bounding_box() == header  # nothing but the panel has moved
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".citation").first).to_be_focused()


def test_a_follow_up_knows_what_was_said(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, LATE)
    with page.expect_request("**/v1/ask") as sent:
        ask(page, "And for children?")
    history = json.loads(sent.value.post_data or "")["history"]
    assert [message["role"] for message in history] == ["user", "assistant"]
    assert history[0]["content"] == LATE
    assert "twenty cents" in history[1]["content"]
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("article")).to_have_count(0)
    with page.expect_request("**/v1/ask") as sent:
        ask(page, RENEW)
    assert json.loads(sent.value.post_data or "")["history"] == []


def test_it_says_kindly_that_the_documents_do_not_say(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, "Which volcano erupted on Iceland last winter?")
    turn = page.get_by_role("article")
    expect(turn).to_contain_text("What often helps")
    expect(turn.locator(".citation")).to_have_count(0)


def test_thumbs_and_a_comment(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    ask(page, LATE)
    with page.expect_response("**/v1/feedback") as rated:
        page.get_by_role("button", name="Bad answer").click()
    assert rated.value.status == 201
    expect(page.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Comment").fill("The page is missing")
    with page.expect_response("**/v1/feedback") as commented:
        page.get_by_role("button", name="Send comment").click()
    assert commented.value.status == 201
    body = json.loads(commented.value.request.post_data or "")
    assert body["rating"] == "down"
    assert body["comment"] == "The page is missing"
    expect(page.get_by_label("Comment")).to_be_hidden()


def test_an_answer_is_copied_with_its_sources(open_page: OpenPage, address: str) -> None:
    page = open_page(address, permissions=["clipboard-read", "clipboard-write"])
    ask(page, LATE)
    stop_the_clock(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.search(r"twenty cents.*\[1\].*\n\n\[1\] Quillfeather", copied, re.DOTALL)


def test_a_model_streams_markdown(
    open_page: OpenPage, with_model: str, scripted: ChatServer
) -> None:
    pieces = ["A late book costs **twenty ", "cents** for each day [1].\n\n- `one", "`\n- two"]
    scripted.reply(Reply(pieces, hold=2))
    scripted.go.clear()
    page = open_page(with_model)
    page.get_by_label("Your question").fill(LATE)
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    expect(answer).to_contain_text("A late book costs")
    expect(answer).to_have_attribute("aria-busy", "true")  # more is to come
    scripted.go.set()
    page.locator(".actions").wait_for()
    expect(answer).to_have_attribute("aria-busy", "false")
    expect(answer.locator("strong")).to_have_text("twenty cents")
    expect(answer.locator("li code")).to_have_text("one")
    expect(page.get_by_role("button", name="scripted")).to_be_visible()


def test_stopping_reaches_the_model(
    open_page: OpenPage, with_model: str, scripted: ChatServer
) -> None:
    scripted.reply(Reply(["A late book costs twenty cents [1]. "] * 200, between=0.1))
    scripted.gone.clear()
    page = open_page(with_model)
    page.get_by_label("Your question").fill(LATE)
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_contain_text("twenty cents")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("article")).to_contain_text("Stopped")
    assert scripted.gone.wait(60), "the model went on talking to nobody"
    scripted.reply(Reply(["A late book costs twenty cents for each day [1]."]))
    ask(page, LATE)  # the page is ready for the next question
