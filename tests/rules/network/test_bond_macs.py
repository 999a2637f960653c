"""The rule about the MAC under which DHCP knows a bond."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.origins import format_path
from tests.rules.networks import AUTO4, AUTO6, BOND, PORTS, V4, V6, node, vlan
from tests.sites import found

FIX = 'write "36:8a:b1:4b:16:e7"'


def told(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(item.severity, format_path(item.path), item.fix) for item in found(data, "DS308")]


@pytest.mark.parametrize(
    "interfaces",
    [
        [{**BOND, "ipv4": AUTO4, "ipv6": V6}],
        [{**BOND, "ipv4": V4, "ipv6": AUTO6}],
        [BOND, vlan(ipv4=AUTO4, ipv6=AUTO6)],
    ],
)
def test_a_reserved_address_wants_a_mac_of_the_bond(interfaces: list[dict[str, Any]]) -> None:
    assert told(node(*PORTS, *interfaces)) == [("warning", "nodes[0].interfaces[2].mac", FIX)]


@pytest.mark.parametrize(
    "interfaces",
    [
        [{**BOND, "ipv4": V4, "ipv6": V6}],
        [{**BOND, "mac": "36:8a:b1:4b:16:e7", "ipv4": AUTO4, "ipv6": AUTO6}],
        [{"name": "bond0", "bond": {"ports": ["eth0"]}, "ipv4": AUTO4, "ipv6": AUTO6}],
        [{**BOND, "ipv4": {"dhcp": True}, "ipv6": V6}],
    ],
)
def test_static_addresses_one_port_and_a_mac_are_well(interfaces: list[dict[str, Any]]) -> None:
    assert told(node(*PORTS, *interfaces)) == []


def test_a_mac_from_raw_nmstate_counts() -> None:
    raw = {"interfaces": [{"name": "bond0", "mac-address": "36:8a:b1:4b:16:e7"}]}
    assert told(node(*PORTS, {**BOND, "ipv4": AUTO4, "ipv6": AUTO6}, nmstate=raw)) == []
