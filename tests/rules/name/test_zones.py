from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import At
from dualstack.rules.name.zones import dns_server
from tests.rules.cases import changed, one, tell
from tests.sites import FQDN, found, mapping, put, told

RESOLVERS = ("dns", "resolvers")
ZONES = [
    {"name": "paris.example.com", "server": "192.168.100.53"},
    {"name": "100.168.192.in-addr.arpa", "server": "192.168.100.53"},
    {"name": "0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa", "server": "fd00:100::53"},
]


def rfc2136(zones: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return changed("hostname", ("rfc2136", "dns", "backend"), (zones, "dns", "zones"))


@pytest.mark.parametrize(
    ("resolvers", "rule", "severity", "path", "fix"),
    [
        (
            ["192.168.100.53", "fd00:100::53", "192.168.100.54", "fd00:100::54"],
            "DS091",
            "warning",
            "[3]",
            "remove it here",
        ),
        (["192.168.100.53", "fd00:100::53", "FD00:100:0::53"], "DS091", "warning", "[2]", "remove it here"),
        (["192.168.100.53"], "DS092", "warning", "", "add the IPv6 address of a resolver to dns.resolvers"),
        (["fd00:100::53"], "DS092", "warning", "", "add the IPv4 address of a resolver to dns.resolvers"),
        ([], "DS092", "warning", "", "add the addresses of your resolvers to dns.resolvers"),
        (
            ["192.168.100.53", "fe80::53"],
            "DS093",
            "error",
            "[1]",
            "write the resolver's routable address, such as fd00:100::53",
        ),
        (
            ["127.0.0.53", "fd00:100::53"],
            "DS093",
            "error",
            "[0]",
            "write the address of a resolver, such as 192.168.100.53",
        ),
        (["192.168.100.53", "::1"], "DS093", "error", "[1]", "write the address of a resolver, such as fd00:100::53"),
        (
            ["192.168.100.53", "ff02::fb"],
            "DS093",
            "error",
            "[1]",
            "write the address of a resolver, such as fd00:100::53",
        ),
    ],
)
def test_resolvers(resolvers: list[str], rule: str, severity: str, path: str, fix: str) -> None:
    assert tell(changed("address", (resolvers, *RESOLVERS)), rule) == (severity, f"dns.resolvers{path}", fix)


def test_an_ipv6_resolver_wants_ipv6_on_some_interface() -> None:
    data = changed("address", (None, "nodes", 0, "interfaces", 0, "ipv6"))
    finding = one(data, "DS093")
    assert (finding.path, finding.severity) == (("dns", "resolvers", 1), "error")
    assert "no interface of the node has IPv6" in finding.message


def test_resolvers_may_come_from_dhcp() -> None:
    assert (
        found(changed("address", ([], *RESOLVERS), ({"dhcp": True}, "nodes", 0, "interfaces", 0, "ipv4")), "DS092")
        == []
    )


def test_public_resolvers_do_not_know_internal_names() -> None:
    resolvers = ["192.168.100.53", "8.8.8.8", "2001:4860:4860::8888"]
    data = changed("hostname", (resolvers, *RESOLVERS))
    findings = found(data, "DS094")
    assert [(f.severity, f.path[-1]) for f in findings] == [("warning", 1), ("warning", 2)]
    assert findings[0].fix == f"remove 8.8.8.8 and keep the resolvers that know {FQDN}"
    assert found(changed("address", (resolvers, *RESOLVERS)), "DS094") == []


def test_public_resolvers_may_know_public_names() -> None:
    data = changed(
        "hostname",
        (["8.8.8.8", "2001:4860:4860::8888"], *RESOLVERS),
        ({"address": "5.9.0.10/24", "gateway": "5.9.0.1"}, "nodes", 0, "interfaces", 0, "ipv4"),
        ({"address": "2a01:4f8::10/64", "gateway": "fe80::1"}, "nodes", 0, "interfaces", 0, "ipv6"),
    )
    assert found(data, "DS094") == []


def test_a_full_set_of_zones_is_fine() -> None:
    assert told(rfc2136(ZONES)) == []
    assert found(rfc2136(ZONES), "DS086") == []


def test_records_without_a_zone() -> None:
    finding = one(rfc2136(ZONES[1:]), "DS085")
    assert finding.path == ("dns", "zones")
    assert f"{FQDN} A, {FQDN} AAAA" in finding.message
    assert "add {name: paris.example.com, server: ...} to dns.zones" in finding.fix
    reverse = one(rfc2136(ZONES[:2]), "DS085")
    assert "0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa" in reverse.fix
    assert "dns.pointers to false" in reverse.fix
    assert told(put(rfc2136(ZONES[:1]), False, "dns", "pointers")) == []
    assert found(changed("hostname", (ZONES[1:], "dns", "zones")), "DS085") == []


def test_a_zone_without_a_server() -> None:
    data = rfc2136([{"name": "paris.example.com"}, *ZONES[1:]])
    assert tell(data, "DS085") == (
        "error",
        "dns.zones[0].server",
        "set server to the address of the zone's primary server",
    )


def test_a_zone_given_twice() -> None:
    data = rfc2136([*ZONES, {"name": "Paris.example.com.", "server": "192.168.100.53"}])
    assert tell(data, "DS084")[:2] == ("error", "dns.zones[3].name")


def test_a_zone_of_no_use() -> None:
    assert tell(rfc2136([*ZONES, {"name": "example.org"}]), "DS086")[:2] == ("info", "dns.zones[3].name")
    assert found(changed("address", ([{"name": "example.org"}], "dns", "zones")), "DS086") == []


@pytest.mark.parametrize(
    ("value", "path", "shown"),
    [
        (-1, ("dns", "ttl"), "dns.ttl"),
        (2**31, ("dns", "ttl"), "dns.ttl"),
        ([ZONES[0] | {"port": 0}], ("dns", "zones"), "dns.zones[0].port"),
        ([ZONES[0] | {"server": "[fd00::53]"}], ("dns", "zones"), "dns.zones[0].server"),
        ([ZONES[0] | {"server": "ns1.example.com:53"}], ("dns", "zones"), "dns.zones[0].server"),
    ],
)
def test_settings(value: Any, path: tuple[str, ...], shown: str) -> None:
    assert tell(changed("hostname", (value, *path)), "DS087")[:2] == ("error", shown)


@pytest.mark.parametrize(
    "server", ["192.168.100.53", "fd00::53", "ns1.example.com", "ns1.example.com.", "NS1.example.com"]
)
def test_servers(server: str) -> None:
    assert list(dns_server(At((), server))) == []


def test_a_good_site_is_silent() -> None:
    assert told(mapping("hostname", dns={"ttl": 0})) == []
