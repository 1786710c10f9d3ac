from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffolder import lock
from scaffolder.errors import InputError
from scaffolder.tree import Entry, Tree

paths = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(st.dictionaries(paths, st.builds(Entry, st.binary(max_size=9), st.sampled_from([0o100644, 0o100755, 0o120000]))))
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, tree: Tree) -> None:
    root = tmp_path_factory.mktemp("lock")
    made = lock.make("small", ("base", "alpha"), tree)
    (root / lock.NAME).write_text(made.dumps(), encoding="utf-8")
    read = lock.read(root)
    assert read == made
    assert all(made.untouched(path, entry) for path, entry in tree.items())


def test_blob_ids_are_those_of_git() -> None:
    assert Entry(b"hello\n").blob_id == "ce013625030ba8dba906f756967f9e9ca394464a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("format = 99\n", "newer scaffolder"),
        ("format = ", "cannot be read"),
        ("format = 1\n", "damaged"),
        ('format = 1\nversion = "1"\nproject = "p"\ncomponents = []\n[files]\n"a" = "oops"\n', "damaged"),
        ('format = 1\nversion = "1"\nproject = "p"\ncomponents = []\nfiles = 3\n', "damaged"),
    ],
)
def test_a_lock_that_cannot_be_used_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / lock.NAME).write_text(text)
    with pytest.raises(InputError, match=said) as caught:
        lock.read(tmp_path)
    assert caught.value.next_step


def test_no_lock(tmp_path: Path) -> None:
    assert lock.read(tmp_path) is None
