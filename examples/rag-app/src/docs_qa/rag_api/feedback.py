"""Ratings of answers, and the questions and answers behind them where keeping those is allowed.

They live in the database of the library. Questions are personal data: they are kept only if
`APP_STORE_QUESTIONS` is on, and deleted after `APP_KEEP_QUESTIONS_DAYS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from docs_qa.documents import Settings

Rating = Literal["up", "down"]

_metadata = sa.MetaData()
_answers = sa.Table(
    "rag_answers",
    _metadata,
    sa.Column("request_id", sa.String(128), primary_key=True),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("mode", sa.String(20), nullable=False),
    sa.Column("model", sa.String(200), nullable=False),
    sa.Column("question", sa.Text, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("abstained", sa.Boolean, nullable=False),
    sa.Column("cited", sa.JSON, nullable=False),
)
_ratings = sa.Table(
    "rag_ratings",
    _metadata,
    sa.Column("request_id", sa.String(128), primary_key=True),
    sa.Column("caller", sa.String(20), primary_key=True),
    sa.Column("created", sa.DateTime(timezone=True), nullable=False),
    sa.Column("rating", sa.String(4), nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A question and its answer.

    Attributes:
        question: as it was searched, so that it is understandable without the conversation.
        cited: the passages that the answer cites: document, section, page and text of each.
    """

    request_id: str
    mode: str
    model: str
    question: str
    answer: str
    abstained: bool
    cited: Sequence[dict[str, object]]


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating with its question: a candidate for the evaluation set, once somebody looked at it."""

    kept: Kept
    created: datetime
    rating: Rating
    comment: str


def engine() -> sa.Engine:
    """The database of the library, which is where ratings are."""
    url = sa.make_url(Settings().database)
    # Seconds to wait for a writer of the same file
    waiting = {"timeout": 30} if url.get_backend_name() == "sqlite" else {}
    return sa.create_engine(url, connect_args=waiting, pool_pre_ping=True)


class Feedback:
    """The tables. Every method may block and may be called by any thread.

    Args:
        engine: of the library's database.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        _metadata.create_all(engine)

    def keep(self, kept: Kept) -> None:
        """Keep a question; the last one counts where a caller chose the same id twice."""
        row = {
            "request_id": kept.request_id,
            "created": datetime.now(UTC),
            "mode": kept.mode,
            "model": kept.model,
            "question": _storable(kept.question),
            "answer": _storable(kept.answer),
            "abstained": kept.abstained,
            "cited": list(kept.cited),
        }
        with self._engine.begin() as connection:
            same = _answers.c.request_id == kept.request_id
            connection.execute(_answers.delete().where(same))
            connection.execute(_answers.insert().values(row))

    def rate(self, request_id: str, caller: str, rating: Rating, comment: str) -> None:
        """Keep a rating, in place of an earlier one by the same caller."""
        row = {
            "request_id": request_id,
            "caller": caller,
            "created": datetime.now(UTC),
            "rating": rating,
            "comment": _storable(comment),
        }
        with self._engine.begin() as connection:
            connection.execute(
                _ratings.delete().where(
                    _ratings.c.request_id == request_id,
                    _ratings.c.caller == caller,
                )
            )
            connection.execute(_ratings.insert().values(row))

    def forget(self, days: float) -> int:
        """Delete questions older than `days`; their ratings stay, without them. Return how many."""
        before = datetime.now(UTC) - timedelta(days=days)
        with self._engine.begin() as connection:
            deleted = connection.execute(_answers.delete().where(_answers.c.created < before))
            return deleted.rowcount

    def rated(self, rating: Rating | None = None) -> Iterator[Rated]:
        """Yield ratings whose question was kept, oldest first; only those `rating`, if given."""
        kept = [_answers.c[name] for name in Kept.__slots__]
        found = (
            sa.select(*kept, _ratings.c.created, _ratings.c.rating, _ratings.c.comment)
            .join(_ratings, _ratings.c.request_id == _answers.c.request_id)
            .order_by(_ratings.c.created)
        )
        if rating:
            found = found.where(_ratings.c.rating == rating)
        with self._engine.connect() as connection:
            for row in connection.execute(found):
                *columns, created, given, comment = row
                yield Rated(Kept(*columns), created, given, comment)


def _storable(text: str) -> str:
    """The text as Postgres takes it: it has no place for the character 0."""
    return text.replace("\x00", "")
