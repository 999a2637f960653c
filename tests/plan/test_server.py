"""RKE2's server.yaml, whole."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.frozen import thaw
from dualstack.releases import RELEASES as CATALOGUE
from tests.plan.plans import AUTO, FQDN, MODES, RELEASES, one_node, plan
from tests.sites import mapping

CIDRS = {
    "cluster-cidr": "10.42.0.0/16,fd12:4567:789b::/48",
    "service-cidr": "10.96.0.0/12,fd12:4567:789c::/112",
}
BASE: dict[str, Any] = {
    **CIDRS,
    "cni": ["cilium"],
    "write-kubeconfig-mode": "0644",
    "selinux": True,
    "system-default-registry": "registry.rancher.com",
}
SANS = {
    "address": ["192.168.100.10", "fd00:100::10"],
    "hostname": [FQDN, "192.168.100.10", "fd00:100::10"],
}


def server(mode: str = "address", /, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = thaw(plan(mode, **changes).server)
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("release", RELEASES)
def test_whole_file(mode: str, release: str) -> None:
    chosen = CATALOGUE[release].ingress_controller
    ingress = {"ingress-controller": chosen} if chosen else {}
    assert server(mode, release=release) == {**BASE, **ingress, "tls-san": SANS[mode]}


def test_the_guides_own_cidrs() -> None:
    """The upstream example's file, word for word where it works: its CIDRs with the typo mended (D1)."""
    made = server(cluster={"pods": {"ipv4": "192.168.0.0/18"}})
    assert made["service-cidr"] == "10.96.0.0/12,fd12:4567:789c::/112"
    assert made["cluster-cidr"] == "192.168.0.0/18,fd12:4567:789b::/48"


def test_ipv4_stands_first_and_text_is_canonical() -> None:
    changes = {"pods": {"ipv6": "FD12:4567:789B:0::/48"}, "services": {"ipv4": "10.96.1.0/12"}}
    made = server(cluster=changes)
    assert (made["cluster-cidr"], made["service-cidr"]) == (CIDRS["cluster-cidr"], CIDRS["service-cidr"])


def test_masks_pods_and_multus_only_where_they_are_not_the_default() -> None:
    made = server(cluster={"nodeMask": {"ipv4": 25}, "maxPods": 100, "multus": True, "cni": "calico"})
    assert made == {
        **BASE,
        "cni": ["multus", "calico"],
        "tls-san": SANS["address"],
        "kube-controller-manager-arg": ["node-cidr-mask-size-ipv4=25", "node-cidr-mask-size-ipv6=64"],
        "kubelet-arg": ["max-pods=100"],
    }


SECOND = {"name": "eth1", "mac": "34:8a:b1:4b:16:e8", "ipv4": {"address": "10.9.0.2/24"}}
FIRST = mapping()["nodes"][0]["interfaces"][0]


@pytest.mark.parametrize(
    ("nodes", "wanted"),
    [
        (one_node(FIRST), None),
        (one_node(FIRST, SECOND), "192.168.100.10,fd00:100::10"),
        (one_node(FIRST, {**SECOND, "ipv4": {"enabled": False}}), None),
        (AUTO["nodes"], "192.168.120.10,fd00:120::10"),
        (one_node({**FIRST, "ipv4": {"dhcp": True}, "ipv6": {"dhcp": True, "autoconf": True}}), None),
        ([*one_node(FIRST, SECOND), {"name": "mgmt-2", "interfaces": [FIRST]}], None),
    ],
    ids=["one interface", "two", "the other is off", "SLAAC with reservations", "addresses unknown", "two nodes"],
)
def test_node_ip_where_rke2_could_take_another_one(nodes: list[dict[str, Any]], wanted: str | None) -> None:
    assert server(nodes=nodes).get("node-ip") == wanted


def test_sans_hold_no_repeats_and_the_sites_own_come_last() -> None:
    made = server("hostname", cluster={"tlsSan": ["api.example.com", FQDN]})
    assert made["tls-san"] == [*SANS["hostname"], "api.example.com"]


def test_own_keys_are_merged_last() -> None:
    made = plan(cluster={"server": {"cni": "calico", "token": "x", "selinux": None, "etcd": {"a": 1}}})
    assert thaw(made.server) == {
        **{key: item for key, item in BASE.items() if key != "selinux"},
        "cni": "calico",
        "token": "x",
        "etcd": {"a": 1},
        "tls-san": SANS["address"],
    }
    assert thaw(made.server_computed) == {**BASE, "tls-san": SANS["address"]}
