"""Rules about a node's routes and gateways, family by family."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from dualstack.address.family import FAMILIES, LABEL, Family, IPAddress, IPInterface, family_of
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, remove, write
from dualstack.rules.network.nmstate_addresses import usual
from dualstack.rules.network.nmstate_view import MAIN_TABLES, Hop, Ip, Link, is_list, whole

DEFAULT4 = Rule(
    "DS052-default-route-ipv4",
    "A node must have an IPv4 default route.",
    Severity.ERROR,
    "RKE2 takes the node's address from the interface of the default route, and does not start without one.",
    "k3s pkg/util/net.go; rke2-docs installation requirements",
    firm=True,
)
DEFAULT6 = Rule(
    "DS053-default-route-ipv6",
    "A node must have an IPv6 default route; router advertisements give one, DHCPv6 does not.",
    Severity.ERROR,
    "Machines, BMCs and registries beyond the link are not reached over IPv6.",
    "RFC 8415 (no option for a gateway); metal3-io/ironic-standalone-operator validation.go",
)
SAME_ROUTE = Rule(
    "DS054-one-route",
    "Routes to one destination should differ in their metric; default routes, too.",
    Severity.WARNING,
    "Which route is taken depends on the order in which the interfaces come up.",
    "NetworkManager (route metric by device)",
)
GATEWAY = Rule(
    "DS055-gateway-on-link",
    "A gateway must lie in a prefix of its interface, or be link-local IPv6.",
    Severity.ERROR,
    "The node finds no way to the gateway by its own routes, and nothing beyond the link answers.",
    "openshift/installer pkg/types/baremetal/validation/platform.go",
)
ROUTE = Rule(
    "DS056-route",
    "A route must lead from a destination, over an interface with that family, to a router of that family.",
    Severity.ERROR,
    "nm-configurator refuses the file, or the route is never made.",
    "nmstate rust/src/lib/route.rs; seen with nm-configurator 0.3.5",
    firm=True,
)
RULES = (DEFAULT4, DEFAULT6, SAME_ROUTE, GATEWAY, ROUTE)

_THIS_NETWORK = ipaddress.ip_network("0.0.0.0/8")


def _first_host(interface: IPInterface) -> AnyFix:
    """Propose a gateway: the link's first address, or the second where the node has the first."""
    network = interface.network
    if network.num_addresses < 4:
        return "write your router's address"
    first = network[1] if network[1] != interface.ip else network[2]
    return write(str(first), ", or your router's own address")


def gateway_on_link(item: At[IPAddress], addresses: Sequence[IPInterface]) -> Findings:
    """Judge a gateway against the static addresses of its interface.

    Args:
        item: the gateway.
        addresses: the interface's addresses of the gateway's family; at least one.
    """
    gateway = item.value
    if (gateway.version == 6 and gateway.is_link_local) or any(gateway in own.network for own in addresses):
        return
    own = addresses[0]
    label = LABEL[family_of(own)]
    wide = usual(own)
    if own.network.prefixlen > wide.network.prefixlen and gateway in wide.network:
        fix: AnyFix = f"set the prefix length of {own.ip} to {wide.network.prefixlen}: {wide}"
    elif gateway.version == 6:
        fix = "write the router's link-local address, such as fe80::1"
    else:
        fix = _first_host(own)
    yield GATEWAY.at(item.path, f"the {label} gateway {gateway} lies outside {own.network}", fix)


def gateway_address(item: At[IPAddress], addresses: Sequence[IPInterface]) -> Findings:
    """Judge whether a gateway can be a router's address, seen from an interface with these addresses."""
    gateway = item.value
    inside = next((own for own in addresses if gateway in own.network and own.network.num_addresses > 1), None)
    what = ""
    if any(gateway == own.ip for own in addresses):
        what = "the node's own address"
    elif gateway.is_unspecified or gateway.is_loopback or gateway.is_multicast:
        what = "no router's address"
    elif inside is not None and gateway.version == 4 and inside.network.prefixlen < 31:
        ends = {inside.network.network_address: "network", inside.network.broadcast_address: "broadcast"}
        what = f"the {ends[gateway]} address of {inside.network}" if gateway in ends else ""
    if what:
        proposed: AnyFix = "write your router's address"
        if gateway.version == 6:
            proposed = write("fe80::1", ", or your router's own address")
        if gateway.version == 4 and (inside or addresses):
            proposed = _first_host(inside or addresses[0])
        yield ROUTE.at(item.path, f"the gateway {gateway} is {what}", proposed)


