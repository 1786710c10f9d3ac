"""The other end of Weaviate's HTTP and gRPC APIs, in memory: a schema, objects, searches."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest

from docs_qa.store import StoreSettings
from docs_qa.store.backends import open_store

from .vector_store import OpenStore, closing
from .vector_store_servers import Answer, Json, JsonHandler, bm25, serving

MOST_DELETED = 10
INDEX = json.loads("""{"cleanupIntervalSeconds": 300, "dynamicEfMin": 100, "dynamicEfMax": 500,
    "dynamicEfFactor": 8, "ef": -1, "efConstruction": 128, "flatSearchCutoff": 40000,
    "maxConnections": 32, "skip": false, "vectorCacheMaxObjects": 1000000000000}""")
SHARDS = json.loads("""{"virtualPerPhysical": 128, "desiredCount": 1, "actualCount": 1,
    "desiredVirtualCount": 128, "actualVirtualCount": 128, "key": "_id", "strategy": "hash",
    "function": "murmur3"}""")


class Object(NamedTuple):
    """What is stored under an id."""

    properties: dict[str, str | list[str]]
    vector: np.ndarray[Any, np.dtype[np.float32]]


class Database:
    """Collections and their objects."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.schema: dict[str, Json] = {}
        self.objects: dict[str, dict[str, Object]] = {}

    def create(self, made: Json) -> Json:
        """Add a collection, with the defaults of a server."""
        made.setdefault("shardingConfig", SHARDS)
        made["replicationConfig"] = {"factor": 1}
        inverted = {"cleanupIntervalSeconds": 60, **made["invertedIndexConfig"]}
        inverted["stopwords"] = {"additions": None, "removals": None, **inverted["stopwords"]}
        made["invertedIndexConfig"] = inverted
        for vector in made["vectorConfig"].values():
            vector["vectorIndexConfig"] = {**INDEX, **vector["vectorIndexConfig"]}
        self.schema[made["class"]] = made
        self.objects[made["class"]] = {}
        return made

    def tokens(self, name: str, path: str, one: Object) -> list[str]:
        """The words by which a property is searched."""
        (about,) = (p for p in self.schema[name]["properties"] if p["name"] == path)
        if not about["indexSearchable"] or about["tokenization"] != "whitespace":
            raise ValueError(f"{path} is not searchable by words")
        return str(one.properties.get(path, "")).split()

    def matches(self, name: str, one: tuple[str, Object], condition: Any) -> bool:
        """Whether an object fulfils a filter."""
        operator = condition.Operator.Name(condition.operator).removeprefix("OPERATOR_")
        if operator in ("AND", "OR"):
            parts = (self.matches(name, one, part) for part in condition.filters)
            return all(parts) if operator == "AND" else any(parts)
        path, (identifier, found) = condition.target.property, one
        if path == "_id":
            return operator == "EQUAL" and identifier == str(condition.value_text)
        (about,) = (p for p in self.schema[name]["properties"] if p["name"] == path)
        if not about["indexFilterable"] or about["tokenization"] != "field":
            raise ValueError(f"{path} cannot be filtered exactly")
        stored = found.properties.get(path, [])
        values = {text.strip() for text in ([stored] if isinstance(stored, str) else stored)}
        if operator == "CONTAINS_ANY":
            return bool(values & {text.strip() for text in condition.value_text_array.values})
        if operator == "NOT_EQUAL":
            return str(condition.value_text).strip() not in values
        raise ValueError(f"no operator {operator}")

    def chosen(self, name: str, request: Any) -> list[tuple[str, Object]]:
        """The objects that fulfil a request's filter, by their ids."""
        if name not in self.objects:
            raise KeyError(f"could not find class {name} in schema")
        found = sorted(self.objects[name].items())
        if request.HasField("filters"):
            return [one for one in found if self.matches(name, one, request.filters)]
        return found

    def near(self, found: list[tuple[str, Object]], query: Any) -> list[tuple[float, str, Object]]:
        """Objects by rising cosine distance."""
        vector = np.frombuffer(query.vectors[0].vector_bytes or query.vector_bytes, "<f4")
        vector = vector / np.linalg.norm(vector)
        scored = [(1 - float(vector @ one.vector), key, one) for key, one in found]
        return sorted(scored, key=lambda hit: hit[0])

    def words(
        self, name: str, found: list[tuple[str, Object]], query: Any
    ) -> list[tuple[float, str, Object]]:
        """Objects by falling BM25 score; the frequencies are those of the whole collection."""
        (path,) = query.properties
        stored = self.objects[name].items()
        counts = {key: Counter(self.tokens(name, path, one)) for key, one in stored}
        scores = bm25(counts, query.query.split())
        scored = [(scores[key], key, one) for key, one in found if key in scores]
        return sorted(scored, key=lambda hit: -hit[0])


def proto() -> Any:
    """The client's messages."""
    from weaviate.proto import v1

    return v1


