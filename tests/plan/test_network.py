"""The nodes' nmstate, whole."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.frozen import thaw
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
            "identifier": "mac-address",
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
"""The guide's static file, key by key; the IPv6 prefix is the link's (D8), and the NIC is found by its MAC."""


def nmstate(made: Plan) -> dict[str, Any]:
    found: dict[str, Any] = thaw(made.initializer.nmstate)
    return found


def test_the_guides_static_file() -> None:
    for mode in MODES:
        for release in RELEASES:
            assert nmstate(plan(mode, release=release)) == GUIDE


def test_the_guides_autoconfiguration_with_ipv6_on() -> None:
    """D2: the excerpt as printed, but for ``enabled``, and the boot waits for both families."""
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
                "identifier": "mac-address",
                "ipv4": {"enabled": True, "dhcp": True},
                "ipv6": {"enabled": True, "dhcp": True, "autoconf": True},
                "wait-ip": "ipv4+ipv6",
            }
        ],
        "dns-resolver": {"config": {"server": ["192.168.100.53", "fd00:100::53"]}},
    }
    assert (made.initializer.management, made.initializer.ipv4, made.initializer.ipv6) == ("eth0", None, None)


STATIC4, STATIC6 = {"address": "192.168.100.10/24"}, {"address": "fd00:100::10/64"}
FROM4, FROM6 = {"dhcp": True}, {"dhcp": True, "autoconf": True}


def interfaces(*given: dict[str, Any], **more: Any) -> dict[str, dict[str, Any]]:
    """Make the plan of a node, and return its nmstate interfaces by their name."""
    nodes = one_node(*given, **{key: more.pop(key) for key in ("nmstate", "management") if key in more})
    return {item["name"]: item for item in nmstate(plan(nodes=nodes, **more))["interfaces"]}


def nic(number: int, **more: Any) -> dict[str, Any]:
    return {"name": f"eth{number}", "mac": f"34:8a:b1:4b:16:e{number}", **more}


def test_every_nic_is_found_by_its_mac_and_nothing_else_is() -> None:
    found = interfaces(
        nic(0),
        nic(1),
        {"name": "bond0", "mac": "34:8a:b1:4b:16:ff", "bond": {"ports": ["eth0", "eth1"]}},
        {"name": "mgmt", "vlan": {"id": 120, "base": "bond0"}, "ipv4": STATIC4, "ipv6": STATIC6},
        nmstate={
            "interfaces": [
                {"name": "eth1", "mac-address": "34:8A:B1:4B:16:F1"},
                {"name": "eth2", "type": "ethernet", "state": "up", "mac-address": "34:8a:b1:4b:16:e2"},
                {"name": "eth3", "type": "ethernet", "mac-address": "34:8a:b1:4b:16:e3", "identifier": "name"},
                {"name": "eth4", "type": "ethernet"},
                {"name": "eth5", "type": "ethernet", "state": "ignore", "mac-address": "34:8a:b1:4b:16:e5"},
                {"name": "br0", "type": "linux-bridge", "mac-address": "34:8a:b1:4b:16:e6"},
            ]
        },
    )
    assert {name for name, item in found.items() if item.get("identifier") == "mac-address"} == {"eth0", "eth1", "eth2"}
    assert found["eth3"]["identifier"] == "name"


def test_a_nic_whose_mac_another_interface_repeats_is_found_by_its_name() -> None:
    """Seen: nm-configurator refuses the file else ("interfaces without connection files")."""
    bond = {"name": "bond0", "mac": "34:8A:B1:4B:16:E0", "bond": {"ports": ["eth0", "eth1"]}}
    found = interfaces(nic(0), nic(1), {**bond, "ipv4": STATIC4, "ipv6": STATIC6})
    assert [found[name].get("identifier") for name in ("eth0", "eth1")] == [None, "mac-address"]


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "waits"),
    [
        (STATIC4, STATIC6, None),
        (FROM4, FROM6, "ipv4+ipv6"),
        (STATIC4, FROM6, "ipv4+ipv6"),
        (FROM4, STATIC6, "ipv4+ipv6"),
        (FROM4, None, "ipv4"),
        (None, FROM6, "ipv6"),
        (STATIC4, {**FROM6, "enabled": False}, None),
    ],
)
def test_the_boot_waits_for_what_the_network_gives(ipv4: Any, ipv6: Any, waits: str | None) -> None:
    assert interfaces(nic(0, ipv4=ipv4, ipv6=ipv6))["eth0"].get("wait-ip") == waits


def test_the_boot_waits_only_for_the_nodes_own_and_the_serving_interface() -> None:
    nics = (nic(0, ipv4=STATIC4, ipv6=STATIC6), nic(1, ipv4=FROM4), nic(2, ipv4=FROM4, ipv6=FROM6))
    found = interfaces(*nics, management="eth0", provisioning={"interface": "eth1"})
    assert [found[f"eth{number}"].get("wait-ip") for number in range(3)] == [None, "ipv4", None]


def test_raw_nmstate_has_the_last_word_on_waiting() -> None:
    raw = {"interfaces": [{"name": "eth0", "ipv6": {"dhcp": True, "autoconf": True, "address": None}}]}
    given = nic(0, ipv4=STATIC4, ipv6=STATIC6)
    assert interfaces(given, nmstate=raw)["eth0"]["wait-ip"] == "ipv4+ipv6"
    raw["interfaces"][0]["wait-ip"] = "any"
    assert interfaces(given, nmstate=raw)["eth0"]["wait-ip"] == "any"


OFF = {"ipv4": {"enabled": False}, "ipv6": {"enabled": False}}
BY_MAC = {"identifier": "mac-address"}


def test_bond_vlan_and_autoconfiguration() -> None:
    made = plan(**AUTO)
    assert nmstate(made) == {
        "interfaces": [
            {"name": "eth0", "type": "ethernet", "state": "up", "mac-address": "34:8a:b1:4b:16:f0", **BY_MAC, **OFF},
            {"name": "eth1", "type": "ethernet", "state": "up", "mac-address": "34:8a:b1:4b:16:f1", **BY_MAC, **OFF},
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
                "wait-ip": "ipv4+ipv6",
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
    assert (str(made.initializer.ipv4), str(made.initializer.ipv6)) == ("192.168.120.10", "fd00:120::10")


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
    assert plan(nodes=one_node(eth0, eth1, eth2)).initializer.management == "eth2"
    assert plan(nodes=one_node(eth0, eth1)).initializer.management == "eth1"
    assert plan(nodes=one_node(eth0)).initializer.management is None
    assert plan(nodes=one_node(eth0, eth1, eth2, management="eth1")).initializer.management == "eth1"
    assert plan(nodes=one_node(eth0, eth1, management="eth9")).initializer.management is None


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
    assert made.machines[0].macs == ("34:8a:b1:4b:16:e7",)
