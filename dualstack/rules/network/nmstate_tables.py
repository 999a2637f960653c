"""What nmstate takes at the keys of addresses, links, routes and routing rules, and which keys there are at all.

Seen by running nm-configurator 0.3.5 with nmstate 2.2.60; the names and ranges are nmstate's, ``rust/src/lib``. What is
neither of these (ethtool, SR-IOV, a bridge's timers, 802.1X, MACsec and their like) is taken as it is: nm-configurator
itself judges it where it is at hand (``dualstack/check/nmc.py``).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from dualstack.document.findings import At, Findings
from dualstack.document.fixes import write
from dualstack.rules.blame import shown
from dualstack.rules.network.nmstate_schema import (
    FORM,
    Form,
    address,
    anything,
    boolean,
    listed,
    mapping,
    number,
    one_of,
    prefix,
    switch,
    text,
)
from dualstack.rules.network.nmstate_view import parsed

U8, U16, U32 = (number(0, 2**bits - 1) for bits in (8, 16, 32))
I32, I64 = number(-(2**31), 2**31 - 1), number(-(2**63), 2**63 - 1)
TEXTS = listed(text)


def token(item: At[object]) -> Findings:
    """Take the lower half of an IPv6 address."""
    ip = parsed(item.value)
    if item.value in (None, ""):
        return
    if not isinstance(ip, ipaddress.IPv6Address) or int(ip) >> 64:
        message = f"{shown(item.value)} is no IPv6 address that begins with 64 zero bits"
        yield FORM.at(item.path, message, "write the lower half of the address, such as ::10")


def identifier(item: At[object]) -> Findings:
    """Take how nm-configurator finds an interface."""
    if item.value == "pci-address":
        yield FORM.at(item.path, "nm-configurator finds no interface by its PCI address", write("mac-address"))
    else:
        yield from one_of("name", "mac-address")(item)


def ipv6_address(item: At[object]) -> Findings:
    """Take a bare IPv6 address."""
    if not isinstance(parsed(item.value), ipaddress.IPv6Address):
        yield FORM.at(item.path, f"{shown(item.value)} is no IPv6 address", "write an IPv6 address")


_IP: dict[str, Form] = {
    "enabled": switch,
    "dhcp": switch,
    "autoconf": switch,
    "dhcp-client-id": text,
    "dhcp-duid": text,
    "address": anything,
    "auto-dns": switch,
    "auto-gateway": switch,
    "auto-routes": switch,
    "auto-route-table-id": U32,
    "auto-route-metric": I64,
    "addr-gen-mode": text,
    "allow-extra-address": boolean,
    "token": text,
    "dhcp-send-hostname": boolean,
    "dhcp-custom-hostname": text,
}
IP_KEYS: dict[str, dict[str, Form]] = {
    "ipv4": {**_IP, "forwarding": boolean, "prefix-route-metric": I64},
    "ipv6": {**_IP, "token": token},
}
"""Keys of a family's section; addresses are judged one by one."""
ADDRESS_KEYS: dict[str, Form] = dict.fromkeys(
    (
        *("ip", "prefix-length", "mptcp-flags"),
        *("valid-left", "valid-lft", "valid-life-time"),
        *("preferred-left", "preferred-lft", "preferred-life-time"),
    ),
    anything,
)
BASE: dict[str, Form] = {
    **dict.fromkeys(
        (
            *("name", "type", "state", "mac-address", "mtu", "min-mtu", "max-mtu", "ipv4", "ipv6", "profile-name"),
            *("description", "driver", "permanent-mac-address", "pci-address", "mptcp", "copy-mac-from", "ovs-db"),
            *("accept-all-mac-addresses", "802.1x", "lldp", "ethtool", "dispatch", "alt-names"),
        ),
        anything,
    ),
    "identifier": identifier,
    "wait-ip": one_of("any", "ipv4", "ipv6", "ipv4+ipv6"),
    "controller": text,
}
"""Keys of every interface; those that other rules read are judged there."""
_PORTS = listed(mapping({"name": text}, "name", open_=True), "{name: eth0}")
_BRIDGE = mapping({"port": _PORTS, "ports": _PORTS}, open_=True)
_VLAN = mapping(
    {
        "base-iface": text,
        "protocol": one_of("802.1q", "802.1ad"),
        **dict.fromkeys(("id", "registration-protocol", "reorder-headers", "loose-binding"), anything),
        **dict.fromkeys(("ingress-qos-map", "egress-qos-map"), anything),
    }
)
_VRF = mapping({"port": TEXTS, "ports": TEXTS, "route-table-id": number(1, 2**32 - 1)}, "route-table-id")
KINDS: dict[str, Mapping[str, Form]] = {
    "ethernet": {"ethernet": anything, "veth": anything},
    "bond": {"link-aggregation": anything, "bond": anything},
    "vlan": {"vlan": _VLAN},
    "linux-bridge": {"bridge": _BRIDGE},
    "dummy": {},
    "loopback": {},
    "vrf": {"vrf": _VRF},
}
"""Sections of the types of interfaces that are judged, beside ``BASE``."""
SECTIONS: dict[str, Form] = dict.fromkeys(
    (
        *(name for sections in KINDS.values() for name in sections),
        *("vxlan", "mac-vlan", "mac-vtap", "ipvlan", "infiniband", "macsec", "hsr", "libreswan", "xfrm", "patch"),
        *("dpdk", "ip-tunnel", "ipsec"),
    ),
    anything,
)
"""Sections of any other type."""

_REFUSED_ROUTES = one_of("blackhole", "unreachable", "prohibit")
ROUTE = mapping(
    {
        "state": one_of("absent", "ignore"),
        "destination": prefix,
        "next-hop-interface": anything,
        "next-hop-address": address,
        "metric": I64,
        "table-id": U32,
        "weight": number(1, 256),
        "route-type": _REFUSED_ROUTES,
        "cwnd": number(1, 2**32 - 1),
        "source": address,
        "initcwnd": U32,
        "initrwnd": U32,
        "mtu": number(1, 2**32 - 1),
        "quickack": switch,
        "advmss": number(1, 2**32 - 1),
        "lock-mtu": switch,
        "vrf-name": text,
    }
)
RULE = mapping(
    {
        "family": one_of("ipv4", "ipv6"),
        "state": one_of("absent"),
        "ip-from": prefix,
        "ip-to": prefix,
        "priority": I64,
        "route-table": U32,
        "fwmark": anything,
        "fwmask": anything,
        "action": _REFUSED_ROUTES,
        "iif": text,
        "suppress-prefix-length": number(0, 128, quoted=False),
        "suppress_prefixlength": number(0, 128, quoted=False),
    }
)
TOP: dict[str, Form] = {
    "description": anything,
    "hostname": mapping({"config": anything, "running": anything}),
    **dict.fromkeys(("dns-resolver", "route-rules", "routes", "interfaces", "ovs-db", "ovn"), anything),
}
"""Keys of a whole document."""
