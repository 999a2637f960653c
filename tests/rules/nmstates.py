"""Raw nmstate that nm-configurator 0.3.5 refuses or takes, each shape with the rule and place that ours tell."""

from __future__ import annotations

from typing import Any

Doc = dict[str, Any]
NIC: Doc = {"name": "eth0", "type": "ethernet", "state": "up", "mac-address": "34:8a:b1:4b:16:e1"}
NIC2: Doc = {**NIC, "name": "eth1", "mac-address": "34:8a:b1:4b:16:e2"}
V4: Doc = {"enabled": True, "address": [{"ip": "10.0.0.2", "prefix-length": 24}]}
V6: Doc = {"enabled": True, "address": [{"ip": "fd00::2", "prefix-length": 64}]}
STATIC: Doc = {**NIC, "ipv4": V4, "ipv6": V6}
SECOND: Doc = {**NIC2, "ipv6": {"enabled": True, "address": [{"ip": "fd01::2", "prefix-length": 64}]}}
VRF: Doc = {"name": "vrf0", "type": "vrf", "state": "up", "vrf": {"port": [], "route-table-id": 100}}


def servers(*values: Any, on: tuple[Doc, ...] = (STATIC, SECOND), **more: Any) -> Doc:
    """A document with resolvers."""
    return {"interfaces": list(on), "dns-resolver": {"config": {"server": list(values), **more}}}


def resolver(section: Any) -> Doc:
    """A document with a whole dns-resolver section."""
    return {"interfaces": [STATIC], "dns-resolver": section}


def bond(mode: Any = "active-backup", key: str = "port", **options: Any) -> Doc:
    """A bond of one port."""
    body = {"mode": mode, key: ["eth0"], "options": options}
    return {"interfaces": [NIC, {"name": "bond0", "type": "bond", "state": "up", "link-aggregation": body}]}


def eth(**more: Any) -> Doc:
    """An ethernet interface with more keys."""
    return {"interfaces": [{**STATIC, **more}]}


def kind(type_: str, body: Any, *below: Doc, section: str = "") -> Doc:
    """Another interface beside the NICs."""
    top = {"name": "x0", "type": type_, "state": "up", section or type_: body}
    return {"interfaces": [*(below or (NIC,)), top]}


def bridge(*ports: Any, below: Doc = NIC, **options: Any) -> Doc:
    """A Linux bridge."""
    return kind("linux-bridge", {"port": list(ports), "options": options}, below, section="bridge")


def route(*interfaces: Doc, **more: Any) -> Doc:
    """One route."""
    body = {"destination": "10.9.0.0/16", "next-hop-address": "10.0.0.1", "next-hop-interface": "eth0"}
    return {"interfaces": [STATIC, *interfaces], "routes": {"config": [{**body, **more}]}}


def refusing(**more: Any) -> Doc:
    """One route that refuses."""
    return {"interfaces": [STATIC], "routes": {"config": [{"destination": "10.9.0.0/16", **more}]}}


def rules(*bodies: Any) -> Doc:
    """Routing rules."""
    return {"interfaces": [STATIC], "route-rules": {"config": list(bodies)}}


FROM = {"ip-from": "10.0.0.0/24", "route-table": 200}
DNS, OPTIONS = "dns-resolver.config", "interfaces[1].link-aggregation.options"
LL6, RULE0, ROUTE0 = "fe80::1%eth0", "route-rules.config[0]", "routes.config[0]"

