"""Our CIDRs on a real API server and the controller that gives nodes their blocks; and what rules say of wrong ones.

Where etcd, kube-apiserver and kube-controller-manager are on PATH. Nodes are objects: there is no kubelet.
"""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from dualstack.check.sites import load_site
from dualstack.document.frozen import thaw
from dualstack.plan.model import Plan
from dualstack.releases import any_service_range
from tests import PROJECT
from tests.judges.tools import run, tool
from tests.lab.control_plane import Nodes, asked
from tests.several import TOKEN, several
from tests.sites import found

SITES = ("demo-ha", "demo-metal")
SERVICES = "10.96.0.0/12,fd12:4567:789c::/112"


def planned(site: str) -> Plan:
    plan = load_site(PROJECT, site).plan
    assert plan is not None
    return plan


def service(name: str, policy: str) -> dict[str, Any]:
    spec = {"ipFamilyPolicy": policy, "ports": [{"port": 80}], "selector": {"app": name}}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def masks(plan: Plan) -> list[str]:
    """Give the controller manager's arguments of a plan's server.yaml."""
    given = thaw(plan.server).get("kube-controller-manager-arg", [])
    return [f"--{one.removeprefix('--')}" for one in given if "node-cidr-mask-size" in one]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Nodes of all cases, under one API server."""
    wide = "10.42.0.0/16,fd12:4567:789b::/48"
    cases = [
        *(
            Nodes(site, str(thaw(planned(site).server)["cluster-cidr"]), len(planned(site).nodes), masks(planned(site)))
            for site in SITES
        ),
        Nodes("exhausted", "10.42.0.0/23,fd12:4567:789b::/48", 3),
        Nodes("exhausted in IPv6", "10.42.0.0/16,fd12:4567:789b::/63", 3),
        Nodes("wide", "10.42.0.0/16,fd12:4567:789b::/47", 1),
        Nodes("longer", wide, 1, ["--node-cidr-mask-size-ipv6=47"]),
        Nodes("IPv6 first", "fd12:4567:789b::/48,10.42.0.0/16", 1),
        Nodes("in the services", "10.96.0.0/16,fd12:4567:789b::/48", 1, services=SERVICES),
    ]
    seen: dict[str, Any] = asked(tmp_path_factory.mktemp("nodes"), services=SERVICES, nodes=cases)["nodes"]
    return seen


@pytest.mark.parametrize("site", SITES)
def test_each_node_gets_a_block_of_each_family(site: str, given: dict[str, Any]) -> None:
    plan, seen = planned(site), given[site]
    assert (seen["stopped"], len(seen["pods"])) == (None, len(plan.nodes)), seen
    cluster = plan.site.cluster
    pods4 = ipaddress.IPv4Network(str(cluster.pods.ipv4.network))
    pods6 = ipaddress.IPv6Network(str(cluster.pods.ipv6.network))
    for four, six in seen["pods"]:
        block4, block6 = ipaddress.IPv4Network(four), ipaddress.IPv6Network(six)
        assert (block4.prefixlen, block6.prefixlen) == (cluster.node_mask.ipv4, cluster.node_mask.ipv6)
        assert block4.subnet_of(pods4) and block6.subnet_of(pods6)


@pytest.mark.parametrize("case", ["exhausted", "exhausted in IPv6"])
def test_a_node_beyond_the_blocks_of_either_family_gets_none_of_both(case: str, given: dict[str, Any]) -> None:
    """DS282."""
    seen = given[case]
    assert sorted(len(blocks) for blocks in seen["pods"]) == [0, 2, 2], seen
    assert (seen["stopped"], seen["events"]) == (None, ["CIDRNotAvailable"])


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("wide", "the node CIDR size is too big"),
        ("longer", "mask size of cluster CIDR must be less than or equal to --node-cidr-mask-size"),
    ],
)
def test_the_controller_manager_stops_at_masks_that_rules_refuse(case: str, words: str, given: dict[str, Any]) -> None:
    """DS035 and DS036."""
    assert words in (given[case]["stopped"] or ""), given[case]
    assert given[case]["pods"] == [[]]


def test_no_block_of_pods_lies_in_the_services(given: dict[str, Any]) -> None:
    seen = given["in the services"]
    assert (seen["pods"], seen["events"]) == ([[]], ["CIDRNotAvailable"])


def test_blocks_stand_in_the_order_of_the_pod_cidrs(given: dict[str, Any]) -> None:
    (blocks,) = given["IPv6 first"]["pods"]
    assert [ipaddress.ip_network(block).version for block in blocks] == [6, 4]


@pytest.mark.parametrize("site", SITES)
def test_services_get_an_address_of_each_family(site: str, tmp_path: Path) -> None:
    services = str(thaw(planned(site).server)["service-cidr"])
    policies = ("SingleStack", "PreferDualStack", "RequireDualStack")
    seen = asked(tmp_path, services=services, objects=[service(one.lower(), one) for one in policies])
    assert seen["stopped"] is None
    versions = {name: [ipaddress.ip_address(ip).version for ip in found] for name, found in seen["services"].items()}
    assert versions == {"singlestack": [4], "preferdualstack": [4, 6], "requiredualstack": [4, 6]}


@pytest.mark.parametrize(
    ("services", "words"),
    [
        ("fd12:4567:789c::/112,10.96.0.0/12", "must match public address family"),
        ("10.96.0.0/12,10.128.0.0/16", "must be of different IP family"),
        ("10.96.0.0/30,fd12:4567:789c::/126", "must be at least 8 IP addresses"),
    ],
)
def test_the_api_server_stops_at_ranges_that_rules_refuse(services: str, words: str, tmp_path: Path) -> None:
    """DS024, where the node's own address is IPv4; DS022; DS038."""
    stopped = asked(tmp_path, services=services)["stopped"]
    assert stopped is not None and words in stopped


def test_an_ipv6_range_that_is_too_large(tmp_path: Path) -> None:
    """DS037: what follows depends on the version, as the rule says."""
    version = run([tool("kube-apiserver"), "--version"]).stdout.split()[-1]
    objects = [service("single", "SingleStack"), service("both", "PreferDualStack")]
    seen = asked(tmp_path, services="10.96.0.0/12,fd12:4567:789c::/63", objects=objects)
    ranges = {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/63"}
    (told,) = found(several(kubernetesVersion=f"{version}+rke2r1", cluster={"services": ranges}), "DS037", TOKEN)
    if any_service_range(version):
        assert seen["stopped"] is None and len(seen["services"]["single"]) == 1
        assert "range is full" in seen["services"]["both"]
        assert "range is full" in told.consequence
    else:
        assert "is too large" in seen["stopped"]
        assert "is too large" in told.consequence
