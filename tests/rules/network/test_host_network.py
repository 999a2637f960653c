"""Rules about a node's network: each finding with its path, severity and fix; and silence for good sites."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.origins import format_path
from tests.rules.networks import (
    AUTO4,
    AUTO6,
    BOND,
    MAC,
    MAC2,
    NUMBERS,
    PORTS,
    V4,
    V6,
    eth,
    node,
    raw,
    raw_eth0,
    vlan,
)
from tests.sites import checked, found, told

GOOD: dict[str, dict[str, Any]] = {
    "static": node(eth(ipv4=V4, ipv6=V6)),
    "autoconfiguration with reservations": node(eth(ipv4=AUTO4, ipv6=AUTO6)),
    "bond": node(*PORTS, {**BOND, "ipv4": V4, "ipv6": V6}),
    "bond and VLAN": node(*PORTS, {**BOND, "mtu": 9000}, vlan(mtu=1500)),
    "bond options": node(*PORTS, {**BOND, "bond": {"ports": ["eth0"], "options": {"miimon": "100"}}}, vlan()),
    "second interface": node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, ipv4={"address": "10.9.0.2/24"})),
    "gateway on the prefix": node(eth(ipv4=V4, ipv6={**V6, "gateway": "fd00:100::1"})),
    "point to point": node(eth(ipv4={"address": "10.9.0.0/31", "gateway": "10.9.0.1"}, ipv6=V6)),
    "routes": node(
        eth(ipv4=V4, ipv6=V6),
        routes=[
            {"destination": "10.0.0.0/8", "gateway": "192.168.100.254"},
            {"destination": "fd99::/48", "gateway": "fe80::2", "metric": 100},
            {"destination": "0.0.0.0/0", "gateway": "192.168.100.254", "metric": 500},
        ],
    ),
    "raw nmstate": raw_eth0(**{"mtu": 1400, "ipv4": {"auto-dns": False}, "lldp": {"enabled": True}}),
    "raw route table": raw(
        routes={
            "config": [
                {"destination": "0.0.0.0/0", "next-hop-address": "192.168.100.1", "next-hop-interface": "eth0"},
                {"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0", "table-id": 254},
            ]
        }
    ),
    "raw interface": raw(interfaces=[{"name": "dummy0", "type": "dummy", "state": "up"}]),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_sites_have_no_finding_of_error_or_warning(name: str) -> None:
    ours = [rule for rule in told(GOOD[name]) if rule[:5] in NUMBERS]
    assert ours == []


E0, RAW = "nodes[0].interfaces[0]", "nodes[0].nmstate"
BAD: list[tuple[str, dict[str, Any], str, str, str, str]] = [
    # DS040
    ("no MAC", node(eth(mac=None, ipv4=V4, ipv6=V6)), "DS040", f"{E0}.mac", "error", "add the NIC's own MAC"),
    ("raw ethernet without MAC", raw(interfaces=[{"name": "eth1", "type": "ethernet"}]), "DS040",
     f"{RAW}.interfaces[0].mac-address", "error", "add the NIC's own MAC"),
    ("no ethernet", raw_eth0(type="dummy"), "DS040", "nodes[0].interfaces", "error", "add the NIC"),
    # DS041
    ("multicast MAC", node(eth(mac="01:00:5e:00:00:01", ipv4=V4, ipv6=V6)), "DS041", f"{E0}.mac", "error", "own MAC"),
    ("broadcast MAC", node(eth(mac="FF:ff:ff:ff:ff:ff", ipv4=V4, ipv6=V6)), "DS041", f"{E0}.mac", "error", "own MAC"),
    ("zero MAC", node(eth(mac="00:00:00:00:00:00", ipv4=V4, ipv6=V6)), "DS041", f"{E0}.mac", "error", "own MAC"),
    ("MAC twice", node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC.upper())), "DS041", "nodes[0].interfaces[1].mac",
     "error", "own MAC"),
    ("raw MAC with dashes", raw_eth0(**{"mac-address": "34-8a-b1-4b-16-e7"}), "DS041",
     f"{RAW}.interfaces[0].mac-address", "error", f'write "{MAC}"'),
    # DS042
    ("DHCP without reservation", node(eth(ipv4={"dhcp": True}, ipv6=V6)), "DS042", f"{E0}.ipv4.reservation", "info",
     "add reservation"),
    ("SLAAC beside DHCPv6", node(eth(ipv4=AUTO4, ipv6=AUTO6)), "DS042", f"{E0}.ipv6.reservation", "info", "in step"),
    # DS043
    ("long name", node(eth("enp193s0f1np1-mgmt", ipv4=V4, ipv6=V6)), "DS043", f"{E0}.name", "error",
     "write enp193s0f1np1-m"),
    ("slash", node(eth("eth/0", ipv4=V4, ipv6=V6)), "DS043", f"{E0}.name", "error", "write eth-0"),
    ("name twice", node(eth(ipv4=V4, ipv6=V6), eth("eth0", MAC2)), "DS043", "nodes[0].interfaces[1].name", "error",
     "write eth1"),
    # DS044
    ("unknown port", node(eth(), {**BOND, "ipv4": V4, "ipv6": V6}), "DS044", "nodes[0].interfaces[1].bond.ports[1]",
     "error", "write eth0, or add eth1"),
    ("port with addresses", node(eth(ipv4={"dhcp": True}), eth("eth1", MAC2), {**BOND, "ipv4": V4, "ipv6": V6}),
     "DS044", f"{E0}.ipv4", "error", "move ipv4 from eth0 to bond0"),
    ("shared port", node(*PORTS, {**BOND, "ipv4": V4, "ipv6": V6}, {"name": "bond1", "bond": {"ports": ["eth0"]}}),
     "DS044", "nodes[0].interfaces[3].bond.ports[0]", "error", "remove it from one of them"),
    ("VLAN as port", node(*PORTS, {"name": "bond0", "bond": {"ports": ["v", "eth1"]}, "ipv4": V4, "ipv6": V6},
                          {"name": "v", "vlan": {"id": 5, "base": "eth0"}}),
     "DS044", "nodes[0].interfaces[2].bond.ports[0]", "error", "ethernet interface"),
    ("no ports", node(*PORTS, {"name": "bond0", "bond": {"ports": []}, "ipv4": V4, "ipv6": V6}), "DS044",
     "nodes[0].interfaces[2].bond.ports", "error", "name at least one"),
    ("unknown bond option", node(*PORTS, {"name": "bond0", "ipv4": V4, "ipv6": V6,
                                          "bond": {"ports": ["eth0"], "options": {"mii_mon": "100"}}}),
     "DS044", "nodes[0].interfaces[2].bond.options.mii_mon", "error", "rename it to miimon"),
    # DS045
    ("VLAN id 0", node(*PORTS, BOND, vlan(vlan={"id": 0, "base": "bond0"})), "DS045",
     "nodes[0].interfaces[3].vlan.id", "error", "1 to 4094"),
    ("VLAN id 4095", node(*PORTS, BOND, vlan(vlan={"id": 4095, "base": "bond0"})), "DS045",
     "nodes[0].interfaces[3].vlan.id", "error", "1 to 4094"),
    ("no such base", node(*PORTS, BOND, vlan(vlan={"id": 100, "base": "bond1"})), "DS045",
     "nodes[0].interfaces[3].vlan.base", "error", "write bond0"),
    ("VLAN loop", node(*PORTS, vlan(vlan={"id": 1, "base": "v"}),
                       {"name": "v", "vlan": {"id": 2, "base": "bond0.100"}}),
     "DS045", "nodes[0].interfaces[2].vlan.base", "error", "name the ethernet interface or bond"),
    ("VLAN twice", node(*PORTS, BOND, vlan(), {"name": "v", "vlan": {"id": 100, "base": "bond0"}}), "DS045",
     "nodes[0].interfaces[4].vlan.id", "error", "the id that the switch has"),
    # DS046
    ("MTU under IPv6's", node(eth(mtu=1279, ipv4=V4, ipv6=V6)), "DS046", f"{E0}.mtu", "error", "write 1330"),
    ("MTU over all", node(eth(mtu=70000, ipv4=V4, ipv6=V6)), "DS046", f"{E0}.mtu", "error", "write 9000"),
    ("MTU of a VLAN", node(*PORTS, {**BOND, "mtu": 1500}, vlan(mtu=9000)), "DS046", "nodes[0].interfaces[3].mtu",
     "error", "write 1500"),
    ("raw MTU as text", raw_eth0(mtu="1500"), "DS046", f"{RAW}.interfaces[0].mtu", "error", "write 1500"),
    ("raw MTU in words", raw_eth0(mtu="big"), "DS046", f"{RAW}.interfaces[0].mtu", "error", "write 1500"),
    # DS047
    ("pod MTU", node(eth(mtu=1300, ipv4=V4, ipv6=V6)), "DS047", f"{E0}.mtu", "warning", "write 1330"),
    ("pod MTU below a VLAN", node(*PORTS, {**BOND, "mtu": 1300}, vlan()), "DS047", "nodes[0].interfaces[2].mtu",
     "warning", "write 1330"),
    # DS048: D2
    ("the guide's excerpt", node(eth(ipv4=AUTO4, ipv6={**AUTO6, "enabled": False})), "DS048", f"{E0}.ipv6.enabled",
     "error", "write true"),
    ("IPv4 off with an address", node(eth(ipv4={**V4, "enabled": False}, ipv6=V6)), "DS048", f"{E0}.ipv4.enabled",
     "error", "write true"),
    ("raw override switches it off", raw_eth0(ipv6={"enabled": False}), "DS048",
     f"{RAW}.interfaces[0].ipv6.enabled", "error", "write true"),
    # DS049
    ("autoconf without DHCP", node(eth(ipv4=V4, ipv6={"autoconf": True})), "DS049", f"{E0}.ipv6.dhcp", "error",
     "write true"),
    ("raw autoconf under IPv4", raw_eth0(ipv4={"autoconf": False}), "DS049", f"{RAW}.interfaces[0].ipv4.autoconf",
     "error", "remove it"),
    ("raw token without autoconf", raw_eth0(ipv6={"token": "::5"}), "DS049", f"{RAW}.interfaces[0].ipv6.token",
     "error", "remove token"),
    # DS050
    ("static and DHCP", node(eth(ipv4={**V4, "dhcp": True}, ipv6=V6)), "DS050", f"{E0}.ipv4.dhcp", "warning",
     "set dhcp to false"),
    ("reservation beside static", node(eth(ipv4={**V4, "reservation": "192.168.100.11"}, ipv6=V6)), "DS050",
     f"{E0}.ipv4.reservation", "warning", "remove it"),
    ("reservation without DHCP", node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, ipv4={"reservation": "10.9.0.5"})),
     "DS050", "nodes[0].interfaces[1].ipv4.reservation", "warning", "ipv4.dhcp to true"),
    # DS051
    ("no IPv6", node(eth(ipv4=V4)), "DS051", f"{E0}.ipv6", "error", "dhcp: true, autoconf: true"),
    ("no IPv4", node(eth(ipv6=V6)), "DS051", f"{E0}.ipv4", "error", "dhcp: true"),
    ("IPv6 on with nothing", node(eth(ipv4=V4, ipv6={})), "DS051", f"{E0}.ipv6", "error", "or with DHCP to"),
    ("no address at all", node(eth()), "DS051", "nodes[0].interfaces", "error", "give one interface"),
    # DS052, DS053: one default route per family
    ("no IPv4 gateway", node(eth(ipv4={"address": "192.168.100.10/24"}, ipv6=V6)), "DS052", f"{E0}.ipv4.gateway",
     "error", "write 192.168.100.1"),
    ("no IPv6 gateway", node(eth(ipv4=V4, ipv6={"address": "fd00:100::10/64"})), "DS053", f"{E0}.ipv6.gateway",
     "error", "write fe80::1"),
    ("DHCPv6 alone", node(eth(ipv4=V4, ipv6={"dhcp": True, "reservation": "fd00:100::10"})), "DS053",
     f"{E0}.ipv6.autoconf", "error", "write true"),
    # DS054
    ("default route in routes, too", node(eth(ipv4=V4, ipv6=V6),
                                          routes=[{"destination": "0.0.0.0/0", "gateway": "192.168.100.2"}]),
     "DS054", "nodes[0].routes[0]", "warning", "set its metric to 200"),
    ("two gateways", node(eth(ipv4=V4, ipv6=V6),
                          eth("eth1", MAC2, ipv4={"address": "10.9.0.2/24", "gateway": "10.9.0.1"})),
     "DS054", "nodes[0].interfaces[1].ipv4.gateway", "warning", "set nodes[0].interfaces[1].ipv4.metric to 200"),
    ("DHCP beside a gateway", node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, ipv4={"dhcp": True})), "DS054",
     "nodes[0].interfaces[1].ipv4.dhcp", "warning", "auto-gateway: false"),
    ("router advertisements twice", node(eth(ipv4=AUTO4, ipv6=AUTO6),
                                         eth("eth1", MAC2, ipv6={"dhcp": True, "autoconf": True})),
     "DS054", "nodes[0].interfaces[1].ipv6.autoconf", "warning", "auto-gateway: false"),
    # DS055: D8
    ("gateway elsewhere", node(eth(ipv4={**V4, "gateway": "192.168.101.1"}, ipv6=V6)), "DS055", f"{E0}.ipv4.gateway",
     "error", "write 192.168.100.1"),
    ("/128 and a global gateway", node(eth(ipv4=V4, ipv6={"address": "fd00:100::10/128", "gateway": "fd00:100::1"})),
     "DS055", f"{E0}.ipv6.gateway", "error", "set the prefix length of fd00:100::10 to 64: fd00:100::10/64"),
    ("IPv6 gateway elsewhere", node(eth(ipv4=V4, ipv6={**V6, "gateway": "fd00:200::1"})), "DS055",
     f"{E0}.ipv6.gateway", "error", "such as fe80::1"),
    ("link-local IPv4 gateway", node(eth(ipv4={**V4, "gateway": "169.254.1.1"}, ipv6=V6)), "DS055",
     f"{E0}.ipv4.gateway", "error", "write 192.168.100.1"),
    # DS056
    ("gateway is the node", node(eth(ipv4={**V4, "gateway": "192.168.100.10"}, ipv6=V6)), "DS056",
     f"{E0}.ipv4.gateway", "error", "write 192.168.100.1"),
    ("gateway is the network", node(eth(ipv4={**V4, "gateway": "192.168.100.0"}, ipv6=V6)), "DS056",
     f"{E0}.ipv4.gateway", "error", "write 192.168.100.1"),
    ("gateway is broadcast", node(eth(ipv4={**V4, "gateway": "192.168.100.255"}, ipv6=V6)), "DS056",
     f"{E0}.ipv4.gateway", "error", "write 192.168.100.1"),
    ("gateway is multicast", node(eth(ipv4=V4, ipv6={**V6, "gateway": "ff02::2"})), "DS056", f"{E0}.ipv6.gateway",
     "error", "write fe80::1"),
    ("families mixed", node(eth(ipv4=V4, ipv6=V6), routes=[{"destination": "10.9.0.0/16", "gateway": "fe80::1"}]),
     "DS056", "nodes[0].routes[0].gateway", "error", "write an IPv4 gateway"),
    ("0.0.0.0/8", node(eth(ipv4=V4, ipv6=V6), routes=[{"destination": "0.0.0.0/8", "gateway": "192.168.100.1"}]),
     "DS056", "nodes[0].routes[0].destination", "error", "write 0.0.0.0/0"),
    ("no such interface", node(eth(ipv4=V4, ipv6=V6), routes=[
        {"destination": "10.9.0.0/16", "gateway": "192.168.100.1", "interface": "eth7"}]),
     "DS056", "nodes[0].routes[0].interface", "error", "write eth0"),
    ("interface without the family", node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2), routes=[
        {"destination": "10.9.0.0/16", "gateway": "192.168.100.1", "interface": "eth1"}]),
     "DS056", "nodes[0].routes[0].interface", "error", "give eth1 an IPv4 address"),
    ("gateway of a family that is off", node(eth(ipv4=V4, ipv6={"enabled": False, "gateway": "fe80::1"})), "DS056",
     f"{E0}.ipv6.gateway", "error", "give eth0 an IPv6 address"),
    ("raw route without interface", raw(routes={"config": [{"destination": "::/0", "next-hop-address": "fe80::1"}]}),
     "DS056", f"{RAW}.routes.config[0].next-hop-interface", "error", "write eth0"),
    # DS057
    ("network address", node(eth(ipv4={**V4, "address": "192.168.100.0/24"}, ipv6=V6)), "DS057",
     f"{E0}.ipv4.address", "error", "write 192.168.100.10/24"),
    ("broadcast address", node(eth(ipv4={**V4, "address": "192.168.100.255/24"}, ipv6=V6)), "DS057",
     f"{E0}.ipv4.address", "error", "write 192.168.100.10/24"),
    ("loopback", node(eth(ipv4=V4, ipv6={**V6, "address": "::1/64"})), "DS057", f"{E0}.ipv6.address", "error",
     "this node's own"),
    ("multicast", node(eth(ipv4={**V4, "address": "224.0.0.5/24"}, ipv6=V6)), "DS057", f"{E0}.ipv4.address", "error",
     "this node's own"),
    ("address twice", node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, ipv6={"address": "fd00:100:0::10/64"})), "DS057",
     "nodes[0].interfaces[1].ipv6.address", "error", "remove it from eth0 or from eth1"),
    ("reservation of no host", node(eth(ipv4={"dhcp": True, "reservation": "127.0.0.1"}, ipv6=V6)), "DS057",
     f"{E0}.ipv4.reservation", "error", "keeps for this NIC"),
    # DS058: D8
    ("/128", node(eth(ipv4=V4, ipv6={**V6, "address": "fd00:100::10/128"})), "DS058", f"{E0}.ipv6.address", "warning",
     "write fd00:100::10/64"),
    ("/32", node(eth(ipv4={**V4, "address": "192.168.100.10/32"}, ipv6=V6)), "DS058", f"{E0}.ipv4.address", "warning",
     "write 192.168.100.10/24"),
    ("anycast", node(eth(ipv4=V4, ipv6={**V6, "address": "fd00:100::/64"})), "DS058", f"{E0}.ipv6.address", "warning",
     "write fd00:100::a/64"),
    ("static link-local", node(eth(ipv4=V4, ipv6={**V6, "address": "fe80::10/64"})), "DS058", f"{E0}.ipv6.address",
     "warning", "remove it"),
    # DS059
    ("raw key unknown", raw_eth0(ipv6={"enable": True}), "DS059", f"{RAW}.interfaces[0].ipv6.enable", "error",
     "rename it to enabled"),
    ("raw prefix length", raw_eth0(ipv6={"address": [{"ip": "fd00::1", "prefix-length": 129}]}), "DS059",
     f"{RAW}.interfaces[0].ipv6.address[0].prefix-length", "error", "write 64"),
    ("raw family", raw_eth0(ipv4={"address": [{"ip": "fd00::1", "prefix-length": 24}]}), "DS059",
     f"{RAW}.interfaces[0].ipv4.address[0].ip", "error", "ipv6 section"),
    ("raw routes as a list", raw(routes=[]), "DS059", f"{RAW}.routes", "error", "write {config: [...]}"),
    ("raw interfaces as a mapping", raw(interfaces={"eth0": {}}), "DS059", f"{RAW}.interfaces", "error", "write ["),
    ("raw state", raw_eth0(state="absent"), "DS059", f"{RAW}.interfaces[0].state", "error", "remove the interface"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "number", "path", "severity", "fix"), [row[1:] for row in BAD], ids=[r[0] for r in BAD]
)
def test_findings(data: dict[str, Any], number: str, path: str, severity: str, fix: str) -> None:
    findings = found(data, number)
    assert path in [format_path(finding.path) for finding in findings], [f.path for f in checked(data).findings]
    finding = next(finding for finding in findings if format_path(finding.path) == path)
    assert finding.severity == severity
    assert fix in finding.fix
    assert finding.consequence
    assert finding.rule.source
    assert not finding.message.endswith(".")


def test_every_rule_of_the_family_is_shown() -> None:
    assert {row[2] for row in BAD} == NUMBERS
