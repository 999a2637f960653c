"""The nodes' nmstate, whole."""

from __future__ import annotations

from typing import Any

from dualstack.frozen import thaw
from dualstack.plan.model import Plan
from tests.plan.plans import AUTO, MODES, RELEASES, one_node, plan
from tests.sites import mapping

GUIDE: dict[str, Any] = {
    "routes": {
        "config": [
            {"destination": "0.0.0.0/0", "next-hop-address": "192.168.100.1", "next-hop-interface": "eth0"},
            {"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0"},
        ]
    },
    "dns-resolver": {"config": {"server": ["192.168.100.53", "fd00:100::53"]}},
    "interfaces": [
        {
            "name": "eth0",
            "type": "ethernet",
            "state": "up",
            "mac-address": "34:8a:b1:4b:16:e7",
            "ipv4": {
                "address": [{"ip": "192.168.100.10", "prefix-length": 24}],
                "dhcp": False,
                "enabled": True,
            },
            "ipv6": {
                "address": [{"ip": "fd00:100::10", "prefix-length": 64}],
                "dhcp": False,
                "autoconf": False,
                "enabled": True,
            },
        }
    ],
}
"""The guide's static file, key by key; the IPv6 prefix is the link's (D8)."""


def nmstate(made: Plan) -> dict[str, Any]:
    found: dict[str, Any] = thaw(made.node.nmstate)
    return found


def test_the_guides_static_file() -> None:
    for mode in MODES:
        for release in RELEASES:
            assert nmstate(plan(mode, release=release)) == GUIDE


def test_the_guides_autoconfiguration_with_ipv6_on() -> None:
    """D2: the excerpt as printed, but for ``enabled``."""
    eth0 = {
        "name": "eth0",
        "mac": "34:8a:b1:4b:16:e7",
        "ipv4": {"dhcp": True},
        "ipv6": {"dhcp": True, "autoconf": True},
    }
    made = plan(nodes=one_node(eth0))
    assert nmstate(made) == {
        "interfaces": [
            {
                "name": "eth0",
                "type": "ethernet",
                "state": "up",
                "mac-address": "34:8a:b1:4b:16:e7",
                "ipv4": {"enabled": True, "dhcp": True},
                "ipv6": {"enabled": True, "dhcp": True, "autoconf": True},
            }
        ],
        "dns-resolver": {"config": {"server": ["192.168.100.53", "fd00:100::53"]}},
    }
    assert (made.node.management, made.node.ipv4, made.node.ipv6) == ("eth0", None, None)


OFF = {"ipv4": {"enabled": False}, "ipv6": {"enabled": False}}


def test_bond_vlan_and_autoconfiguration() -> None:
    made = plan(**AUTO)
    assert nmstate(made) == {
        "interfaces": [
            {"name": "eth0", "type": "ethernet", "state": "up", "mac-address": "34:8a:b1:4b:16:f0", **OFF},
            {"name": "eth1", "type": "ethernet", "state": "up", "mac-address": "34:8a:b1:4b:16:f1", **OFF},
            {
                "name": "bond0",
                "type": "bond",
                "state": "up",
                "mtu": 9000,
                "link-aggregation": {"mode": "802.3ad", "port": ["eth0", "eth1"], "options": {"miimon": "100"}},
                **OFF,
            },
            {
                "name": "bond0.120",
                "type": "vlan",
                "state": "up",
                "mtu": 1500,
                "vlan": {"base-iface": "bond0", "id": 120},
                "ipv4": {"enabled": True, "dhcp": True},
                "ipv6": {"enabled": True, "dhcp": True, "autoconf": True},
            },
        ],
        "routes": {
            "config": [
                {
                    "destination": "fd00:230::/64",
                    "next-hop-address": "fe80::9",
                    "next-hop-interface": "bond0.120",
                    "metric": 50,
                    "table-id": 254,
                }
            ]
        },
        "dns-resolver": {"config": {"server": ["192.168.120.53", "fd00:120::53"], "search": ["lyon.example.com"]}},
    }
    assert (str(made.node.ipv4), str(made.node.ipv6)) == ("192.168.120.10", "fd00:120::10")


def test_raw_nmstate_is_merged_last() -> None:
    raw = {
        "interfaces": [
            {"name": "eth0", "mtu": 1400, "ipv4": {"auto-dns": False}, "lldp": {"enabled": True}},
            {"name": "dummy0", "type": "dummy", "state": "up"},
        ],
        "dns-resolver": {"config": {"server": ["fd00:100::54"]}},
        "description": "merged",
    }
    nodes = mapping()["nodes"]
    nodes[0]["nmstate"] = raw
    eth0 = GUIDE["interfaces"][0]
    assert nmstate(plan(nodes=nodes)) == {
        "interfaces": [
            {**eth0, "mtu": 1400, "lldp": {"enabled": True}, "ipv4": {**eth0["ipv4"], "auto-dns": False}},
            {"name": "dummy0", "type": "dummy", "state": "up"},
        ],
        "routes": GUIDE["routes"],
        "dns-resolver": {"config": {"server": ["fd00:100::54"]}},
        "description": "merged",
    }


def test_the_management_interface() -> None:
    eth0 = {"name": "eth0", "mac": "34:8a:b1:4b:16:e7"}
    eth1 = {"name": "eth1", "mac": "34:8a:b1:4b:16:e8", "ipv4": {"address": "10.9.0.2/24"}}
    eth2 = {"name": "eth2", "mac": "34:8a:b1:4b:16:e9", "ipv6": {"address": "fd09::2/64", "gateway": "fe80::1"}}
    assert plan(nodes=one_node(eth0, eth1, eth2)).node.management == "eth2"
    assert plan(nodes=one_node(eth0, eth1)).node.management == "eth1"
    assert plan(nodes=one_node(eth0)).node.management is None
    assert plan(nodes=one_node(eth0, eth1, eth2, management="eth1")).node.management == "eth1"
    assert plan(nodes=one_node(eth0, eth1, management="eth9")).node.management is None


def test_networks_that_the_site_names() -> None:
    found = [(network.role, str(network.prefix), network.path) for network in plan().networks]
    assert found == [
        ("pods", "10.42.0.0/16", ("cluster", "pods", "ipv4")),
        ("pods", "fd12:4567:789b::/48", ("cluster", "pods", "ipv6")),
        ("services", "10.96.0.0/12", ("cluster", "services", "ipv4")),
        ("services", "fd12:4567:789c::/112", ("cluster", "services", "ipv6")),
        ("node", "192.168.100.0/24", ("nodes", 0, "interfaces", 0, "ipv4", "address")),
        ("node", "fd00:100::/64", ("nodes", 0, "interfaces", 0, "ipv6", "address")),
    ]


def test_a_vms_mac_is_lower_case() -> None:
    """libvirt writes MACs in lower case; another spelling would replace the machine at each deployment."""
    interface = {
        "name": "eth0",
        "mac": "34:8A:B1:4B:16:E7",
        "ipv4": {"address": "192.168.100.10/24", "gateway": "192.168.100.1"},
        "ipv6": {"address": "fd00:100::10/64", "gateway": "fe80::1"},
    }
    made = plan(nodes=one_node(interface), host={"kind": "libvirt"}).libvirt
    assert made is not None
    assert made.mac == "34:8a:b1:4b:16:e7"
