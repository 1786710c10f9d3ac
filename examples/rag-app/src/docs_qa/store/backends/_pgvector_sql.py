"""The tables of the PostgreSQL back end, and its two searches."""

from psycopg.sql import SQL, Literal

from docs_qa.store import payload

FOUND = SQL("c.id, c.record - {sentences}").format(sentences=Literal(payload.SENTENCES))

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS {index} (identity text NOT NULL);
CREATE TABLE IF NOT EXISTS {chunks} (
    id uuid PRIMARY KEY,
    document text NOT NULL,
    record jsonb NOT NULL,
    vector vector({dimensions}) NOT NULL
);
CREATE INDEX IF NOT EXISTS {by_document} ON {chunks} (document);
CREATE INDEX IF NOT EXISTS {by_vector} ON {chunks} USING hnsw (vector vector_cosine_ops);
CREATE TABLE IF NOT EXISTS {terms} (
    term bigint,
    chunk uuid REFERENCES {chunks} ON DELETE CASCADE,
    weight real NOT NULL,
    PRIMARY KEY (term, chunk) INCLUDE (weight)
);
CREATE INDEX IF NOT EXISTS {by_chunk} ON {terms} (chunk);
"""

# Okapi BM25: the stored weights, times the inverse document frequency of now.
LEXICAL = """
WITH total AS (SELECT count(*)::float8 AS n FROM {chunks}),
frequency AS (
    SELECT term, count(*)::float8 AS n FROM {terms} WHERE term = ANY(%(terms)s) GROUP BY term
),
best AS (
    SELECT t.chunk, sum(t.weight * ln(1 + (total.n - f.n + 0.5) / (f.n + 0.5))) AS score
    FROM {terms} t JOIN frequency f USING (term) JOIN {chunks} c ON c.id = t.chunk, total
    WHERE {matching}
    GROUP BY t.chunk ORDER BY score DESC, t.chunk LIMIT %(k)s
)
SELECT {found}, best.score FROM best JOIN {chunks} c ON c.id = best.chunk
ORDER BY best.score DESC, c.id
"""

DENSE = """
SELECT {found}, 1 - (c.vector <=> %(vector)s) FROM {chunks} c
WHERE {matching} ORDER BY c.vector <=> %(vector)s LIMIT %(k)s
"""
