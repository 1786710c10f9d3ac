"""Keyboard, screen readers, contrast, narrow windows."""

from importlib.resources import files

import pytest
from playwright.sync_api import Page, expect
from plugins.chat_ui import LATE, OpenPage, ask

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
NARROW = {"width": 360, "height": 640}


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it is now (WCAG 2.2 AA and good practice)."""
    page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "viewport", [{"width": 1440, "height": 900}, NARROW], ids=["wide", "narrow"]
)
def test_nothing_is_inaccessible(
    open_page: OpenPage, address: str, scheme: str, viewport: dict[str, int]
) -> None:
    page = open_page(address, color_scheme=scheme, viewport=viewport)
    assert violations(page) == []
    ask(page, LATE)
    page.get_by_role("button", name="Good answer").click()
    page.get_by_label("Comment").wait_for()
    assert violations(page) == []
    page.locator(".citation").first.click()
    page.get_by_label("After").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    ask(page, "Which volcano erupted on Iceland last winter?")
    page.keyboard.press("Control+/")
    assert violations(page) == []
    page.keyboard.press("Escape")
    if viewport == NARROW:
        page.get_by_role("button", name="Documents").click()
        assert violations(page) == []


def test_everything_works_by_keyboard(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    keyboard = page.keyboard
    question = page.get_by_label("Your question")
    expect(question).to_be_focused()
    keyboard.type("What does a book cost")
    keyboard.press("Shift+Enter")
    keyboard.type("that comes back late?")
    expect(question).to_have_value("What does a book cost\nthat comes back late?")
    keyboard.press("Enter")
    page.locator(".actions").wait_for()

    for _ in range(30):  # backwards from the question to the first citation
        keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.className") == "citation":
            break
    keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Passage")
    expect(panel.get_by_role("button", name="Close passage")).to_be_focused()
    keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator(".citation").first).to_be_focused()

    keyboard.press("Control+k")
    expect(question).to_be_focused()
    keyboard.press("Control+b")
    expect(page.get_by_role("complementary", name="Documents")).to_be_hidden()
    keyboard.press("Control+b")
    expect(page.get_by_role("complementary", name="Documents")).to_be_visible()
    keyboard.press("Control+/")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    keyboard.press("Escape")
    keyboard.press("Control+Shift+O")
    expect(page.get_by_role("article")).to_have_count(0)
    expect(question).to_be_focused()


def test_the_focus_can_be_seen(open_page: OpenPage, address: str) -> None:
    page = open_page(address)
    for _ in range(15):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            continue  # between the last element and the first one
        ring = page.evaluate(
            """() => {
              const e = document.activeElement;
              const seen = [e, e.nextElementSibling, e.parentElement].filter(Boolean);
              return seen.some(one => {
                const style = getComputedStyle(one);
                return style.outlineStyle !== "none" || style.boxShadow.includes("0px 0px 0px 1px");
              });
            }"""
        )
        assert ring, page.evaluate("document.activeElement.outerHTML")


def test_a_narrow_window_needs_no_sideways_scrolling(open_page: OpenPage, address: str) -> None:
    page = open_page(address, viewport=NARROW, has_touch=True)
    sideways = "document.scrollingElement.scrollWidth - innerWidth"
    ask(page, LATE)
    assert page.evaluate(sideways) == 0
    inside = "document.getElementById('scroll')"
    assert page.evaluate(f"{inside}.scrollWidth - {inside}.clientWidth") == 0

    drawer = page.get_by_role("complementary", name="Documents")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Documents").click()
    expect(drawer).to_be_visible()
    expect(page.locator("#main")).to_have_js_property("inert", True)
    assert page.evaluate(sideways) == 0
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(page.get_by_role("button", name="Documents")).to_be_focused()


def test_the_theme_follows_the_system_until_it_is_chosen(open_page: OpenPage, address: str) -> None:
    page = open_page(address, color_scheme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(background)
    button = page.get_by_role("button", name="Dark theme")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    assert page.evaluate(background) != dark
    page.reload()
    page.locator("[data-ready]").wait_for()
    assert page.evaluate(background) != dark
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_reader_who_wants_no_movement_gets_none(open_page: OpenPage, address: str) -> None:
    page = open_page(address, reduced_motion="reduce")
    moving = page.evaluate(
        """[...document.querySelectorAll("*")].filter(e => {
          const style = getComputedStyle(e);
          return style.animationName !== "none" || style.transitionDuration.split(", ").some(d => d !== "0s");
        }).length"""
    )
    assert moving == 0
