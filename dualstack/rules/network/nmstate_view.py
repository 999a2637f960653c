"""A lenient reading of nmstate: what a rule can make of it, whatever a person wrote there.

Raw nmstate is free YAML. What does not have nmstate's form is left out here and told by the form rule, so that every
other rule sees well-typed values only. Where nmstate itself reads text as a number or a switch, so does this.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from dualstack.address.family import BITS, FAMILIES, VERSION, Family, IPAddress, IPInterface, IPNetwork, family_of
from dualstack.document.findings import At
from dualstack.document.origins import Path

REFUSING = ("blackhole", "unreachable", "prohibit")
"""Values of ``route-type``: such a route leads nowhere."""
MAIN_TABLES = (None, 0, 254)
"""Values of ``table-id`` that mean the main routing table."""
PORT_KEYS = ("port", "ports", "ports-config", "slaves")
"""Keys that name the ports of a bond, bridge or VRF; ``slaves`` is other programs' word, which nmstate refuses."""
BOND_KEYS = ("link-aggregation", "bond")
"""Keys of a bond's section; nmstate takes either."""
_HOLDERS = {"linux-bridge": ("bridge",), "ovs-bridge": ("bridge",), "vrf": ("vrf",)}


def is_list(value: object) -> TypeGuard[Sequence[Any]]:
    """True for a list or a frozen list."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


_ON = ("true", "yes", "on", "1", "y")
_OFF = ("false", "no", "off", "0", "n")


def is_switch(value: object) -> bool:
    """Tell whether nmstate reads a value as true or false: the words themselves, 0 and 1, and text that says so."""
    return isinstance(value, bool | int | str) and str(value).lower() in (*_ON, *_OFF)


def switched(value: object) -> bool:
    """Tell whether nmstate reads a value as true."""
    return is_switch(value) and str(value).lower() in _ON


def whole(value: object) -> int | None:
    """Return a whole number, also one in quotes, as nmstate takes it; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 12:
        return int(value)
    return None


def parsed(value: object) -> IPAddress | None:
    """Return an address, or None where the value is none."""
    try:
        return ipaddress.ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None


def parsed_network(value: object) -> IPNetwork | None:
    """Return a network, host bits masked as nmstate does, or None where the value is none."""
    try:
        return ipaddress.ip_network(value, strict=False) if isinstance(value, str) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Ip:
    """One family of an interface."""

    family: Family
    path: Path
    body: Mapping[str, Any]
    addresses: tuple[At[IPInterface], ...]
    """Addresses of the right family with a prefix length in range."""

    @property
    def enabled(self) -> bool:
        """True where the family is on; nmstate leaves it off where nothing is said."""
        return switched(self.body.get("enabled"))

    @property
    def dhcp(self) -> bool:
        """True where DHCP is asked for, whether the family is on or not."""
        return switched(self.body.get("dhcp"))

    @property
    def autoconf(self) -> bool:
        """True where router advertisements are asked for, whether the family is on or not."""
        return switched(self.body.get("autoconf"))

    @property
    def wanted(self) -> bool:
        """True where something asks for the family; where it is off, that alone is told, and nothing that follows."""
        return bool(self.addresses) or self.dhcp or self.autoconf

    @property
    def dynamic(self) -> bool:
        """True where addresses come from the network."""
        return self.enabled and (self.dhcp or self.autoconf)

    @property
    def gives_route(self) -> bool:
        """True where the network gives a default route: DHCPv4, or IPv6's router advertisements."""
        if not self.enabled or not all(switched(self.body.get(key, True)) for key in ("auto-gateway", "auto-routes")):
            return False
        return self.dhcp if self.family == "ipv4" else self.autoconf


@dataclass(frozen=True, slots=True)
class Link:
    """One interface."""

    path: Path
    name: str
    kind: str
    """nmstate's type; empty where absent."""
    body: Mapping[str, Any]
    ipv4: Ip | None
    ipv6: Ip | None

    def ip(self, family: Family) -> Ip | None:
        """The section of a family, where there is one."""
        return self.ipv4 if family == "ipv4" else self.ipv6

    @property
    def ips(self) -> tuple[Ip, ...]:
        """The sections that are there, IPv4 first."""
        return tuple(ip for ip in (self.ipv4, self.ipv6) if ip is not None)

    @property
    def up(self) -> bool:
        """True where nmstate makes the interface; ``absent``, ``down`` and ``ignore`` leave it out."""
        return bool(self.body.get("state", "up") == "up")

    @property
    def mtu(self) -> int | None:
        """The MTU that is asked for."""
        return whole(self.body.get("mtu"))

    @property
    def ports_key(self) -> Path:
        """Where the ports of a bond, bridge or VRF stand, below the interface; empty where nowhere."""
        for section in _HOLDERS.get(self.kind, BOND_KEYS):
            body = self.body.get(section)
            if isinstance(body, Mapping) and (key := next((key for key in PORT_KEYS if is_list(body.get(key))), "")):
                return (section, key)
        return ()

    @property
    def ports(self) -> tuple[At[str], ...]:
        """Names of the ports of a bond, bridge or VRF."""
        if not self.ports_key:
            return ()
        section, key = self.ports_key
        found: list[At[str]] = []
        for index, port in enumerate(self.body[str(section)][str(key)]):
            path = (*self.path, section, key, index)
            if isinstance(port, str):
                found.append(At(path, port))
            elif isinstance(port, Mapping) and isinstance(name := port.get("name"), str):
                found.append(At((*path, "name"), name))
        return tuple(found)

    @property
    def base(self) -> str | None:
        """Name of the interface that carries a VLAN."""
        vlan = self.body.get("vlan")
        base = vlan.get("base-iface") if isinstance(vlan, Mapping) else None
        return base if isinstance(base, str) else None


