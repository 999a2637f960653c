"""Rules about a node's network: the fixes mend, and findings stand where the site gives the value."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.origins import format_path
from tests.rules.networks import (
    AUTO4,
    AUTO6,
    MAC2,
    NUMBERS,
    V4,
    V6,
    eth,
    node,
)
from tests.sites import found, mapping, told

FIXES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("D2", node(eth(ipv4=AUTO4, ipv6={**AUTO6, "enabled": False})), node(eth(ipv4=AUTO4, ipv6=AUTO6)), "DS048"),
    ("R17", node(eth(ipv4=V4, ipv6={"autoconf": True, "reservation": "fd00::10"})),
     node(eth(ipv4=V4, ipv6={"autoconf": True, "dhcp": True, "reservation": "fd00::10"})), "DS049"),
    ("D8", node(eth(ipv4=V4, ipv6={"address": "fd00:100::10/128", "gateway": "fd00:100::1"})),
     node(eth(ipv4=V4, ipv6={"address": "fd00:100::10/64", "gateway": "fd00:100::1"})), "DS055"),
    ("gateway", node(eth(ipv4={**V4, "gateway": "10.0.0.1"}, ipv6=V6)), node(eth(ipv4=V4, ipv6=V6)), "DS055"),
    ("network address", node(eth(ipv4={**V4, "address": "192.168.100.0/24"}, ipv6=V6)),
     node(eth(ipv4=V4, ipv6=V6)), "DS057"),
    ("MTU", node(eth(mtu=1300, ipv4=V4, ipv6=V6)), node(eth(mtu=1330, ipv4=V4, ipv6=V6)), "DS047"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "number"), [row[1:] for row in FIXES], ids=[row[0] for row in FIXES])
def test_the_fix_mends_it(before: dict[str, Any], after: dict[str, Any], number: str) -> None:
    assert found(before, number)
    assert not [rule for rule in told(after) if rule[:5] in NUMBERS]


def test_findings_stand_where_the_site_gives_the_route() -> None:
    second = eth("eth1", MAC2, ipv4={"address": "10.9.0.2/24", "gateway": "10.8.0.1"})
    data = node(eth(ipv4=V4, ipv6=V6), second, routes=[{"destination": "10.7.0.0/16", "gateway": "10.6.0.1"}])
    paths = [format_path(finding.path) for finding in found(data, "DS055")]
    assert paths == ["nodes[0].interfaces[1].ipv4.gateway", "nodes[0].routes[0].gateway"]


def test_a_family_off_in_the_site_is_no_contradiction() -> None:
    data = node(eth(ipv4=V4, ipv6=V6), eth("eth1", MAC2, ipv4={"enabled": False}, ipv6={"enabled": False}))
    assert not [rule for rule in told(data) if rule[:5] in NUMBERS]


def test_pod_mtu_needs_an_overlay() -> None:
    data = mapping(**node(eth(mtu=1300, ipv4=V4, ipv6=V6)), cluster={"cni": "none"})
    assert not found(data, "DS047")
