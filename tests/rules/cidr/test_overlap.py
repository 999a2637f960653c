"""Rules about overlaps: each with a fix that names a free network, and a property test that such fixes work."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualstack.document.findings import At, Finding, Severity
from dualstack.rules.cidr.cidr_lists import read_each
from dualstack.rules.cidr.free_ranges import free_network
from dualstack.rules.cidr.overlap import cluster_range_overlap, pod_service_overlap
from dualstack.rules.cidr.surroundings import Named, room_for
from tests.sites import found, mapping, put

PODS, SERVICES = ("cluster", "pods", "ipv4"), ("cluster", "services", "ipv4")


def cidrs(pods: str = "10.42.0.0/16", services: str = "10.96.0.0/12") -> dict[str, Any]:
    return mapping(cluster={"pods": {"ipv4": pods}, "services": {"ipv4": services}})


def test_pods_and_services() -> None:
    (finding,) = found(cidrs("10.42.0.0/16", "10.42.128.0/20"), "DS012")
    assert (finding.severity, finding.path) == (Severity.ERROR, SERVICES)
    assert finding.fix == "write 10.43.0.0/20"
    assert found(cidrs("10.42.0.0/16", "10.43.0.0/20"), "DS012") == []


def test_the_one_that_somebody_wrote_is_to_blame() -> None:
    (finding,) = found(mapping(cluster={"pods": {"ipv4": "10.100.0.0/16"}}), "DS012")
    assert (finding.path, finding.fix) == (PODS, "write 10.112.0.0/16")


def test_override_is_to_blame_and_mended_whole() -> None:
    data = mapping(cluster={"server": {"service-cidr": "10.42.0.0/16,fd12:4567:789c::/112"}})
    (finding,) = found(data, "DS012")
    assert finding.path == ("cluster", "server", "service-cidr")
    assert finding.fix == 'write "10.43.0.0/16,fd12:4567:789c::/112"'


BMC = {"bmcs": [{"name": "rack1-01", "address": "redfish-virtualmedia://10.42.9.9/redfish/v1/Systems/1"}]}


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (cidrs("192.168.0.0/16"), "the network of eth0 of mgmt-1"),
        (put(mapping(), ["10.42.0.53"], "dns", "resolvers"), "a resolver"),
        (put(mapping(), BMC, "provisioning"), "the BMC of rack1-01"),
        (
            put(mapping(), [{"destination": "10.42.8.0/24", "gateway": "192.168.100.2"}], "nodes", 0, "routes"),
            "which mgmt-1 has a route to",
        ),
        (put(mapping(), {"kind": "libvirt", "libvirt": {"network": {"ipv4": "10.42.0.0/24"}}}, "host"), "libvirt's"),
        (put(mapping(), ["10.42.1.1"], "image", "time", "ntpServers"), "an NTP server"),
    ],
)
def test_surroundings(data: dict[str, Any], what: str) -> None:
    findings = found(data, "DS030")
    assert [finding.path for finding in findings] == [PODS]
    assert what in findings[0].message
    put(data, findings[0].fix.removeprefix("write "), *PODS)
    assert found(data, "DS030") == []


def test_a_wider_route_does_no_harm() -> None:
    data = put(mapping(), [{"destination": "10.0.0.0/8", "gateway": "192.168.100.2"}], "nodes", 0, "routes")
    assert found(data, "DS030") == []


@pytest.mark.parametrize("destination", ["10.42.0.0/16", "10.42.128.0/17"])
def test_a_route_as_wide_as_the_range_or_narrower_takes_traffic_from_it(destination: str) -> None:
    data = put(mapping(), [{"destination": destination, "gateway": "192.168.100.2"}], "nodes", 0, "routes")
    (finding,) = found(data, "DS030")
    assert finding.path == PODS
    assert destination in finding.message


def test_interfaces_of_one_node() -> None:
    second = {"name": "eth1", "mac": "34:8a:b1:4b:16:e8", "ipv4": {"address": "192.168.100.130/25"}}
    data = mapping()
    data["nodes"][0]["interfaces"].append(second)
    (finding,) = found(data, "DS031")
    assert finding.path == ("nodes", 0, "interfaces", 1, "ipv4", "address")
    second["ipv4"] = {"address": finding.fix.removeprefix("write ").split(",", maxsplit=1)[0]}
    assert found(data, "DS031") == []


def test_bridges_of_container_tools() -> None:
    (finding,) = found(cidrs("172.17.0.0/16"), "DS032")
    assert (finding.severity, finding.fix) == (Severity.WARNING, "write 172.18.0.0/16")


def test_node_outside_its_virtual_network() -> None:
    data = put(mapping(), {"kind": "libvirt", "libvirt": {"network": {"ipv4": "192.168.99.0/24"}}}, "host")
    (finding,) = found(data, "DS034")
    assert (finding.path, finding.fix) == (("host", "libvirt", "network", "ipv4"), "write 192.168.100.0/24")
    put(data, "192.168.100.0/24", *finding.path)
    assert found(data, "DS034") == []


def networks(version: int, shortest: int, longest: int) -> st.SearchStrategy[str]:
    bits = 32 if version == 4 else 128
    bases = ["10.0.0.0", "172.16.0.0", "192.168.0.0", "100.64.0.0"] if version == 4 else ["fd00::", "fd12:4567::"]
    spread = 1 << 22 if version == 4 else 1 << 84

    def made(base: str, offset: int, length: int) -> str:
        start = int(ipaddress.ip_address(base)) + offset
        return str(ipaddress.ip_network((start >> (bits - length) << (bits - length), length)))

    return st.builds(made, st.sampled_from(bases), st.integers(0, spread), st.integers(shortest, longest))


RANGES = st.tuples(networks(4, 9, 26), networks(6, 44, 64), networks(4, 10, 26), networks(6, 60, 116))
AROUND = st.lists(st.one_of(networks(4, 9, 30), networks(6, 48, 64)), max_size=6)


def judged(texts: list[str], around: list[str]) -> list[Finding]:
    items, problems = read_each(At((index,), text) for index, text in enumerate(texts))
    assert not problems
    others = [Named(("other", index), ipaddress.ip_network(text), "a network") for index, text in enumerate(around)]
    pods, services = items[:2], items[2:]
    room = room_for(items, others)
    return [*pod_service_overlap(pods, services, room), *cluster_range_overlap(items, others, room)]


@settings(max_examples=150, deadline=None)
@given(RANGES, AROUND)
def test_fixes_applied_literally_leave_no_overlap(ranges: tuple[str, ...], around: list[str]) -> None:
    texts = list(ranges)
    for finding in judged(texts, around):
        assert finding.fix.startswith("write ")
        texts[int(finding.path[0])] = finding.fix.removeprefix("write ")
    assert judged(texts, around) == []


@settings(max_examples=150, deadline=None)
@given(networks(4, 12, 28), st.lists(networks(4, 9, 30), max_size=12))
def test_free_networks_are_free(near: str, taken: list[str]) -> None:
    wanted, blockers = ipaddress.ip_network(near), [ipaddress.ip_network(text) for text in taken]
    found_network = free_network(wanted, wanted.prefixlen, blockers)
    assert found_network is not None
    assert not any(found_network.overlaps(net) for net in blockers)
    assert free_network(wanted, wanted.prefixlen, blockers) == found_network
