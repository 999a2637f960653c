"""libvirt networks: both families, masked canonical CIDRs, IPv4 first, ranges that libvirt takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from dualstack.address.family import FAMILIES
from dualstack.address.parsing import Address, Prefix
from dualstack.document.findings import At, Finding, Findings
from dualstack.document.fixes import write
from dualstack.document.holes import Hole, Unreadable
from dualstack.document.origins import Path
from dualstack.policies.declare import policy
from dualstack.policies.model import Check, Given, NotYet, Told, View, holes, instead, items
from dualstack.rules.address import address_text
from dualstack.rules.blame import shown
from dualstack.rules.cidr import cidrs
from dualstack.rules.cidr.cidr_lists import Cidr, in_order
from dualstack.rules.cidr.cidrs import ipv4_first
from dualstack.rules.host import libvirt
from dualstack.rules.host.libvirt import EXAMPLES, no_prefix
from dualstack.rules.program import program_resources
from dualstack.rules.program.program_resources import dhcp_prefixes, dhcp_range, tight_prefixes
from dualstack.tokens import NETWORK

_REPLACED: Final = "The provider masks and shortens it when it reads it back: each refresh then replaces the network."
_RANGE: Final = re.compile(r"<range\b[^>]*>")
_MADE: Final = re.compile(r"""<[\w-]+:(element|attribute)\b[^>]*\bname\s*=\s*["'](range|start|end|[^"']*\{)""")
_COMPUTED: Final = "the stylesheet makes a DHCP range out of elements or values that only its run tells"
_ATTRIBUTE: Final = re.compile(r"""\b(start|end)\s*=\s*["']([0-9A-Fa-f.:]+)["']""")
_GIVES_ADDRESSES: Final = ("nat", "none", "route", "open")
"""Modes in which the provider switches DHCP on where nobody says otherwise."""
_NEWER: Final = ("ips", "forward")
"""What a network of the provider's next major schema has, in place of ``addresses`` and ``mode``."""


@dataclass(frozen=True, slots=True)
class _Prefixes:
    """The prefixes of one network.

    Attributes:
        read: those that are prefixes, in order.
        told: what is wrong with others, and which cannot be looked at yet.
        complete: whether every one could be read.
    """

    read: list[At[Prefix]]
    told: list[Finding | NotYet]

    @property
    def complete(self) -> bool:
        return not self.told


def _prefixes(given: Given) -> _Prefixes:
    for key in _NEWER:
        if key in given.props:
            raise Unreadable((key,), "the resource is one of libvirt provider 0.9 or later, which no policy knows")
    value = given.get("addresses")
    if value is not None and not isinstance(value, list | tuple):
        fix = 'write ["192.168.100.0/24", "fd00:100::/64"]'
        return _Prefixes(
            [], [address_text.SYNTAX.at(("addresses",), f"{shown(value)} stands where a list is wanted", fix)]
        )
    found = items(given, "addresses")
    told: list[Finding | NotYet] = [*holes(found)]
    read: list[At[Prefix]] = []
    for item in found:
        if isinstance(item.value, Hole):
            continue
        one = address_text.read_prefix(item)
        if isinstance(one, Finding):
            told.append(one)
        else:
            read.append(At(item.path, one))
    return _Prefixes(read, told)


def prefix_text(item: At[Prefix], consequence: str = "") -> Findings:
    """Tell host bits and text that is not canonical."""
    for finding in (*address_text.host_bits(item), *address_text.canonical(item)):
        yield replace(finding, consequence=consequence) if consequence else finding


def _texts(given: Given, _view: View) -> Told:
    prefixes = _prefixes(given)
    yield from prefixes.told
    for item in prefixes.read:
        yield from prefix_text(item, _REPLACED)
    for index, (path, ip) in enumerate(_host_addresses(given)):
        if isinstance(ip, Hole):
            yield NotYet(path, ip.why)
            continue
        one = address_text.read_address(At(path, ip))
        if isinstance(one, Finding):
            yield one
        else:
            follows = f"The provider reads it back in its canonical form: row {index} is updated at each run."
            for finding in address_text.canonical(At[Address](path, one)):
                yield replace(finding, consequence=follows)


def _host_addresses(given: Given) -> Iterator[tuple[Path, Any]]:
    for row in items(given, "dns", "hosts"):
        if isinstance(row.value, Hole):
            yield row.path, row.value
        elif not isinstance(row.value, Mapping):
            yield row.path, Hole(instead(row.value, "a mapping"))
        elif row.value.get("ip") is not None:
            yield (*row.path, "ip"), row.value["ip"]


def _both_families(given: Given, _view: View) -> Told:
    prefixes = _prefixes(given)
    mode = given.text("mode") or "nat"
    # A bridge that is there has its addresses from elsewhere, and a network without any is a switch.
    if mode == "bridge" or (mode in ("none", "open") and given.get("addresses") is None):
        return
    have = {item.value.family for item in prefixes.read}
    lacking = [family for family in FAMILIES if family not in have]
    if lacking and not prefixes.complete:
        yield from (item for item in prefixes.told if isinstance(item, NotYet))
        return
    for family in lacking:
        yield no_prefix(At(("addresses",), family), f"add {EXAMPLES[family]}, or a prefix of your own")


def _order(given: Given, _view: View) -> Told:
    prefixes = _prefixes(given)
    yield from (item for item in prefixes.told if isinstance(item, NotYet))
    found = [At(item.path, Cidr(item.value)) for item in prefixes.read]
    for finding in ipv4_first(found):
        yield finding.with_fix(write(in_order(found, "ipv4").split(",")))


def _dhcp(given: Given, _view: View) -> Told:
    mode = given.text("mode") or "nat"
    prefixes = _prefixes(given)
    yield from (item for item in prefixes.told if isinstance(item, NotYet))
    if mode in _GIVES_ADDRESSES:
        # Whether DHCP is on or not.
        yield from tight_prefixes(prefixes.read)
    enabled = given.get("dhcp", "enabled")
    if enabled is not None and not isinstance(enabled, bool):
        raise Unreadable(("dhcp", "enabled"), instead(enabled, "true or false"))
    if enabled if enabled is not None else mode in _GIVES_ADDRESSES:
        yield from dhcp_prefixes(prefixes.read)
    xslt = given.text("xml", "xslt") or ""
    for found in _RANGE.findall(xslt):
        ends = dict(_ATTRIBUTE.findall(found))
        if {"start", "end"} <= ends.keys() and prefixes.complete:
            yield from dhcp_range(ends["start"], ends["end"], ("xml", "xslt"), prefixes.read)
        elif not {"start", "end"} <= ends.keys():
            yield NotYet(("xml", "xslt"), _COMPUTED)
    if _MADE.search(xslt):
        yield NotYet(("xml", "xslt"), _COMPUTED)


def masked(given: Given, _view: View) -> dict[Path, Any]:
    """Give the edits that mask the network's prefixes and write them in their canonical form."""
    edits: dict[Path, Any] = {}
    for item in items(given, "addresses"):
        read = None if isinstance(item.value, Hole) else address_text.read_prefix(item)
        if isinstance(read, Prefix) and read.canonical != item.value:
            edits[item.path] = read.canonical
    return edits


TEXTS = Check((NETWORK,), _texts)
BOTH_FAMILIES = Check((NETWORK,), _both_families)
ORDER = Check((NETWORK,), _order)
DHCP = Check((NETWORK,), _dhcp)

_WRITE: Final = "Write the network's first address, canonical, with its prefix length: fd00:100::/64."
_BOTH: Final = "Give one prefix of each family, IPv4 first."

POLICIES: Final = (
    policy(address_text.SYNTAX, _WRITE, TEXTS),
    policy(address_text.MAPPED, "Write the IPv4 address in the IPv4 entry.", TEXTS),
    policy(address_text.HOST_BITS, _WRITE, TEXTS, remedy=masked),
    policy(address_text.CANONICAL, _WRITE, TEXTS, remedy=masked),
    policy(libvirt.NETWORK, _BOTH, BOTH_FAMILIES),
    policy(cidrs.IPV4_FIRST, _BOTH, ORDER),
    policy(
        program_resources.DHCP_RANGE,
        "Give one IPv4 prefix and IPv6 prefixes of /64 or longer, or set dhcp.enabled to false.",
        DHCP,
    ),
)