def _destination(hop: Hop) -> Findings:
    network, gateway = hop.destination, hop.gateway
    if network is None:
        return
    path = (*hop.path, "destination")
    this = network.version == 4 and network.prefixlen >= 8 and network.subnet_of(_THIS_NETWORK)  # type: ignore[arg-type]
    if this and not hop.refuses:
        yield ROUTE.at(path, f"{network} lies in 0.0.0.0/8, which is no destination", write("0.0.0.0/0"))
    if gateway is not None and gateway.version != network.version:
        label = LABEL[family_of(network)]
        message = f"the gateway {gateway} is not of the family of {network}"
        yield ROUTE.at((*hop.path, "next-hop-address"), message, f"write an {label} gateway")


def _over(hop: Hop, links: Sequence[Link]) -> Findings:
    """Judge the interface of a route."""
    path = (*hop.path, "next-hop-interface")
    names = [link.name for link in links if link.name]
    family = hop.family
    if hop.refuses:
        for key, given in (("next-hop-interface", hop.interface), ("next-hop-address", hop.gateway)):
            if given is not None:
                yield ROUTE.at((*hop.path, key), "a route that refuses leads over nothing", remove())
        return
    if hop.interface is None:
        if names:
            message = "the route names no interface, and nmstate wants one"
            yield ROUTE.at(path, message, write(names[0]))
        return
    link = next((link for link in links if link.name == hop.interface), None)
    if link is None and hop.interface == "lo":
        return
    if link is None:
        fix = f"write {names[0]}, or add {hop.interface} to the interfaces" if names else f"add {hop.interface}"
        yield ROUTE.at(path, f"{hop.interface} is no interface of the node", fix)
    elif family is not None and ((ip := link.ip(family)) is None or not (ip.enabled or ip.wanted)):
        fix = f"give {link.name} an {LABEL[family]} address, or remove the route"
        yield ROUTE.at(path, f"{link.name} has no {LABEL[family]}", fix)


def _vrf(hop: Hop, links: Sequence[Link]) -> Findings:
    if hop.vrf is None:
        return
    path = (*hop.path, "vrf-name")
    body = next((link.body.get("vrf") for link in links if link.kind == "vrf" and link.name == hop.vrf), None)
    table = whole(body.get("route-table-id")) if isinstance(body, Mapping) else None
    if table is None:
        yield ROUTE.at(path, f"{hop.vrf} is no VRF of the node with a table", f"add {hop.vrf} to the interfaces")
    elif hop.table not in (None, table):
        message = f"the route is for table {hop.table} and for {hop.vrf}, which has table {table}"
        yield ROUTE.at((*hop.path, "table-id"), message, remove())


def _sections(hop: Hop, links: Sequence[Link]) -> list[Ip]:
    """Return the sections of the gateway's family on the route's interface, or on all where it names none."""
    if hop.gateway is None:
        return []
    family: Family = family_of(hop.gateway)
    sections = [link.ip(family) for link in links if hop.interface in (None, link.name)]
    return [ip for ip in sections if ip is not None and ip.enabled]


def nmstate_routes(hops: Sequence[Hop], links: Sequence[Link]) -> Findings:
    """Judge the routes of one node.

    Args:
        hops: its routes.
        links: its interfaces.
    """
    for hop in hops:
        yield from _destination(hop)
        yield from _over(hop, links)
        yield from _vrf(hop, links)
        if hop.gateway is None:
            continue
        sections = _sections(hop, links)
        addresses = [address.value for ip in sections for address in ip.addresses]
        gateway = At((*hop.path, "next-hop-address"), hop.gateway)
        told = list(gateway_address(gateway, addresses))
        yield from told
        if not told and addresses and not any(ip.dynamic for ip in sections):
            yield from gateway_on_link(gateway, addresses)
    yield from same_routes(hops, links)


