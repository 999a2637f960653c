"""The two families: their words, and what differs between them; nobody else chooses by a version number."""

from __future__ import annotations

import ipaddress
from typing import Final, Literal

Family = Literal["ipv4", "ipv6"]
"""A family is a key of the site file, never a position in a list."""
RecordType = Literal["A", "AAAA"]
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPInterface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

FAMILIES: Final[tuple[Family, Family]] = ("ipv4", "ipv6")
LABEL: Final[dict[Family, str]] = {"ipv4": "IPv4", "ipv6": "IPv6"}
BITS: Final[dict[Family, int]] = {"ipv4": 32, "ipv6": 128}
"""Prefix length of a single host."""
VERSION: Final[dict[Family, int]] = {"ipv4": 4, "ipv6": 6}
"""As ``ipaddress`` counts them."""
RECORD_TYPE: Final[dict[Family, RecordType]] = {"ipv4": "A", "ipv6": "AAAA"}
"""The DNS record that leads to an address of the family."""


def family_of(value: IPAddress | IPInterface | IPNetwork) -> Family:
    """Return the family of an ``ipaddress`` object."""
    return "ipv4" if value.version == 4 else "ipv6"


def family_of_text(address: str) -> Family:
    """Return the family of what is known to be an address: a colon stands in IPv6 alone."""
    return "ipv6" if ":" in address else "ipv4"


def other(family: Family) -> Family:
    """Return the family that this one is not."""
    return "ipv6" if family == "ipv4" else "ipv4"


def url_host(host: str) -> str:
    """Return a name or an address as the host part of a URL: IPv6 in brackets (RFC 3986, section 3.2.2)."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
