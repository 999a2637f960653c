from __future__ import annotations

import pytest

from dualstack.address.sslip import sslip_ipv4, sslip_ipv6
from dualstack.document.findings import At
from dualstack.rules.name.name_grammar import name_problem
from dualstack.rules.name.names import certificate_san, dns_name, host_label, name_trap, ntp_source, unique_hosts
from tests.rules.cases import Change, changed, tell
from tests.sites import FQDN, found, put, told

IPV4 = ("nodes", 0, "interfaces", 0, "ipv4")
RESERVE6 = "set nodes[0].interfaces[0].ipv6.reservation to the address that DHCPv6 or SLAAC gives, such as fd00:100::10"
IPV6 = ("nodes", 0, "interfaces", 0, "ipv6")


@pytest.mark.parametrize("name", ["a", "abc.com", "1-test", "1.2.34", "a" * 63 + ".com", "xn--bcher-kva.example"])
def test_names(name: str) -> None:
    assert list(dns_name(At((), name))) == []


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("ABC.com", "write abc.com"),
        ("abc.com.", "write abc.com"),
        (".abc.com", "write abc.com"),
        ("a..b", "write a.b"),
        ("my_host.example.com", "write my-host.example.com"),
        ("-test.example.com", "write test.example.com"),
        ("https://ironic.example.com/", "write ironic.example.com"),
        ("test!", "write test"),
        ("日本語.com", "write a name such as ironic.example.com"),
        ("192.168.100.10", "write a name such as ironic.example.com"),
        (".", "write a name such as ironic.example.com"),
        ("", "write a name such as ironic.example.com"),
        ("a" * 64 + ".com", "write " + "a" * 63 + ".com"),
        (".".join(["a" * 60] * 5), "write a shorter name"),
    ],
)
def test_what_is_no_name(name: str, fix: str) -> None:
    assert [finding.fix for finding in dns_name(At((), name))] == [fix]
    better = fix.removeprefix("write ")
    assert " " in better or name_problem(better) is None


@pytest.mark.parametrize(
    ("mode", "changes", "rule", "severity", "path", "fix"),
    [
        (
            "hostname",
            [("Ironic.paris.example.com", "provisioning", "hostname")],
            "DS080",
            "error",
            "provisioning.hostname",
            f"write {FQDN}",
        ),
        (
            "hostname",
            [("ironic", "provisioning", "hostname")],
            "DS080",
            "error",
            "provisioning.hostname",
            "write the full name, such as ironic.example.com",
        ),
        (
            "hostname",
            [("192.168.100.10", "provisioning", "hostname")],
            "DS080",
            "error",
            "provisioning.hostname",
            "write a name such as ironic.example.com",
        ),
        (
            "address",
            [("192.168.100.10", "rancher", "hostname")],
            "DS080",
            "error",
            "rancher.hostname",
            "write a name such as ironic.example.com",
        ),
        (
            "address",
            [("https://rancher.example.com", "rancher", "hostname")],
            "DS080",
            "error",
            "rancher.hostname",
            "write rancher.example.com",
        ),
        (
            "address",
            [("Rancher.example.com", "charts", "rancher", "values", "hostname")],
            "DS080",
            "error",
            "charts.rancher.values.hostname",
            "write rancher.example.com",
        ),
        ("address", [(["Example.com"], "dns", "search")], "DS080", "error", "dns.search[0]", "write example.com"),
        (
            "hostname",
            [("ironic.paris.local", "provisioning", "hostname")],
            "DS081",
            "warning",
            "provisioning.hostname",
            "use a name in a domain of your own",
        ),
        (
            "hostname",
            [("ironic.cluster.local", "provisioning", "hostname")],
            "DS081",
            "warning",
            "provisioning.hostname",
            "use a name in a domain of your own",
        ),
        (
            "hostname",
            [("1.2.34", "provisioning", "hostname")],
            "DS081",
            "warning",
            "provisioning.hostname",
            "write a name with a letter in it, such as n1.2.34",
        ),
        ("address", [("Mgmt-1", "nodes", 0, "name")], "DS082", "error", "nodes[0].name", "write mgmt-1"),
        ("address", [("localhost", "nodes", 0, "name")], "DS082", "error", "nodes[0].name", "write mgmt-1"),
        ("address", [("mgmt_1", "nodes", 0, "name")], "DS082", "error", "nodes[0].name", "write mgmt-1"),
        ("address", [("mgmt-1." + "a" * 60, "nodes", 0, "name")], "DS082", "error", "nodes[0].name", "write mgmt-1"),
        (
            "hostname",
            [({"dhcp": True, "autoconf": True}, *IPV6)],
            "DS083",
            "warning",
            "nodes[0].interfaces[0].ipv6.reservation",
            RESERVE6,
        ),
        (
            "hostname",
            [({"dhcp": True}, *IPV4)],
            "DS083",
            "warning",
            "nodes[0].interfaces[0].ipv4.reservation",
            "set nodes[0].interfaces[0].ipv4.reservation to the address that DHCP gives, such as 192.168.100.10",
        ),
        (
            "address",
            [(["https://[fd00:100::10]:6443"], "cluster", "tlsSan")],
            "DS095",
            "error",
            "cluster.tlsSan[0]",
            "write fd00:100::10",
        ),
        (
            "address",
            [(["api.example.com:6443"], "cluster", "tlsSan")],
            "DS095",
            "error",
            "cluster.tlsSan[0]",
            "write api.example.com",
        ),
        (
            "address",
            [(["a.*.example.com"], "cluster", "server", "tls-san")],
            "DS095",
            "error",
            "cluster.server.tls-san[0]",
            "write the wildcard as the whole first label: *.example.com",
        ),
        (
            "address",
            [(["ntp1.example.com:123"], "image", "time", "ntpServers")],
            "DS096",
            "error",
            "image.time.ntpServers[0]",
            "write ntp1.example.com",
        ),
    ],
)
def test_finding(mode: str, changes: list[Change], rule: str, severity: str, path: str, fix: str) -> None:
    data = changed(mode, *changes)
    assert tell(data, rule) == (severity, path, fix)


