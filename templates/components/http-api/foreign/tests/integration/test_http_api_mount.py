"""The routes of the service beside an application that was here before."""

import io
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from plugins.http_api import KEY, forget_settings
from pydantic import ValidationError
from starlette.testclient import TestClient

from my_project.api import examples, plugins
from my_project.api.mount import mount, mount_wsgi
from my_project.api.service import Service


@pytest.fixture(autouse=True)
def settings(service_settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    forget_settings(monkeypatch)
    for name, value in (service_settings | {"APP_API_KEYS": KEY}).items():
        monkeypatch.setenv(name, value)


def their_app(**options: Any) -> FastAPI:
    app = FastAPI(title="Theirs", **options)
    mount(app)  # before its routes: the order does not matter
    router = APIRouter()

    @router.get("/parcels/{number}")
    def parcel(number: int) -> dict[str, int]:
        return {"number": number}

    @router.get("/healthz")
    def healthz() -> str:
        return "theirs"

    app.include_router(router)
    return app


def test_both_answer() -> None:
    with TestClient(their_app()) as client:
        assert client.get("/parcels/3").json() == {"number": 3}
        assert client.get("/healthz").json() == "theirs", "what it has stays its own"
        assert client.get("/openapi.json").json()["info"]["title"] == "Theirs"
        assert client.get("/unknown").json() == {"detail": "Not Found"}
        assert client.get("/v1").status_code == 401, "the service asks for its key"
        assert client.get("/readyz").status_code == 200
        for name in examples.names():
            example = examples.load(name)
            headers = {"x-api-key": KEY} | (
                {"content-type": example.media_type} if example.body else {}
            )
            answer = client.request(
                example.method, example.path, content=example.body, headers=headers
            )
            assert answer.status_code < 300, answer.text


def test_a_function_that_makes_the_application() -> None:
    @mount
    def make(title: str) -> FastAPI:
        return FastAPI(title=title)

    client = TestClient(make("Parcels"))
    assert client.get("/openapi.json").json()["info"]["title"] == "Parcels"
    assert client.get("/healthz").json() == {"status": "ok"}


def test_both_start_and_stop_with_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def part(name: str) -> Callable[..., Any]:
        @asynccontextmanager
        async def lifespan(*_: FastAPI) -> AsyncIterator[None]:
            seen.append(f"{name} starts")
            yield
            seen.append(f"{name} stops")

        return lifespan

    installed = plugins.install

    def install(service: Service) -> None:
        installed(service)
        service.lifespans.append(part("ours"))

    monkeypatch.setattr(plugins, "install", install)
    app = their_app(lifespan=part("theirs"))
    for _ in range(2):  # tests start one application many times
        seen.clear()
        with TestClient(app) as client:
            assert client.get("/readyz").status_code == 200
        assert seen == ["theirs starts", "ours starts", "theirs stops", "ours stops"]


def test_unsafe_settings_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_ENVIRONMENT", "production")
    monkeypatch.setenv("APP_API_KEYS", "")
    with pytest.raises(ValidationError), TestClient(their_app()):
        pass


class Wsgi:
    """What the tests need of Flask."""

    def wsgi_app(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [environ["REQUEST_METHOD"].encode(), b" ", environ["PATH_INFO"].encode()]

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        return self.wsgi_app(environ, start)


@pytest.mark.parametrize("given", [Wsgi(), lambda: Wsgi()], ids=["application", "factory"])
def test_a_wsgi_application(given: Any) -> None:
    pytest.importorskip("a2wsgi", reason="only repositories with such an application declare it")
    with TestClient(mount_wsgi(given)) as client:
        assert client.get("/invoices/7").text == "GET /invoices/7"
        assert client.post("/invoices", content=io.BytesIO(b"x")).text == "POST /invoices"
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/v1", headers={"x-api-key": KEY}).status_code == 200
