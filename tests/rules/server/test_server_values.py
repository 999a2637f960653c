"""Values of server.yaml that RKE2 cannot turn into its arguments, and a cluster without kube-proxy."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.cases import tell
from tests.sites import found, mapping, told


def server(key: str, value: Any) -> dict[str, Any]:
    return mapping(cluster={"server": {key: value}})


@pytest.mark.parametrize(
    ("key", "value", "path", "fix"),
    [
        ("kube-apiserver-arg", [{"v": 2}], ".kube-apiserver-arg[0]", "remove it, or write it as text: v=2"),
        ("kube-apiserver-arg", {"v": 2}, ".kube-apiserver-arg", "remove it, or write it as text: v=2"),
        ("kubelet-arg+", [{"v": 2}], '["kubelet-arg+"][0]', "remove it, or write it as text: v=2"),
        ("node-label", {"a": "b"}, ".node-label", "remove it, or write it as text: a=b"),
        ("disable", {"rke2-ingress-nginx": True}, ".disable", "remove it"),
        ("disable", [["rke2-ingress-nginx"]], ".disable[0]", "remove it"),
        ("debug", "yes", ".debug", "write true"),
        ("debug", "off", ".debug", "write false"),
        ("debug", 2, ".debug", "remove it"),
        ("debug", "", ".debug", "remove it"),
        ("disable-cloud-controller", "yes", ".disable-cloud-controller", "remove it"),
        ("disable-cloud-controller", "no", ".disable-cloud-controller", "write false"),
    ],
)
def test_kinds(key: str, value: Any, path: str, fix: str) -> None:
    assert tell(server(key, value), "DS300") == ("error", f"cluster.server{path}", fix)


@pytest.mark.parametrize("value", [True, False, "true", "False", "t", 0, 1, None])
def test_switches_that_rke2_reads(value: Any) -> None:
    assert found(server("debug", value), "DS300") == []


@pytest.mark.parametrize("value", ["v=2", ["v=2"], 5, None])
def test_kinds_that_rke2_reads(value: Any) -> None:
    assert found(server("kube-apiserver-arg", value), "DS300") == []


def test_kube_proxy() -> None:
    number, path, _ = tell(server("disable-kube-proxy", True), "DS301")
    assert (number, path) == ("error", "cluster.server.disable-kube-proxy")
    assert found(server("disable-kube-proxy", False), "DS301") == []
    with_manifest = mapping(cluster={"server": {"disable-kube-proxy": True}}, manifests=["stacks/cilium.yaml"])
    assert found(with_manifest, "DS301") == []


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("bind-address", "0.0.0.0,::", "remove it"),
        ("advertise-address", "192.168.100.10,fd00:100::10", "write 192.168.100.10"),
        ("advertise-address", ["192.168.100.10", "fd00:100::10"], "write 192.168.100.10"),
    ],
)
def test_one_address(key: str, value: Any, fix: str) -> None:
    assert tell(server(key, value), "DS185") == ("error", f"cluster.server.{key}", fix)


def test_a_list_to_bind_to_is_told_once() -> None:
    data = server("bind-address", ["192.168.100.10", "fd00:100::10"])
    assert told(data) == ["DS185-server-address-form"]


@pytest.mark.parametrize("key", ["cluster-cidr", "service-cidr"])
def test_empty_list_of_networks(key: str) -> None:
    assert tell(server(key, []), "DS020")[:2] == ("error", f"cluster.server.{key}")


@pytest.mark.parametrize(
    "value", ["[fd00:100::10],192.168.100.10", "192.168.100.10/24,fd00:100::10/64", "192.168.100.10,[fd00:100::10]"]
)
def test_entries_of_node_ip_are_mended_as_one_text(value: str) -> None:
    fixes = {finding.fix for finding in found(server("node-ip", value), "DS010")}
    assert fixes == {'write "192.168.100.10,fd00:100::10"'}
    assert found(server("node-ip", value), "DS028") == []


def test_services_of_one_family_lack_the_other() -> None:
    data = server("service-cidr", "fd12:4567:789c::/112")
    assert found(data, "DS023")
    assert found(data, "DS025") == []


def test_pods_that_are_added_keep_their_argument() -> None:
    assert tell(server("kubelet-arg+", ["max-pods=500"]), "DS039")[2] == "write max-pods=254"