REFUSED: dict[str, tuple[Doc, str, str]] = {
    "resolver of no address": (servers("foo"), "DS059", f"{DNS}.server[0]"),
    "resolver with a port": (servers("10.0.0.5:53"), "DS059", f"{DNS}.server[0]"),
    "resolvers as text": (resolver({"config": {"server": "192.168.1.1"}}), "DS059", f"{DNS}.server"),
    "resolvers in another key": (resolver({"config": {"servers": ["192.168.1.1"]}}), "DS059", f"{DNS}.servers"),
    "search as text": (servers("10.0.0.5", search="x"), "DS059", f"{DNS}.search"),
    "resolver option": (servers("10.0.0.5", options=["foo"]), "DS059", f"{DNS}.options[0]"),
    "resolver option without value": (servers("10.0.0.5", options=["timeout"]), "DS059", f"{DNS}.options[0]"),
    "resolver option with value": (servers("10.0.0.5", options=["rotate:1"]), "DS059", f"{DNS}.options[0]"),
    "dns-resolver as a list": (resolver([]), "DS059", "dns-resolver"),
    "dns-resolver key": (resolver({"foo": 1}), "DS059", "dns-resolver.foo"),
    "link-local resolver elsewhere": (servers("fe80::1%eth9"), "DS093", f"{DNS}.server[0]"),
    "two link-local resolvers": (servers(LL6, "fe80::2%eth0"), "DS093", f"{DNS}.server[1]"),
    "link-local resolver, IPv6 off": (servers(LL6, on=({**NIC, "ipv4": V4}, SECOND)), "DS093", f"{DNS}.server[0]"),
    "IPv6 resolver, IPv6 off": (servers("10.0.0.5", "fd00::5", on=({**NIC, "ipv4": V4},)), "DS093", f"{DNS}.server[1]"),
    "resolvers mixed": (servers("10.0.0.5", "fd00::5", "10.0.0.6"), "DS093", f"{DNS}.server[2]"),
    "bond mode": (bond("lacp+"), "DS044", "interfaces[1].link-aggregation.mode"),
    "bond mode number": (bond(7), "DS044", "interfaces[1].link-aggregation.mode"),
    "bond slaves": (bond(key="slaves"), "DS059", "interfaces[1].link-aggregation.slaves"),
    "miimon in words": (bond(miimon="x"), "DS044", f"{OPTIONS}.miimon"),
    "miimon below zero": (bond(miimon=-1), "DS044", f"{OPTIONS}.miimon"),
    "miimon true": (bond(miimon=True), "DS044", f"{OPTIONS}.miimon"),
    "lacp_rate elsewhere": (bond(lacp_rate="fast"), "DS044", f"{OPTIONS}.lacp_rate"),
    "lacp_rate": (bond("802.3ad", lacp_rate="quick"), "DS044", f"{OPTIONS}.lacp_rate"),
    "lacp_active elsewhere": (bond("balance-xor", lacp_active=True), "DS044", f"{OPTIONS}.lacp_active"),
    "xmit_hash_policy": (bond("802.3ad", xmit_hash_policy="layer4"), "DS044", f"{OPTIONS}.xmit_hash_policy"),
    "fail_over_mac": (bond(fail_over_mac="x"), "DS044", f"{OPTIONS}.fail_over_mac"),
    "num_grat_arp": (bond(num_grat_arp=256), "DS044", f"{OPTIONS}.num_grat_arp"),
    "arp_validate": (bond(arp_validate="filter-active"), "DS044", f"{OPTIONS}.arp_validate"),
    "arp_interval with LACP": (bond("802.3ad", arp_interval=100, arp_ip_target="10.0.0.1"), "DS044",
                               f"{OPTIONS}.arp_interval"),
    "arp_interval with 4": (bond(4, arp_interval=100, arp_ip_target="10.0.0.1"), "DS044", f"{OPTIONS}.arp_interval"),
    "arp_interval with alb": (bond("balance-alb", arp_interval=1, arp_ip_target="10.0.0.1"), "DS044",
                              f"{OPTIONS}.arp_interval"),
    "arp_interval and miimon": (bond(arp_interval=100, miimon=100, arp_ip_target="10.0.0.1"), "DS044",
                                f"{OPTIONS}.arp_interval"),
    "arp_interval 0 with a target": (bond(arp_interval=0, arp_ip_target="10.0.0.1"), "DS044",
                                     f"{OPTIONS}.arp_interval"),
    "ad_actor_system": (bond("802.3ad", ad_actor_system="01:00:5e:00:00:01"), "DS044", f"{OPTIONS}.ad_actor_system"),
    "balance_slb": (bond("balance-xor", balance_slb=True), "DS044", f"{OPTIONS}.balance_slb"),
    "ns_ip6_target": (bond(arp_interval=5, ns_ip6_target=["10.0.0.1"]), "DS044", f"{OPTIONS}.ns_ip6_target[0]"),
    "unknown key of an interface": (eth(foo=1), "DS059", "interfaces[0].foo"),
    "another type's section": (eth(vlan={"id": 1}), "DS059", "interfaces[0].vlan"),
    "identifier": (eth(identifier="foo"), "DS059", "interfaces[0].identifier"),
    "identifier by bus": (eth(identifier="pci-address"), "DS059", "interfaces[0].identifier"),
    "wait-ip": (eth(**{"wait-ip": "x"}), "DS059", "interfaces[0].wait-ip"),
    "lo": (eth(name="lo"), "DS043", "interfaces[0].name"),
    "empty name": (eth(name=""), "DS059", "interfaces[0].name"),
    "no name": ({"interfaces": [{key: value for key, value in NIC.items() if key != "name"}]}, "DS059",
                "interfaces[0].name"),
    "type in capitals": (eth(type="Ethernet"), "DS059", "interfaces[0].type"),
    "token": (eth(ipv6={"enabled": True, "dhcp": True, "autoconf": True, "token": "fd00::1"}), "DS059",
              "interfaces[0].ipv6.token"),
    "IPv6 forwarding": (eth(ipv6={**V6, "forwarding": True}), "DS059", "interfaces[0].ipv6.forwarding"),
    "enabled 2": (eth(ipv4={"enabled": 2}), "DS059", "interfaces[0].ipv4.enabled"),
    "controller": (eth(controller="foo"), "DS059", "interfaces[0].controller"),
    "controller without the port": ({"interfaces": [{**NIC, "controller": "vrf0"}, VRF]}, "DS059",
                                    "interfaces[0].controller"),
    "VLAN protocol": (kind("vlan", {"base-iface": "eth0", "id": 5, "protocol": "x"}), "DS059",
                      "interfaces[1].vlan.protocol"),
    "bridge port with IP": (bridge({"name": "eth0"}, below=STATIC), "DS059", "interfaces[0].ipv4"),
    "bridge port of no interface": (bridge({"name": "eth1"}), "DS059", "interfaces[1].bridge.port[0].name"),
    "bridge port twice": (bridge({"name": "eth0"}, {"name": "eth0"}), "DS059", "interfaces[1].bridge.port[1].name"),
    "bridge port as text": (bridge("eth0"), "DS059", "interfaces[1].bridge.port[0]"),
    "VRF without table": (kind("vrf", {"port": []}), "DS059", "interfaces[1].vrf.route-table-id"),
    "VRF port": (kind("vrf", {"port": ["eth9"], "route-table-id": 5}), "DS059", "interfaces[1].vrf.port[0]"),
    "weight 0": (route(weight=0), "DS059", f"{ROUTE0}.weight"),
    "weight of IPv6": (route(destination="fd01::/64", weight=5, **{"next-hop-address": "fd00::1"}), "DS059",
                       f"{ROUTE0}.weight"),
    "route type": (route(**{"route-type": "x"}), "DS059", f"{ROUTE0}.route-type"),
    "blackhole over something": (route(**{"route-type": "blackhole"}), "DS056", f"{ROUTE0}.next-hop-address"),
    "empty destination": (route(destination=""), "DS059", f"{ROUTE0}.destination"),
    "source": (route(source="x"), "DS059", f"{ROUTE0}.source"),
    "table below zero": (route(**{"table-id": -1}), "DS059", f"{ROUTE0}.table-id"),
    "route MTU 0": (route(mtu=0), "DS059", f"{ROUTE0}.mtu"),
    "no such VRF": (route(**{"vrf-name": "vrf0"}), "DS056", f"{ROUTE0}.vrf-name"),
    "VRF and another table": (route(VRF, **{"vrf-name": "vrf0", "table-id": 5}), "DS056", f"{ROUTE0}.table-id"),
    "rule key": (rules({**FROM, "foo": 1}), "DS059", f"{RULE0}.foo"),
    "rule of everything": (rules({"route-table": 200}), "DS059", RULE0),
    "rule prefix": (rules({"ip-from": "10.0.0.0/33"}), "DS059", f"{RULE0}.ip-from"),
    "rule of two families": (rules({"ip-from": "10.0.0.0/24", "ip-to": "fd00::/64"}), "DS059", RULE0),
    "rule of another family": (rules({"ip-from": "10.0.0.0/24", "family": "ipv6"}), "DS059", RULE0),
    "rule priority": (rules({**FROM, "priority": "x"}), "DS059", f"{RULE0}.priority"),
    "rule mask alone": (rules({**FROM, "fwmask": 5}), "DS059", f"{RULE0}.fwmark"),
    "rule mark": (rules({**FROM, "fwmark": "x"}), "DS059", f"{RULE0}.fwmark"),
    "rule interface": (rules({**FROM, "iif": "eth9"}), "DS056", f"{RULE0}.iif"),
    "rules as a list": ({"interfaces": [STATIC], "route-rules": []}, "DS059", "route-rules"),
    "hostname as text": ({"interfaces": [STATIC], "hostname": "x"}, "DS059", "hostname"),
}  # fmt: skip

