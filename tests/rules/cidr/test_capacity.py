"""Rules about sizes, by family and by Kubernetes version."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import Severity
from dualstack.rules.cidr.capacity import FULL, OUTSIDE, TOO_LARGE
from tests.sites import found, mapping, put

PODS6 = ("cluster", "pods", "ipv6")


def cluster(release: str = "3.5", **keys: Any) -> dict[str, Any]:
    return mapping(release=release, cluster=keys)


@pytest.mark.parametrize(
    ("number", "data", "path", "fix"),
    [
        ("DS035", cluster(pods={"ipv6": "fd12::/40"}), PODS6, "fd12::/48"),
        ("DS035", cluster(pods={"ipv6": "fd12::/47"}), PODS6, "fd12::/48"),
        ("DS035", cluster(nodeMask={"ipv6": 80}), PODS6, "fd12:4567:789b::/64"),
        ("DS036", cluster(pods={"ipv4": "10.42.0.0/25"}), ("cluster", "nodeMask", "ipv4"), 25),
        ("DS036", cluster(nodeMask={"ipv6": 0}), ("cluster", "nodeMask", "ipv6"), 64),
        ("DS036", cluster(nodeMask={"ipv4": 33}), ("cluster", "nodeMask", "ipv4"), 24),
        (
            "DS037",
            cluster("3.4", services={"ipv4": "10.96.0.0/11"}),
            ("cluster", "services", "ipv4"),
            "10.96.0.0/12",
        ),
        (
            "DS037",
            cluster("3.4", services={"ipv6": "fd12:4567:789c::/96"}),
            ("cluster", "services", "ipv6"),
            "fd12:4567:789c::/112",
        ),
        (
            "DS037",
            cluster(services={"ipv6": "fd12:4567:789c::/56"}),
            ("cluster", "services", "ipv6"),
            "fd12:4567:789c::/112",
        ),
        ("DS038", cluster(services={"ipv4": "10.96.0.0/26"}), ("cluster", "services", "ipv4"), "10.96.0.0/16"),
        ("DS039", cluster(maxPods=300), ("cluster", "maxPods"), 254),
        ("DS039", cluster(nodeMask={"ipv4": 26}, maxPods=110), ("cluster", "maxPods"), 62),
        ("DS039", cluster(maxPods=0), ("cluster", "maxPods"), 110),
    ],
)
def test_finding_and_its_fix(number: str, data: dict[str, Any], path: tuple[str, ...], fix: object) -> None:
    findings = [finding for finding in found(data, number) if finding.severity is Severity.ERROR]
    assert [(finding.path, finding.fix) for finding in findings] == [(path, f"write {fix}")]
    put(data, fix, *path)
    assert [finding for finding in found(data, number) if finding.severity is Severity.ERROR] == []


def test_both_families_must_have_room_for_the_pods() -> None:
    data = cluster(pods={"ipv6": "fd12:4567:789b::/112"}, nodeMask={"ipv4": 24, "ipv6": 122})
    (finding,) = found(data, "DS039")
    assert "IPv6" in finding.message
    assert finding.fix == "write 62"


def test_large_service_range_depends_on_kubernetes() -> None:
    large = {"ipv4": "10.96.0.0/11", "ipv6": "fd12:4567:789c::/65"}
    assert found(cluster("3.5", services=large), "DS037") == []
    assert len(found(cluster("3.4", services=large), "DS037")) == 2
    own = mapping(kubernetesVersion="v1.33.1+rke2r1", cluster={"services": large})
    assert len(found(own, "DS037")) == 2


@pytest.mark.parametrize(
    ("kubernetes", "length", "consequence"),
    [
        ("v1.34.0+rke2r1", 64, OUTSIDE),
        ("v1.34.7+rke2r3", 64, OUTSIDE),
        ("v1.34.2+rke2r1", 63, FULL),
        ("v1.35.3+rke2r3", 56, FULL),
        ("v1.33.6+rke2r1", 107, TOO_LARGE.consequence),
        ("v1.34.7+rke2r3", 65, None),
        ("v1.34.8+rke2r1", 64, None),
        ("v1.34.10+rke2r1", 64, None),
        ("v1.35.0+rke2r1", 64, None),
        ("v1.33.6+rke2r1", 108, None),
    ],
)
def test_the_largest_ipv6_service_range_depends_on_the_patch_level(
    kubernetes: str, length: int, consequence: str | None
) -> None:
    data = mapping(kubernetesVersion=kubernetes, cluster={"services": {"ipv6": f"fd12:4567:789c::/{length}"}})
    told = found(data, "DS037")
    assert [finding.consequence for finding in told] == ([consequence] if consequence else [])
    for finding in told:
        # Never the largest that just works: no other version, and no bug of it, makes a problem of this one.
        assert finding.fix == "write fd12:4567:789c::/112"


@pytest.mark.parametrize("text", ["10.96.0.0/12,fd12:4567:789c::/64", "10.96.0.0/12,fd12:4567:789c::/56"])
def test_a_list_of_the_sites_own_is_told_with_its_whole_text(text: str) -> None:
    data = mapping(cluster={"server": {"service-cidr": text}})
    (finding,) = found(data, "DS037")
    assert finding.fix == 'write "10.96.0.0/12,fd12:4567:789c::/112"'


def test_own_arguments_count() -> None:
    key = "kube-controller-manager-arg"
    data = cluster(server={key: ["node-cidr-mask-size-ipv6=96"], "kubelet-arg": ["max-pods=400"]})
    (gap,) = found(data, "DS035")
    assert gap.path == PODS6
    (pods,) = found(data, "DS039")
    assert (pods.path, pods.fix) == (("cluster", "server", "kubelet-arg"), "write max-pods=254")
    data = cluster(pods={"ipv4": "10.42.0.0/25"}, server={key: ["node-cidr-mask-size-ipv4=24"]})
    (mask,) = found(data, "DS036")
    assert (mask.path, mask.fix) == (("cluster", "server", key), "write node-cidr-mask-size-ipv4=25 there")


def test_ipv6_that_binds_is_information() -> None:
    (finding,) = found(cluster(pods={"ipv6": "fd12:4567:789b::/60"}), "DS038")
    assert finding.severity is Severity.INFO
    assert finding.message == "IPv6 binds: room for 16 nodes, IPv4 has 256"


def test_calico_divides_by_its_own_blocks() -> None:
    small: dict[str, Any] = {"nodeMask": {"ipv4": 28}}
    assert len(found(cluster(**small), "DS039")) == 1
    assert found(cluster(cni="calico", **small), "DS039") == []
    assert found(cluster(server={"cni": ["multus", "calico"]}, **small), "DS039") == []
    assert len(found(cluster(cni="calico", nodeMask={"ipv6": 80}), "DS035")) == 1
