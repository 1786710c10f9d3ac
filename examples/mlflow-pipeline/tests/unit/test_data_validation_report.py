import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from plugins.data_validation import Weeks

from payments_loop.validation import report
from payments_loop.validation.batch import Past, judge
from payments_loop.validation.config import Config
from payments_loop.validation.examination import Examination

Judged = Callable[[pl.DataFrame], Examination]
VOID = {"meta", "rect"}


class Structure(HTMLParser):
    """Checks that every element is closed, and collects what a reader or a browser gets."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def bad(weeks: Weeks, judged: Judged) -> Examination:
    return judged(weeks.today.frame.with_columns(pl.col("amount") * 100))


def test_the_page_needs_nothing_from_elsewhere(bad: Examination, tmp_path: Path) -> None:
    text = report.write(bad, tmp_path).read_text(encoding="utf-8")
    page = Structure(text)
    assert page.open == []
    assert page.links == ["index.html"]
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_says_what_and_why(bad: Examination, tmp_path: Path) -> None:
    page = Structure(report.write(bad, tmp_path).read_text(encoding="utf-8"))
    for reason in bad.total.findings:
        assert reason.detail in page.text
    assert "Put aside" in page.text
    assert f"lake quarantine release {bad.batch}" in page.text
    assert page.tags.count("svg") == sum(one.bars is not None for one in bad.profiles)


def test_it_is_accessible_in_the_small_things(bad: Examination, tmp_path: Path) -> None:
    text = report.write(bad, tmp_path).read_text(encoding="utf-8")
    assert '<html lang="en">' in text
    assert 'name="viewport"' in text
    assert "prefers-color-scheme: dark" in text
    assert len(re.findall(r"<svg[^>]*aria-label=", text)) == text.count("<svg")
    assert text.count("<h1") == 1


def test_names_and_values_cannot_inject_markup(
    weeks: Weeks, judged: Judged, tmp_path: Path
) -> None:
    evil = "<script>alert(1)</script>"
    examination = judged(weeks.today.frame.with_columns(pl.lit(evil).alias("channel")))
    text = report.write(examination, tmp_path).read_text(encoding="utf-8")
    assert evil not in text
    assert "&lt;script&gt;" in text


def test_the_json_twin_holds_the_numbers(bad: Examination, tmp_path: Path) -> None:
    page = report.write(bad, tmp_path)
    content = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert content["severity"] == "quarantine"
    scale = next(one for one in content["measures"] if one["check"] == "scale")
    assert scale["value"] == pytest.approx(100 * scale["usual"], rel=0.2)
    assert scale["distance"] > 1
    assert scale["low"] < scale["usual"] < scale["high"]
    assert content["reference"]["days"] == 28


def test_the_index_has_the_last_word_on_every_batch(
    weeks: Weeks, bad: Examination, tmp_path: Path
) -> None:
    report.write(bad, tmp_path)
    clean = judge(weeks.today, weeks.table, Past(weeks.past[-28:]), Config())
    earlier = judge(weeks.batches[-2], weeks.table, Past(weeks.past[-29:-1]), Config())
    report.write(clean, tmp_path)
    report.write(earlier, tmp_path)
    report.refresh(tmp_path)
    page = Structure((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert "Nothing so far." in page.text
    names = [f"{report.file_name('orders', one.batch)}.html" for one in (earlier, clean)]
    # The strip shows the oldest first, the list the newest.
    assert page.links == [*names, *reversed(names)]
    assert all((tmp_path / link).is_file() for link in page.links)


def test_a_batch_without_rows_has_a_page(weeks: Weeks, tmp_path: Path) -> None:
    empty = judge(weeks.batch(weeks.today.frame.clear()), weeks.table, Past(), Config())
    page = Structure(report.write(empty, tmp_path).read_text(encoding="utf-8"))
    assert "there are no rows" in page.text


def test_any_batch_id_is_a_file_name() -> None:
    names = {report.file_name("orders", one) for one in ("a/b", "a:b", "../a", "orders-a", "a b")}
    assert len(names) == 5
    assert all(re.fullmatch(r"orders-[A-Za-z0-9._-]+", name) for name in names)
    assert report.file_name("orders", "orders-2026-01-01") == "orders-2026-01-01"
