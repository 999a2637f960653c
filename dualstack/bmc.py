"""BMC addresses as a BareMetalHost has them.

Source: baremetal-operator ``pkg/hardwareutils/bmc/access.go`` (schemes, host forms).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

from dualstack.addresses import Address, Family, family_of
from dualstack.logins import split_login

VIRTUAL_MEDIA = frozenset({"redfish-virtualmedia", "ilo5-virtualmedia", "idrac-virtualmedia"})
"""Schemes that boot from virtual media: no provisioning network wanted."""
NETWORK_BOOT = frozenset(
    {"ipmi", "libvirt", "redfish", "idrac", "idrac-redfish", "ilo4", "ilo5", "ilo5-redfish", "irmc"}
)
"""Schemes that boot over PXE, which this product leaves off."""
HTTP_BOOT = frozenset({"redfish-uefihttp"})
SCHEMES = VIRTUAL_MEDIA | NETWORK_BOOT | HTTP_BOOT

_DNS_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class BmcAddress:
    """A BMC address taken apart; ``problem`` tells why it cannot be used."""

    scheme: str
    """Scheme without ``+http`` or ``+https``; empty for a bare host, which means ipmi."""
    host: str
    """Host without brackets."""
    ip: Address | None
    port: str
    problem: Literal["", "scheme", "host", "brackets", "port"] = ""

    @property
    def family(self) -> Family | None:
        """Family of a literal address; None for a name."""
        return family_of(self.ip.ip) if self.ip else None


def bare_address(text: str) -> str:
    """Return a BMC address without the login that may stand in it: the operator takes that from a Secret."""
    return split_login(text.strip(), schemeless=True).bare


def parse_bmc(text: str) -> BmcAddress:
    """Take a BMC address apart, without the login that may stand in it; never raises."""
    bare = bare_address(text)
    match = _URL.fullmatch(bare)
    scheme = match["scheme"].lower().split("+", 1)[0] if match else ""
    rest = match["rest"] if match else bare
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if match and scheme not in SCHEMES:
        return BmcAddress(scheme, authority, None, "", "scheme")
    return _parse_host(scheme, authority, bare=match is None)


def _parse_host(scheme: str, authority: str, *, bare: bool) -> BmcAddress:
    if authority.startswith("["):
        host, closed, tail = authority[1:].partition("]")
        port = tail.removeprefix(":")
        # The operator's own parser splits a bare host as host:port, so brackets alone do not parse.
        if not closed or (tail and not tail.startswith(":")) or (bare and not tail):
            return BmcAddress(scheme, host, None, port, "brackets")
    elif authority.count(":") > 1:
        return BmcAddress(scheme, authority, None, "", "brackets")
    else:
        host, _, port = authority.partition(":")
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        return BmcAddress(scheme, host, None, port, "port")
    try:
        ip = ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        named = bool(_DNS_NAME.fullmatch(host)) and not authority.startswith("[")
        return BmcAddress(scheme, host, None, port, "" if named else "host")
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        return BmcAddress(scheme, host, Address(host, ip.ipv4_mapped), port)
    return BmcAddress(scheme, host, Address(host, ip), port)
