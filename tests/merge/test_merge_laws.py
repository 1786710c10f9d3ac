"""The laws that merges keep, for documents in any layout."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scaffolder.errors import CatalogError
from scaffolder.merge import add_all, merge_text

Data = dict[str, Any]
LAWS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

KEYS = st.sampled_from(["a", "b", "c", "name", "dependencies", "two words", "on", "7"])
STRINGS = st.sampled_from(
    [
        "x",
        "yes",
        "1",
        "a: b",
        "a #b",
        "- c",
        "it's",
        'say "hi"',
        "back\\slash",
        "two\nlines",
        "中文 🚀",
        " pad ",
        "22:22",
        "~",
        "",
    ],
)
REQUIREMENTS = st.sampled_from(
    ["fastapi>=0.1", "FastAPI >= 0.1", "fastapi>=0.2", "click", "numpy<2; python_version<'3.12'"],
)
SCALARS = st.one_of(st.booleans(), st.integers(-3, 100), st.sampled_from([0.5, 1e300, float("inf")]), STRINGS)
LEAVES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4), st.lists(REQUIREMENTS, max_size=3))
TABLES = st.dictionaries(KEYS, LEAVES, max_size=3)
VALUES = st.recursive(
    LEAVES | st.lists(TABLES.filter(bool), min_size=1, max_size=3),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
LINES = st.sampled_from(
    ["*.pyc", "dist/", "!keep", "APP_A=1", "APP_A=2", "# APP_B=", "APP_C=", "# about", "# more", ""]
)
BODY = st.sampled_from(
    ["text", "more text", "- item", "```", "## inside a fence", "### Part", "", "中文", "~~~~ python"]
)


class TomlWriter:
    """Writes data in a layout that is drawn: headers, dotted keys, inline tables, comments, quotes, blank lines."""

    def __init__(self, draw: Callable[..., Any], styled: bool) -> None:
        self.draw, self.styled = draw, styled

    def one_of(self, *options: str) -> str:
        return self.draw(st.sampled_from(options)) if self.styled else options[0]

    def key(self, name: str) -> str:
        bare = name.replace("_", "").isalnum() and name.isascii()
        return self.one_of(name, f'"{name}"') if bare else self.one_of(f'"{name}"', f"'{name}'")

    def value(self, data: Any, nested: bool = False) -> str:
        if isinstance(data, bool):
            return str(data).lower()
        if isinstance(data, str):
            escaped = data.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            literal = "'" not in data and "\n" not in data
            return self.one_of(f'"{escaped}"', f"'{data}'" if literal else f'"{escaped}"', f'"""{escaped}"""')
        if isinstance(data, list):
            items = [self.value(item, nested=True) for item in data]
            if not items or nested or self.one_of("line", "lines") == "line":
                return f"[{', '.join(items)}]"
            end = self.one_of(",", "", ", # last")
            comment = self.one_of("", "\n  # about the items")
            return f"[{comment}\n  " + self.one_of(",\n  ", ", # one\n  ").join(items) + f"{end}\n]"
        if isinstance(data, dict):
            inner = ", ".join(f"{self.key(name)} = {self.value(item, True)}" for name, item in data.items())
            return f"{{ {inner} }}" if inner else "{}"
        return repr(data)

    def document(self, data: Data) -> str:
        head = self.one_of("", "# about the file\n\n", "# about the first\n")
        return head + "".join(self.table((), data)) + self.one_of("", "\n# the end\n")

    def table(self, path: tuple[str, ...], data: Data) -> list[str]:
        lines, blocks = [], []
        for name, item in data.items():
            key, where = self.key(name), (*path, self.key(name))
            if isinstance(item, dict) and (style := self.one_of("header", "dotted", "inline")) != "inline":
                if style == "dotted" and item and not any(isinstance(value, dict) for value in item.values()):
                    lines += [f"{key}.{self.key(k)} = {self.value(v)}\n" for k, v in item.items()]
                else:
                    blocks.append(self.block(f"[{'.'.join(where)}]", self.table(where, item)))
            elif (
                isinstance(item, list)
                and item
                and isinstance(item[0], dict)
                and self.one_of("array", "line") == "array"
            ):
                blocks += [self.block(f"[[{'.'.join(where)}]]", self.table(where, element)) for element in item]
            else:
                lines.append(
                    self.one_of("", "# about the key\n", "\n")
                    + f"{key} = {self.value(item)}"
                    + self.one_of("", " # c")
                    + "\n"
                )
        return lines + blocks

    def block(self, header: str, lines: list[str]) -> str:
        return (
            self.one_of("\n", "", "\n# about the table\n", "\n\n")
            + header
            + self.one_of("\n", " # c\n")
            + "".join(lines)
        )


class YamlWriter(TomlWriter):
    """Writes data in block or flow style, with comments, quotes and sequences at either column."""

    def value(self, data: Any, nested: bool = False) -> str:
        text = (
            yaml.safe_dump(data, default_flow_style=True, allow_unicode=True, width=1000).removesuffix("...\n").strip()
        )
        if isinstance(data, str) and "\n" not in data:
            return self.one_of(text, yaml.safe_dump(data, default_style='"', allow_unicode=True).strip())
        return text

    def document(self, data: Data) -> str:
        if not data:
            return self.one_of("", "# nothing\n", "{}\n", "---\n")
        self.offset = int(self.one_of("2", "0"))
        return (
            self.one_of("", "# about the file\n\n", "---\n") + self.mapping(data, 0) + self.one_of("", "\n# the end\n")
        )

    def mapping(self, data: Data, column: int) -> str:
        return "".join(self.entry(name, item, column) for name, item in data.items())

    def entry(self, name: str, item: Any, column: int) -> str:
        pad = " " * column
        comment = self.one_of("", f"{pad}# about the key\n", "\n")
        return f"{comment}{pad}{self.value(name)}:" + self.item(item, column)

    def item(self, item: Any, column: int) -> str:
        if not isinstance(item, dict | list) or not item or self.one_of("block", "block", "flow") == "flow":
            return f" {self.value(item)}" + self.one_of("", " # c") + "\n"
        if isinstance(item, dict):
            return self.one_of("\n", " # c\n") + self.mapping(item, column + 2)
        column += self.offset
        return "\n" + "".join(self.element(element, column) for element in item)

    def element(self, item: Any, column: int) -> str:
        pad = self.one_of("", " " * column + "# about the item\n") + " " * column
        if isinstance(item, dict) and item and self.one_of("block", "flow") == "block":
            return (
                f"{pad}-" + self.mapping(item, column + 2).lstrip("\n")[column + 1 :]
                if not self.styled
                else self.dashed(item, column)
            )
        return f"{pad}- {self.value(item)}" + self.one_of("", " # c") + "\n"

    def dashed(self, item: Data, column: int) -> str:
        (name, first), *rest = item.items()
        return (
            f"{' ' * column}- {self.value(name)}:" + self.item(first, column + 2) + self.mapping(dict(rest), column + 2)
        )


class LinesWriter:
    """Lines in any order, with comments and blank lines."""

    def __init__(self, draw: Callable[..., Any]) -> None:
        self.draw = draw

    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.draw(st.lists(LINES, max_size=8)))


class MarkdownWriter(LinesWriter):
    """Sections, with headings that are only code."""

    def text(self) -> str:
        headings = self.draw(st.lists(st.sampled_from(["A", "B", "C", "D"]), max_size=4, unique=True))
        return self.body() + "".join(f"## {heading}\n{self.body()}" for heading in headings)

    def body(self) -> str:
        lines = self.draw(st.lists(BODY, max_size=4))
        fence = next((line for line in lines if line[:3] in {"```", "~~~"}), "")
        closed = [line for line in lines if line[:3] not in {"```", "~~~"}]
        if fence:
            closed = [fence, *closed, fence.removesuffix(" python")]
        return "".join(f"{line}\n" for line in closed)


PATHS = {
    "toml": "pyproject.toml",
    "yaml": "compose.yaml",
    "lines": ".env.example",
    "markdown": "README.md",
    "text": "x.py",
}
STRUCTURED = ["toml", "yaml"]


def data_of(kind: str, text: str) -> Any:
    """What a text says, in a form that compares: TOML and YAML data, the set of lines, the text itself."""
    if kind == "toml":
        return tomllib.loads(text)
    if kind == "yaml":
        return yaml.safe_load(text) or {}
    return {line for line in text.split("\n") if line} if kind == "lines" else text


@st.composite
def texts(draw: Callable[..., Any], kind: str, count: int) -> list[str]:
    """Versions of one document, each in a layout of its own."""
    if kind not in STRUCTURED:
        writer = (MarkdownWriter if kind == "markdown" else LinesWriter)(draw)
        return [writer.text() for _ in range(count)]
    styled = draw(st.booleans())
    form = (TomlWriter if kind == "toml" else YamlWriter)(draw, styled)
    first = draw(DOCUMENTS)
    others = [draw(st.one_of(DOCUMENTS, changed(first), changed(first))) for _ in range(count - 1)]
    return [form.document(data) for data in (first, *others)]


@st.composite
def changed(draw: Callable[..., Any], data: Any) -> Any:
    """The data with a few values added, removed or changed, at any depth."""
    if isinstance(data, dict):
        kept = {}
        for key, value in data.items():
            match draw(st.sampled_from(["keep", "keep", "inside", "drop", "new"])):
                case "keep":
                    kept[key] = value
                case "inside":
                    kept[key] = draw(changed(value))
                case "new":
                    kept[key] = draw(VALUES)
        return kept | draw(st.dictionaries(KEYS, VALUES, max_size=1))
    if isinstance(data, list) and not any(isinstance(item, dict) for item in data):
        return [item for item in data if draw(st.booleans())] + draw(st.lists(SCALARS, max_size=2))
    return data


every_kind = pytest.mark.parametrize("kind", PATHS)
structured = pytest.mark.parametrize("kind", STRUCTURED)


@every_kind
@LAWS
@given(st.data())
def test_what_only_one_side_changed_is_taken_as_it_is(kind: str, data: st.DataObject) -> None:
    base, ours, theirs = data.draw(texts(kind, 3))
    path = PATHS[kind]

    assert merge_text(path, base, ours, base).text == ours
    assert merge_text(path, base, ours, ours).text == ours
    assert data_of(kind, merge_text(path, base, base, theirs).text) == data_of(kind, theirs)
    for result in (merge_text(path, base, ours, base), merge_text(path, base, base, theirs)):
        assert result.conflicts == ()


@pytest.mark.parametrize("kind", ["toml", "yaml", "lines", "markdown"])
@LAWS
@given(st.data())
def test_merging_again_changes_nothing(kind: str, data: st.DataObject) -> None:
    base, ours, theirs = data.draw(texts(kind, 3))
    without_base = data.draw(st.booleans())
    ancestor = None if without_base else base

    merged = merge_text(PATHS[kind], ancestor, ours, theirs)
    assume(
        not any("changed by you" in conflict for conflict in merged.conflicts)
    )  # markers in the text: a person is needed

    assert merge_text(PATHS[kind], ancestor, merged.text, theirs) == merged


@structured
@LAWS
@given(st.data())
def test_the_result_can_be_parsed_and_keeps_what_the_user_added(kind: str, data: st.DataObject) -> None:
    base, ours, theirs = data.draw(texts(kind, 3))

    merged = merge_text(PATHS[kind], base, ours, theirs)
    assume(not any(conflict.startswith(("lines", "merged line")) for conflict in merged.conflicts))

    old, mine, new = (data_of(kind, text) for text in (base, ours, theirs))
    assert_survives(old, mine, new, data_of(kind, merged.text))


def assert_survives(base: Any, ours: Any, theirs: Any, merged: Any) -> None:
    """Keys and items that only the user has are in the result, at any depth."""
    for key, value in ours.items():
        old, new = base.get(key), theirs.get(key)
        if key not in base and key not in theirs:
            assert merged[key] == value
        elif isinstance(value, dict) and all(isinstance(side, dict) for side in (old, new)):
            assert_survives(old, value, new, merged[key])
        elif isinstance(value, list) and all(isinstance(side, list) for side in (old, new)):
            assert [item for item in value if item not in old and item not in merged[key]] == []


@structured
@LAWS
@given(st.data())
def test_an_addition_leaves_every_line_of_ours_as_it_was(kind: str, data: st.DataObject) -> None:
    (ours,) = data.draw(texts(kind, 1))
    value = data.draw(VALUES)
    assume(not ours.lstrip("-\n").startswith("{"))

    merged = merge_text(PATHS[kind], None, ours, add_all(PATHS[kind], "", [{"fresh": value}]))

    assert data_of(kind, merged.text) == data_of(kind, ours) | {"fresh": value}
    rest = iter(merged.text.splitlines())
    assert all(line in rest for line in ours.splitlines())


@structured
@LAWS
@given(st.data())
def test_fragments_that_do_not_touch_can_be_added_in_either_order(kind: str, data: st.DataObject) -> None:
    (text,) = data.draw(texts(kind, 1))
    one, other = ({f"{owner} {key}": data.draw(VALUES) for key in "xy"} for owner in ("one", "other"))
    shared = data.draw(st.sampled_from(["shared", "dependencies"]))
    one[shared], other[shared] = ["httpx", "uvicorn>=1"], ["numpy", "pandas>=2"]
    path = PATHS[kind]
    assume(isinstance(data_of(kind, text).get(shared, []), list))

    forward, backward = add_all(path, text, [one, other]), add_all(path, text, [other, one])

    assert unordered(data_of(kind, forward)) == unordered(data_of(kind, backward))
    assert add_all(path, forward, [other]) == forward
    assert unordered(data_of(kind, add_all(path, add_all(path, text, [one]), [other]))) == unordered(
        data_of(kind, forward)
    )


def unordered(data: Data) -> Data:
    return {key: sorted(map(repr, value)) if isinstance(value, list) else value for key, value in data.items()}


@structured
@LAWS
@given(st.data())
def test_removing_what_was_added_gives_the_original(kind: str, data: st.DataObject) -> None:
    (text,) = data.draw(texts(kind, 1))
    path = PATHS[kind]
    try:
        added = add_all(path, text, [data.draw(DOCUMENTS)])
    except CatalogError:
        assume(False)
    assert merge_text(path, added, added, text).text == text

    edit = "mine = 1\n" if kind == "toml" else "mine: 1\n"
    if kind == "toml" or (not text.startswith(("-", "{")) and not added.startswith("{")):
        assert data_of(kind, merge_text(path, added, edit + added, text).text) == data_of(kind, edit + text)


@LAWS
@given(st.data())
def test_line_ends_of_the_user_are_kept(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["toml", "yaml", "lines", "markdown"]))
    base, ours, theirs = data.draw(texts(kind, 3))
    assume("\n" in ours)

    unix = merge_text(PATHS[kind], base, ours, theirs)
    windows = merge_text(PATHS[kind], base, ours.replace("\n", "\r\n"), theirs)

    assert windows.text == unix.text.replace("\n", "\r\n")
    assert windows.conflicts == unix.conflicts


@LAWS
@given(st.lists(LINES.filter(bool), max_size=6), st.lists(LINES.filter(bool), max_size=6))
def test_lines_are_added_once_and_all(text: list[str], added: list[str]) -> None:
    path = ".gitignore"
    before = "".join(f"{line}\n" for line in text)

    after = add_all(path, before, [{"lines": added}])

    assert after.startswith(before)
    assert set(after.split("\n")) >= {line for line in added if not line.startswith("#")}
    new = [line for line in after[len(before) :].split("\n") if line]
    assert not set(new) & set(text)
    assert len(new) == len(set(new))
    assert add_all(path, after, [{"lines": added}]) == after