@dataclass(frozen=True, slots=True)
class Hop:
    """One route."""

    path: Path
    destination: IPNetwork | None
    gateway: IPAddress | None
    interface: str | None
    metric: int | None
    table: int | None
    refuses: bool = False
    """True for a route that refuses what it is for (blackhole, unreachable, prohibit) and leads nowhere."""
    vrf: str | None = None

    @property
    def default(self) -> bool:
        """True for a default route in the main table."""
        here = self.table in MAIN_TABLES and self.vrf is None and not self.refuses
        return self.destination is not None and self.destination.prefixlen == 0 and here

    @property
    def family(self) -> Family | None:
        """Family of the destination."""
        if self.destination is None:
            return None
        return family_of(self.destination)


def _read_ip(path: Path, body: Mapping[str, Any], family: Family) -> Ip:
    found: list[At[IPInterface]] = []
    addresses = body.get("address")
    for index, item in enumerate(addresses if is_list(addresses) else ()):
        if not isinstance(item, Mapping):
            continue
        ip, length = parsed(item.get("ip")), whole(item.get("prefix-length"))
        if ip is None or length is None or ip.version != VERSION[family] or not 0 <= length <= BITS[family]:
            continue
        found.append(At((*path, "address", index), ipaddress.ip_interface(f"{ip}/{length}")))
    return Ip(family, path, body, tuple(found))


def read_link(item: At[Mapping[str, Any]]) -> Link:
    """Read one interface; never raises."""
    sections: dict[Family, Ip | None] = {"ipv4": None, "ipv6": None}
    for family in FAMILIES:
        if isinstance(body := item.value.get(family), Mapping):
            sections[family] = _read_ip((*item.path, family), body, family)
    name, kind = item.value.get("name"), item.value.get("type")
    return Link(
        item.path,
        name if isinstance(name, str) else "",
        kind.lower() if isinstance(kind, str) else "",
        item.value,
        sections["ipv4"],
        sections["ipv6"],
    )


def interface_items(document: At[Mapping[str, Any]]) -> Iterator[At[Mapping[str, Any]]]:
    """Yield the interfaces of a document; one without any, but with a family's section, is itself an interface."""
    interfaces = document.value.get("interfaces")
    if is_list(interfaces):
        for index, item in enumerate(interfaces):
            if isinstance(item, Mapping):
                yield At((*document.path, "interfaces", index), item)
    elif "interfaces" not in document.value and any(family in document.value for family in FAMILIES):
        yield document


def read_links(document: At[Mapping[str, Any]]) -> list[Link]:
    """Read every interface of a document that nmstate would make; never raises."""
    return [link for link in map(read_link, interface_items(document)) if link.up]


def route_items(document: At[Mapping[str, Any]]) -> Iterator[At[Mapping[str, Any]]]:
    """Yield the routes of a document, under ``routes.config`` or, as some write, in ``routes`` itself."""
    routes, path = document.value.get("routes"), (*document.path, "routes")
    if isinstance(routes, Mapping):
        routes, path = routes.get("config"), (*path, "config")
    for index, item in enumerate(routes if is_list(routes) else ()):
        if isinstance(item, Mapping):
            yield At((*path, index), item)


def read_routes(document: At[Mapping[str, Any]]) -> list[Hop]:
    """Read every route of a document that nmstate would make; never raises."""
    return [
        Hop(
            item.path,
            parsed_network(item.value.get("destination")),
            parsed(item.value.get("next-hop-address")),
            name if isinstance(name := item.value.get("next-hop-interface"), str) else None,
            whole(item.value.get("metric")),
            whole(item.value.get("table-id")),
            item.value.get("route-type") in REFUSING,
            vrf if isinstance(vrf := item.value.get("vrf-name"), str) else None,
        )
        for item in route_items(document)
        if item.value.get("state") != "absent"
    ]