def test_good_names_are_silent() -> None:
    data = changed(
        "hostname",
        (["api.example.com", "*.apps.example.com", "192.168.100.10", "fd00:100::10"], "cluster", "tlsSan"),
        (["ntp.example.com", "192.168.100.5", "fd00:100::5"], "image", "time", "ntpServers"),
        (["example.com"], "dns", "search"),
        ("mgmt-1.paris.example.com", "nodes", 0, "name"),
    )
    assert told(data) == []


def test_the_fixes_work() -> None:
    auto = changed("hostname", ({"dhcp": True, "autoconf": True}, *IPV6))
    assert found(put(auto, "fd00:100::10", *IPV6, "reservation"), "DS083") == []


def test_an_explicit_name_for_rancher_wants_both_records_too() -> None:
    data = changed("address", ({"dhcp": True, "autoconf": True}, *IPV6), ("rancher.example.com", "rancher", "hostname"))
    assert tell(data, "DS083")[1] == "nodes[0].interfaces[0].ipv6.reservation"


@pytest.mark.parametrize("san", ["my-hostname", "my.subdomain", "1.2.3.4", "2001:db8::10", "*.my-hostname2"])
def test_sans(san: str) -> None:
    assert list(certificate_san(At((), san))) == []


@pytest.mark.parametrize(
    "san",
    [
        "1,2,,3",
        "**.my-hostname2",
        "a.*.my-hostname2",
        "*",
        "",
        "https://a.b",
        "[2001:db8::1]",
        "1.2.3.4:6443",
        "fd00::1%eth0",
    ],
)
def test_what_is_no_san(san: str) -> None:
    assert len(list(certificate_san(At((), san)))) == 1


@pytest.mark.parametrize("name", ["", "INVALID-NAME", "invalid-name-", "localhost.localdomain", "fd00::1", "a" * 64])
def test_what_is_no_node_name(name: str) -> None:
    assert len(list(host_label(At((), name)))) == 1


def test_nodes_of_one_name() -> None:
    assert [f.path for f in unique_hosts([At((0,), "a"), At((1,), "b"), At((2,), "A")])] == [(2,)]


def test_traps() -> None:
    assert list(name_trap(At((), "ironic.example.com"))) == []
    assert len(list(name_trap(At((), "x.localhost")))) == 1


@pytest.mark.parametrize("source", ["ntp.example.com", "NTP.example.com", "192.168.1.1", "fd00::1"])
def test_ntp(source: str) -> None:
    assert list(ntp_source(At((), source))) == []


@pytest.mark.parametrize("source", ["ntp example", "ntp://a.b", "[fd00::1]", "256.1.1.1:123"])
def test_what_is_no_ntp_source(source: str) -> None:
    assert len(list(ntp_source(At((), source)))) == 1


@pytest.mark.parametrize(
    ("name", "a", "aaaa"),
    [
        ("rancher-192.168.100.10", "192.168.100.10", None),
        ("rancher-192-168-100-10", "192.168.100.10", None),
        ("rancher-fd00-100--10", None, "fd00:100::10"),
        ("2001-db8--1", None, "2001:db8::1"),
        ("rancher-2001-db8--1", None, "2001:db8::1"),
        ("rancher-192-168-100-10.fd00-100--10", "192.168.100.10", "fd00:100::10"),
        ("rancher-192-168-100-10-fd00-100--10", "192.168.100.10", "192:168:100:10:fd00:100:0:10"),
        ("rancher-mgmt.example.com", None, None),
        ("rancher-fd00:100::10", None, None),
        ("fd00-0-0-0-0-0-0-10", "0.0.0.0", "fd00::10"),
        ("2001-10-20-30-40--1", "10.20.30.40", "2001:10:20:30:40::1"),
        ("mgmt-01.deadbeef.example.com", "222.173.190.239", None),
        ("fd00--10-20", None, "fd00::10:20"),
        ("ubuntu20.04.235.249.181-notify", None, None),
    ],
)
def test_what_sslip_answers(name: str, a: str | None, aaaa: str | None) -> None:
    found_a, found_aaaa = sslip_ipv4(f"{name}.sslip.io"), sslip_ipv6(f"{name}.sslip.io")
    assert (found_a and str(found_a), found_aaaa and str(found_aaaa)) == (a, aaaa)
