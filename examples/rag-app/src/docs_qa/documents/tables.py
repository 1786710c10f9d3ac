"""The SQL tables of the library."""

from __future__ import annotations

import sqlalchemy as sa

#: Of the tables. Another one in a database means that it was written by another version.
FORMAT = 1

META = sa.MetaData()
DOCUMENTS = sa.Table(
    "documents",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("source", sa.String(8), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("pages", sa.Integer),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of the active revision's bytes
    sa.Column("revision", sa.String(16)),
    sa.Column("attempt", sa.String(16), nullable=False),  # what failed; empty if nothing did
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("problem", sa.Text, nullable=False),
    sa.Column("indexed", sa.String(32), nullable=False),
    sa.Column("metadata", sa.JSON, nullable=False),
)
# The bytes of uploads and pages from the web, to index them again when the index changes
ORIGINALS = sa.Table(
    "originals",
    META,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("data", sa.LargeBinary, nullable=False),
)
PASSAGES = sa.Table(
    "passages",
    META,
    sa.Column("document", sa.Text, primary_key=True),
    sa.Column("digest", sa.String(32), primary_key=True, index=True),
)
# Documents whose chunks in the sink may differ from the active revision: a change is under way
UNSETTLED = sa.Table("unsettled", META, sa.Column("document", sa.Text, primary_key=True))
FACTS = sa.Table(
    "facts",
    META,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("value", sa.Integer, nullable=False),
)
