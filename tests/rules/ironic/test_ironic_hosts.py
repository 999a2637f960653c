from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import At
from dualstack.rules.ironic.ironic_hosts import bare_host
from tests.rules.cases import Change, changed, one, tell
from tests.sites import FQDN, found, mapping, put, told

METAL3 = ("charts", "metal3", "values")
GLOBAL = (*METAL3, "global")
V6 = (*METAL3, "metal3-baremetal-operator", "baremetaloperator", "externalHttpIPv6")
IPV4 = ("nodes", 0, "interfaces", 0, "ipv4")
IPV6 = ("nodes", 0, "interfaces", 0, "ipv6")
BMC6 = [{"name": "rack1-01", "address": "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"}]
BMC4 = [{"name": "rack1-02", "address": "redfish-virtualmedia://192.168.200.12/redfish/v1/Systems/1"}]
RESERVE6 = "set nodes[0].interfaces[0].ipv6.reservation to the address that DHCPv6 or SLAAC gives, such as fd00:100::10"
AUTO = ({"dhcp": True}, *IPV4), ({"dhcp": True, "autoconf": True}, *IPV6)


@pytest.mark.parametrize("mode", ["address", "hostname"])
def test_a_good_site_is_clean(mode: str) -> None:
    assert told(mapping(mode)) == []


@pytest.mark.parametrize(
    ("mode", "changes", "rule", "severity", "path", "fix"),
    [
        (
            "address",
            [(FQDN, *GLOBAL, "provisioningHostname")],
            "DS060",
            "error",
            "charts.metal3.values.global.provisioningHostname",
            "remove charts.metal3.values.global.provisioningHostname",
        ),
        (
            "hostname",
            [("192.168.100.10", *GLOBAL, "ironicIP")],
            "DS060",
            "error",
            "charts.metal3.values.global.ironicIP",
            "remove charts.metal3.values.global.ironicIP",
        ),
        (
            "address",
            [("", *GLOBAL, "ironicIP")],
            "DS060",
            "error",
            "charts.metal3.values.global.ironicIP",
            "remove charts.metal3.values.global.ironicIP",
        ),
        (
            "address",
            [*AUTO],
            "DS060",
            "error",
            "nodes[0].interfaces[0].ipv4.reservation",
            "set nodes[0].interfaces[0].ipv4.reservation to the address that DHCP gives, such as 192.168.100.10",
        ),
        (
            "hostname",
            [(None, "provisioning", "hostname")],
            "DS061",
            "error",
            "provisioning.hostname",
            "set provisioning.hostname to the FQDN with A and AAAA, such as ironic.example.com",
        ),
        (
            "address",
            [(FQDN, "provisioning", "hostname")],
            "DS062",
            "warning",
            "provisioning.hostname",
            "set mode to hostname, or remove provisioning.hostname",
        ),
        (
            "address",
            [({"enabled": False, "storageClass": "fast"}, "provisioning", "persistence")],
            "DS062",
            "warning",
            "provisioning.persistence.storageClass",
            "set provisioning.persistence.enabled to true",
        ),
        (
            "address",
            [("corporate-ca", "provisioning", "trustedCas")],
            "DS062",
            "warning",
            "provisioning.trustedCas",
            "write tls-ca-additional, and make the secret of that name (key ca-additional.crt) in metal3-system",
        ),
        (
            "hostname",
            [("", *GLOBAL, "externalHttpHost")],
            "DS063",
            "error",
            "charts.metal3.values.global.externalHttpHost",
            "remove charts.metal3.values.global.externalHttpHost",
        ),
        (
            "hostname",
            [("3.6", "release"), ("", *GLOBAL, "externalHttpHost")],
            "DS063",
            "warning",
            "charts.metal3.values.global.externalHttpHost",
            "remove charts.metal3.values.global.externalHttpHost",
        ),
        (
            "hostname",
            [("http://ironic.paris.example.com:6180", "provisioning", "externalHttpHost")],
            "DS064",
            "error",
            "provisioning.externalHttpHost",
            "write ironic.paris.example.com",
        ),
        (
            "address",
            [("[fd00:100::10]", *V6)],
            "DS064",
            "error",
            "charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
            "write fd00:100::10",
        ),
        (
            "address",
            [("fe80::1", *V6)],
            "DS064",
            "error",
            "charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
            "write an address of the node that other machines can reach",
        ),
        (
            "address",
            [("fd00:100::99", *V6)],
            "DS065",
            "error",
            "charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
            "remove charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
        ),
        (
            "hostname",
            [("fd00:100::10", *V6)],
            "DS066",
            "warning",
            "charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
            "remove charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
        ),
        (
            "address",
            [("", *V6), (BMC6, "provisioning", "bmcs")],
            "DS067",
            "error",
            "charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
            "remove charts.metal3.values.metal3-baremetal-operator.baremetaloperator.externalHttpIPv6",
        ),
        (
            "address",
            [
                ({"dhcp": True, "autoconf": True}, *IPV6),
                (BMC6, "provisioning", "bmcs"),
                ("auto", "rancher", "hostname"),
            ],
            "DS067",
            "error",
            "nodes[0].interfaces[0].ipv6.reservation",
            RESERVE6,
        ),
        (
            "address",
            [({"dhcp": True, "autoconf": True}, *IPV6)],
            "DS067",
            "warning",
            "nodes[0].interfaces[0].ipv6.reservation",
            RESERVE6,
        ),
        (
            "hostname",
            [("192.168.100.10", "provisioning", "externalHttpHost"), (BMC6, "provisioning", "bmcs")],
            "DS067",
            "error",
            "provisioning.externalHttpHost",
            "remove provisioning.externalHttpHost",
        ),
        (
            "address",
            [("fd00:100::10", "provisioning", "externalHttpHost"), (BMC4, "provisioning", "bmcs")],
            "DS067",
            "error",
            "provisioning.externalHttpHost",
            "remove provisioning.externalHttpHost",
        ),
        (
            "address",
            [(False, *METAL3, "metal3-ironic", "listenOnAll")],
            "DS069",
            "error",
            "charts.metal3.values.metal3-ironic.listenOnAll",
            "remove charts.metal3.values.metal3-ironic.listenOnAll",
        ),
        (
            "address",
            [(True, "provisioning", "vmediaTls")],
            "DS070",
            "error",
            "provisioning.vmediaTls",
            "set provisioning.vmediaTls to false, or use hostname mode, whose certificate holds the name",
        ),
        (
            "hostname",
            [(True, "provisioning", "vmediaTls"), (False, *GLOBAL, "enable_tls")],
            "DS070",
            "error",
            "charts.metal3.values.global.enable_tls",
            "remove charts.metal3.values.global.enable_tls",
        ),
    ],
)
def test_finding(mode: str, changes: list[Change], rule: str, severity: str, path: str, fix: str) -> None:
    data = changed(mode, *[change for change in changes if change[0] is not None])
    for change in changes:
        if change[0] is None:
            data[change[1]].pop(change[2])
    assert tell(data, rule) == (severity, path, fix)


