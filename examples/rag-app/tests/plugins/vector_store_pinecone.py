"""The other end of Pinecone's HTTP API, in memory: indexes, documents, searches, limits, delays.

Writes are accepted at once and applied after a moment, as Pinecone does; every search says up
to which write it has seen. Requests that Pinecone refuses are refused with its status.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from pydantic import SecretStr

from docs_qa.store import StoreSettings
from docs_qa.store.backends import open_store

from .vector_store import OpenStore, closing
from .vector_store_servers import Answer, Json, JsonHandler, bm25, serving

KEY = "a key for tests"
LAG = 0.03
ROOM, LARGEST = 40 * 1024, 2 * 1024 * 1024


class RefusedError(Exception):
    """A request that is answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Namespace:
    """Documents, and the writes that are on their way to them."""

    def __init__(self, lag: float) -> None:
        self.lag = lag
        self.documents: dict[str, Json] = {}
        self.pending: list[tuple[float, Callable[[dict[str, Json]], object]]] = []
        self.accepted = 0

    def write(self, change: Callable[[dict[str, Json]], object]) -> int:
        """Accept a write; return its position in the log."""
        self.pending.append((time.monotonic() + self.lag, change))
        self.accepted += 1
        return self.accepted

    def settle(self) -> int:
        """Apply the writes that are due; return the position reached."""
        while self.pending and self.pending[0][0] <= time.monotonic():
            self.pending.pop(0)[1](self.documents)
        return self.accepted - len(self.pending)


