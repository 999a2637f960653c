"""Rules about several sites of one project."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dualstack.document.origins import Origin, Path, format_path
from dualstack.rules.fleet.fleet_rules import Member, fleet_findings
from tests.sites import mapping, put

ETH0 = ("nodes", 0, "interfaces", 0)


def other(number: int, **changes: Any) -> dict[str, Any]:
    """Return a good site with MAC, addresses and names of its own."""
    data = mapping(**changes)
    put(data, f"34:8a:b1:4b:99:{number:02x}", *ETH0, "mac")
    put(data, f"192.168.100.{number}/24", *ETH0, "ipv4", "address")
    put(data, f"fd00:100::{number:x}/64", *ETH0, "ipv6", "address")
    return data


def told(*sites: dict[str, Any], about: list[str] | None = None) -> list[tuple[str, str, str]]:
    """Return site, rule and path of each finding; the sites are called a, b, c."""
    places: dict[Path, Origin] = {(): Origin("x.yaml", 3, 5)}
    fleet = [Member(name, site, places) for name, site in zip("abcdefgh", sites, strict=False)]
    found = fleet_findings(fleet, about)
    assert all("(x.yaml:3)" in finding.message for findings in found.values() for finding in findings)
    return sorted((name, f.rule.id[:5], format_path(f.path)) for name, findings in found.items() for f in findings)


@pytest.mark.parametrize(
    ("rule", "path", "mine", "others"),
    [
        ("DS211", (*ETH0, "mac"), "34:8a:b1:4b:99:99", "34-8A-B1-4B-99-99"),
        ("DS211", ("provisioning", "bmcs"), [{"name": "a", "address": "", "bootMac": "34:8a:b1:4b:99:0a"}], None),
        ("DS212", (*ETH0, "ipv4", "address"), "192.168.100.99/24", "192.168.100.99/28"),
        ("DS212", (*ETH0, "ipv6", "address"), "fd00:100::aa/64", "FD00:100:0::AA/64"),
        ("DS212", ("provisioning", "vip"), {"ipv4": "192.168.100.99"}, {"ipv4": "192.168.100.99"}),
        ("DS212", ("cluster", "api"), {"ipv6": "fd00:100::99"}, {"ipv6": "fd00:100::99"}),
        ("DS213", ("rancher", "hostname"), "rancher.example.com", "Rancher.example.com."),
        ("DS213", ("provisioning", "hostname"), "ironic.example.com", "ironic.example.com"),
        (
            "DS214", ("provisioning", "bmcs"),
            [{"name": "a", "address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"}],
            [{"name": "b", "address": "redfish://[FD00:200::11]/redfish/v1/Systems/1/"}],
        ),
        (
            "DS214", ("nodes", 0, "bmc"),
            {"address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"},
            {"address": "redfish-virtualmedia+https://[fd00:200::11]:443/redfish/v1/Systems/1"},
        ),
    ],
)  # fmt: skip
def test_two_sites_with_one_thing(rule: str, path: Path, mine: Any, others: Any) -> None:
    first, second = put(other(10), mine, *path), put(other(11), others, *path)
    if others is None:
        second = put(other(11), "34:8a:b1:4b:99:0a", *ETH0, "mac")
    assert told(other(10), other(11)) == []
    assert {(site, number) for site, number, _ in told(first, second)} == {("a", rule), ("b", rule)}
    assert {site for site, _, _ in told(first, second, about=["b"])} == {"b"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("dns", "resolvers"), ["192.168.100.53", "fd00:100::53"]),
        (("rancher", "hostname"), "dual"),
        (("rancher", "hostname"), "rancher-10-0-0-1.sslip.io"),
        ((*ETH0, "ipv4", "gateway"), "192.168.100.1"),
        ((*ETH0, "ipv6", "gateway"), "fe80::1"),
        (("nodes", 0, "name"), "mgmt-1"),
        (("cluster", "pods"), {"ipv4": "10.42.0.0/16"}),
        ((*ETH0, "mac"), 12),
        (("provisioning",), "x"),
        (("nodes",), {"a": [1]}),
    ],
)
def test_what_sites_may_share(path: Path, value: Any) -> None:
    assert told(put(other(10), value, *path), put(other(11), value, *path)) == []


def test_one_chassis_has_several_machines() -> None:
    def bmcs(system: int) -> dict[str, Any]:
        return {"bmcs": [{"name": "a", "address": f"redfish-virtualmedia://10.9.0.1/redfish/v1/Systems/{system}"}]}

    assert told(other(10, provisioning=bmcs(1)), other(11, provisioning=bmcs(2))) == []


def test_a_copy_is_told_once() -> None:
    assert told(mapping(), mapping(), other(12)) == [("a", "DS215", ""), ("b", "DS215", "")]


def test_realms_part_private_addresses_alone() -> None:
    bmc = {"bmcs": [{"name": "a", "address": "redfish://10.9.0.1/redfish/v1/Systems/1"}]}
    first = other(10, realm="a", provisioning=copy.deepcopy(bmc), rancher={"hostname": "r.example.com"})
    second = other(10, realm="b", provisioning=copy.deepcopy(bmc), rancher={"hostname": "r.example.com"})
    put(second, "34:8a:b1:4b:99:ff", *ETH0, "mac")
    assert {rule for _, rule, _ in told(first, second)} == {"DS213"}
    put(first, "2a02:1234::1/64", *ETH0, "ipv6", "address")
    put(second, "2a02:1234::1/64", *ETH0, "ipv6", "address")
    assert {rule for _, rule, _ in told(first, second)} == {"DS212", "DS213"}
