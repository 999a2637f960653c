"""Which interface of a machine is meant by one of the network file; and routes of kinds that raw nmstate has."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.verify.machine.nics import find_nic
from tests.verify.machine.said import judged, site, told

MAC1, MAC2 = "34:8a:b1:4b:20:01", "34:8a:b1:4b:20:99"
LINKS: list[dict[str, Any]] = [
    {"ifname": "bond0", "address": MAC1, "linkinfo": {"info_kind": "bond"}},
    {"ifname": "bond0.7", "address": MAC1, "linkinfo": {"info_kind": "vlan"}},
    {"ifname": "ens1", "address": MAC1, "linkinfo": {"info_slave_kind": "bond"}},
    {"ifname": "ens2", "address": MAC1, "permaddr": MAC2, "linkinfo": {"info_slave_kind": "bond"}},
]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ({"name": "eth0", "type": "ethernet", "mac-address": MAC1.upper()}, "ens1"),
        ({"name": "eth1", "type": "ethernet", "mac-address": MAC2}, "ens2"),
        ({"name": "bond0", "type": "bond"}, "bond0"),
        ({"name": "bond0", "type": "bond", "mac-address": MAC1}, "bond0"),
        ({"name": "bond0.7", "type": "vlan"}, "bond0.7"),
        ({"name": "ens2", "type": "ethernet"}, "ens2"),
        ({"name": "eth9", "type": "ethernet", "mac-address": "34:8a:b1:00:00:00"}, None),
    ],
)
def test_a_nic_is_found_by_its_own_mac_and_what_is_made_by_its_name(wanted: dict[str, Any], name: str | None) -> None:
    assert find_nic(wanted, LINKS).name == name


@pytest.mark.parametrize(
    ("raw", "route"),
    [
        ({"destination": "10.9.0.0/16", "route-type": "blackhole"}, {"dst": "10.9.0.0/16", "type": "blackhole"}),
        ({"destination": "10.9.1.1/32", "next-hop-interface": "eth0"}, {"dst": "10.9.1.1", "dev": "enp1s0"}),
        (
            {"destination": "10.8.0.0/16", "next-hop-address": "192.168.100.9", "table-id": 77}
            | {"next-hop-interface": "eth0"},
            {"dst": "10.8.0.0/16", "gateway": "192.168.100.9", "dev": "enp1s0", "table": "77"},
        ),
    ],
)
def test_routes_of_raw_nmstate(raw: dict[str, Any], route: dict[str, Any]) -> None:
    default = {"destination": "0.0.0.0/0", "next-hop-address": "192.168.100.1", "next-hop-interface": "eth0"}
    other = {"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0"}
    plan = site(nodeDefaults={"nmstate": {"routes": {"config": [default, other, raw]}}})

    assert told(judged(plan, lambda said: said["ipv4"].append(route))) == {}
    assert "is missing" in told(judged(plan))["routes ipv4"]
