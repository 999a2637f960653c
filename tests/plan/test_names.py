"""DNS records and Rancher's name."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.address.parsing import AddressError, parse_address
from dualstack.address.sslip import dashed
from dualstack.releases import kubernetes_minor, upstream_version
from tests.plan.plans import AUTO, FQDN, one_node, plan
from tests.sites import mapping

A = (FQDN, "A", "192.168.100.10")
AAAA = (FQDN, "AAAA", "fd00:100::10")
PTR4 = ("10.100.168.192.in-addr.arpa", "PTR", FQDN)
PTR6 = ("0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa", "PTR", FQDN)
ZONE4, ZONE6 = "100.168.192.in-addr.arpa", "0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa"


def records(mode: str = "hostname", /, **changes: Any) -> list[tuple[str, str, str, str, int]]:
    return [(item.name, item.type, item.value, item.zone, item.ttl) for item in plan(mode, **changes).dns]


def test_both_families_and_both_pointers() -> None:
    assert records() == [
        (*A, "paris.example.com", 3600),
        (*AAAA, "paris.example.com", 3600),
        (*PTR4, ZONE4, 3600),
        (*PTR6, ZONE6, 3600),
    ]


def test_no_records_where_every_name_is_sslips() -> None:
    assert records("address") == []


def test_a_name_of_ranchers_own() -> None:
    made = records(rancher={"hostname": "rancher.example.com"}, dns={"ttl": 60})
    assert made == [
        (*A, "paris.example.com", 60),
        (*AAAA, "paris.example.com", 60),
        ("rancher.example.com", "A", "192.168.100.10", "example.com", 60),
        ("rancher.example.com", "AAAA", "fd00:100::10", "example.com", 60),
        (*PTR4, ZONE4, 60),
        (*PTR6, ZONE6, 60),
    ]


def test_pointers_can_be_left_out() -> None:
    assert [record[1] for record in records(dns={"pointers": False})] == ["A", "AAAA"]


@pytest.mark.parametrize(
    ("zones", "forward", "four", "six"),
    [
        (["example.com"], "example.com", ZONE4, ZONE6),
        (["example.com", "paris.example.com."], "paris.example.com", ZONE4, ZONE6),
        (["EXAMPLE.com"], "EXAMPLE.com", ZONE4, ZONE6),
        (["is.example.com", "xample.com"], "paris.example.com", ZONE4, ZONE6),
        ([FQDN], FQDN, ZONE4, ZONE6),
        (["168.192.in-addr.arpa", "0.0.d.f.ip6.arpa"], "paris.example.com", "168.192.in-addr.arpa", "0.0.d.f.ip6.arpa"),
        (["in-addr.arpa", ZONE4, "68.192.in-addr.arpa"], "paris.example.com", ZONE4, ZONE6),
    ],
)
def test_the_longest_zone_that_holds_a_name(zones: list[str], forward: str, four: str, six: str) -> None:
    made = records(dns={"zones": [{"name": zone} for zone in zones]})
    assert [record[3] for record in made] == [forward, forward, four, six]


@pytest.mark.parametrize(
    ("four", "six", "zone4", "zone6"),
    [
        ("10.1.2.3/8", "fd00::3/48", "10.in-addr.arpa", "0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"),
        ("10.1.2.3/20", "fd00::3/61", "1.10.in-addr.arpa", "0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa"),
        ("10.1.2.3/30", "fd00::3/128", "2.1.10.in-addr.arpa", "0." * 29 + "d.f.ip6.arpa"),
        ("10.1.2.3/4", "fd00::3/2", "10.in-addr.arpa", "f.ip6.arpa"),
    ],
)
def test_derived_reverse_zones_lie_on_octets_and_nibbles(four: str, six: str, zone4: str, zone6: str) -> None:
    nic = {"name": "eth0", "mac": "34:8a:b1:4b:16:e7", "ipv4": {"address": four}, "ipv6": {"address": six}}
    made = [record for record in records(nodes=one_node(nic)) if record[1] == "PTR"]
    assert [record[3] for record in made] == [zone4, zone6]
    for record in made:
        assert record[0].endswith("." + record[3])


def test_reserved_addresses_make_records() -> None:
    made = records("hostname", **AUTO)
    assert [record[2] for record in made[:2]] == ["192.168.120.10", "fd00:120::10"]


def test_unknown_addresses_make_none() -> None:
    nic = {"name": "eth0", "mac": "34:8a:b1:4b:16:e7", "ipv4": {"dhcp": True}, "ipv6": {"address": "fd00::3/64"}}
    assert [record[1] for record in records(nodes=one_node(nic))] == ["AAAA", "PTR"]


def test_the_name_is_the_serving_interfaces() -> None:
    nodes = mapping()["nodes"]
    nodes[0]["interfaces"].append(
        {
            "name": "eth1",
            "mac": "34:8a:b1:4b:16:e8",
            "ipv4": {"address": "10.9.0.2/24"},
            "ipv6": {"address": "fd09::2/64"},
        }
    )
    made = records(nodes=nodes, provisioning={"interface": "eth1"}, rancher={"hostname": "rancher.example.com"})
    assert [(record[0], record[2]) for record in made[:4]] == [
        (FQDN, "10.9.0.2"),
        (FQDN, "fd09::2"),
        ("rancher.example.com", "192.168.100.10"),
        ("rancher.example.com", "fd00:100::10"),
    ]


@pytest.mark.parametrize(
    ("mode", "wanted", "name"),
    [
        ("address", "auto", "rancher-192.168.100.10.sslip.io"),
        ("address", "dual", "rancher-192-168-100-10.fd00-100--10.sslip.io"),
        ("address", "rancher.example.com", "rancher.example.com"),
        ("hostname", "auto", FQDN),
        ("hostname", "dual", "rancher-192-168-100-10.fd00-100--10.sslip.io"),
    ],
)
def test_ranchers_name(mode: str, wanted: str, name: str) -> None:
    made = plan(mode, rancher={"hostname": wanted})
    assert made.rancher_hostname == name
    assert made.values("rancher")["hostname"] == name


def test_ranchers_name_is_empty_where_the_address_is_unknown() -> None:
    nic = {"name": "eth0", "mac": "34:8a:b1:4b:16:e7", "ipv4": {"dhcp": True}, "ipv6": {"dhcp": True}}
    for wanted in ("auto", "dual"):
        assert plan(nodes=one_node(nic), rancher={"hostname": wanted}).rancher_hostname == ""


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("192.168.100.10", "192-168-100-10"),
        ("fd00:100::10", "fd00-100--10"),
        ("2001:db8::1", "2001-db8--1"),
        ("FD00:0:0:0:0:0:0:10", "fd00--10"),
        ("fd00::", "fd00--0"),
        ("::1", "0--1"),
        ("::", "0--0"),
    ],
)
def test_labels_as_sslip_reads_them(text: str, label: str) -> None:
    assert dashed(parse_address(text)) == label


@pytest.mark.parametrize("name", ["ironic.1-2-3-4.fd00--1.sslip.io", "x.NIP.io", "nip.io", "X.Sslip.IO", "x.sslip.io."])
def test_no_name_of_sslip_has_records_or_a_domain(name: str) -> None:
    assert records("hostname", provisioning={"hostname": name}) == []
    assert records("address", rancher={"hostname": name}) == []
    made = plan("hostname", provisioning={"hostname": name}, host={"kind": "libvirt"}).libvirt
    assert made is not None
    assert made.domain is None
    assert records("address", rancher={"hostname": "rancher.notsslip.io"}) != []


@pytest.mark.parametrize("text", ["0" * 5000, f"192.168.{'0' * 5000}1.10"])
def test_thousands_of_digits_are_no_address_and_no_crash(text: str) -> None:
    with pytest.raises(AddressError, match="leading zeros"):
        parse_address(text)


def test_thousands_of_digits_are_no_version_and_no_crash() -> None:
    many = "9" * 5000
    assert kubernetes_minor(f"v1.{many}.1") is None
    assert upstream_version(f"305.0.23+up0.{many}.1") is None
    assert (kubernetes_minor("v1.34.4+rke2r1"), upstream_version("305.0.23+up0.13.1")) == (34, (0, 13, 1))
