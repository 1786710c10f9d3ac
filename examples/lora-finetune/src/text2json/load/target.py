"""The one address a run sends to, and the refusal to load a machine that is not this one."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


class RemoteTargetError(ValueError):
    """The address is not a loopback address and the caller did not allow that."""


@dataclass(frozen=True)
class Target:
    """Where to send requests, and how.

    Attributes:
        host: Host name or address.
        port: TCP port.
        path: Request path, starting with a slash.
        tls: Whether to speak HTTPS.
        headers: Sent with every request, for example an API key.
        method: HTTP method.
    """

    host: str
    port: int
    path: str
    tls: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"

    @classmethod
    def parse(
        cls,
        url: str,
        *,
        path: str = "",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        allow_remote: bool = False,
    ) -> Target:
        """Read `url`; `path` replaces an empty path in it.

        Raises:
            ValueError: The URL is not http(s) or names no host.
            RemoteTargetError: The host resolves to something other than this machine.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"{url!r} is not an http:// or https:// address")
        tls = parts.scheme == "https"
        port = parts.port or (443 if tls else 80)
        if not allow_remote and not _is_loopback(parts.hostname, port):
            raise RemoteTargetError(
                f"{parts.hostname} is not this machine; load on a shared service is an attack "
                "unless its owner agreed, so pass --allow-remote to do it"
            )
        wanted = parts.path if parts.path not in {"", "/"} else path or "/"
        if parts.query:
            wanted = f"{wanted}?{parts.query}"
        return cls(parts.hostname, port, wanted, tls, dict(headers or {}), method)

    def request(self, body: bytes) -> bytes:
        """Return the bytes of one request with the JSON document `body`; empty for none.

        Raises:
            ValueError: A header holds a line break.
        """
        described = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        headers = {
            "Host": f"{self.host}:{self.port}",
            **(described if body else {}),
            **self.headers,
        }
        lines = [f"{self.method} {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
        if any(character in line for line in lines for character in "\r\n"):
            raise ValueError("a header or the path holds a line break")
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _is_loopback(host: str, port: int) -> bool:
    """Whether *every* address of `host` is a loopback address."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return False
    addresses = (str(entry[4][0]) for entry in found)
    return all(ipaddress.ip_address(address).is_loopback for address in addresses)
