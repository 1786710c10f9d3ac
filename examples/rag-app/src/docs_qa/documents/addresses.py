"""Which network addresses a fetch may reach: public ones, whatever form they are written in."""

from __future__ import annotations

import ipaddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

# Prefixes that stand for IPv4 addresses, or lead into private networks, on top of what `is_global`
# knows: NAT64 (RFC 6052, RFC 8215), 6to4, Teredo, its anycast relay, IPv4-compatible, site-local.
_REFUSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "::/96",
        "fec0::/10",
        "192.88.99.0/24",
    )
)


def is_public(address: IPAddress) -> bool:
    """Whether an address is on the public internet.

    Private, loopback, link-local (cloud metadata), shared (CGNAT), multicast, documentation,
    benchmark and reserved addresses are not; nor is IPv6 that wraps or translates to IPv4.
    """
    if isinstance(address, ipaddress.IPv6Address) and (
        address.ipv4_mapped is not None or address.scope_id is not None
    ):
        return False
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
