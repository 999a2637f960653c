"""Rules about a node's network as a whole, judged on the merged nmstate that the node will get.

The site's own fields and the node's raw nmstate end in one file; what is found there is told at the field that it came
from. The predicates take raw nmstate as well, so that policies and peers' cases ask the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dualstack.addresses import FAMILIES, LABEL, Family, is_global_unicast
from dualstack.findings import At, Findings, Rule, Severity
from dualstack.origins import Path
from dualstack.plan.model import NodePlan
from dualstack.rules.base import Subject
from dualstack.rules.nmaddresses import ADDRESS, nmstate_addresses
from dualstack.rules.nmform import document_form
from dualstack.rules.nmlinks import ethernet_macs, macs_unique, nic_macs, nmstate_links
from dualstack.rules.nmpaths import site_path
from dualstack.rules.nmroutes import default_route, nmstate_routes
from dualstack.rules.nmstate import TWO_SOURCES, interface_settings
from dualstack.rules.nmview import Ip, Link, read_links, read_routes
from dualstack.site.network import Interface, Ipv4, Ipv6, Node

DYNAMIC = Rule(
    "DS042-dynamic-address",
    "The node's own addresses should be known before it starts.",
    Severity.INFO,
    "RKE2 takes an address that it finds, of two IPv6 addresses either; with both reservations given dualstack pins "
    "node-ip. It always writes accept_ra=2 where router advertisements give the route, or the route would expire.",
    "k3s pkg/util/net.go and issue 5019 (accept_ra); talos issue 9725",
)
POD_MTU = Rule(
    "DS047-pod-mtu",
    "The management interface's MTU should leave pods the 1280 bytes that IPv6 needs, after the overlay's 50.",
    Severity.WARNING,
    "The kernel switches IPv6 off on the pods' interfaces, and pods have IPv4 only.",
    "RFC 8200 section 5; RFC 7348 (VXLAN over IPv4: 50 bytes)",
)
FAMILIES_RULE = Rule(
    "DS051-node-families",
    "The management interface must have an address of each family.",
    Severity.ERROR,
    "RKE2 stops at start: cluster-cidr and node-ip must share the same IP version.",
    "k3s pkg/agent/run.go; k3s issue 9946",
    firm=True,
)
RULES = (DYNAMIC, POD_MTU, FAMILIES_RULE)

OVERLAY_BYTES = 50
"""What VXLAN over IPv4, the primary family, takes: Ethernet 14, IPv4 20, UDP 8, VXLAN 8 bytes."""


def nmstate_document(item: At[object]) -> Findings:
    """Judge raw nmstate of one host, whatever its shape: form, interfaces, addresses, routes.

    What a management node must have beside (an ethernet interface with its MAC, both families, default routes) is
    left to ``management_node``.
    """
    yield from document_form(item)
    if not isinstance(item.value, Mapping):
        return
    document = At[Mapping[str, Any]](item.path, item.value)
    links = read_links(document)
    for link in links:
        yield from interface_settings(link)
    yield from nmstate_links(links)
    yield from nmstate_addresses(links)
    yield from nmstate_routes(read_routes(document), links)


def pod_mtu(item: At[int]) -> Findings:
    """Judge the MTU of the interface that carries the overlay."""
    least = 1280 + OVERLAY_BYTES
    if 1280 <= item.value < least:
        left = item.value - OVERLAY_BYTES
        yield POD_MTU.at(item.path, f"MTU {item.value} leaves pods {left}, IPv6 needs 1280", f"write {least}")


def _has_address(ip: Ip | None) -> bool:
    return (
        ip is not None
        and ip.enabled
        and (ip.dhcp or any(is_global_unicast(address.value.ip) for address in ip.addresses))
    )


def _missing(link: Link, family: Family) -> Findings:
    ip, label = link.ip(family), LABEL[family]
    message = f"the management interface {link.name} has no {label} address"
    dynamic = "dhcp: true" if family == "ipv4" else "dhcp: true, autoconf: true"
    if ip is None or (not ip.enabled and not (ip.dhcp or ip.addresses)):
        fix = f"write {{enabled: true, {dynamic}}}, or a static address and gateway"
        yield FAMILIES_RULE.at((*link.path, family), message, fix)
    elif ip.enabled:
        yield FAMILIES_RULE.at((*link.path, family), message, f"add {dynamic}, or a static address and gateway")


def management_node(document: At[Mapping[str, Any]], management: str | None) -> Findings:
    """Judge what the network of a management node must have.

    Args:
        document: its nmstate.
        management: name of the interface whose addresses are the node's own, where that is known.
    """
    links, hops = read_links(document), read_routes(document)
    yield from ethernet_macs(document, links)
    link = next((item for item in links if item.name == management), None) or next(
        (item for item in links if any(_has_address(ip) for ip in item.ips)), None
    )
    if link is None:
        message = "no interface has an address"
        fix = "give one interface an ipv4 and an ipv6 section, each with an address and gateway, or dhcp: true"
        yield FAMILIES_RULE.at((*document.path, "interfaces"), message, fix)
        return
    for family in FAMILIES:
        if _has_address(link.ip(family)):
            yield from default_route(family, hops, links, link)
        else:
            yield from _missing(link, family)


def overlay_mtu(document: At[Mapping[str, Any]], management: str | None) -> Findings:
    """Judge the MTU below the pods: the management interface's own, or its base's."""
    by_name = {link.name: link for link in read_links(document)}
    seen: set[str] = set()
    name = management
    while name is not None and name in by_name and name not in seen:
        seen.add(name)
        link = by_name[name]
        if link.mtu is not None:
            yield from pod_mtu(At((*link.path, "mtu"), link.mtu))
            return
        name = link.base


def _told(node: Node, plan: NodePlan, findings: Findings) -> Findings:
    """Tell findings about the merged nmstate at the site's own fields."""
    for finding in findings:
        yield replace(finding, path=site_path(node, plan, finding.path))


