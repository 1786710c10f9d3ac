"""Merges of pyproject.toml as people write it."""

from __future__ import annotations

import difflib
import tomllib

import pytest

from scaffolder.errors import CatalogError
from scaffolder.merge import add_all, merge_text

PATH = "pyproject.toml"
BASE = """\
# Packaging and tools of the project.
[build-system]
requires = ["hatchling>=1.27,<2"]
build-backend = "hatchling.build"

[project]
name = "churn"
requires-python = ">=3.11"
dependencies = [
    "click>=8.3,<9",
    "numpy>=2.3,<3",  # arrays
]

[project.scripts]
churn = "churn.cli:main"

[dependency-groups]
dev = ["pytest>=9,<10"]
train = []

[tool.uv]
default-groups = ["dev", "train"]

# Style.
[tool.ruff]
line-length = 100

[tool.ruff.lint]
select = [
    "A",  # names that hide builtins
    "B",
]

[[tool.mypy.overrides]]
module = ["sklearn.*"]
ignore_missing_imports = true
"""
SERVICE = {
    "project": {"dependencies": ["fastapi>=0.160,<1", "uvicorn>=0.40,<1"], "scripts": {"serve": "churn.api:main"}},
    "dependency-groups": {"dev": ["httpx>=0.28,<1"]},
    "tool": {"mypy": {"overrides": [{"module": ["onnx.*"], "follow_untyped_imports": True}]}},
}
# The same project, as somebody with habits of their own keeps it: tabs, single quotes, poetry's tables, comments.
OURS = """\
# Packaging and tools of the project.
[build-system]
requires = ["hatchling>=1.27,<2"]
build-backend = "hatchling.build"

[project]
name = "churn"
requires-python = ">=3.12" # we use generics
dependencies = [
\t# pinned by hand
\t'numpy ~= 2.3', # arrays
\t'polars>=1.30',
\t'click>=8.3,<9'
]

[tool.poetry.group.dev.dependencies]
black = { version = "^26.1", extras = ["jupyter"] } # until we move to ruff

[project.scripts]
churn = "churn.cli:main"

[dependency-groups]
dev = ["pytest>=9,<10"]
train = []
docs = ["mkdocs>=1.6"]

# Style.
[tool.ruff]
line-length = 88
"""


