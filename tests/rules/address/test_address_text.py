"""Rules about the text and the range of single addresses: findings with path, severity and fix; silence when good."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.address.parsing import AddressError, parse_address, parse_interface
from dualstack.document.findings import At, Finding, Severity
from dualstack.document.fixes import as_fix
from dualstack.rules.address import address_text
from tests.sites import found, mapping, put

V6 = ("nodes", 0, "interfaces", 0, "ipv6")


def pods(ipv4: str = "10.42.0.0/16", ipv6: str = "fd12:4567:789b::/48") -> dict[str, Any]:
    return mapping(cluster={"pods": {"ipv4": ipv4, "ipv6": ipv6}})


@pytest.mark.parametrize(
    ("data", "number", "path", "fix"),
    [
        (pods("10.042.0.0/16"), "DS010", ("cluster", "pods", "ipv4"), "write 10.42.0.0/16"),
        (pods("10.42.0.0"), "DS010", ("cluster", "pods", "ipv4"), "write 10.42.0.0/24 or what fits"),
        (put(mapping(), "[fd00:100::10]/64", *V6, "address"), "DS010", (*V6, "address"), "write fd00:100::10/64"),
        (put(mapping(), "fe80::1%eth0", *V6, "gateway"), "DS010", (*V6, "gateway"), "write fe80::1"),
        (pods(ipv6="::ffff:10.42.0.0/112"), "DS011", ("cluster", "pods", "ipv6"), "write 10.42.0.0 in the IPv4 field"),
        (pods(ipv6="10.43.0.0/16"), "DS013", ("cluster", "pods", "ipv6"), "move this one to the ipv4 key"),
        (pods("10.42.7.0/16"), "DS014", ("cluster", "pods", "ipv4"), "write 10.42.0.0/16"),
        (pods(ipv6="FD12:4567:789B:0::/48"), "DS015", ("cluster", "pods", "ipv6"), "write fd12:4567:789b::/48"),
        (put(mapping(), "fd00:0100::10/64", *V6, "address"), "DS015", (*V6, "address"), "write fd00:100::10/64"),
        (pods("0.0.0.0/0"), "DS016", ("cluster", "pods", "ipv4"), "write 10.42.0.0/16"),
        (pods(ipv6="fec0:1::/48"), "DS017", ("cluster", "pods", "ipv6"), "write fd00:1::/48"),
        (put(mapping(), "::192.0.2.1", *V6, "gateway"), "DS017", (*V6, "gateway"), "write 192.0.2.1 in the IPv4 field"),
        (pods("127.0.0.0/16"), "DS018", ("cluster", "pods", "ipv4"), "write a private range, such as 10.42.0.0/16"),
        (pods(ipv6="2001:db8:1::/48"), "DS019", ("cluster", "pods", "ipv6"), "write fd12:4567:789b::/48"),
    ],
)
def test_finding(data: dict[str, Any], number: str, path: tuple[str | int, ...], fix: str) -> None:
    findings = [finding for finding in found(data, number) if finding.path == path]
    assert findings, number
    assert fix in findings[0].fix


@pytest.mark.parametrize("number", [f"DS0{n}" for n in range(10, 20)])
@pytest.mark.parametrize("mode", ["address", "hostname"])
def test_good_site_is_silent(mode: str, number: str) -> None:
    assert found(mapping(mode), number) == []


def test_default_route_as_a_destination_is_fine() -> None:
    routes = [{"destination": "10.9.0.0/16", "gateway": "192.168.100.2"}, {"destination": "::/0", "gateway": "fe80::2"}]
    assert found(put(mapping(), routes, "nodes", 0, "routes"), "DS016") == []


def test_documentation_range_is_an_error_in_production() -> None:
    data = mapping(cluster={"pods": {"ipv6": "2001:db8:1::/48"}})
    assert [finding.severity for finding in found(data, "DS019")] == [Severity.WARNING]
    data["host"] = {"production": True}
    assert [finding.severity for finding in found(data, "DS019")] == [Severity.ERROR]


@pytest.mark.parametrize(("bad", "good"), [("fec0:1::/48", "fd00:1::/48"), ("feff:2:3::/64", "fd3f:2:3::/64")])
def test_site_local_moves_to_a_unique_local_prefix(bad: str, good: str) -> None:
    assert [finding.fix for finding in found(pods(ipv6=bad), "DS017")] == [f"write {good}"]
    assert found(pods(ipv6=good), "DS017") == []


@pytest.mark.parametrize("value", [None, 1.5, True, [], {"a": 1}, "", "x", "1.2.3.4/8/8"])
def test_readers_are_total(value: object) -> None:
    for read in (address_text.read_address(At(("x",), value)), address_text.read_prefix(At(("x",), value))):
        assert isinstance(read, Finding)
        assert read.rule is address_text.SYNTAX


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("dns://192.168.100.53", "192.168.100.53"),
        ("192.168.100.53:53", "192.168.100.53"),
        ("192.168.100.53#resolver", "192.168.100.53"),
        ("tls://[fd00:100::53]:853/x", "fd00:100::53"),
    ],
)
def test_an_address_in_a_url_is_written_bare(text: str, bare: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert str(as_fix(caught.value.fix)) == f"write {bare}"


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("192.168.100.10/255.255.255.0", "write 192.168.100.10/24"),
        ("192.168.100.10/255.255.255.128", "write 192.168.100.10/25"),
        ("192.168.100.10/0.0.0.255", "write the prefix length as in 10.0.0.0/16"),
        ("192.168.100.10/255.0.255.0", "write the prefix length as in 10.0.0.0/16"),
        ("fd00::1/255.255.0.0", "write the prefix length as in 10.0.0.0/16"),
    ],
)
def test_a_netmask_becomes_a_prefix_length(text: str, fix: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_interface(text)
    assert str(as_fix(caught.value.fix)) == fix
