"""Every name leads to one version; `auto` splits its callers."""

from __future__ import annotations

import pytest

from text2json.llm_serving.names import Lineup, shown

BOTH = Lineup(frozenset({"v1", "v2"}), {"champion": "v1", "challenger": "v2"})
CALLERS = [f"caller-{number}" for number in range(2000)]


def test_names_are_the_base_the_aliases_and_the_versions() -> None:
    assert BOTH.roots() == {
        "base": None,
        "auto": "v1",
        "challenger": "v2",
        "champion": "v1",
        "v1": "v1",
        "v2": "v2",
    }


def test_without_adapters_auto_is_the_base_model() -> None:
    assert Lineup().resolve("auto", "anybody", 0.5) is None
    assert shown(None) == "base"


def test_the_challenger_answers_its_share_of_the_callers_and_always_the_same_ones() -> None:
    first = [BOTH.resolve("auto", caller, 0.2) for caller in CALLERS]
    assert first == [BOTH.resolve("auto", caller, 0.2) for caller in CALLERS]
    assert first.count("v2") / len(CALLERS) == pytest.approx(0.2, abs=0.04)


def test_whoever_names_a_version_gets_it() -> None:
    for name, root in BOTH.roots().items():
        if name != "auto":
            assert {BOTH.resolve(name, caller, 0.5) for caller in CALLERS[:50]} == {root}


def test_other_names_there_are_none() -> None:
    with pytest.raises(KeyError):
        BOTH.resolve("gpt-5", "anybody", 0)
