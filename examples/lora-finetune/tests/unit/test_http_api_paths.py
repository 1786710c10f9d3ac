"""Values by path and by beginning of a path."""

import pytest

from text2json.api.paths import PathMap

VALUES = {"/": 1, "/a": 2, "/a/": 3, "/a/b/": 4, "/a/b/c": 5}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/", 1),
        ("/b", None),
        ("/a", 2),
        ("/ab", None),
        ("/a/", 3),
        ("/a/x", 3),
        ("/a/x/y", 3),
        ("/a/b", 3),
        ("/a/b/", 4),
        ("/a/b/x", 4),
        ("/a/b/c", 5),
        ("/a/b/c/", 4),
        ("", None),
    ],
)
def test_the_longest_key_counts(path: str, value: int | None) -> None:
    assert PathMap(VALUES).get(path) == value
