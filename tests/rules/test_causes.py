"""One cause, one first line; and fixes that work as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.fixes import Remove, Set
from dualstack.document.origins import format_path
from tests.rules.cases import changed
from tests.sites import SECRETS, checked, mapping, put

ETH0 = ("nodes", 0, "interfaces", 0)
RFC2136 = {"backend": "rfc2136", "zones": [{"name": "example.com", "server": "10.0.0.1"}]}
BMC = [{"name": "a", "address": "redfish-virtualmedia://[fd00:200::1]/redfish/v1/Systems/1"}]
SWAPPED = {
    "pods": {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/112"},
    "services": {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"},
}


def errors(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    findings = checked(data, SECRETS).findings
    return [(f.rule.id[:5], format_path(f.path), f.fix) for f in findings if f.severity == "error"]


@pytest.mark.parametrize(
    ("data", "rule", "path", "fix"),
    [
        (
            mapping("hostname", dns=RFC2136, provisioning={"hostname": "ironic"}),
            "DS080", "provisioning.hostname", "write the full name, such as ironic.example.com",
        ),
        (
            mapping("hostname", dns=RFC2136, provisioning={"hostname": "172.20.30.10", "bmcs": BMC}),
            "DS080", "provisioning.hostname", "write a name such as ironic.example.com",
        ),
        (mapping(cluster={"pods": {"ipv4": "10.42.0.0/26"}}), "DS038", "cluster.pods.ipv4", "write 10.42.0.0/16"),
        (
            put(mapping(), {"address": "10.20.30.10/8", "gateway": "10.20.30.1"}, *ETH0, "ipv4"),
            "DS030", "nodes[0].interfaces[0].ipv4.address", "write 10.20.30.10/24, or what the link has",
        ),
        (
            changed("address", (1200, *ETH0, "mtu")),
            "DS046", "nodes[0].interfaces[0].mtu", "write 1330",
        ),
        (
            mapping(image={"proxy": {"http": "http://fd10:0:30::99:3128"}}),
            "DS097", "image.proxy.http", "write http://[fd10:0:30::99]:3128",
        ),
        (
            mapping(dns={"zones": [{"name": "example.com", "server": "dns://172.20.30.53"}]}),
            "DS087", "dns.zones[0].server", "write 172.20.30.53",
        ),
        (
            mapping(dns={"zones": [{"name": "example.com", "server": "ns1.example.com:5353"}]}),
            "DS087", "dns.zones[0].server", "write ns1.example.com and set dns.zones[0].port to 5353",
        ),
        (mapping(cluster={"tlsSan": ["https://10.0.0.1:6443/x"]}), "DS095", "cluster.tlsSan[0]", "write 10.0.0.1"),
        (mapping(cluster={"tlsSan": ["https://[fd00::1]:6443"]}), "DS095", "cluster.tlsSan[0]", 'write fd00::1'),
        (mapping(cluster={"tlsSan": ["https://a.example.com/"]}), "DS095", "cluster.tlsSan[0]", "write a.example.com"),
        (
            put(mapping(), "${MGMT_CLUSTER_IP_V4}/24", *ETH0, "ipv4", "address"),
            "DS010", "nodes[0].interfaces[0].ipv4.address", "write the value that ${MGMT_CLUSTER_IP_V4} stands for",
        ),
        (
            mapping("hostname", provisioning={"hostname": "{{ fqdn }}"}),
            "DS080", "provisioning.hostname", "write the value that {{ fqdn }} stands for",
        ),
    ],
)  # fmt: skip
def test_one_cause_is_one_error(data: dict[str, Any], rule: str, path: str, fix: str) -> None:
    assert errors(data) == [(rule, path, fix)]


def test_swapped_ranges_are_swapped() -> None:
    data = mapping(cluster=SWAPPED)
    (finding,) = [f for f in checked(data).findings if f.severity == "error"]
    mended = finding.mend.applied(data, finding.path)
    assert mended["cluster"]["pods"] == SWAPPED["services"]
    assert mended["cluster"]["services"] == SWAPPED["pods"]
    assert errors(mended) == []


def test_an_echo_is_told_once_its_cause_is_mended_or_lowered() -> None:
    data = mapping("hostname", dns={"backend": "rfc2136", "zones": []}, provisioning={"hostname": "ironic"})
    assert [rule for rule, _, _ in errors(data)] == ["DS080"]
    put(data, "ironic.example.com", "provisioning", "hostname")
    assert "DS085" in [rule for rule, _, _ in errors(data)]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (("image", "packages", "sccRegistrationCode"), "sccRegistrationCodeKey"),
        (("dns", "zones", 0, "key", "secret"), "secretKey"),
        (("charts", "storage", "login", "password"), "passwordKey"),
    ],
)
def test_a_clear_secret_is_told_as_one(path: tuple[str | int, ...], field: str) -> None:
    data = mapping(dns={"zones": [{"name": "example.com", "server": "10.0.0.1", "key": {"name": "k"}}]})
    data["image"]["packages"].pop("sccRegistrationCodeKey")
    put(data, "hunter2hunter2", *path)
    (finding,) = [f for f in checked(data).findings if f.path == path]
    assert "hunter2" not in f"{finding.message}{finding.fix}{finding.consequence}"
    assert "in clear" in finding.message
    assert "dualstack secret set test " in finding.fix
    assert "change the secret itself: it was in the file" in finding.fix
    removed, named = finding.mend.edits
    assert isinstance(removed, Remove)
    assert isinstance(named, Set)
    assert named.path == (*path[:-1], field)


@pytest.mark.parametrize(
    "value",
    [
        "INTERNAL-USE-ONLY-1a2b",
        "ABC123DEF456",
        "d41d8cd98f00b204e9800998",
        "a1b2c3d4",
        "has space",
        "p@ss",
        "x=",
        1234567,
    ],
)
def test_a_secret_in_place_of_its_keys_name_is_refused_and_hidden(value: object) -> None:
    data = mapping(image={"packages": {"sccRegistrationCodeKey": value}})
    told = [f for f in checked(data).findings if f.severity == "error"]
    assert [format_path(f.path) for f in told] == ["image.packages.sccRegistrationCodeKey"]
    assert str(value) not in "".join(f"{f.message}{f.fix}{f.consequence}" for f in told)


@pytest.mark.parametrize("name", ["sccRegistrationCode", "registry2Password", "tsig-paris-2024", "KEY", "v2", "a-1-b"])
def test_a_name_is_a_name(name: str) -> None:
    data = mapping(image={"packages": {"sccRegistrationCodeKey": name}})
    assert [f for f in checked(data).findings if f.severity == "error"] == []


def test_an_address_of_nobody_is_told_once() -> None:
    data = put(mapping(), {"address": "127.0.0.1/8", "gateway": "192.168.100.1"}, *ETH0, "ipv4")
    assert [number for number, _, _ in errors(data)] == ["DS057"]


def test_autoconfiguration_alone_lacks_dhcp_first() -> None:
    data = put(mapping(), {"autoconf": True}, *ETH0, "ipv6")
    numbers = [number for number, _, _ in errors(data)]
    assert numbers[0] == "DS049"
    assert "DS051" not in numbers
