"""The rule about raw nmstate that says something else than the site's own fields, from which the plan follows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from dualstack.address.family import FAMILIES
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.frozen import dig
from dualstack.document.origins import Path, format_path
from dualstack.plan.model import NodePlan
from dualstack.rules.base import Subject
from dualstack.rules.blame import shown, softened
from dualstack.rules.network.nmstate_paths import site_path
from dualstack.rules.network.nmstate_view import Hop, Ip, Link, is_list, parsed, read_links, read_routes
from dualstack.site.network import Node

CONTRADICTS = Rule(
    "DS175-nmstate-contradicts",
    "Raw nmstate must not contradict the node's own fields.",
    Severity.ERROR,
    "The node gets the raw value; records, certificates, node-ip, Ironic's address and whatever else follows from the "
    "field do not change.",
    "dualstack's own: each value has one place",
)
RULES = (CONTRADICTS,)

_PLAIN: tuple[tuple[str, ...], ...] = (
    ("type",), ("mac-address",), ("mtu",), ("vlan", "id"), ("vlan", "base-iface"), ("link-aggregation", "mode"),
    ("link-aggregation", "port"),
)  # fmt: skip
Found = tuple[Path, str, bool]
"""Path in the merged nmstate, what is wrong, and whether the node's own addresses or its NIC are concerned."""


def _same(one: Any, other: Any) -> bool:
    if is_list(one) and is_list(other):
        return sorted(map(str, one)) == sorted(map(str, other))
    return str(one).lower() == str(other).lower()


def _plain(before: Link, after: Link) -> Iterator[Found]:
    for keys in _PLAIN:
        computed, merged = dig(before.body, *keys), dig(after.body, *keys)
        if computed is not None and not _same(computed, merged):
            what = f"{shown(merged)} replaces {shown(computed)}" if merged is not None else f"{shown(computed)} is gone"
            yield (*after.path, *keys), what, keys == ("mac-address",)


def _family(before: Ip, after: Ip | None, path: Path, own: bool) -> Iterator[Found]:
    """Compare how one family gets its addresses; a family that is off or missing on the node's own has rules."""
    if not before.enabled or not before.wanted:
        return
    if after is None or not after.enabled:
        if not own and not (after is not None and after.wanted):
            yield path, "the family is taken away", False
        return
    have = {address.value for address in after.addresses}
    lost = [str(address.value) for address in before.addresses if address.value not in have]
    if lost:
        instead = ", ".join(sorted(map(str, have))) or ("DHCP" if after.dynamic else "nothing")
        key = "address" if "address" in after.body or not after.dynamic else "dhcp"
        yield (*path, key), f"{instead} replaces {', '.join(lost)}", own
    for key, was, now in (("dhcp", before.dhcp, after.dhcp), ("autoconf", before.autoconf, after.autoconf)):
        if was and not now:
            yield (*path, key), f"{key} is off", own


def _gateways(before: list[Hop], after: list[Hop]) -> Iterator[Found]:
    """Compare routes; a default route that is missing altogether has a rule of its own."""
    have = {(hop.destination, hop.gateway) for hop in after}
    for hop in before:
        if (hop.destination, hop.gateway) in have or hop.destination is None:
            continue
        others = [other for other in after if other.destination == hop.destination]
        if others:
            if others[0].gateway is None:
                continue  # no next hop, or none that can be read
            what = f"{hop.destination} over {others[0].gateway} replaces {hop.gateway}"
            yield (*others[0].path, "next-hop-address"), what, False
        elif not hop.default:
            yield ("routes", "config"), f"the route to {hop.destination} is left out", False


def _resolver(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> Iterator[Found]:
    computed, merged = dig(before, "dns-resolver", "config", key), dig(after, "dns-resolver", "config", key)
    have = {parsed(item) or item for item in merged if isinstance(item, str)} if is_list(merged) else set()
    lost = [str(item) for item in computed or () if (parsed(item) or item) not in have]
    if lost:
        yield ("dns-resolver", "config", key), f"{', '.join(lost)} is left out", False


def contradictions(before: Mapping[str, Any], after: Mapping[str, Any], own: Collection[str | None]) -> Iterator[Found]:
    """Compare the nmstate that the fields give with what raw nmstate makes of it.

    Args:
        before: the first.
        after: the second; interfaces keep their place.
        own: names of the interfaces whose addresses the plan uses.
    """
    links = {link.name: link for link in read_links(At((), after))}
    for link in read_links(At((), before)):
        if (merged := links.get(link.name)) is None:
            continue
        yield from _plain(link, merged)
        for family in FAMILIES:
            if (ip := link.ip(family)) is not None:
                yield from _family(ip, merged.ip(family), (*merged.path, family), link.name in own)
    yield from _gateways(read_routes(At((), before)), read_routes(At((), after)))
    for key in ("server", "search"):
        yield from _resolver(before, after, key)


def _field(node: Node, plan: NodePlan, path: Path) -> Path:
    """Return the field that a computed value comes from."""
    bare = site_path(node.model_copy(update={"nmstate": {}}), plan, path)
    return (*bare[:-1], "address") if bare[-1:] == ("dhcp",) else bare


def check_nodes(subject: Subject) -> Findings:
    """Tell raw nmstate that contradicts its node's fields."""
    for node, plan in zip(subject.site.nodes, subject.plan.nodes, strict=True):
        if node.nmstate:
            own = {plan.management, subject.site.provisioning.interface}
            for path, what, hard in contradictions(plan.nmstate_computed, plan.nmstate, own):
                yield _finding(node, plan, path, what, hard)


def _finding(node: Node, plan: NodePlan, path: Path, what: str, hard: bool) -> Finding:
    place = site_path(node, plan, path)
    if path[:1] == ("routes",):
        source = "the gateways and routes of the node" if path[-1] != "next-hop-address" else "the node's gateway"
    else:
        source = format_path(_field(node, plan, path))
    fix = f"remove it, and set {source} to what it should be"
    finding = CONTRADICTS.at(place, f"{what}, which comes from {source}", fix)
    return finding if hard else softened(finding)


CHECKS = (check_nodes,)