def rule_interfaces(document: At[Mapping[str, Any]], links: Sequence[Link]) -> Findings:
    """Judge the interfaces that routing rules name."""
    rules = document.value.get("route-rules")
    config = rules.get("config") if isinstance(rules, Mapping) else None
    names = {"lo", *(link.name for link in links)}
    for index, rule in enumerate(config if is_list(config) else ()):
        name = rule.get("iif") if isinstance(rule, Mapping) else None
        if isinstance(name, str) and name not in names:
            path = (*document.path, "route-rules", "config", index, "iif")
            yield ROUTE.at(path, f"{name} is no interface of the node", f"add {name} to the interfaces, or remove it")


def free_metric(taken: Iterable[int | None]) -> int:
    """Return a metric that no other route to the same destination has: 200, or the next free hundred."""
    used = set(taken)
    return next(metric for metric in itertools.count(200, 100) if metric not in used)


def same_routes(hops: Sequence[Hop], links: Sequence[Link]) -> Findings:
    """Judge whether two routes, given or from the network, would compete."""
    seen: dict[tuple[object, object, object], Hop] = {}
    for hop in hops:
        table = hop.vrf or (None if hop.table in MAIN_TABLES else hop.table)
        key = (hop.destination, table, hop.metric)
        if hop.destination is None:
            continue
        if key in seen:
            metric = f"metric {hop.metric}" if hop.metric is not None else "no metric"
            message = f"two routes lead to {hop.destination} with {metric}"
            metrics = (other.metric for other in hops if other.destination == hop.destination)
            fix = f"set its metric to {free_metric(metrics)}, or remove one of the two"
            yield SAME_ROUTE.at(hop.path, message, fix)
        seen.setdefault(key, hop)
    for family in FAMILIES:
        given = [hop for hop in reversed(hops) if hop.default and hop.family == family]
        first = {hop.metric: hop.interface or "another interface" for hop in given}
        for link in links:
            ip = link.ip(family)
            if ip is None or not ip.gives_route or whole(ip.body.get("auto-route-table-id")) not in MAIN_TABLES:
                continue
            metric_given = whole(ip.body.get("auto-route-metric"))
            if metric_given not in first:
                first[metric_given] = link.name
                continue
            over = first[metric_given]
            beside = f"one over {over}" if over != link.name else "the gateway given here"
            message = f"{link.name} gets an {LABEL[family]} default route from the network, beside {beside}"
            source = "dhcp" if family == "ipv4" else "autoconf"
            fix = f"set auto-gateway: false in the {family} of {link.name} in the node's nmstate"
            yield SAME_ROUTE.at((*ip.path, source), message, fix)


def default_route(family: Family, hops: Sequence[Hop], links: Sequence[Link], link: Link) -> Iterator[Finding]:
    """Judge whether a node has a default route of a family.

    Args:
        family: the family.
        hops: the node's routes.
        links: its interfaces.
        link: the management interface, which has an address of the family.
    """
    ip = link.ip(family)
    if ip is None or any(hop.default and hop.family == family for hop in hops):
        return
    if any((other := item.ip(family)) is not None and other.gives_route for item in links):
        return
    if family == "ipv4":
        static = next((address.value for address in ip.addresses), None)
        fix = _first_host(static) if static else "write your router's address"
        yield DEFAULT4.at((*ip.path, "gateway"), "the node has no IPv4 default route", fix)
    elif ip.dhcp:
        message = "the node has no IPv6 default route: DHCPv6 carries none"
        yield DEFAULT6.at((*ip.path, "autoconf"), message, write(True))
    else:
        fix = write("fe80::1", ", or your router's own address")
        yield DEFAULT6.at((*ip.path, "gateway"), "the node has no IPv6 default route", fix)
