"""Names under sslip.io and nip.io, which answer with the addresses inside a name; pure text in, no finding out."""

from __future__ import annotations

import ipaddress
import re

from dualstack.address.parsing import Address

SSLIP = "sslip.io"
"""The domain of the names that dualstack makes up."""
SSLIP_DOMAINS = (SSLIP, "nip.io")
"""Domains that answer with the address inside the name (one server has both)."""

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_DASHED4 = re.compile(rf"(?:^|[.-])((?:{_OCTET}-){{3}}{_OCTET})(?=$|[.-])")
_DOTTED4 = re.compile(rf"(?:^|[.-])((?:{_OCTET}\.){{3}}{_OCTET})(?=$|[.-])")
_HEX4 = re.compile(r"(?:^|\.)([0-9a-f]{8})(?=$|\.)")
_HEX_RUN = re.compile(r"[0-9a-f-]+")


def under_sslip(name: str) -> bool:
    """Tell whether a name is answered by sslip.io or nip.io, so that nobody else can give it records."""
    bare = name.lower().rstrip(".")
    return any(bare == domain or bare.endswith("." + domain) for domain in SSLIP_DOMAINS)


def dashed(address: Address) -> str:
    """Return an address as sslip.io reads it: dashes for dots and colons.

    IPv6 stays compressed: uncompressed zeros make a stray A record (sslip.io ``xip/xip.go``).
    """
    text = str(address)
    # A name part may not begin or end with a dash, so ::1 is written 0--1 and fd00:: fd00--0.
    if text.startswith("::"):
        text = "0" + text
    if text.endswith("::"):
        text += "0"
    return text.replace(".", "-").replace(":", "-")


def sslip_name(label: str, ipv4: Address, ipv6: Address) -> str:
    """Return the name that sslip.io answers with an A and an AAAA record."""
    return f"{label}{dashed(ipv4)}.{dashed(ipv6)}.{SSLIP}"


def sslip_ipv4(name: str) -> ipaddress.IPv4Address | None:
    """Return the A record that sslip.io gives a name: dashes first, then dots, then eight hex digits.

    Source: cunnie/sslip.io ``xip/xip.go`` (NameToA).
    """
    lower = name.lower()
    for pattern in (_DASHED4, _DOTTED4):
        if found := pattern.search(lower):
            try:
                return ipaddress.IPv4Address(found[1].replace("-", "."))
            except ValueError:  # a leading zero: sslip.io answers nothing
                return None
    found = _HEX4.search(lower)
    return ipaddress.IPv4Address(int(found[1], 16)) if found else None


def sslip_ipv6(name: str) -> ipaddress.IPv6Address | None:
    """Return the AAAA record that sslip.io gives a name: the leftmost, then longest run with dashes for colons.

    Source: cunnie/sslip.io ``xip/xip.go`` (NameToAAAA).
    """
    lower = name.lower()
    for start in range(len(lower)):
        if start and lower[start - 1] not in ".-":
            continue
        run = _HEX_RUN.match(lower, start)
        for end in range(run.end() if run else start, start, -1):
            if end < len(lower) and lower[end] not in ".-":
                continue
            try:
                return ipaddress.IPv6Address(lower[start:end].replace("-", ":"))
            except ValueError:
                continue
    return None