class Project:
    """An account's indexes and their documents."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.indexes: dict[str, Json] = {}
        self.namespaces: dict[str, Namespace] = {}
        self.lag = LAG

    def control(self, method: str, name: str, body: Json, host: str) -> tuple[int, Json]:
        """Answer a request about indexes."""
        if method == "POST":
            if body["name"] in self.indexes:
                raise RefusedError(409, f"index {body['name']} exists")
            made = {"deployment": {"deployment_type": "managed", "cloud": "aws"}, **body}
            made |= {"host": host, "deletion_protection": "disabled"}
            made["status"] = {"ready": True, "state": "Ready"}
            made["deployment"] = {"region": "us-east-1", **made["deployment"]}
            made["deployment"].setdefault("environment", "test")
            self.indexes[body["name"]] = made
            return 201, made
        if name not in self.indexes:
            raise RefusedError(404, f"no index {name}")
        if method == "DELETE":
            del self.indexes[name]
            self.namespaces.clear()
            return 202, {}
        return 200, self.indexes[name]

    def stats(self) -> Json:
        """Count the documents of every namespace."""
        counts = {name: len(one.documents) for name, one in self.namespaces.items()}
        summary = {name: {"vectorCount": count} for name, count in counts.items()}
        total = sum(counts.values())
        return {"namespaces": summary, "indexFullness": 0, "totalVectorCount": total}

    def data(self, name: str, action: str, body: Json) -> tuple[Json, dict[str, str]]:
        """Answer a request about the documents of a namespace."""
        if action == "upsert":
            space = self.namespaces.setdefault(name, Namespace(self.lag))
            made = {one["_id"]: one for one in body["documents"]}
            for one in made.values():
                self.check(one)
            position = space.write(lambda stored: stored.update(made))
            return {"upserted_count": len(made)}, {"x-pinecone-request-lsn": str(position)}
        if name not in self.namespaces:
            raise RefusedError(404, f"no namespace {name}")
        space = self.namespaces[name]
        seen = space.settle()
        matching = [one for one in space.documents.values() if matches(one, body.get("filter"))]
        if action == "delete":
            gone = [one["_id"] for one in matching]
            position = space.write(lambda stored: [stored.pop(one, None) for one in gone])
            return {"matched_records": len(gone)}, {"x-pinecone-request-lsn": str(position)}
        answer: Json = {"namespace": name, "usage": {"read_units": 1}}
        fields = body.get("include_fields", ["*"] if action == "fetch" else [])
        if action == "search":
            best = ranked(matching, body["score_by"][0])[: body["top_k"]]
            found = [{**chosen(one, fields), "_score": score} for score, one in best]
            return {**answer, "matches": found}, {"x-pinecone-max-indexed-lsn": str(seen)}
        if action == "list":
            if not 1 <= body.get("limit", 100) <= 100:
                raise RefusedError(400, "limit must be from 1 to 100")
            after = body.get("pagination_token", "")
            ids = sorted(one for one in space.documents if one > after)
            listed, rest = ids[: body.get("limit", 100)], ids[body.get("limit", 100) :]
            more = {"pagination": {"next": listed[-1]}} if rest else {}
            return {**answer, "documents": [{"_id": one} for one in listed], **more}, {}
        if "ids" in body:
            matching = [space.documents[one] for one in body["ids"] if one in space.documents]
        page = matching[: body.get("limit", 1000)]
        return {**answer, "documents": {one["_id"]: chosen(one, fields) for one in page}}, {}

    def check(self, document: Json) -> None:
        """Refuse what Pinecone does not store."""
        (index,) = self.indexes.values()
        schema = index["schema"]["fields"]
        free = {key: value for key, value in document.items() if key not in schema}
        if len(document["vector"]) != schema["vector"]["dimension"] or not any(document["vector"]):
            raise RefusedError(400, f"{document['_id']}: the vector does not fit")
        for key, value in free.items():
            texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
            if not texts and not isinstance(value, str | int | float):
                raise RefusedError(400, f"{document['_id']}: {key} has a value of no known type")
        if len(json.dumps(free, ensure_ascii=False).encode()) > ROOM:
            raise RefusedError(400, f"{document['_id']}: more than 40 KB of metadata")


def chosen(document: Json, fields: list[str]) -> Json:
    """A document with some of its fields."""
    return {
        key: value
        for key, value in document.items()
        if key == "_id" or key in fields or "*" in fields
    }


def matches(document: Json, condition: Json | None) -> bool:
    """Whether a document fulfils a filter."""
    for key, wanted in (condition or {}).items():
        if key == "$and":
            if not all(matches(document, one) for one in wanted):
                return False
            continue
        ((operator, value),) = wanted.items()
        stored = document.get(key, [])
        values = stored if isinstance(stored, list) else [stored]
        if operator not in ("$in", "$ne"):
            raise RefusedError(400, f"no operator {operator}")
        among = value if operator == "$in" else [value]
        if any(one in among for one in values) != (operator == "$in"):
            return False
    return True


def ranked(documents: list[Json], query: Json) -> list[tuple[float, Json]]:
    """Documents by falling score, for one clause of `score_by`."""
    field = query["field"] if query.get("field") else query["fields"][0]
    if query["type"] == "dense_vector":
        vector = np.asarray(query["values"]) / np.linalg.norm(query["values"])
        stored = [np.asarray(one[field]) for one in documents]
        found = [float(vector @ one / np.linalg.norm(one)) for one in stored]
        scores = list(zip(found, documents, strict=True))
    else:
        by_id = {one["_id"]: one for one in documents}
        counts = {key: Counter(one[field].lower().split()) for key, one in by_id.items()}
        found_words = bm25(counts, query["query"].lower().split())
        scores = [(score, by_id[key]) for key, score in found_words.items()]
    return sorted(scores, key=lambda pair: -pair[0])


class Handler(JsonHandler):
    """Control plane and data plane, on one port."""

    project: Project

    def answer(self, raw: bytes) -> Answer:
        """Return status, body and headers."""
        try:
            if self.headers.get("Api-Key") != KEY:
                raise RefusedError(401, "wrong key")
            if len(raw) > LARGEST:
                raise RefusedError(413, "more than 2 MB")
            body = json.loads(raw or b"{}")
            plane, *rest = self.path.strip("/").split("/")
            with self.project.lock:
                if plane == "indexes":
                    host = f"http://{self.headers['Host']}"
                    return *self.project.control(self.command, "".join(rest), body, host), {}
                if plane == "describe_index_stats":
                    return 200, self.project.stats(), {}
                return 200, *self.project.data(rest[0], rest[2], body)
        except RefusedError as error:
            answer = {"code": "REFUSED", "message": str(error)}
            return error.status, {"status": error.status, "error": answer}, {}


@pytest.fixture
def pinecone_project() -> Project:
    """An empty project of Pinecone's."""
    return Project()


@pytest.fixture
def pinecone_settings(pinecone_project: Project) -> Iterator[StoreSettings]:
    """Settings of a store in it."""
    pytest.importorskip("pinecone", reason="pinecone is not installed")
    with serving(Handler, project=pinecone_project) as server:
        yield StoreSettings(
            store="pinecone",
            store_url=f"http://127.0.0.1:{server.server_port}?cloud=gcp&region=europe-west4",
            store_key=SecretStr(KEY),
            store_collection="test_passages",
            store_timeout=60,
        )


@pytest.fixture
def open_pinecone(pinecone_settings: StoreSettings) -> Iterator[OpenStore]:
    """The real client, and this server at the other end."""
    with closing(lambda sig, verify: open_store(pinecone_settings, sig, verify=verify)) as opener:
        yield opener