REFUSED_BY_NMC_ALONE: dict[str, Doc] = {
    "ethernet key": eth(ethernet={"foo": 1}),
    "duplex": eth(ethernet={"duplex": "x"}),
    "virtual function": eth(ethernet={"sr-iov": {"vfs": [{"trust": True}]}}),
    "lldp": eth(lldp=True),
    "feature": eth(ethtool={"feature": {"tx": "x"}}),
    "dispatch": eth(dispatch={"post-activation": "x"}),
    "VLAN priority": kind("vlan", {"base-iface": "eth0", "id": 5, "egress-qos-map": [{"from": 1, "to": 9}]}),
    "spanning tree": bridge({"name": "eth0"}, stp={"hello-time": 11}),
    "veth without its peer": kind("veth", {"peer": "x1"}),
    "VXLAN without id": kind("vxlan", {"base-iface": "eth0"}),
    "MACVLAN mode": kind("mac-vlan", {"base-iface": "eth0", "mode": "x"}),
}
"""No rule of ours reads these; where nm-configurator is on PATH, it tells them."""

TAKEN: dict[str, Doc] = {
    "resolver options": servers("10.0.0.5", options=["rotate", "timeout:2", "ndots:3"], search=["example.com"]),
    "a link-local resolver": servers("10.0.0.5", LL6),
    "resolvers in either order": servers("fd00::5", "fd00::6", "10.0.0.5"),
    "resolvers with DHCP": servers("10.0.0.5", on=({**NIC, "ipv4": {"enabled": True, "dhcp": True}},)),
    "enabled 1": servers("10.0.0.5", on=({**NIC, "ipv4": {**V4, "enabled": 1}},)),
    "enabled as text": {**route(), "interfaces": [{**STATIC, "ipv4": {**V4, "enabled": "true"}}]},
    "bond mode number": bond("4", lacp_rate=1, xmit_hash_policy="layer3+4", miimon="100"),
    "bond ports": bond(key="ports", fail_over_mac="active", num_grat_arp=255),
    "bond with ARP": bond(arp_interval=100, arp_ip_target="10.0.0.1", miimon=0),
    "bond as bond": {"interfaces": [NIC, {"name": "b", "type": "bond", "state": "up",
                                          "bond": {"mode": "balance-rr", "port": ["eth0"]}}]},
    "ethernet": eth(ethernet={"speed": 1000, "duplex": "full", "auto-negotiation": False}, lldp={"enabled": True}),
    "wait-ip": eth(**{"wait-ip": "ipv4+ipv6", "identifier": "mac-address"}),
    "dummy with a router's own address": {"interfaces": [NIC, {
        "name": "dummy0", "type": "dummy", "state": "up",
        "ipv4": {"enabled": True, "address": [{"ip": "10.255.0.1", "prefix-length": 32}]},
        "ipv6": {"enabled": True, "address": [{"ip": "fd00:ff::1", "prefix-length": 128}]}}]},
    "bridge": bridge({"name": "eth0", "stp-path-cost": 5}, stp={"enabled": False}),
    "VLAN with protocol": kind("vlan", {"base-iface": "eth0", "id": 5, "protocol": "802.1ad"}),
    "VRF with a route": route(VRF, **{"vrf-name": "vrf0"}),
    "weight": route(weight=256),
    "blackhole": refusing(**{"route-type": "blackhole"}),
    "unreachable": refusing(**{"destination": "fd01::/64", "route-type": "unreachable"}),
    "rule": rules({**FROM, "priority": "5", "fwmark": "0x1", "iif": "eth0"}),
    "rule of a family": rules({"family": "ipv6", "route-table": 200}),
    "two DHCP interfaces, two metrics": {"interfaces": [
        {**NIC, "ipv4": {"enabled": True, "dhcp": True}},
        {**NIC2, "ipv4": {"enabled": True, "dhcp": True, "auto-route-metric": 500}}]},
}  # fmt: skip
"""Our rules tell nothing of these, neither error nor warning."""
