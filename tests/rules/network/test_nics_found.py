"""How NICs are found and awaited, what VLANs are called, prefixes of links, and raw nmstate beside the fields."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.origins import format_path
from tests.rules.networks import AUTO4, AUTO6, BOND, MAC, MAC2, PORTS, V4, V6, eth, node, raw, raw_eth0
from tests.sites import found, told

E0, RAW = "nodes[0].interfaces[0]", "nodes[0].nmstate"
STORAGE = {"ipv4": {"dhcp": True}, "ipv6": {"address": "fd09::2/64"}}
USUAL = ("ens3", "enp1s0f0", "em1", "mgmt", "wan", "p1p1")
FREE = {"name": "mgmt", "vlan": {"id": 120, "base": "eth0"}}


def over(*interfaces: dict[str, Any], name: str = "eth0", **body: Any) -> dict[str, Any]:
    """A node whose raw nmstate adds to one interface."""
    return node(*interfaces, nmstate={"interfaces": [{"name": name, **body}]})


def vlan(name: str, number: int, base: str = "eth0") -> dict[str, Any]:
    return node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2), {"name": name, "vlan": {"id": number, "base": base}})


BAD: list[tuple[str, dict[str, Any], str, str, str, str]] = [
    ("by name, a VLAN of a free name", over(eth(ipv4=V4, ipv6=V6), FREE, identifier="name"), "DS170",
     f"{RAW}.interfaces[0].identifier", "warning", "remove it"),
    ("by name, a part of another", over(eth("eth1", ipv4=V4, ipv6=V6), eth("eth10", MAC2), name="eth1",
                                        identifier="name"),
     "DS170", f"{RAW}.interfaces[0].identifier", "warning", "remove it"),
    ("repeated MAC, a VLAN of a free name", node(eth(ipv4=V4, ipv6=V6), {**FREE, "mac": MAC}), "DS170", f"{E0}.mac",
     "warning", "remove the mac of mgmt"),
    ("waits for one of two", over(eth(ipv4=AUTO4, ipv6=AUTO6), **{"wait-ip": "ipv4"}), "DS171",
     f"{RAW}.interfaces[0].wait-ip", "warning", "write ipv4+ipv6"),
    ("waits for any", over(eth(ipv4=V4, ipv6=AUTO6), **{"wait-ip": "any"}), "DS171", f"{RAW}.interfaces[0].wait-ip",
     "warning", "write ipv4+ipv6"),
    ("VLAN's id", vlan("eth0.120", 102), "DS174", "nodes[0].interfaces[2].vlan.id", "warning",
     "write 120, or call it eth0.102"),
    ("vlan120's id", vlan("vlan120", 102), "DS174", "nodes[0].interfaces[2].vlan.id", "warning",
     "write 120, or call it vlan102"),
    ("VLAN's base", vlan("eth0.120", 120, "eth1"), "DS174", "nodes[0].interfaces[2].vlan.base", "warning",
     "write eth0, or call it eth1.120"),
    ("name in a type", node(eth("eth", ipv4=V4, ipv6=V6)), "DS176", f"{E0}.name", "warning", "another name"),
    ("name in a section", node(eth("lan", ipv4=V4, ipv6=V6), {"name": "lan.5", "vlan": {"id": 5, "base": "lan"}}),
     "DS176", f"{E0}.name", "warning", "another name"),
    ("name in an address", node(eth("10", ipv4=V4, ipv6=V6)), "DS176", f"{E0}.name", "warning", "another name"),
    ("/48", node(eth(ipv4=V4, ipv6={**V6, "address": "fd00:100::10/48"})), "DS058", f"{E0}.ipv6.address", "warning",
     "write fd00:100::10/64"),
    ("/56", node(eth(ipv4=V4, ipv6={**V6, "address": "fd00:100::10/56"})), "DS058", f"{E0}.ipv6.address", "warning",
     "write fd00:100::10/64"),
    ("/8", node(eth(ipv4={"address": "11.2.3.10/8", "gateway": "11.2.3.1"}, ipv6=V6)), "DS058", f"{E0}.ipv4.address",
     "warning", "write 11.2.3.10/24"),
    # Raw nmstate beside the fields
    ("another address", raw_eth0(ipv4={"address": [{"ip": "192.168.100.99", "prefix-length": 24}]}), "DS175",
     f"{RAW}.interfaces[0].ipv4.address", "error", f"remove it, and set {E0}.ipv4.address"),
    ("another prefix", raw_eth0(ipv6={"address": [{"ip": "fd00:100::10", "prefix-length": 72}]}), "DS175",
     f"{RAW}.interfaces[0].ipv6.address", "error", f"{E0}.ipv6.address"),
    ("DHCP in place of static", raw_eth0(ipv4={"dhcp": True, "address": []}), "DS175",
     f"{RAW}.interfaces[0].ipv4.address", "error", f"{E0}.ipv4.address"),
    ("static in place of DHCP", over(eth(ipv4=AUTO4, ipv6=AUTO6),
                                     ipv4={"dhcp": False, "address": [{"ip": "192.168.100.10", "prefix-length": 24}]}),
     "DS175", f"{RAW}.interfaces[0].ipv4.dhcp", "error", "remove it"),
    ("another MAC", raw_eth0(**{"mac-address": "34:8a:b1:4b:16:ff"}), "DS175", f"{RAW}.interfaces[0].mac-address",
     "error", f"{E0}.mac"),
    ("another MTU", over(eth(ipv4=V4, ipv6=V6, mtu=9000), mtu=1500), "DS175", f"{RAW}.interfaces[0].mtu", "warning",
     f"{E0}.mtu"),
    ("another VLAN id", over(eth(ipv4=V4, ipv6=V6), FREE, name="mgmt", vlan={"id": 121}), "DS175",
     f"{RAW}.interfaces[0].vlan.id", "warning", "nodes[0].interfaces[1].vlan.id"),
    ("other ports", over(*PORTS, {**BOND, "ipv4": V4, "ipv6": V6}, name="bond0",
                         **{"link-aggregation": {"port": ["eth0"]}}),
     "DS175", f"{RAW}.interfaces[0].link-aggregation.port", "warning", "nodes[0].interfaces[2].bond.ports"),
    ("a family taken away", over(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, **STORAGE),
                                 name="eth1", ipv6={"enabled": False, "address": []}),
     "DS175", f"{RAW}.interfaces[0].ipv6", "warning", "nodes[0].interfaces[1].ipv6"),
    ("another gateway", raw(routes={"config": [
        {"destination": "0.0.0.0/0", "next-hop-address": "192.168.100.254", "next-hop-interface": "eth0"},
        {"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0"}]}),
     "DS175", f"{RAW}.routes.config[0].next-hop-address", "warning", "gateway"),
    ("resolvers left out", raw(**{"dns-resolver": {"config": {"server": ["192.168.100.53", "fd00:100::54"]}}}),
     "DS175", f"{RAW}.dns-resolver.config.server", "warning", "dns.resolvers"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "number", "path", "severity", "fix"), [row[1:] for row in BAD], ids=[row[0] for row in BAD]
)
def test_findings(data: dict[str, Any], number: str, path: str, severity: str, fix: str) -> None:
    findings = found(data, number)
    assert [(str(item.severity), format_path(item.path)) for item in findings] == [(severity, path)]
    assert fix in findings[0].fix


GOOD: dict[str, dict[str, Any]] = {
    "VLAN of a free name": node(eth(ipv4=V4, ipv6=V6), FREE),
    "eth1 and eth10": node(eth("eth1", ipv4=V4, ipv6=V6), eth("eth10", MAC2)),
    "by name, nothing rests on it": over(eth(ipv4=V4, ipv6=V6), identifier="name"),
    "by name, a VLAN called after it": over(
        eth(ipv4=V4, ipv6=V6), {"name": "eth0.120", "vlan": {"id": 120, "base": "eth0"}}, identifier="name"
    ),
    "bond with its port's MAC": node(*PORTS, {**BOND, "mac": MAC, "ipv4": V4, "ipv6": V6}),
    "waits for both": over(eth(ipv4=AUTO4, ipv6=AUTO6), **{"wait-ip": "ipv4+ipv6"}),
    "static, waits for any": over(eth(ipv4=V4, ipv6=V6), **{"wait-ip": "any"}),
    "waits for what is off, which nobody minds": over(
        eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, ipv4={"address": "10.9.0.2/24"}), name="eth1",
        **{"wait-ip": "ipv4+ipv6"},
    ),
    "storage waits for one": over(
        eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, ipv4={"dhcp": True, "reservation": "10.9.0.2"}), name="eth1",
        **{"wait-ip": "ipv4", "ipv4": {"auto-gateway": False}},
    ),
    "VLANs called as they are": node(
        eth(ipv4=V4, ipv6=V6),
        {"name": "eth0.120", "vlan": {"id": 120, "base": "eth0"}},
        {"name": "eth0.0130", "vlan": {"id": 130, "base": "eth0"}},
        {"name": "eth0.120.7", "vlan": {"id": 7, "base": "eth0.120"}},
        {"name": "vlan1", "vlan": {"id": 140, "base": "eth0"}},
        {"name": "oam.5000", "vlan": {"id": 150, "base": "eth0"}},
    ),
    "usual names": node(
        eth("eno1np0", ipv4=V4, ipv6=V6),
        *(eth(name, f"34:8a:b1:4b:17:{i:02x}") for i, name in enumerate(USUAL)),
    ),
    **{
        f"/{length}": node(eth(ipv4=V4, ipv6={**V6, "address": f"fd00:100::13/{length}"}))
        for length in (64, 80, 112, 120, 126, 127)
    },
    "/16": node(eth(ipv4={"address": "11.2.3.10/16", "gateway": "11.2.3.1"}, ipv6=V6)),
    "the same again": raw_eth0(
        **{
            "mac-address": MAC.upper(), "type": "ethernet",
            "ipv4": {
                "address": [{"ip": "192.168.100.10", "prefix-length": 24}, {"ip": "10.7.0.1", "prefix-length": 24}]
            },
        }
    ),
    "the same routes": raw(
        routes={
            "config": [
                {"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0", "metric": 7},
                {"destination": "0.0.0.0/0", "next-hop-address": "192.168.100.1", "next-hop-interface": "eth0"},
            ]
        }
    ),
    "more resolvers": raw(
        **{"dns-resolver": {"config": {"server": ["FD00:100:0::53", "192.168.100.53", "192.168.100.54"]}}}
    ),
    "what no field says": raw_eth0(mtu=9000, lldp={"enabled": True}),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_silence(name: str) -> None:
    numbers = ("DS058", "DS170", "DS171", "DS174", "DS175", "DS176")
    assert [rule for rule in told(GOOD[name]) if rule[:5] in numbers] == []
