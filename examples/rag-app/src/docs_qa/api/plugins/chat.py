"""Serves the web page at `/ui/`, where `/` leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import JSONResponse, RedirectResponse, Response

from docs_qa.api.problems import Kind, Problem
from docs_qa.api.service import Service
from docs_qa.chat import assets, config
from docs_qa.chat.assets import Asset
from docs_qa.chat.config import PageConfig

NO_SUCH_FILE = Kind("no-such-file", 404, "The page has no such file")
UPLOADS = "/v1/documents/"

# Scripts, styles, images and connections from this service only, nothing inline; strings can never
# become markup (trusted types), and no other site may show the page in a frame.
POLICY = "; ".join(
    [
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
}
# Asked for again each time, and answered "not modified": after a deployment nobody runs a mixture
# of old and new modules.
CACHE = "no-cache"


def install(service: Service) -> None:
    """Serve the page without a key; what it then asks for needs one."""
    files = assets.load()
    page = config.load()
    service.public.update({"/", "/ui/"})
    service.routers.append(_router(service, files, page))


def _router(service: Service, files: Mapping[str, Asset], page: PageConfig) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def _root() -> RedirectResponse:
        # Relative, so that a path prefix in front of the service is kept.
        return RedirectResponse("ui/", headers=HEADERS)

    @router.get("/ui/config.json")
    async def _config() -> JSONResponse:
        settings = {
            **page.model_dump(),
            "key_needed": bool(service.settings.api_keys),
            "upload_bytes": service.body_limits.get(UPLOADS),
        }
        return JSONResponse(settings, headers={**HEADERS, "Cache-Control": CACHE})

    @router.get("/ui/")
    @router.get("/ui/{name}")
    async def _file(
        name: str = assets.INDEX,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        asset = files.get(name)
        if asset is None:
            raise Problem(NO_SUCH_FILE, "The page consists of other files")
        headers = {**HEADERS, "Cache-Control": CACHE, "ETag": asset.etag}
        if asset.unchanged(if_none_match):
            return Response(status_code=304, headers=headers)
        return Response(asset.body, media_type=asset.media_type, headers=headers)

    return router