class Service:
    """The gRPC half."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def BatchObjects(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        errors = []
        with self.database.lock:
            for index, one in enumerate(request.objects):
                properties: dict[str, Any] = dict(one.properties.non_ref_properties)
                for array in one.properties.text_array_properties:
                    properties[array.prop_name] = list(array.values)
                raw = one.vector_bytes or one.vectors[0].vector_bytes
                vector = np.frombuffer(raw, "<f4")
                stored = self.database.objects[one.collection]
                if any(len(other.vector) != len(vector) for other in stored.values()):
                    errors.append({"index": index, "error": "vector lengths don't match"})
                    continue
                stored[one.uuid] = Object(properties, vector / np.linalg.norm(vector))
        return proto().batch_pb2.BatchObjectsReply(errors=errors)

    def BatchDelete(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        with self.database.lock:
            gone = self.database.chosen(request.collection, request)[:MOST_DELETED]
            for key, _ in gone:
                del self.database.objects[request.collection][key]
        return proto().batch_delete_pb2.BatchDeleteReply(matches=len(gone), successful=len(gone))

    def Aggregate(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        with self.database.lock:
            count = len(self.database.chosen(request.collection, request))
        single = proto().aggregate_pb2.AggregateReply.Single(objects_count=count)
        return proto().aggregate_pb2.AggregateReply(single_result=single)

    def Search(self, request: Any, context: Any) -> Any:  # noqa: N802
        try:
            with self.database.lock:
                return proto().search_get_pb2.SearchReply(results=self.results(request))
        except (KeyError, ValueError) as error:
            import grpc  # type: ignore[import-untyped]

            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def results(self, request: Any) -> Iterator[Json]:
        name = request.collection
        found = self.database.chosen(name, request)
        if request.HasField("near_vector"):
            hits, kind = self.database.near(found, request.near_vector), "distance"
        elif request.HasField("bm25_search"):
            hits, kind = self.database.words(name, found, request.bm25_search), "score"
        else:
            hits, kind = [(0.0, key, one) for key, one in found if key > request.after], ""
        for score, key, one in hits[: request.limit or None]:
            metadata: Json = {"id": key, "id_as_bytes": UUID(key).bytes}
            if kind:
                metadata |= {kind: score, f"{kind}_present": True}
            if request.metadata.vector:
                metadata["vector_bytes"] = one.vector.tobytes()
            wanted = request.properties.non_ref_properties
            fields = {path: {"text_value": one.properties[path]} for path in wanted}
            yield {"metadata": metadata, "properties": {"non_ref_props": {"fields": fields}}}


@contextmanager
def serving_grpc(database: Database) -> Iterator[int]:
    """Serve the gRPC half; yield its port."""
    import grpc

    stubs = proto().weaviate_pb2_grpc
    service = type("Bound", (Service, stubs.WeaviateServicer), {})(database)
    server = grpc.server(ThreadPoolExecutor(4))
    stubs.add_WeaviateServicer_to_server(service, server)
    port: int = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(grace=None).wait()


class Handler(JsonHandler):
    """The HTTP half."""

    database: Database

    def answer(self, raw: bytes) -> Answer:
        """Return status, body and headers."""
        with self.database.lock:
            return *self.schema(json.loads(raw or b"{}")), {}

    def schema(self, body: Json) -> tuple[int, Json]:
        """Return status and body."""
        schema = self.database.schema
        path = self.path.removeprefix("/v1/")
        name = path.removeprefix("schema/")
        match self.command, path.partition("/")[0]:
            case "GET", "meta":
                return 200, {"version": "1.34.0", "hostname": "test", "modules": {}}
            case "POST", "schema" if body["class"] in schema:
                return 422, {"error": [{"message": f"class name {body['class']} already exists"}]}
            case "POST", "schema":
                return 200, self.database.create(body)
            case "GET", "schema" if name in schema:
                return 200, schema[name]
            case "DELETE", "schema":
                schema.pop(name, None)
                self.database.objects.pop(name, None)
                return 200, {}
        return 404, {"error": [{"message": "not found"}]}


@pytest.fixture
def weaviate_settings() -> Iterator[StoreSettings]:
    """Settings of a store on an empty server."""
    pytest.importorskip("weaviate", reason="weaviate-client is not installed")
    database = Database()
    with serving(Handler, database=database) as http, serving_grpc(database) as port:
        yield StoreSettings(
            store="weaviate",
            store_url=f"http://127.0.0.1:{http.server_port}?grpc=127.0.0.1:{port}",
            store_collection="test-passages",
        )


@pytest.fixture
def open_weaviate(weaviate_settings: StoreSettings) -> Iterator[OpenStore]:
    """The real client, and this server at the other end."""
    with closing(lambda sig, verify: open_store(weaviate_settings, sig, verify=verify)) as opener:
        yield opener
