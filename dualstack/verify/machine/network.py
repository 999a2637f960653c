"""Addresses of a machine against the node's network file (nmstate, as the plan has it); routes and resolvers follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.plan.model import NodePlan
from dualstack.verify.machine import resolvers, routes
from dualstack.verify.machine.nics import Nic, find_nic, mappings, plain, shown
from dualstack.verify.machine.reading import Reading
from dualstack.verify.model import Result, Word

_BAD: Final = {
    "dadfailed": "another machine on the link has it (duplicate address detection failed)",
    "tentative": "it is not usable yet: duplicate address detection goes on, or hangs",
    "deprecated": "it is deprecated, so that new connections begin at another address",
}
"""Flags of ``ip -j address`` (RFC 4862, 5.4 and 5.5.4), the worst first."""


def judge(node: NodePlan, reading: Reading, result: Result) -> Iterator[Result]:
    """Judge both families, then the resolvers."""
    try:
        links = mappings(reading.data("addresses"))
    except ValueError as error:
        fix = "see that ip of iproute2 is on the machine"
        yield replace(result, asked="addresses", word=Word.NOT_CHECKABLE, seen=str(error), fix=fix)
        return
    wanted = mappings(node.nmstate.get("interfaces"))
    nics = [find_nic(one, links) for one in wanted if one.get("state", "up") == "up"]
    for family in FAMILIES:
        yield from _family(node, nics, links, reading, family, replace(result, family=family))
    yield resolvers.judge(node, nics, reading, result)


def _family(
    node: NodePlan,
    nics: Sequence[Nic],
    links: Sequence[Mapping[str, Any]],
    reading: Reading,
    family: Family,
    result: Result,
) -> Iterator[Result]:
    planned = [nic for nic in nics if nic.of(family)]
    if not planned:
        return
    result = replace(result, asked="addresses")
    wrong = [words for nic in planned for words in _wrong_addresses(nic, links, family)]
    if wrong:
        yield replace(
            result,
            word=Word.FAILED,
            seen="; ".join(wrong),
            consequence=f"{node.name} is not reached over {LABEL[family]} as planned, or answers from elsewhere",
            fix=f"on {node.name}: nmcli connection show; nmcli device; journalctl -u NetworkManager. "
            f"Its profile is the one of network/{node.name}.yaml of a rendered directory",
        )
    else:
        count = sum(len(mappings(nic.of(family).get("address"))) for nic in planned)
        yield replace(result, seen=f"all {count} as planned" if count > 1 else "as planned")
    yield from routes.judge(node, nics, reading, family, replace(result, asked="routes"))


def _wrong_addresses(nic: Nic, links: Sequence[Mapping[str, Any]], family: Family) -> Iterator[str]:
    name, wanted = str(nic.wanted.get("name")), nic.of(family)
    kind = "inet6" if family == "ipv6" else "inet"
    if nic.name is None:
        mac = nic.wanted.get("mac-address")
        yield f"there is no {name}" + (f" with MAC {mac}" if mac else "")
        return
    if nic.down:
        yield f"{nic.name} is down, or its cable is out"
    have = {plain(one.get("local")): one for one in nic.addresses if one.get("family") == kind}
    for given in mappings(wanted.get("address")):
        address, length = plain(given.get("ip")), given.get("prefix-length")
        if not address:
            continue  # raw nmstate that is wrong is what rules tell
        one = have.get(address)
        if one is None:
            other = _holder(address, links)
            yield f"{address} is not on {nic.name}" + (f" but on {other}" if other else "")
            continue
        if one.get("prefixlen") != length and isinstance(length, int):
            yield f"{address} has prefix length {shown(one.get('prefixlen'))}, planned is {length}"
        # No flag of a permanent address is planned; preferred_life_time 0 is what `deprecated` means.
        bad = next((words for flag, words in _BAD.items() if one.get(flag)), None)
        if bad:
            yield f"{address}: {bad}"
    if family == "ipv6" and wanted.get("autoconf") is False and wanted.get("dhcp") is not True:
        strangers = [text for text, one in have.items() if one.get("dynamic") and one.get("scope") == "global"]
        if strangers:
            yield f"{nic.name} takes {', '.join(strangers)} from router advertisements, which the plan switches off"
    if nic.learns(family) and not any(one.get("scope") == "global" for one in have.values()):
        yield f"{nic.name} was given no {LABEL[family]} address by DHCP or a router"


def _holder(address: str, links: Sequence[Mapping[str, Any]]) -> str:
    for link in links:
        if any(plain(one.get("local")) == address for one in mappings(link.get("addr_info"))):
            return shown(link.get("ifname"))
    return ""