def merged_nmstate(subject: Subject) -> Findings:
    """Judge each node's merged nmstate."""
    macs: list[At[str]] = []
    for node, plan in zip(subject.site.nodes, subject.plan.nodes, strict=True):
        document = At[Mapping[str, Any]]((), plan.nmstate)
        yield from _told(node, plan, nmstate_document(At[object]((), plan.nmstate)))
        yield from _told(node, plan, management_node(document, plan.management))
        if subject.site.cluster.cni != "none":
            yield from _told(node, plan, overlay_mtu(document, plan.management))
        macs += [At(site_path(node, plan, mac.path), mac.value) for mac in nic_macs(read_links(document))]
    yield from macs_unique(macs)


def _reservation(path: Path, ip: Ipv4 | Ipv6, family: Family) -> Findings:
    if ip.reservation is None:
        return
    place = (*path, family, "reservation")
    if not is_global_unicast(ip.reservation.ip):
        message = f"{ip.reservation} is no address that DHCP can give"
        yield ADDRESS.at(place, message, "write the address that the DHCP server keeps for this NIC")
    if ip.address is not None:
        message = f"the address {ip.address} is static, the reservation {ip.reservation} is not used"
        yield TWO_SOURCES.at(place, message, "remove it")
    elif ip.enabled and not ip.dhcp and not (isinstance(ip, Ipv6) and ip.autoconf):
        yield TWO_SOURCES.at(place, "an address is reserved and dhcp is not on", "set dhcp to true")


def _sections(interface: Interface) -> Sequence[tuple[Family, Ipv4 | Ipv6]]:
    pairs: tuple[tuple[Family, Ipv4 | Ipv6 | None], ...] = (("ipv4", interface.ipv4), ("ipv6", interface.ipv6))
    return [(family, ip) for family, ip in pairs if ip is not None]


def reservations(subject: Subject) -> Findings:
    """Judge reservations, and tell where the node's own address is not known."""
    for i, (node, plan) in enumerate(zip(subject.site.nodes, subject.plan.nodes, strict=True)):
        for j, interface in enumerate(node.interfaces):
            path: Path = ("nodes", i, "interfaces", j)
            for family, ip in _sections(interface):
                yield from _reservation(path, ip, family)
                if interface.name == plan.management and ip.enabled and ip.dhcp and ip.address is None:
                    yield from _dynamic((*path, family), ip, family)


def _dynamic(path: Path, ip: Ipv4 | Ipv6, family: Family) -> Findings:
    label = LABEL[family]
    if ip.reservation is None:
        message = f"nobody knows the node's {label} address before DHCP gives it, and RKE2 takes what it finds"
        fix = f"add reservation: with the {label} address that the DHCP server keeps for the node"
        yield DYNAMIC.at((*path, "reservation"), message, fix)
    elif isinstance(ip, Ipv6) and ip.autoconf:
        message = f"SLAAC and DHCPv6 give an address each; {ip.reservation} is taken for the node's own"
        fix = "keep the DHCP server's reservation and this one in step"
        yield DYNAMIC.at((*path, "reservation"), message, fix)


CHECKS = (merged_nmstate, reservations)
