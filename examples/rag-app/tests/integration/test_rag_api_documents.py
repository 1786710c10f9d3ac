"""Documents over HTTP: uploaded, synchronised, listed and removed while questions are answered."""

from __future__ import annotations

from pathlib import Path

from plugins.http_api import MakeClient, metric
from plugins.rag_api import finished, until
from starlette.testclient import TestClient

PRINTING = b"# Printing\n\nA printed page costs eight cents, in colour twenty cents.\n"


def put(client: TestClient, name: str, content: bytes) -> dict[str, object]:
    """Upload a document and wait until it is indexed."""
    response = client.put(f"/v1/documents/{name}", content=content)
    assert response.status_code == 202, response.text
    assert response.headers["location"] == f"/v1/jobs/{response.json()['job']}"
    return finished(client, response.json()["job"])


def best(client: TestClient, question: str) -> str:
    """Text of the best passage."""
    hits = client.post("/v1/search", json={"question": question}).json()["hits"]
    return str(hits[0]["text"]) if hits else ""


def names(client: TestClient) -> list[str]:
    return [entry["id"] for entry in client.get("/v1/documents").json()["documents"]]


def test_the_life_of_an_upload(make_client: MakeClient, own_state: dict[str, str]) -> None:
    client = make_client(**own_state)
    question = "What does a printed page cost?"
    assert "eight cents" not in best(client, question)
    job = put(client, "printing.md", PRINTING)
    assert (job["state"], job["done"], job["total"], job["problem"]) == ("done", 1, 1, "")
    assert "eight cents" in best(client, question)
    put(client, "printing.md", PRINTING.replace(b"eight", b"nine"))
    assert "nine cents" in best(client, question)
    assert names(client) == ["fees.md", "hours.md", "printing.md"]
    [entry] = [
        e for e in client.get("/v1/documents").json()["documents"] if e["title"] == "Printing"
    ]
    assert (entry["source"], entry["kind"], entry["status"]) == ("upload", "markdown", "indexed")
    assert metric(client, "rag_documents") == 3
    assert client.delete("/v1/documents/printing.md").status_code == 204
    assert "nine cents" not in best(client, question)
    assert client.delete("/v1/documents/printing.md").status_code == 404
    for outcome in ("added", "changed", "removed"):
        assert metric(client, "rag_ingestion_total", outcome=outcome) == 1


REFUSED = [
    ("a.png", b"\x89PNG\r\n\x1a\n1234", 415, "unsupported-document"),
    ("really.pdf", b"MZ\x90\x00\x03", 415, "unsupported-document"),
    ("nothing.md", b" \n", 422, "empty-document"),
    ("%2e%2e%5csecret.md", PRINTING, 422, "bad-name"),
    (".hidden.md", PRINTING, 422, "bad-name"),
    ("a%00b.md", PRINTING, 422, "bad-name"),
    ("long.md", b"# Long\n" + b"x" * 5000, 413, "body-too-large"),
]


def test_uploads_that_are_refused_at_once(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    client = make_client(max_upload_bytes=4000, **own_state)
    for name, content, status, kind in REFUSED:
        response = client.put(f"/v1/documents/{name}", content=content)
        assert response.status_code == status, name
        assert response.json()["type"] == f"urn:problem-type:{kind}"
    assert names(client) == ["fees.md", "hours.md"]


def test_no_upload_leaves_its_folder(make_client: MakeClient, own_state: dict[str, str]) -> None:
    client = make_client(**own_state)
    before = {path for path in Path(own_state["data_dir"]).parent.rglob("*") if path.is_file()}
    for name in ("..%2f..%2fevil.md", "%2fetc%2fevil.md", "..%5cevil.md", "a%2fb.md"):
        assert client.put(f"/v1/documents/{name}", content=PRINTING).status_code in {404, 405, 422}
    after = {path for path in Path(own_state["data_dir"]).parent.rglob("*") if path.is_file()}
    assert not [path for path in after - before if "evil" in path.name]


def test_a_document_that_cannot_be_read_is_reported(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    client = make_client(**own_state)
    job = put(client, "broken.pdf", b"%PDF-1.7\nnothing of use")
    assert job["state"] == "failed"
    assert job["problem"]
    assert "Traceback" not in str(job["problem"])
    assert metric(client, "rag_ingestion_total", outcome="failed") == 1


def test_a_sync_follows_the_folder(make_client: MakeClient, own_state: dict[str, str]) -> None:
    client = make_client(**own_state)
    folder = Path(own_state["documents_folder"])
    (folder / "printing.md").write_bytes(PRINTING)
    (folder / "hours.md").unlink()
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing of use")
    response = client.post("/v1/documents/sync")
    assert response.status_code == 202
    job = finished(client, response.json()["job"])
    assert job["state"] == "done"
    assert job["done"] == job["total"] == 4
    assert "broken.pdf" in job["problem"]
    assert {"fees.md", "printing.md"} <= set(names(client))
    assert "hours.md" not in names(client)
    assert "eight cents" in best(client, "What does a printed page cost?")
    assert metric(client, "rag_last_sync_timestamp_seconds") > 0
    for outcome in ("added", "removed", "skipped", "failed"):
        assert metric(client, "rag_ingestion_total", outcome=outcome) == 1


def test_changes_in_the_folder_are_noticed(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    client = make_client(watch_documents=True, **own_state)
    until(lambda: metric(client, "rag_last_sync_timestamp_seconds") > 0)
    (Path(own_state["documents_folder"]) / "printing.md").write_bytes(PRINTING)
    until(lambda: "printing.md" in names(client))


def test_a_private_address_is_not_fetched(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    client = make_client(**own_state)
    response = client.post("/v1/documents/url", json={"url": "http://127.0.0.1:9/secret"})
    job = finished(client, response.json()["job"])
    assert job["state"] == "failed"
    assert job["problem"]


def test_uploads_have_a_rate_of_their_own(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    client = make_client(upload_rate=0.01, upload_burst=1, **own_state)
    put(client, "printing.md", PRINTING)
    refused = client.put("/v1/documents/printing.md", content=PRINTING)
    assert refused.status_code == 429
    assert "retry-after" in refused.headers
    assert client.post("/v1/search", json={"question": "printing"}).status_code == 200


def test_an_unknown_job_is_not_found(make_client: MakeClient) -> None:
    response = make_client().get("/v1/jobs/nothing")
    assert response.status_code == 404
    assert response.json()["type"] == "urn:problem-type:no-such-job"


def test_an_accepted_upload_is_indexed_after_a_restart(
    make_client: MakeClient, own_state: dict[str, str]
) -> None:
    waiting = Path(own_state["data_dir"]) / "inbox" / "11111111-2222-4333-8444-555555555555"
    waiting.mkdir(parents=True)
    (waiting / "printing.md").write_bytes(PRINTING)
    client = make_client(**own_state)
    assert finished(client, waiting.name)["state"] == "done"
    assert "printing.md" in names(client)
    assert not waiting.exists()
