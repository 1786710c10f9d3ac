"""Windows of the past, against counting by hand."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from payments_loop.features.past import Decisions

WHO = st.none() | st.sampled_from(["a", "b", "c"])
TIMES = st.integers(-5, 30)
ASKED = st.lists(st.tuples(WHO, TIMES), max_size=25)
KNOWN = st.lists(st.tuples(WHO, TIMES, st.none() | st.integers(-9, 9)), max_size=25)
EVENTS = {"who": pl.String, "known_at": pl.Int64, "value": pl.Int64}


@given(ASKED, KNOWN, st.integers(1, 40))
def test_windows_hold_what_was_known_just_before(
    asked: list[tuple[str | None, int]],
    known: list[tuple[str | None, int, int | None]],
    window: int,
) -> None:
    spine = pl.DataFrame(asked, schema={"who": pl.String, "at": pl.Int64}, orient="row")
    events = pl.DataFrame(known, schema=EVENTS, orient="row")
    past = Decisions(spine, "who").past(events)
    inside = [
        [
            (time, value)
            for other, time, value in known
            if who is not None and other == who and at - window <= time < at
        ]
        for who, at in asked
    ]
    assert past.count(window).to_list() == [len(one) for one in inside]
    totals = [sum(value or 0 for _, value in one) for one in inside]
    assert past.total("value", window).to_list() == totals
    since = [
        at - max(time for time, _ in one) if one else None
        for (_, at), one in zip(asked, inside, strict=True)
    ]
    assert past.since(window).to_list() == since


def test_days_are_counted_in_the_order_of_seconds() -> None:
    spine = pl.DataFrame({"who": ["a", "b", "a"], "at": [250, 120, 199]})
    spine = spine.with_columns(day=pl.col("at") // 100)
    events = pl.DataFrame({"who": ["a", "a", "a", "b"], "day": [0, 1, 2, 0]})
    past = Decisions(spine, "who").past(events, now="day", known="day")
    assert past.count(1).to_list() == [1, 1, 1]
    assert past.count(2).to_list() == [2, 1, 1]
