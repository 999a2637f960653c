"""BMC addresses as a BareMetalHost has them.

The operator's grammar is ``[PROTOCOL[+http|+https]:[//]]HOST[:PORT][/PATH]``, which is Go's ``url.Parse`` with two
additions: without slashes behind the protocol the host follows at once (``redfish:HOST/PATH``), and without a protocol
the text is ``HOST`` or ``HOST:PORT`` of ipmi, where a name with a port is taken for a protocol. Source:
baremetal-operator 0.10.4, 0.11.2 and 0.12.3, ``pkg/hardwareutils/bmc/access.go`` (``GetParsedURL``,
``NewAccessDetails``); the tests hold what its own code answered. Stricter here: there must be a host, a port that
exists, and no name of numbers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from dualstack.address.family import Family, family_of
from dualstack.address.parsing import Address
from dualstack.document.logins import split_login

VIRTUAL_MEDIA: Final = frozenset(
    {"redfish-virtualmedia", "ilo4-virtualmedia", "ilo5-virtualmedia", "idrac-virtualmedia"}
)
"""Schemes that boot from virtual media: no provisioning network wanted."""
NETWORK_BOOT: Final = frozenset({"ipmi", "libvirt", "redfish", "idrac-redfish", "ilo4", "ilo5", "ilo5-redfish", "irmc"})
"""Schemes that boot over PXE, which this product leaves off."""
HTTP_BOOT: Final = frozenset({"redfish-uefihttp"})
"""Schemes with which the machine's own firmware fetches its boot media over HTTP, not the BMC."""
SCHEMES: Final = VIRTUAL_MEDIA | NETWORK_BOOT | HTTP_BOOT
OLD_ILO: Final = frozenset({"ilo4", "ilo4-virtualmedia", "ilo5"})
"""Schemes that the operators 0.10.4 and 0.11.2 have, and later ones have no more; see a release's ``oldBmcSchemes``."""
MACLESS: Final = frozenset({"ipmi"})
"""Schemes whose machines need no boot MAC: all others' drivers demand it (``NeedsMAC`` in the operators 0.10.4, 0.11.2
and 0.12.3; 0.11.2's webhook was run: tests/truth/test_operator.py)."""

_TRANSPORTS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("ipmi", "libvirt", "irmc"), frozenset()),
    **dict.fromkeys(OLD_ILO, frozenset({"https"})),
}
"""What may stand behind a scheme's plus sign; ``http`` and ``https`` for all others."""
_ANY_TRANSPORT: Final = frozenset({"http", "https"})

_LABEL = r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_DNS_NAME = re.compile(rf"({_LABEL}\.)*{_LABEL}")
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<slashes>/*)(?P<rest>.*)", re.DOTALL)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

Problem = Literal["", "scheme", "transport", "host", "nothing", "brackets", "port", "slashes", "path"]


@dataclass(frozen=True, slots=True)
class BmcAddress:
    """A BMC address taken apart; ``problem`` tells why it cannot be used."""

    scheme: str
    """Scheme without ``+http`` or ``+https``; empty for a bare host, which means ipmi."""
    host: str
    """Host without brackets."""
    ip: Address | None
    port: str
    problem: Problem = ""
    transport: str = ""
    """What stands behind the scheme's plus sign."""
    tail: str = ""
    """What follows host and port, without its first slash."""

    @property
    def family(self) -> Family | None:
        """Family of a literal address, an IPv4-mapped one being IPv4; None for a name."""
        return family_of(self.ip.ip) if self.ip else None

    @property
    def mapped(self) -> bool:
        """Whether the address is IPv4 written as IPv6."""
        return self.ip is not None and self.ip.ip.version == 4 and ":" in self.host

    @property
    def url_scheme(self) -> str:
        """Scheme and transport, as an address has them."""
        return f"{self.scheme}+{self.transport}" if self.transport else self.scheme


def bare_address(text: str) -> str:
    """Return a BMC address without the login that may stand in it: the operator takes that from a Secret."""
    match = _URL.fullmatch(text.strip())
    if match and match["scheme"].lower().partition("+")[0] in SCHEMES:
        bare = split_login(match["rest"], schemeless=True).bare
        return f"{match['scheme']}:{match['slashes']}{bare}"
    return split_login(text.strip(), schemeless=True).bare


def parse_bmc(text: str) -> BmcAddress:
    """Take a BMC address apart, without the login that may stand in it; never raises."""
    bare = bare_address(text)
    match = None if _bare_ipv6(bare) else _URL.fullmatch(bare)
    if match is None:
        return _parse_host(BmcAddress("", "", None, ""), bare, bare_host=True)
    scheme, _, transport = match["scheme"].lower().partition("+")
    authority, tail = _cut(match["rest"])
    found = BmcAddress(scheme, authority, None, "", transport=transport, tail=tail)
    if scheme not in SCHEMES:
        return _with(found, "scheme")
    if transport not in _TRANSPORTS.get(scheme, _ANY_TRANSPORT) and "+" in match["scheme"]:
        return _with(found, "transport")
    if not match["rest"]:
        return _with(found, "nothing")
    if match["slashes"] not in ("", "//"):
        meant = _parse_host(found, authority, bare_host=False)
        return _with(found, "slashes", meant.host, meant.port)
    if _BAD_ESCAPE.search(tail.partition("?")[0]):
        return _with(found, "path")
    return _parse_host(found, authority, bare_host=False)


def _bare_ipv6(text: str) -> bool:
    """Tell an IPv6 address without brackets, whose first group may look like a protocol."""
    try:
        ipaddress.IPv6Address(_cut(text)[0])
    except ValueError:
        return False
    return True


def _cut(rest: str) -> tuple[str, str]:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return authority, rest[len(authority) :].removeprefix("/")


def _with(found: BmcAddress, problem: Problem, host: str | None = None, port: str = "") -> BmcAddress:
    return BmcAddress(
        found.scheme,
        found.host if host is None else host,
        None,
        port,
        problem,
        found.transport,
        found.tail,
    )


def _parse_host(found: BmcAddress, text: str, *, bare_host: bool) -> BmcAddress:
    authority, tail = _cut(text)
    bracketed = authority.startswith("[")
    if bracketed:
        host, closed, rest = authority[1:].partition("]")
        port = rest.removeprefix(":")
        # The operator splits a host without a protocol as host:port, so brackets alone do not parse.
        if not closed or (rest and not rest.startswith(":")) or (bare_host and not rest):
            return _with(found, "brackets", host, port)
    elif authority.count(":") > 1:
        return _with(found, "brackets", authority)
    else:
        host, _, port = authority.partition(":")
    if not host:
        return _with(found, "nothing", "", port)
    if bare_host and ":" in authority and tail:
        return _with(found, "path", host, port)
    if port and not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        return _with(found, "port", host, port)
    found = BmcAddress(found.scheme, host, None, port, "", found.transport, found.tail or tail)
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        named = bool(_DNS_NAME.fullmatch(host)) and not bracketed and not host.rpartition(".")[2].isdigit()
        return found if named else _with(found, "host", host, port)
    if (bracketed and ip.version == 4) or "%" in host:
        return _with(found, "host", host, port)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return BmcAddress(found.scheme, host, Address(host, ip), port, "", found.transport, found.tail)
