"""Fetches a document from the web without being led into the network it runs in.

A host name is resolved here, once; all its addresses must be public, and the connection goes to the
address that was checked, so that a name server cannot answer differently the second time. Every
redirect is checked like the first address. Proxies of the environment are not used: they would
resolve names again.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx2

from .addresses import IPAddress, is_public
from .model import Failure
from .settings import Fetching

Resolve = Callable[[str, int], Awaitable[list[IPAddress]]]

_PORTS = {"http": 80, "https": 443}
_URL_LENGTH = 1000
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TYPES = (
    "text/",
    "application/pdf",
    "application/xhtml+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/octet-stream",
)
_HEADERS = {
    "user-agent": "docs-qa",
    "accept": "text/html, application/pdf, text/*;q=0.9, */*;q=0.1",
    "accept-encoding": "identity",
}


async def resolve(host: str, port: int) -> list[IPAddress]:
    """Return the addresses of a host, as the system resolves them.

    Raises:
        OSError: it has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(address[0]) for *_, address in found]


def normalise(url: str) -> str:
    """Return a URL as it is kept: without its fragment, its host in lower case.

    Raises:
        Failure: it is no complete http or https URL, or has a password.
    """
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise Failure("url", f"this is no URL: {error}") from error
    if parts.scheme not in _PORTS or not host:
        raise Failure("url", "only complete http and https URLs can be fetched")
    if parts.username is not None or parts.password is not None:
        raise Failure("url", "a URL must not hold a user name or a password")
    if len(url) > _URL_LENGTH or any(
        character <= " " or character == "\x7f" for character in url.strip()
    ):
        raise Failure(
            "url", f"a URL has at most {_URL_LENGTH} characters, none of them white space"
        )
    shown = f"[{host}]" if ":" in host else host
    place = shown if port in (None, _PORTS[parts.scheme]) else f"{shown}:{port}"
    return urlunsplit((parts.scheme, place, parts.path or "/", parts.query, ""))


def fetch(url: str, settings: Fetching, resolve: Resolve = resolve) -> bytes:
    """Return what a URL holds.

    Args:
        url: http or https.
        settings: limits, and hosts that may be private.
        resolve: finds the addresses of a host.

    Raises:
        Failure: an address is not public, a limit is exceeded, the server does not answer with a
            document, or it cannot be reached.
    """
    return asyncio.run(_within(normalise(url), settings, resolve))


async def _within(url: str, settings: Fetching, resolve: Resolve) -> bytes:
    try:
        async with asyncio.timeout(settings.seconds):
            return await _follow(url, settings, resolve)
    except TimeoutError as error:
        limit = f"{settings.seconds:g} s (fetch.seconds)"
        raise Failure("timeout", f"fetching it took more than {limit}") from error


async def _follow(url: str, settings: Fetching, resolve: Resolve) -> bytes:
    for _ in range(settings.redirects + 1):
        address = await _checked(url, settings, resolve)
        answer = await _get(url, address, settings)
        if isinstance(answer, bytes):
            return answer
        url = normalise(urljoin(url, answer))
    raise Failure("url", f"it redirects more than {settings.redirects} times (fetch.redirects)")


async def _checked(url: str, settings: Fetching, resolve: Resolve) -> IPAddress:
    """Return the address to connect to."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        found = await resolve(host, port)
    except (OSError, ValueError) as error:
        raise Failure("unreachable", f"{host} cannot be resolved") from error
    if not found:
        raise Failure("unreachable", f"{host} has no address")
    if {host, f"{host}:{port}"} & settings.allow_hosts:
        return found[0]
    if port not in settings.ports:
        raise Failure("forbidden", f"port {port} may not be addressed (fetch.ports)")
    if not all(map(is_public, found)):
        raise Failure(
            "forbidden", f"{host} is not on the public internet (fetch.allow_hosts for your own)"
        )
    return found[0]


async def _get(url: str, address: IPAddress, settings: Fetching) -> bytes | str:
    """Return the content, or where it redirects to."""
    target = httpx2.URL(url)
    pinned = target.copy_with(host=str(address))
    headers = {**_HEADERS, "host": target.netloc.decode("ascii")}
    client = httpx2.AsyncClient(trust_env=False, follow_redirects=False, timeout=settings.seconds)
    try:
        # The certificate is checked for the name in the URL, not for the address.
        extensions = {"sni_hostname": target.raw_host.decode("ascii")}
        async with (
            client,
            client.stream("GET", pinned, headers=headers, extensions=extensions) as response,
        ):
            if response.status_code in _REDIRECTS and "location" in response.headers:
                return response.headers["location"]
            _acceptable(response, settings)
            return await _content(response, settings)
    except httpx2.HTTPError as error:
        raise Failure(
            "unreachable", f"{target.host} cannot be read: {type(error).__name__}"
        ) from error


def _acceptable(response: httpx2.Response, settings: Fetching) -> None:
    if response.status_code != httpx2.codes.OK:
        raise Failure("unreachable", f"the server answers with status {response.status_code}")
    kind = response.headers.get("content-type", "application/octet-stream").lower()
    if not kind.startswith(_TYPES):
        raise Failure("unsupported", f"the server says that it is {kind.split(';')[0][:80]}")
    # Compressed content was not asked for, and may unpack to anything.
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise Failure("unsupported", "the server sends it compressed although it was not asked to")
    if response.headers.get("content-length", "0").isdigit():
        _within_size(int(response.headers.get("content-length", "0")), settings)


async def _content(response: httpx2.Response, settings: Fetching) -> bytes:
    data = bytearray()
    async for part in response.aiter_raw():
        data += part
        _within_size(len(data), settings)
    return _unicode(bytes(data), response.charset_encoding)


def _unicode(data: bytes, charset: str | None) -> bytes:
    """Return text as UTF-8 where only the header says how it is written."""
    if charset is None:
        return data
    try:
        return data.decode(charset).encode()
    except (LookupError, UnicodeError):
        return data


def _within_size(size: int, settings: Fetching) -> None:
    if size > settings.max_bytes:
        limit = f"{settings.max_bytes} bytes (fetch.max_bytes)"
        raise Failure("too-large", f"it is larger than {limit}")
