"""Merges of documents by section."""

# ruff: noqa: RUF001 - Chinese has its own comma and colon
from __future__ import annotations

import pytest

from scaffolder.errors import CatalogError
from scaffolder.merge import add_all, merge_text
from scaffolder.merge.markdown import assemble, sections

README = """\
# 客户流失预测

用一句话说明问题。

## 运行

先安装，再启动：

```sh
## not a heading
make setup run
```

## 结果

<!-- evidence:model -->
<!-- /evidence:model -->

## 许可证

MIT
"""
SERVING = "## 服务\n\n`POST /v1/predict`\n\n~~~~markdown\n```\n## 也不是标题\n~~~~\n\n"


def with_section(text: str, section: str = SERVING) -> str:
    return text.replace("## 结果", f"{section}## 结果")


def test_sections_are_told_from_code() -> None:
    found = sections(with_section(README))

    assert [section.name for section in found] == [("", 0), ("运行", 0), ("服务", 0), ("结果", 0), ("许可证", 0)]
    assert "".join(section.text for section in found) == with_section(README)


def test_a_new_section_stands_where_the_incoming_document_has_it() -> None:
    ours = README.replace("先安装", "首先安装").replace("## 许可证\n", "## 我的笔记\n\n……\n\n## 许可证\n")

    merged = merge_text("README.md", README, ours, with_section(README))

    assert merged.conflicts == ()
    assert merged.text == with_section(ours)


def test_a_new_section_finds_a_place_when_its_neighbours_are_gone() -> None:
    def headings(ours: str) -> list[str]:
        merged = merge_text("README.md", README, ours, with_section(README)).text
        return [section.name[0] for section in sections(merged)][1:]

    without = README.replace("## 运行", "## 怎样运行")
    reordered = "# x\n\n## 许可证\n\nMIT\n\n## 结果\n\n"

    assert headings(without) == ["怎样运行", "服务", "结果", "许可证"]
    assert headings(reordered) == ["许可证", "服务", "结果"]
    assert headings("# x\n") == ["服务"]


def test_a_removed_section_goes_unless_the_user_edited_it() -> None:
    with_it = with_section(README)
    untouched = with_it.replace("MIT", "Apache-2.0")
    edited = with_it.replace("`POST /v1/predict`", "`POST /v2/predict`")

    assert merge_text("README.md", with_it, untouched, README).text == README.replace("MIT", "Apache-2.0")
    assert merge_text("README.md", with_it, edited, README).text == edited


def test_a_section_that_the_user_deleted_stays_deleted() -> None:
    with_it = with_section(README)

    theirs = with_it.replace("v1", "v2").replace("MIT", "BSD-3-Clause")
    merged = merge_text("README.md", with_it, README, theirs)

    assert merged.text == README.replace("MIT", "BSD-3-Clause")


def test_a_section_that_both_changed_is_merged_by_line() -> None:
    theirs = README.replace("make setup run", "make setup test run")

    merged = merge_text("README.md", README, README.replace("先安装", "首先安装"), theirs)
    conflict = merge_text("README.md", README, README.replace("make setup run", "make all"), theirs)

    assert merged.text == theirs.replace("先安装", "首先安装")
    assert conflict.conflicts == ('section "运行": changed by you and by the incoming version',)
    assert (
        "<<<<<<< yours\nmake all\n||||||| original\nmake setup run\n=======\nmake setup test run\n>>>>>>> incoming\n"
        in (conflict.text)
    )


def test_sections_are_ordered_by_number_then_by_the_stack() -> None:
    additions = [("50 Serving", "b\n"), ("30 Architecture", "a"), ("50 Load", "c\n\n\n")]

    text = assemble("# Title\n\nIntroduction.\n", additions)

    assert text == "# Title\n\nIntroduction.\n\n## Architecture\n\na\n\n## Serving\n\nb\n\n## Load\n\nc\n"


def test_a_heading_contributed_twice_is_one_section() -> None:
    additions = [("50 Run", "first"), ("60 Load", "load"), ("70 Run", "### More\n\nsecond")]

    text = assemble("# Title\n", additions)

    assert text == "# Title\n\n## Run\n\nfirst\n\n### More\n\nsecond\n\n## Load\n\nload\n"


def test_adding_again_changes_nothing() -> None:
    fragments = [{"50 Serving": "a\n\n```\n## code\n```"}, {"40 运行": "更多"}]

    added = add_all("README.md", README, fragments)

    assert add_all("README.md", added, fragments) == added
    assert "make setup run\n```\n\n更多\n\n## 结果" in added
    assert add_all("README.md", README, []) == README


@pytest.mark.parametrize(
    ("fragment", "message"),
    [({"Serving": "x"}, "a number"), ({"50 Serving": "x\n\n## Other\n"}, "level 2"), ({"50 Serving": ["x"]}, "string")],
)
def test_a_fragment_of_another_form_is_refused(fragment: dict[str, object], message: str) -> None:
    with pytest.raises(CatalogError, match=rf"README\.md: .*{message}"):
        add_all("README.md", README, [fragment])