def changes(before: str, after: str) -> list[str]:
    """The lines that differ, with their sign."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def test_a_component_adds_to_the_tables_that_are_there() -> None:
    assert changes(BASE, add_all(PATH, BASE, [SERVICE])) == [
        '+    "fastapi>=0.160,<1",',
        '+    "uvicorn>=0.40,<1",',
        '+serve = "churn.api:main"',
        '-dev = ["pytest>=9,<10"]',
        '+dev = ["pytest>=9,<10", "httpx>=0.28,<1"]',
        "+",
        "+[[tool.mypy.overrides]]",
        '+module = ["onnx.*"]',
        "+follow_untyped_imports = true",
    ]


def test_new_tables_stand_with_their_family() -> None:
    fragment = {"tool": {"ruff": {"format": {"preview": True}}, "ty": {"rules": {"all": "warn"}}}}

    assert add_all(PATH, BASE, [fragment]) == (
        BASE.replace("\n[[tool.mypy", "\n[tool.ruff.format]\npreview = true\n\n[[tool.mypy")
        + '\n[tool.ty.rules]\nall = "warn"\n'
    )


def test_an_array_that_gets_too_long_is_written_one_item_per_line() -> None:
    libraries = ["scikit-learn>=1.8,<2", "lightgbm>=4.6,<5", "mlflow-skinny>=3.5,<4", "pandas>=3,<4"]

    added = add_all(PATH, BASE, [{"dependency-groups": {"train": libraries}}])

    assert changes(BASE, added) == ["-train = []", "+train = [", *(f'+    "{name}",' for name in libraries), "+]"]


def test_removing_a_component_leaves_the_edits_of_the_user() -> None:
    added = add_all(PATH, BASE, [SERVICE])
    edited = added.replace('"uvicorn>=0.40,<1",', '"uvicorn>=0.40,<1",\n    "sentry-sdk>=3",  # errors')
    edited = edited.replace('"httpx>=0.28,<1"]', '"httpx>=0.28,<1", "ipython>=9"]')

    merged = merge_text(PATH, added, edited, BASE)

    assert merged.conflicts == ()
    assert changes(BASE, merged.text) == [
        '+    "sentry-sdk>=3",  # errors',
        '-dev = ["pytest>=9,<10"]',
        '+dev = ["pytest>=9,<10", "ipython>=9"]',
    ]


def test_a_component_arrives_in_a_project_with_habits_of_its_own() -> None:
    merged = merge_text(PATH, BASE, OURS, add_all(PATH, BASE, [SERVICE]))

    assert merged.conflicts == ()
    assert changes(OURS, merged.text) == [
        "-\t'click>=8.3,<9'",
        "+\t'click>=8.3,<9',",
        "+\t'fastapi>=0.160,<1',",
        "+\t'uvicorn>=0.40,<1'",
        '+serve = "churn.api:main"',
        '-dev = ["pytest>=9,<10"]',
        '+dev = ["pytest>=9,<10", "httpx>=0.28,<1"]',
        "+",
        "+[[tool.mypy.overrides]]",
        '+module = ["onnx.*"]',
        "+follow_untyped_imports = true",
    ]


def test_an_update_replaces_what_the_user_left_and_reports_what_both_changed() -> None:
    theirs = BASE.replace(">=3.11", ">=3.13").replace("click>=8.3", "click>=8.4").replace("numpy>=2.3", "numpy>=2.4")

    merged = merge_text(PATH, BASE, OURS, theirs)

    assert changes(OURS, merged.text) == ["-\t'click>=8.3,<9'", "+\t'click>=8.4,<9'"]
    assert merged.conflicts == (
        'project.requires-python: yours ">=3.12", incoming ">=3.13"',
        'project.dependencies: yours "numpy ~= 2.3", incoming "numpy>=2.4,<3"',
    )


def test_both_sides_add_the_same_package() -> None:
    ours = BASE.replace('"click>=8.3,<9",', '"click>=8.3,<9",\n    "FastAPI ~= 0.150",')

    merged = merge_text(PATH, BASE, ours, add_all(PATH, BASE, [SERVICE]))
    spelled = merge_text(
        PATH, BASE, ours.replace("FastAPI ~= 0.150", "FastAPI <1, >=0.160"), add_all(PATH, BASE, [SERVICE])
    )

    assert merged.conflicts == ('project.dependencies: yours "FastAPI ~= 0.150", incoming "fastapi>=0.160,<1"',)
    assert spelled.conflicts == ()
    assert tomllib.loads(spelled.text)["project"]["dependencies"][-1] == "uvicorn>=0.40,<1"
    assert "fastapi" not in spelled.text


def test_what_the_user_deleted_stays_deleted() -> None:
    ours = BASE.replace('    "numpy>=2.3,<3",  # arrays\n', "").replace("line-length = 100\n", "")
    theirs = BASE.replace("numpy>=2.3", "numpy>=2.4").replace("= 100", "= 110").replace('"B",', '"B",\n    "C4",')

    merged = merge_text(PATH, BASE, ours, theirs)

    assert merged.conflicts == ()
    assert changes(ours, merged.text) == ['+    "C4",']


def test_what_the_user_changed_is_not_removed_silently() -> None:
    added = add_all(PATH, BASE, [SERVICE])
    ours = added.replace("fastapi>=0.160,<1", "fastapi==0.165.2")

    merged = merge_text(PATH, added, ours, BASE)

    assert merged.conflicts == ('project.dependencies: yours "fastapi==0.165.2", incoming removes it',)
    assert changes(BASE, merged.text) == ['+    "fastapi==0.165.2",']


def test_a_version_that_the_user_raised_stays_where_it_is_one_that_is_wanted() -> None:
    base, theirs = (
        add_all(PATH, BASE, [{"project": {"dependencies": [f"fastapi{v}"]}}]) for v in (">=0.160,<1", ">=0.1")
    )
    raised, left = (base.replace("fastapi>=0.160,<1", f"fastapi{v}") for v in (">=0.165,<1", ">=0.165,<2"))

    merged = merge_text(PATH, base, raised, theirs)
    assert (merged.text, merged.conflicts) == (raised, ())
    assert merge_text(PATH, theirs, left, base).conflicts == (
        'project.dependencies: yours "fastapi>=0.165,<2", incoming "fastapi>=0.160,<1"',
    )


def test_comments_come_and_go_with_what_they_describe() -> None:
    block = "\n# The service answers within two seconds.\n[tool.limits]\nseconds = 2  # per request\n"
    ours = BASE + "\n[tool.mine]\nx = 1\n"

    merged = merge_text(PATH, BASE, ours, BASE + block)
    removed = merge_text(PATH, BASE + block, merged.text, BASE)

    assert merged.text == ours + block
    assert removed.text == ours


def test_comments_of_the_user_stay_when_what_was_below_goes() -> None:
    ours = BASE.replace('    "B",', '    # our own remark\n    "B",\n    "ZZZ",')

    merged = merge_text(PATH, BASE, ours, BASE.replace('    "B",\n', ""))

    assert '    # our own remark\n    "ZZZ",\n]' in merged.text


def test_tables_written_in_other_ways_are_edited_in_their_way() -> None:
    text = 'tool.limits.seconds = 2\nproject = { name = "x", dependencies = ["click"] }\n'

    added = add_all(
        PATH, text, [{"project": {"dependencies": ["httpx"], "version": "1"}, "tool": {"limits": {"rows": 9}}}]
    )

    assert added == (
        "tool.limits.seconds = 2\ntool.limits.rows = 9\n"
        'project = { name = "x", dependencies = ["click", "httpx"], version = "1" }\n'
    )


def test_a_table_that_only_has_subtables_gets_its_own_header() -> None:
    added = add_all(PATH, "[tool.ruff.lint]\nselect = []\n", [{"tool": {"ruff": {"line-length": 100, "src": ["src"]}}}])

    assert added == '[tool.ruff]\nline-length = 100\nsrc = ["src"]\n\n[tool.ruff.lint]\nselect = []\n'


def test_a_file_without_a_last_newline_and_an_empty_one() -> None:
    fragment = {"tool": {"a": {"x": 1}}}

    assert add_all(PATH, "", [fragment]) == "[tool.a]\nx = 1\n"
    assert add_all(PATH, "[tool.b]\ny = 2", [fragment]) == "[tool.b]\ny = 2\n\n[tool.a]\nx = 1\n"


def test_a_file_that_is_not_toml_is_merged_as_text() -> None:
    broken = BASE.replace("[project]", "[project")

    merged = merge_text(PATH, BASE, broken, BASE.replace("= 100", "= 110"))

    assert merged.conflicts == ()
    assert merged.text == broken.replace("= 100", "= 110")


def test_changes_of_comments_only_arrive_too() -> None:
    ours = BASE.replace("= 100", "= 88")

    merged = merge_text(PATH, BASE, ours, BASE.replace("# Packaging and tools", "# Packaging, tools and tests"))

    assert changes(ours, merged.text) == [
        "-# Packaging and tools of the project.",
        "+# Packaging, tools and tests of the project.",
    ]


@pytest.mark.parametrize(
    ("fragments", "key"),
    [
        ([{"project": {"requires-python": ">=3.12"}}], "project.requires-python"),
        ([{"project": {"dependencies": ["click>=9"]}}], "project.dependencies"),
        ([{"project": {"scripts": ["x"]}}], "project.scripts"),
        ([{"tool": {"a": {"x": 1}}}, {"tool": {"a": {"x": True}}}], "tool.a.x"),
        ([{"project": {"dependencies": ["a>=1"]}}, {"project": {"dependencies": ["A"]}}], "project.dependencies"),
    ],
)
def test_components_that_disagree_are_named_by_file_and_key(fragments: list[dict[str, object]], key: str) -> None:
    with pytest.raises(CatalogError) as caught:
        add_all(PATH, BASE, fragments)

    assert caught.value.what.startswith(f"{PATH}: {key}: ")
    assert caught.value.why


def test_components_that_agree_are_united() -> None:
    one, other = {"project": {"dependencies": ["a>=1,<2"]}}, {"project": {"dependencies": ["A <2, >=1"]}}

    assert changes(BASE, add_all(PATH, BASE, [one, other])) == ['+    "a>=1,<2",']


def test_what_a_user_wrote_in_a_list_stays_where_its_order_changes() -> None:
    base = '[tool.x]\nsteps = [\n    "a",\n    "b",\n    "c",\n]\n'
    ours = base.replace('    "b",\n', '    # ours\n    "b",  # why\n')

    merged = merge_text("pyproject.toml", base, ours, base.replace('    "b",\n', '    "z",\n    "b2",\n'))

    assert merged.conflicts == ()
    assert tomllib.loads(merged.text)["tool"]["x"]["steps"] == ["a", "z", "b2", "c"]
    assert "# ours" in merged.text
    assert "# why" in merged.text
