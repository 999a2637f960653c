"""What lies around the cluster: every network and address outside it that a site names; no rule itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeAlias

from dualstack.address.family import Family, IPAddress, IPInterface, IPNetwork
from dualstack.address.pair import paired
from dualstack.document.findings import At
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.cidr.cidr_lists import Cidrs
from dualstack.rules.cidr.free_ranges import Room
from dualstack.rules.network.nmstate_paths import site_path
from dualstack.rules.network.nmstate_view import read_links, read_routes
from dualstack.site.network import Vips


@dataclass(frozen=True, slots=True)
class Named:
    """A network, or one address as /32 or /128, that pods and services must leave alone."""

    path: Path
    network: IPNetwork
    label: str
    """What it is, as in "the gateway of eth0"."""
    route: bool = False
    """True for the destination of a route: one that is wider than a range does no harm to it."""
    made: bool = False
    """True where the program makes it, as the site writes it."""

    @property
    def shown(self) -> str:
        """The network, or the address alone."""
        return str(self.network.network_address if self.network.num_addresses == 1 else self.network)


def host(path: Path, ip: IPAddress, label: str) -> Named:
    """Make the entry for one address."""
    return Named(path, IPv4Network(int(ip)) if ip.version == 4 else IPv6Network(int(ip)), label)


_WIDE_ROUTE = {4: 8, 6: 16}
"""Routes to less specific destinations than these do not keep a proposal out: they lead to half of the world."""


def room_for(ranges: Cidrs, others: Sequence[Named]) -> Room:
    """Return the free space beside all the given networks."""
    taken = [item.value.prefix.network for item in ranges]
    taken += [n.network for n in others if not n.route or n.network.prefixlen >= _WIDE_ROUTE[n.network.version]]
    return Room(taken)


Link: TypeAlias = tuple[str, At[IPInterface]]
"""An interface's name and one of its addresses."""


def _literal(text: str | None) -> IPAddress | None:
    """Return an address where a text is one, without brackets; names and other text give None."""
    try:
        return ip_address((text or "").strip("[]"))
    except ValueError:
        return None


def node_networks(subject: Subject) -> list[tuple[int, Link]]:
    """List the static addresses of all nodes as nmstate will get them: the node's index, the interface, the address."""
    found: list[tuple[int, Link]] = []
    for node, plan in zip(subject.site.nodes, subject.plan.nodes, strict=True):
        for link in read_links(At((), plan.nmstate)):
            for ip in link.ips:
                for address in ip.addresses if ip.enabled else ():
                    path = site_path(node, plan, address.path)
                    found.append((plan.index, (link.name, At(path, address.value))))
    return found


def own_addresses(subject: Subject, family: Family) -> set[IPAddress] | None:
    """Return the only node's addresses of a family, or None where it gets one that nobody states.

    Static ones as nmstate will get them, and reservations; a dynamic interface without a reservation is unknown.
    """
    planned = subject.plan.initializer
    node, own = subject.site.nodes[planned.index], set[IPAddress]()
    reserved = {
        interface.name: given.reservation
        for interface in node.interfaces
        if (given := interface.ipv4 if family == "ipv4" else interface.ipv6) is not None
    }
    for link in read_links(At((), planned.nmstate)):
        ip = link.ip(family)
        if ip is None or not ip.enabled:
            continue
        own |= {address.value.ip for address in ip.addresses}
        reservation = reserved.get(link.name)
        if reservation is not None:
            own.add(reservation.ip)
        elif ip.dynamic:
            return None
    return own


def _routers(subject: Subject) -> list[Named]:
    """List gateways and the destinations of routes."""
    found: list[Named] = []
    for node, plan in zip(subject.site.nodes, subject.plan.nodes, strict=True):
        for hop in read_routes(At((), plan.nmstate)):
            path = site_path(node, plan, hop.path)
            if hop.gateway is not None and not hop.gateway.is_link_local:
                found.append(host(path, hop.gateway, f"a gateway of {node.name}"))
            if hop.destination is not None and hop.destination.prefixlen > 0:
                found.append(Named(path, hop.destination, f"which {node.name} has a route to", route=True))
    return found


def _servers(subject: Subject) -> list[Named]:
    """List single addresses that nodes must reach: resolvers, DNS and NTP servers, BMCs, reserved addresses."""
    site = subject.site
    texts: list[tuple[Path, IPAddress | None, str]] = [
        (("dns", "resolvers", i), resolver.ip, "a resolver") for i, resolver in enumerate(site.dns.resolvers)
    ]
    texts += [
        (("dns", "zones", i, "server"), _literal(zone.server), f"the server of zone {zone.name}")
        for i, zone in enumerate(site.dns.zones)
    ]
    texts += [
        (("image", "time", "ntpServers", i), _literal(server), "an NTP server")
        for i, server in enumerate(site.image.time.ntp_servers)
    ]
    texts += [
        (("provisioning", "bmcs", i, "address"), _literal(bmc.host), f"the BMC of {bmc.name}")
        for i, bmc in enumerate(subject.plan.bmcs)
    ]
    virtual: tuple[tuple[Path, Vips], ...] = (
        (("cluster", "api"), site.cluster.api),
        (("cluster", "ingress"), site.cluster.ingress),
        (("provisioning", "vip"), site.provisioning.vip),
    )
    for path, pair in virtual:
        for family, address in paired(pair).items():
            texts.append(((*path, family), address.ip, "a virtual address"))
    for i, node in enumerate(site.nodes):
        for j, interface in enumerate(node.interfaces):
            for family, ip in interface.families.items():
                if ip.reservation is not None:
                    path = ("nodes", i, "interfaces", j, family, "reservation")
                    texts.append((path, ip.reservation.ip, f"reserved for {node.name}"))
    return [host(path, ip, label) for path, ip, label in texts if ip is not None]


def attached(subject: Subject) -> list[Named]:
    """List the networks of the virtual host."""
    return [Named(path, network, label, made=True) for path, network, label in subject.site.host.own_networks()]


def surroundings(subject: Subject) -> list[Named]:
    """List every network and address outside the cluster that the site names, each network once."""
    nodes = [
        Named(item.path, item.value.network, f"the network of {name} of {subject.site.nodes[index].name}")
        for index, (name, item) in node_networks(subject)
    ]
    found = [*nodes, *attached(subject), *_routers(subject), *_servers(subject)]
    return list({(named.network, named.route): named for named in reversed(found)}.values())[::-1]
