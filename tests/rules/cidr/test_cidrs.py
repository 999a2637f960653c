"""Rules about CIDR lists and addresses of server.yaml: form, families, order, space."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import Severity
from tests.sites import checked, found, mapping

CLUSTER = "10.42.0.0/16,fd12:4567:789b::/48"
SERVICE = "10.96.0.0/12,fd12:4567:789c::/112"


def server(**keys: Any) -> dict[str, Any]:
    return mapping(cluster={"server": {key.replace("_", "-"): value for key, value in keys.items()}})


CASES = [
    ("DS020", server(cluster_cidr="10.42.0.0/16, fd12:4567:789b::/48"), "cluster-cidr", f'write "{CLUSTER}"'),
    ("DS020", server(cluster_cidr=7), "cluster-cidr", f'write "{CLUSTER}"'),
    (
        "DS021",
        server(service_cidr=SERVICE + ",10.7.0.0/16"),
        "service-cidr",
        f"keep two, one of each family: {SERVICE}",
    ),
    ("DS022", server(cluster_cidr="10.42.0.0/16,10.43.0.0/16"), "cluster-cidr", "keep one of them"),
    ("DS023", server(cluster_cidr="10.42.0.0/16"), "cluster-cidr", f'write "{CLUSTER}"'),
    ("DS024", server(cluster_cidr="fd42::/56,10.42.0.0/16"), "cluster-cidr", 'write "10.42.0.0/16,fd42::/56"'),
    ("DS025", server(cluster_cidr="fd42::/56,10.42.0.0/16"), "cluster-cidr", 'write "10.42.0.0/16,fd42::/56"'),
    ("DS025", server(advertise_address="fd00:100::10"), "advertise-address", "put an IPv4 entry first"),
    ("DS025", server(node_ip="fd00:100::10,192.168.100.10"), "node-ip", 'write "192.168.100.10,fd00:100::10"'),
    ("DS026", server(cluster_cidr="10.42.0.0/16"), "cluster-cidr", f'write "{CLUSTER}"'),
    ("DS027", server(service_cidr="10.96.0.0/12"), "service-cidr", f'write "{SERVICE}"'),
    ("DS028", server(node_ip="192.168.100.10"), "node-ip", "add the node's IPv6 address, or remove node-ip"),
    (
        "DS028",
        server(node_ip="192.168.100.10,192.168.100.11"),
        "node-ip",
        "keep one of them; the other one must be IPv6",
    ),
    ("DS029", server(cluster_cidr="193.168.0.0/18,fd42::/56"), "cluster-cidr", 'write "10.42.0.0/16,fd42::/56"'),
    ("DS033", server(cluster_dns="10.43.0.10"), "cluster-dns", "remove it, which means 10.96.0.10"),
    ("DS014", server(cluster_cidr="10.42.0.1/16,fd42::/56"), "cluster-cidr", 'write "10.42.0.0/16,fd42::/56"'),
    ("DS010", server(cluster_cidr="10.42.0.0/33,fd42::/56"), "cluster-cidr", "in place of '10.42.0.0/33'"),
]


@pytest.mark.parametrize(("number", "data", "key", "fix"), CASES)
def test_finding_at_the_override(number: str, data: dict[str, Any], key: str, fix: str) -> None:
    findings = [finding for finding in found(data, number) if finding.path == ("cluster", "server", key)]
    assert findings
    assert fix in findings[0].fix
    assert findings[0].rule.source
    assert findings[0].consequence


@pytest.mark.parametrize("number", [f"DS0{n}" for n in range(20, 40)])
@pytest.mark.parametrize("data", [mapping(), mapping("hostname"), server(cluster_cidr=CLUSTER, service_cidr=SERVICE)])
def test_good_site_is_silent(number: str, data: dict[str, Any]) -> None:
    assert found(data, number) == []


def test_a_yaml_list_is_a_warning() -> None:
    data = server(service_cidr=SERVICE.split(","))
    assert [(f.severity, f.fix) for f in found(data, "DS020")] == [(Severity.WARNING, f'write "{SERVICE}"')]


@pytest.mark.parametrize(("number", "data", "key", "fix"), [case for case in CASES if case[3].startswith('write "')])
def test_a_literal_fix_works(number: str, data: dict[str, Any], key: str, fix: str) -> None:
    data["cluster"]["server"][key] = fix.removeprefix("write ").strip('"')
    assert found(data, number) == []


def test_the_guides_public_pod_cidr() -> None:
    (finding,) = found(mapping(cluster={"pods": {"ipv4": "193.168.0.0/18"}}), "DS029")
    assert finding.severity is Severity.WARNING
    assert finding.path == ("cluster", "pods", "ipv4")
    assert "hosts there become unreachable" in finding.message
    assert finding.fix == "write 10.42.0.0/16"
    taken = {"pods": {"ipv4": "193.168.0.0/18"}, "services": {"ipv4": "10.42.0.0/16"}}
    assert [f.fix for f in found(mapping(cluster=taken), "DS029")] == ["write 10.43.0.0/16"]


def test_an_own_global_prefix_is_information() -> None:
    (finding,) = found(mapping(cluster={"pods": {"ipv6": "2a02:1234::/48"}}), "DS029")
    assert finding.severity is Severity.INFO


@pytest.mark.parametrize(
    ("key", "text", "whole"),
    [
        ("service-cidr", "fd12:4567:789c::/48", "10.96.0.0/12,fd12:4567:789c::/112"),
        ("service-cidr", "fd12:4567:789c::/48,10.96.0.0/12", "10.96.0.0/12,fd12:4567:789c::/112"),
        ("service-cidr", "fd12:4567:789c::/48, 10.96.0.0/12", "10.96.0.0/12,fd12:4567:789c::/112"),
        ("cluster-cidr", "fd12:4500::/40,10.42.0.0/16", "10.42.0.0/16,fd12:4500::/48"),
        ("cluster-cidr", "fd12:4500::/40", "10.42.0.0/16,fd12:4500::/48"),
    ],
)
def test_each_fix_of_one_text_mends_all_of_it(key: str, text: str, whole: str) -> None:
    data = mapping(cluster={"server": {key: text}})
    before = [finding for finding in checked(data).findings if finding.severity is Severity.ERROR]
    assert len({finding.rule.id for finding in before}) > 1
    written = {finding.rule.id: finding.mend.applied(data, finding.path) for finding in before}
    for rule, after in written.items():
        assert after["cluster"]["server"][key] == whole, rule
        assert [str(one) for one in checked(after).findings if one.severity is Severity.ERROR] == [], rule
