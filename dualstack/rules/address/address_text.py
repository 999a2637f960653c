"""Rules about single addresses and prefixes: their text, and the ranges that they may lie in.

Sources are Kubernetes' own strict parser (apimachinery ``pkg/util/validation/ip.go``), the RFCs that set ranges aside,
and EIB's checks of what it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias, TypeVar

from pydantic import BaseModel

from dualstack.address.family import FAMILIES, Family, IPAddress, IPNetwork
from dualstack.address.parsing import (
    Address,
    AddressError,
    InterfaceAddress,
    Prefix,
    parse_address,
    parse_interface,
    parse_prefix,
)
from dualstack.address.ranges import is_global_unicast
from dualstack.document import fixes
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.blame import shown
from dualstack.site.cluster import DEFAULT_PODS, DEFAULT_SERVICES

Parsed: TypeAlias = Address | InterfaceAddress | Prefix
T = TypeVar("T")
Item: TypeAlias = At[Address] | At[InterfaceAddress] | At[Prefix] | At[Parsed]
Write: TypeAlias = Callable[[str], str]
"""Gives the text to write at a path so that one value in it becomes another; for a plain field the value itself."""

SYNTAX = Rule(
    "DS010-address-syntax",
    "An address must parse: no zone, no brackets, no leading zeros, a prefix length just where one is wanted.",
    Severity.ERROR,
    "Tools read such text differently or not at all.",
    "kubernetes apimachinery pkg/util/validation/ip.go",
    firm=True,
)
MAPPED = Rule(
    "DS011-ipv4-mapped",
    "An address must not be an IPv4-mapped IPv6 address.",
    Severity.ERROR,
    "Half of the tools take it for IPv4, the other half for IPv6.",
    "kubernetes apimachinery pkg/util/validation/ip.go (strict)",
    firm=True,
)
WRONG_FAMILY = Rule(
    "DS013-wrong-family",
    "A field of one family must hold an address of that family.",
    Severity.ERROR,
    "nmstate and EIB refuse an address in the other family's section.",
    "nmstate rust/src/lib/ip.rs; edge-image-builder pkg/image/validation/kubernetes.go",
    firm=True,
)
HOST_BITS = Rule(
    "DS014-host-bits",
    "A prefix must be written with its first address.",
    Severity.ERROR,
    "Some tools refuse it and others mask it, so that nobody can tell which network was meant.",
    "openshift/installer pkg/validate/validate.go (SubnetCIDR)",
)
CANONICAL = Rule(
    "DS015-canonical-text",
    "An address should be written in its canonical form (RFC 5952).",
    Severity.WARNING,
    "Tools that compare text (certificates, no_proxy, searching by hand) take it for another address.",
    "RFC 5952; kubernetes apimachinery pkg/util/validation/ip.go",
)
UNSPECIFIED = Rule(
    "DS016-unspecified-network",
    "A network must not start at the unspecified address; only the default routes 0.0.0.0/0 and ::/0 do.",
    Severity.ERROR,
    "0.0.0.0 and :: are no network's addresses, and a range of length 0 swallows every other one.",
    "openshift/installer pkg/validate/validate.go",
    firm=True,
)
DEPRECATED = Rule(
    "DS017-deprecated-range",
    "An IPv6 address must not be site-local (fec0::/10) or IPv4-compatible (::/96).",
    Severity.ERROR,
    "Both ranges are withdrawn: hosts choose no such source address for other destinations, and routers may drop them.",
    "RFC 3879 and RFC 4291, section 2.5.5.1; kubernetes cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
)
UNICAST = Rule(
    "DS018-not-global-unicast",
    "The address of a host must be unicast: not loopback, multicast, link-local, broadcast or unspecified.",
    Severity.ERROR,
    "No other machine can reach it; EIB refuses it.",
    "edge-image-builder pkg/image/validation/kubernetes.go (IsGlobalUnicast)",
    firm=True,
)
DOCUMENTATION = Rule(
    "DS019-documentation-range",
    "An address must not come from a range that is set aside for documentation or for benchmarks.",
    Severity.WARNING,
    "Networks filter these ranges, and such an address is most often one that somebody forgot to fill in.",
    "RFC 5737, RFC 3849, RFC 9637, RFC 2544, RFC 5180",
)

RULES = (SYNTAX, MAPPED, WRONG_FAMILY, HOST_BITS, CANONICAL, UNSPECIFIED, DEPRECATED, UNICAST, DOCUMENTATION)

_BY_ID = {rule.id: rule for rule in RULES}
SITE_LOCAL = IPv6Network("fec0::/10")
IPV4_COMPATIBLE = IPv6Network("::/96")
DOCUMENTATION_RANGES: tuple[IPNetwork, ...] = tuple(
    ip_network(text)
    for text in (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "198.18.0.0/15",
        "2001:db8::/32",
        "3fff::/20",
        "2001:2::/48",
    )
)


# Numbers, because every address of a site is compared and ipaddress' own comparisons cost ten times as much.
_DOCUMENTATION = [
    (net.version, int(net.network_address), int(net.broadcast_address), net) for net in DOCUMENTATION_RANGES
]


def as_written(text: str) -> str:
    """Write a value where nothing else stands in the field."""
    return text


def of_error(path: Path, error: AddressError) -> Finding:
    """Make the finding for text that does not parse."""
    return _BY_ID[error.rule].at(path, error.message, error.fix)


def read_address(item: At[object], family: Family | None = None) -> Address | Finding:
    """Read an address from whatever stands at a path; the finding tells why it is none."""
    return _read(item, lambda text: parse_address(text, family), "an address such as 192.168.100.10")


def read_prefix(item: At[object], family: Family | None = None) -> Prefix | Finding:
    """Read a prefix from whatever stands at a path; the finding tells why it is none."""
    return _read(item, lambda text: parse_prefix(text, family), "a prefix such as 10.42.0.0/16")


def read_interface(item: At[object]) -> InterfaceAddress | Finding:
    """Read an address with prefix length from whatever stands at a path; the finding tells why it is none."""
    return _read(item, parse_interface, "an address such as 192.168.100.10/24")


def _read(item: At[object], parse: Callable[[str], T], example: str) -> T | Finding:
    if not isinstance(item.value, str):
        return SYNTAX.at(item.path, f"{shown(item.value)} is no text", f"write {example}")
    try:
        return parse(item.value)
    except AddressError as error:
        return of_error(item.path, error)


def host_bits(item: At[Prefix], write: Write = as_written) -> Findings:
    """Tell a prefix whose address has bits set after the prefix length."""
    if item.value.host_bits_set:
        mask = f"{item.value.text} is no network's first address"
        yield HOST_BITS.at(item.path, mask, fixes.write(write(item.value.canonical)))


def canonical(item: Item, write: Write = as_written) -> Findings:
    """Tell text that means the right thing and is spelled in another than the canonical way."""
    value = item.value
    if isinstance(value, Prefix) and value.host_bits_set:
        return
    if value.text != value.canonical:
        yield CANONICAL.at(item.path, f"{value.text} is not the canonical text", fixes.write(write(value.canonical)))


def unspecified(
    item: At[Prefix], *, default_route: bool = True, instead: str = "", write: Write = as_written
) -> Findings:
    """Tell a network of the unspecified address.

    Args:
        item: the prefix.
        default_route: whether a length of 0 is fine, as for the destination of a route.
        instead: a network that would be right.
        write: see ``Write``.
    """
    network = item.value.network
    if not network.network_address.is_unspecified or (default_route and network.prefixlen == 0):
        return
    fix = fixes.write(write(instead), guess=True) if instead else "write the prefix of the network that is meant"
    yield UNSPECIFIED.at(item.path, f"{item.value.text} starts at the unspecified address", fix)


def deprecated(item: Item, write: Write = as_written) -> Findings:
    """Tell site-local and IPv4-compatible IPv6 addresses."""
    first = _ip(item.value)
    if not isinstance(first, IPv6Address) or (first not in SITE_LOCAL and first not in IPV4_COMPATIBLE):
        return
    length = item.value.network.prefixlen if isinstance(item.value, Prefix) else 128
    if first in SITE_LOCAL:
        tail = str(item.value).partition("/")[2]
        # fec0 to feff become fd00 to fd3f: the same subnets and hosts, below a unique local prefix.
        unique = IPv6Address(int(first) & ((1 << 118) - 1) | 0xFD << 120)
        text = f"{unique}/{tail}" if tail else str(unique)
        yield DEPRECATED.at(
            item.path, f"{item.value} is site-local, withdrawn by RFC 3879", fixes.write(write(text), guess=True)
        )
    elif length >= IPV4_COMPATIBLE.prefixlen and int(first) > 1:
        old = IPv4Address(int(first) & 0xFFFFFFFF)
        fix = f"write {old} in the IPv4 field and an IPv6 address of the site's own here"
        yield DEPRECATED.at(item.path, f"{item.value} is IPv4-compatible, withdrawn by RFC 4291", fix)


def _ip(value: Address | InterfaceAddress | Prefix) -> IPAddress:
    if isinstance(value, Address):
        return value.ip
    return value.interface.ip if isinstance(value, InterfaceAddress) else value.network.network_address


def unicast(item: Item, *, fix: fixes.Fix | str = "") -> Findings:
    """Tell an address, or the first address of a network, that no host can own.

    Args:
        item: the value.
        fix: what to do in place of the usual words.
    """
    ip = _ip(item.value)
    if is_global_unicast(ip):
        return
    kinds = ("unspecified", "loopback", "multicast", "link_local")
    kind = next((kind.replace("_", "-") for kind in kinds if getattr(ip, f"is_{kind}")), "the broadcast address")
    usual = "write an address of the host's own network: private (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fd00::/8)"
    yield UNICAST.at(item.path, f"{item.value} is {kind}", fix or f"{usual} or global")


def documentation(item: Item, *, production: bool = False, write: Write = as_written, instead: str = "") -> Findings:
    """Tell addresses from documentation and benchmark ranges; in production they are errors."""
    first = _ip(item.value)
    number = int(first)
    for version, low, high, reserved in _DOCUMENTATION:
        if first.version != version or not low <= number <= high:
            continue
        if isinstance(item.value, Prefix) and item.value.network.prefixlen < reserved.prefixlen:
            continue
        own = "10.0.0.0/8, 172.16.0.0/12 and 192.168.0.0/16" if version == 4 else "fd00::/8"
        fix = (
            fixes.write(write(instead), guess=True)
            if instead
            else f"write the site's real value; {own} may be used freely"
        )
        message = f"{item.value} lies in {reserved}, which is set aside for documentation and tests"
        finding = DOCUMENTATION.at(item.path, message, fix)
        yield replace(finding, severity=Severity.ERROR) if production else finding


def walk(value: object, path: Path = ()) -> Iterator[At[Parsed]]:
    """Give every address and prefix that a site file states, with its path; defaults are left out."""
    if isinstance(value, Address | InterfaceAddress | Prefix):
        yield At(path, value)
    elif isinstance(value, BaseModel):
        fields = type(value).model_fields
        for name in fields:
            if name in value.model_fields_set:
                yield from walk(getattr(value, name), (*path, fields[name].alias or name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from walk(item, (*path, index))


def _default(path: Path) -> str:
    """Return the default of a pod or service CIDR, empty for any other field."""
    defaults = {"pods": DEFAULT_PODS, "services": DEFAULT_SERVICES}
    if len(path) == 3 and path[0] == "cluster" and path[1] in defaults and path[2] in FAMILIES:
        return defaults[str(path[1])][str(path[2])]
    return ""


def check_texts(subject: Subject) -> Findings:
    """Judge every address and prefix that the site file states."""
    for item in walk(subject.site):
        value, last = item.value, item.path[-1]
        yield from canonical(item)
        yield from deprecated(item)
        yield from documentation(item, production=subject.site.host.production, instead=_default(item.path))
        if isinstance(value, Prefix):
            prefix = At(item.path, value)
            yield from host_bits(prefix)
            yield from unspecified(prefix, default_route=last == "destination", instead=_default(item.path))


CHECKS = (check_texts,)
