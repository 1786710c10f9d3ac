"""API keys and rate limits."""

import pytest
from plugins.http_api import KEY, OTHER_KEY

from text2json.api.auth import Keys, RateLimit
from text2json.api.problems import Problem


def test_without_keys_everybody_is_anonymous() -> None:
    assert Keys([]).caller(None) == "anonymous"
    assert Keys([]).caller(b"anything") == "anonymous"


def test_every_key_is_known_under_a_name_that_does_not_tell_it() -> None:
    keys = Keys([KEY, OTHER_KEY])
    names = {keys.caller(KEY.encode()), keys.caller(OTHER_KEY.encode())}
    assert len(names) == 2
    assert all(len(name) == 8 and name not in KEY + OTHER_KEY for name in names)


@pytest.mark.parametrize("key", [None, b"", KEY[:-1].encode(), KEY.upper().encode(), b"\xff"])
def test_other_keys_are_refused(key: bytes | None) -> None:
    with pytest.raises(Problem) as caught:
        Keys([KEY]).caller(key)
    assert caught.value.status == 401
    assert "www-authenticate" in caught.value.headers


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_followed_by_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(rate=0.25, burst=2, clock=clock)
    limit.take("a")
    limit.take("a")
    with pytest.raises(Problem) as caught:
        limit.take("a")
    assert caught.value.headers["retry-after"] == "4"
    clock.now = 3.9
    with pytest.raises(Problem):
        limit.take("a")
    clock.now = 4.0
    limit.take("a")
    with pytest.raises(Problem):
        limit.take("a")


def test_a_bucket_never_holds_more_than_a_burst() -> None:
    clock = Clock()
    limit = RateLimit(rate=1, burst=3, clock=clock)
    limit.take("a")
    clock.now = 1_000_000.0
    for _ in range(3):
        limit.take("a")
    with pytest.raises(Problem):
        limit.take("a")


def test_callers_do_not_share_a_bucket() -> None:
    limit = RateLimit(rate=1, burst=1, clock=Clock())
    limit.take("a")
    limit.take("b")


def test_a_rate_of_zero_is_no_limit() -> None:
    limit = RateLimit(rate=0, burst=1, clock=Clock())
    for _ in range(100):
        limit.take("a")
