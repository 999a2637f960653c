"""The predicates over raw nmstate, as policies and peers' cases call them: any shape, no traceback."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstack.document.findings import At, Finding
from dualstack.document.frozen import freeze
from dualstack.rules.network.host_network import management_node, nmstate_document, overlay_mtu
from dualstack.rules.network.nmstate_interface import mtu
from dualstack.rules.network.nmstate_links import mac_address, macs_unique
from tests.sites import checked, mapping

HOST = ("hosts", 0, "networkConfig")


def judged(document: object) -> list[Finding]:
    return list(nmstate_document(At(HOST, document)))


def errors(document: object) -> set[str]:
    return {finding.rule.id[:5] for finding in judged(document) if finding.severity == "error"}


def eth(**body: Any) -> dict[str, Any]:
    return {"interfaces": [{"name": "eth0", "type": "ethernet", **body}]}


def address(ip: str, length: object) -> dict[str, Any]:
    return {"enabled": True, "address": [{"ip": ip, "prefix-length": length}]}


SHAPES: list[tuple[str, object, set[str]]] = [
    ("MTU as text", {"interfaces": [{"name": "eth0", "mtu": "1500"}]}, {"DS046"}),
    ("MTU as a number", {"interfaces": [{"name": "eth0", "mtu": 1500}]}, set()),
    ("MTU 1279 with IPv6", eth(mtu=1279, ipv6=address("2001:0db8:85a3:0000:0000:8a2e:0370:7331", 64)), {"DS046"}),
    ("MTU 1280 with IPv6", eth(mtu=1280, ipv6=address("fd00::10", 64)), set()),
    ("MTU 1279 without", eth(mtu=1279, ipv4=address("10.0.0.2", 24)), set()),
    ("section without interfaces", {"ipv6": {"enabled": False, "dhcp": True, "autoconf": True}}, {"DS048"}),
    ("prefix length 129", {"ipv6": address("2001:db8::10", 129)}, {"DS059"}),
    ("prefix length 128", {"ipv6": address("2001:db8::10", 128)}, set()),
    ("prefix length 33", {"ipv4": address("192.0.2.10", 33)}, {"DS059"}),
    ("prefix length as text", {"ipv4": address("192.0.2.10", "24")}, set()),
    ("autoconf under IPv4", {"ipv4": {"enabled": True, "autoconf": True}}, {"DS049"}),
    ("autoconf without DHCP", {"ipv6": {"enabled": True, "autoconf": True}}, {"DS049"}),
    ("IPv6 in IPv4's section", {"ipv4": address("fd00::10", 24)}, {"DS059"}),
    ("no address", {"ipv4": address("10.0.0.256", 24)}, {"DS059"}),
    ("routes as a list, /128", {"ipv6": address("2001:db8::10", 128),
                                "routes": [{"destination": "::/0", "next-hop-address": "2001:db8::1"}]}, {"DS055"}),
    ("routes as a list, link-local", {"ipv6": address("2001:db8::10", 64),
                                      "routes": [{"destination": "::/0", "next-hop-address": "fe80::1"}]}, set()),
    ("0.0.0.0/8", {"routes": [{"destination": "0.1.0.0/16", "next-hop-address": "10.0.0.1"}]}, {"DS056"}),
    ("route of two families", {"routes": [{"destination": "::/0", "next-hop-address": "10.0.0.1"}]}, {"DS056"}),
    ("VLAN id", {"interfaces": [{"name": "eth0", "type": "ethernet"},
                                {"name": "v", "type": "vlan", "vlan": {"base-iface": "eth0", "id": 4095}}]}, {"DS045"}),
    ("bond port with an address", {"interfaces": [
        {"name": "eth0", "type": "ethernet", "ipv4": address("10.0.0.2", 24)},
        {"name": "b", "type": "bond", "link-aggregation": {"mode": "active-backup", "port": ["eth0"]}}]}, {"DS044"}),
    ("legacy slaves", {"interfaces": [
        {"name": "b", "type": "bond", "link-aggregation": {"mode": "active-backup", "slaves": ["eth0"]}}]},
     {"DS044", "DS059"}),
    ("address without enabled", {"ipv6": {"address": [{"ip": "fd00::10", "prefix-length": 64}]}}, {"DS048"}),
    ("enabled in quotes", {"ipv6": {**address("fd00::10", 64), "enabled": "true"}}, set()),
    ("static link-local", {"ipv6": address("fe80::10", 64)}, set()),
    ("static with DHCP", {"ipv6": {**address("fd00::10", 64), "dhcp": True}}, set()),
    ("no mapping", ["eth0"], {"DS059"}),
    ("nothing", {}, set()),
    ("interfaces of no mappings", {"interfaces": ["eth0"]}, {"DS059"}),
]  # fmt: skip


@pytest.mark.parametrize(("document", "expected"), [row[1:] for row in SHAPES], ids=[row[0] for row in SHAPES])
def test_shapes(document: object, expected: set[str]) -> None:
    assert errors(document) == expected
    assert errors(freeze(document)) == expected


def test_paths_start_where_the_document_stands() -> None:
    found = judged({"ipv6": {"enabled": False, "dhcp": True}})
    assert [finding.path for finding in found] == [(*HOST, "ipv6", "enabled")]


@pytest.mark.parametrize(
    ("value", "ipv6", "fix"),
    [
        (1500, True, None), (1279, True, "write 1330"), (1279, False, None), (67, False, "write 1330"),
        ("1500", False, "write 1500"), (True, True, "write 1500 or what the link has"),
        (None, True, "write 1500 or what the link has"), (1500.5, True, "write 1500 or what the link has"),
        ([1500], True, "write 1500 or what the link has"), (65536, True, "write 9000"),
        ("1200", True, "write 1330"), (-1, False, "write 1330"),
    ],
)  # fmt: skip
def test_mtu(value: object, ipv6: bool, fix: str | None) -> None:
    assert [finding.fix for finding in mtu(At(("mtu",), value), ipv6)] == ([fix] if fix else [])


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (MAC := "7E:CE:E3:29:35:6F", True), (MAC.lower(), True), ("7D:CE:E3:29:35:6F", False), ("", False),
        ("00-00-00-00-fe-80-00-00-00-00-00-00-02-00-5e-10-00-00-00-01", False), ("7ece.e329.356f", False),
        ("7E-CE-E3-29-35-6F", False), ("ff:ff:ff:ff:ff:ff", False), ("00:00:00:00:00:00", False),
        ("7e:ce:e3:29:35", False),
    ],
)  # fmt: skip
def test_mac(text: str, good: bool) -> None:
    assert (not list(mac_address(At(("mac",), text)))) is good


def test_macs_are_compared_in_one_case() -> None:
    items = [
        At((index,), mac) for index, mac in enumerate(["CA:FE:CA:FE:CA:FE", "ca:fe:ca:fe:ca:f0", "ca:fe:CA:fe:ca:fe"])
    ]
    assert [finding.path for finding in macs_unique(items)] == [(2,)]


scalars = st.none() | st.booleans() | st.integers(-2, 70000) | st.floats(allow_nan=False) | st.text(max_size=6)
words = st.sampled_from(["eth0", "bond0", "10.0.0.1", "fd00::1", "fe80::1", "10.0.0.0/8", "::/0", "bond", "vlan", "up"])
keys = st.sampled_from([
    "interfaces", "name", "type", "state", "mtu", "mac-address", "ipv4", "ipv6", "enabled", "dhcp", "autoconf",
    "address", "ip", "prefix-length", "routes", "config", "destination", "next-hop-address", "next-hop-interface",
    "metric", "table-id", "link-aggregation", "port", "options", "vlan", "id", "base-iface", "token", "odd",
    "auto-gateway",
])  # fmt: skip
trees = st.recursive(
    scalars | words, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5), max_leaves=25
)


@settings(max_examples=300, deadline=None)
@given(trees)
def test_no_shape_makes_a_traceback(tree: Any) -> None:
    judged(tree)
    if isinstance(tree, dict):
        document: At[Any] = At((), tree)
        assert all(finding.fix for finding in [*management_node(document, "eth0"), *overlay_mtu(document, "eth0")])


@pytest.mark.parametrize("name", [["eth0"], {"a": 1}, None, 5, "eth0"])
def test_odd_names_in_raw_nmstate_make_no_traceback(name: object) -> None:
    data = mapping()
    data["nodes"][0]["nmstate"] = {"interfaces": [{"name": name, "mtu": 1400}, "eth0", None]}
    assert checked(data).plan is not None


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(keys, trees, max_size=4))
def test_no_raw_nmstate_of_a_site_makes_a_traceback(tree: dict[str, Any]) -> None:
    data = mapping()
    data["nodes"][0]["nmstate"] = tree
    assert checked(data).plan is not None