@pytest.mark.parametrize(
    ("mode", "changes", "rule"),
    [
        ("address", [(BMC6, "provisioning", "bmcs")], "DS067"),
        ("hostname", [(BMC6, "provisioning", "bmcs")], "DS067"),
        ("hostname", [(True, "provisioning", "vmediaTls")], "DS070"),
        ("hostname", [(False, *METAL3, "metal3-ironic", "listenOnAll")], "DS069"),
        ("address", [("tls-ca-additional", "provisioning", "trustedCas")], "DS062"),
        ("address", [("3.6", "release"), ("any-bundle", "provisioning", "trustedCas")], "DS062"),
        ("address", [({"enabled": False}, "charts", "metal3"), *AUTO], "DS060"),
        ("address", [*AUTO, ("192.168.100.10", *IPV4, "reservation")], "DS060"),
        ("address", [("eth7", "provisioning", "interface")], "DS060"),
        ("address", [("nat.example.com", "provisioning", "externalHttpHost")], "DS064"),
        # nobody states all addresses of the node, so another one may be right
        ("address", [*AUTO, ("fd00:100::99", *V6)], "DS065"),
    ],
)
def test_silence(mode: str, changes: list[Change], rule: str) -> None:
    assert found(changed(mode, *changes), rule) == []


def test_the_fixes_work() -> None:
    auto = changed("address", *AUTO)
    put(auto, "192.168.100.10", *IPV4, "reservation")
    put(auto, "fd00:100::10", *IPV6, "reservation")
    assert [rule for rule in told(auto) if rule[:5] in ("DS060", "DS067", "DS083", "DS088")] == []
    tls = changed("address", (True, "provisioning", "vmediaTls"))
    assert told(put(tls, False, "provisioning", "vmediaTls")) == []


@pytest.mark.parametrize("host", ["192.168.100.10", "fd00:100::10", "nat.example.com"])
@pytest.mark.parametrize("path", [("provisioning", "externalHttpHost"), (*GLOBAL, "externalHttpHost")])
def test_a_certificate_for_one_name(host: str, path: tuple[str, ...]) -> None:
    data = changed("hostname", (True, "provisioning", "vmediaTls"), (host, *path))
    assert tell(data, "DS070") == ("error", ".".join(path), f"remove {'.'.join(path)}")
    assert found(put(data, FQDN, *path), "DS070") == []
    assert found(put(put(data, host, *path), False, "provisioning", "vmediaTls"), "DS070") == []


def test_an_ipv6_url_beside_a_name_has_no_certificate() -> None:
    data = changed("hostname", (True, "provisioning", "vmediaTls"), ("fd00:100::10", *V6))
    assert tell(data, "DS070")[1:] == (".".join(V6), f"remove {'.'.join(V6)}")


def test_an_ipv6_bmc_is_named_where_its_certificate_fails() -> None:
    data = changed("address", (True, "provisioning", "vmediaTls"), (BMC6, "provisioning", "bmcs"))
    assert "https://[fd00:100::10]:6185" in one(data, "DS070").message
    assert "rack1-01" in one(data, "DS070").message


@pytest.mark.parametrize("host", ["", "ironic.example.com", "192.168.100.10", "fd00:100::10"])
def test_bare_hosts(host: str) -> None:
    assert list(bare_host(At((), host))) == []


@pytest.mark.parametrize(
    ("host", "fix"),
    [
        ("https://[fd00::1]:6185/x", "write fd00::1"),
        ("192.168.100.10:6180", "write 192.168.100.10"),
        ("Ironic.Example.com", "write ironic.example.com"),
        ("::ffff:192.168.100.10", "write 192.168.100.10 in the IPv4 field"),
    ],
)
def test_what_is_no_bare_host(host: str, fix: str) -> None:
    assert [finding.fix for finding in bare_host(At((), host))] == [fix]


@pytest.mark.parametrize("junk", [0, 1.5, True, [], ["x"], {"a": "b"}, "", "${IP}", "::"])
@pytest.mark.parametrize(
    "path", [(*GLOBAL, "ironicIP"), (*GLOBAL, "provisioningHostname"), GLOBAL, (*METAL3, "metal3-ironic"), V6]
)
def test_no_override_makes_a_traceback(path: tuple[Any, ...], junk: Any) -> None:
    for mode in ("address", "hostname"):
        assert isinstance(told(changed(mode, (junk, *path))), list)
