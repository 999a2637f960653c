"""Rules about a node's network as a whole, judged on the merged nmstate that the node will get.

The site's own fields and the node's raw nmstate end in one file; what is found there is told at the field that it came
from. The predicates take raw nmstate as well, so that policies and peers' cases ask the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dualstack.address.family import FAMILIES, LABEL, Family, family_of
from dualstack.address.ranges import is_global_unicast
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.document.origins import Path, format_path
from dualstack.document.yamlio import one_line
from dualstack.plan.model import NodePlan
from dualstack.rules.base import Subject
from dualstack.rules.blame import static_example
from dualstack.rules.name.zones import resolver_families
from dualstack.rules.network.nics_found import found_nics, vlan_names, waits
from dualstack.rules.network.nmstate_addresses import ADDRESS, nmstate_addresses
from dualstack.rules.network.nmstate_dns import nmstate_resolvers, read_servers
from dualstack.rules.network.nmstate_form import document_form
from dualstack.rules.network.nmstate_interface import TWO_SOURCES, interface_settings
from dualstack.rules.network.nmstate_links import ethernet_macs, macs_unique, nic_macs, nmstate_links
from dualstack.rules.network.nmstate_paths import site_path
from dualstack.rules.network.nmstate_routes import SAME_ROUTE, default_route, nmstate_routes, rule_interfaces
from dualstack.rules.network.nmstate_view import Ip, Link, read_links, read_routes
from dualstack.site import Site
from dualstack.site.network import Interface, Ipv4, Ipv6, Node

DYNAMIC = Rule(
    "DS042-dynamic-address",
    "The node's own addresses should be known before it starts.",
    Severity.INFO,
    "RKE2 takes an address that it finds, of two IPv6 addresses either; with both reservations given dualstack pins "
    "node-ip. The boot waits for both families; where one does not come, as without router advertisements, it goes on "
    "after a minute, and RKE2 stops and starts again until both are there.",
    "k3s pkg/util/net.go, rke2-server.service (Restart=always), talos issue 9725: read; NetworkManager 1.42.4 with "
    "wait-ip: run",
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
    """Judge raw nmstate of one host, whatever its shape: form, interfaces, addresses, routes, resolvers.

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
    yield from vlan_names(links)
    yield from nmstate_addresses(links)
    yield from nmstate_routes(read_routes(document), links)
    yield from rule_interfaces(document, links)
    yield from nmstate_resolvers(document, links)


def pod_mtu(item: At[int]) -> Findings:
    """Judge the MTU of the interface that carries the overlay."""
    least = 1280 + OVERLAY_BYTES
    if 1280 <= item.value < least:
        left = item.value - OVERLAY_BYTES
        yield POD_MTU.at(item.path, f"MTU {item.value} leaves pods {left}, IPv6 needs 1280", write(least))


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
    if ip is None or (not ip.enabled and not ip.wanted):
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


def node_resolvers(document: At[Mapping[str, Any]]) -> Findings:
    """Judge whether a node has resolvers of both families."""
    have = {family_of(item.value.ip) for item in read_servers(document)}
    automatic = any(ip.dynamic for link in read_links(document) for ip in link.ips)
    yield from resolver_families((*document.path, "dns-resolver", "config", "server"), have, automatic)


def node_start(document: At[Mapping[str, Any]], needed: Collection[str | None]) -> Findings:
    """Judge whether a node finds its NICs, and waits for the interfaces that RKE2 and Ironic need."""
    links = read_links(document)
    yield from found_nics(links)
    for link in links:
        if link.name in needed:
            yield from waits(link)


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


def _told(site: Site, node: Node, plan: NodePlan, findings: Findings) -> Findings:
    """Tell findings about the merged nmstate at the site's own fields, and word their fixes for these."""
    for finding in findings:
        path = site_path(node, plan, finding.path)
        yield replace(finding, path=path).with_fix(_site_fix(site, node, finding, path))


def _site_fix(site: Site, node: Node, finding: Finding, path: Path) -> AnyFix:
    """Word a fix in the site's own fields, where those differ from nmstate's."""
    field = path[-1]
    if finding.rule is SAME_ROUTE and field == "gateway":
        return finding.fix.replace("its metric", format_path((*path[:-1], "metric"))).replace(
            "one of the two", "one of the two gateways"
        )
    if path[:2] == ("dns", "resolvers"):
        return finding.fix.replace("dns-resolver.config.server", "dns.resolvers")
    if finding.rule is FAMILIES_RULE and "nmstate" not in path and len(site.nodes) == 1:
        if field in FAMILIES:
            family: Family = "ipv4" if field == "ipv4" else "ipv6"
            reserved = _DYNAMIC_EXAMPLE[family]
            return write(static_example(site, family), f", or with DHCP to {reserved}", path=path)
        if field == "interfaces":
            both = ", ".join(f"{family}: {one_line(static_example(site, family))}" for family in FAMILIES)
            return f"give one interface both families, as in {both}"
    return finding.mend


_DYNAMIC_EXAMPLE = {
    "ipv4": "{dhcp: true, reservation: 192.168.100.10}",
    "ipv6": '{dhcp: true, autoconf: true, reservation: "fd00:100::10"}',
}
"""Whole sections with DHCP; the reservation is what makes the node's address known."""


def merged_nmstate(subject: Subject) -> Findings:
    """Judge each node's merged nmstate; what all nodes have from one field is told once."""
    yield from dict.fromkeys(_merged(subject))


def _merged(subject: Subject) -> Findings:
    macs: list[At[str]] = []
    serving = subject.site.provisioning.interface
    for node, plan in zip(subject.site.nodes, subject.plan.nodes, strict=True):
        document = At[Mapping[str, Any]]((), plan.nmstate)
        yield from _told(subject.site, node, plan, nmstate_document(At[object]((), plan.nmstate)))
        yield from _told(subject.site, node, plan, management_node(document, plan.management))
        yield from _told(subject.site, node, plan, node_resolvers(document))
        yield from _told(subject.site, node, plan, node_start(document, {plan.management, serving}))
        if subject.site.cluster.cni != "none":
            yield from _told(subject.site, node, plan, overlay_mtu(document, plan.management))
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
        yield TWO_SOURCES.at(place, message, remove())
    elif ip.enabled and not ip.dhcp and not (isinstance(ip, Ipv6) and ip.autoconf):
        yield TWO_SOURCES.at(
            place, "an address is reserved and dhcp is not on", write(True, path=(*path, family, "dhcp"), guess=True)
        )


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
