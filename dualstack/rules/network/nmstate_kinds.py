"""What nmstate takes in the sections of each type of interface, in routes, in routing rules and at the top.

Seen by running nm-configurator 0.3.5 with nmstate 2.2.60; the names and ranges are nmstate's, ``rust/src/lib``.
"""

from __future__ import annotations

from collections.abc import Mapping

from dualstack.rules.network.nmstate_schema import (
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
from dualstack.rules.network.nmstate_tables import I64, TEXTS, U16, U32, U64

_PROTOCOL = one_of("802.1q", "802.1ad")
_REFUSED_ROUTES = one_of("blackhole", "unreachable", "prohibit")
_INGRESS = listed(mapping({"from": number(0, 7), "to": U32}, "from", "to", open_=True), "{from: 1, to: 2}")
_EGRESS = listed(mapping({"from": U32, "to": number(0, 7)}, "from", "to", open_=True), "{from: 1, to: 2}")
_VF = mapping(
    {
        "id": U32,
        "iface-name": text,
        "mac-address": text,
        "spoof-check": switch,
        "trust": switch,
        **dict.fromkeys(("min-tx-rate", "max-tx-rate", "vlan-id", "qos"), U32),
        "vlan-proto": _PROTOCOL,
    },
    "id",
)
_ETHERNET = mapping(
    {
        "sr-iov": mapping(
            {"drivers-autoprobe": switch, "total-vfs": U32, "max-vfs": U32, "vfs": listed(_VF, "{id: 0}")}
        ),
        "auto-negotiation": switch,
        "speed": U32,
        "duplex": one_of("full", "half"),
    }
)
_BRIDGE_OPTIONS: dict[str, Form] = {
    "gc-timer": number(0, 2**64 - 1, quoted=False),
    "hello-timer": number(0, 2**64 - 1, quoted=False),
    "group-addr": text,
    "group-forward-mask": U16,
    "group-fwd-mask": U16,
    "hash-max": U32,
    "mac-ageing-time": U32,
    "multicast-last-member-count": U32,
    "multicast-startup-query-count": U32,
    **dict.fromkeys(
        (
            "multicast-last-member-interval",
            "multicast-membership-interval",
            "multicast-querier-interval",
            "multicast-query-interval",
            "multicast-query-response-interval",
            "multicast-startup-query-interval",
        ),
        U64,
    ),
    **dict.fromkeys(("multicast-querier", "multicast-query-use-ifaddr", "multicast-snooping"), switch),
    "multicast-router": one_of("disabled", "auto", "enabled", numbers=True),
    "stp": mapping(
        {
            "enabled": switch,
            "forward-delay": number(2, 30),
            "hello-time": number(1, 10),
            "max-age": number(6, 40),
            "priority": U16,
        }
    ),
    "vlan-protocol": _PROTOCOL,
    "vlan-default-pvid": number(0, 4094, quoted=False),
}
_TAG = mapping({"id": U16, "id-range": mapping({"min": U16, "max": U16}, "min", "max")})
_BRIDGE_PORT = mapping(
    {
        "name": text,
        "stp-hairpin-mode": switch,
        "stp-path-cost": U32,
        "stp-priority": U16,
        "vlan": mapping(
            {
                "enable-native": switch,
                "mode": one_of("trunk", "access"),
                "tag": U16,
                "trunk-tags": listed(_TAG, "{id: 10}"),
            }
        ),
    },
    "name",
)
_PORTS = listed(_BRIDGE_PORT, "{name: eth0}")
_VLAN = mapping(
    {
        "base-iface": text,
        "id": anything,
        "protocol": _PROTOCOL,
        "registration-protocol": one_of("gvrp", "mvrp", "none"),
        "reorder-headers": boolean,
        "loose-binding": boolean,
        "ingress-qos-map": _INGRESS,
        "egress-qos-map": _EGRESS,
    }
)
_MACVLAN = mapping(
    {
        "base-iface": text,
        "mode": one_of("vepa", "bridge", "private", "passthru", "source"),
        "promiscuous": switch,
        "accept-all-mac": switch,
    },
    "base-iface",
    "mode",
)
_VETH = mapping({"peer": text}, "peer", open_=True)
KINDS: dict[str, Mapping[str, Form]] = {
    "ethernet": {"ethernet": _ETHERNET, "veth": _VETH},
    "veth": {"ethernet": _ETHERNET, "veth": _VETH},
    "bond": {"link-aggregation": anything, "bond": anything},
    "vlan": {"vlan": _VLAN},
    "linux-bridge": {
        "bridge": mapping(
            {"allow-extra-ports": boolean, "options": mapping(_BRIDGE_OPTIONS), "port": _PORTS, "ports": _PORTS}
        )
    },
    "dummy": {},
    "loopback": {},
    "tun": {},
    "vrf": {"vrf": mapping({"port": TEXTS, "ports": TEXTS, "route-table-id": number(1, 2**32 - 1)}, "route-table-id")},
    "vxlan": {
        "vxlan": mapping(
            {
                "base-iface": text,
                "id": U32,
                "learning": boolean,
                "local": address,
                "remote": address,
                "destination-port": U16,
            },
            "id",
        )
    },
    "mac-vlan": {"mac-vlan": _MACVLAN},
    "mac-vtap": {"mac-vtap": _MACVLAN},
    "ipvlan": {
        "ipvlan": mapping({"base-iface": text, "mode": one_of("l2", "l3", "l3s"), "private": switch, "vepa": switch})
    },
    "infiniband": {
        "infiniband": mapping(
            {"mode": one_of("datagram", "connected"), "base-iface": text, "pkey": anything}, "mode", "pkey"
        )
    },
    "macsec": {"macsec": mapping({"base-iface": text}, "base-iface", open_=True)},
    "hsr": {"hsr": mapping({"port1": text, "port2": text}, "port1", "port2", open_=True)},
}
"""Sections of each type of interface beside ``BASE``; other types are not judged."""
SECTIONS: dict[str, Form] = {
    **{name: form for sections in KINDS.values() for name, form in sections.items()},
    **dict.fromkeys(("libreswan", "xfrm", "patch", "dpdk", "ip-tunnel", "ipsec"), anything),
    "bridge": anything,
}

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
    "dns-resolver": anything,
    "route-rules": anything,
    "routes": anything,
    "interfaces": anything,
    "ovs-db": mapping({}, open_=True),
    "ovn": mapping({"bridge-mappings": anything}),
}
