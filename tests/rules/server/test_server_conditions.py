"""Keys of server.yaml that want something beside them, that RKE2 does not have, or that take a family away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.cases import one, tell
from tests.sites import found, mapping, told

EXTRA = {"version": "1.0.0", "repository": "oci://r.example.com/charts", "namespace": "x"}


def server(release: str = "3.5", /, **keys: Any) -> dict[str, Any]:
    return mapping(release=release, cluster={"server": {key.replace("_", "-"): value for key, value in keys.items()}})


def plus(**keys: Any) -> dict[str, Any]:
    return mapping(cluster={"server": {f"{key.replace('_', '-')}+": value for key, value in keys.items()}})


def errors(data: dict[str, Any], *numbers: str) -> list[str]:
    return [item for item in told(data) if item.split("-")[0] in numbers]


@pytest.mark.parametrize(
    ("key", "fix"),
    [
        ("flannel-backend", "remove it, and set cluster.cni"),
        ("flannel-ipv6-masq", "remove it, and set cluster.cni"),
        ("disable-network-policy", "remove it: each network plugin brings its own network policy"),
        ("cluster-init", "remove it: RKE2 has etcd from its first server on"),
        ("vpn-auth", "remove it"),
        ("vpn-auth-file", "remove it"),
        ("kine-tls", "remove it"),
        ("kube-controller-arg", "rename it to kube-controller-manager-arg"),
        ("supervisor-port", "remove it"),
    ],
)
def test_keys_of_k3s(key: str, fix: str) -> None:
    data = mapping(cluster={"server": {key: "x"}})
    assert tell(data, "DS180") == ("warning", f"cluster.server.{key}", fix)
    assert found(data, "DS134") == []


@pytest.mark.parametrize(
    "key", ["write-kubeconfig-name", "helm-controller-arg", "etcd-snapshot-reconcile-interval", "secrets-encryption"]
)
def test_keys_that_rke2_has(key: str) -> None:
    assert told(mapping(cluster={"server": {key: "x"}})) == []


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("cluster-cidr", "fd00:9::/56", "remove it, and set cluster.pods to what it should be"),
        ("service-cidr", "fd00:9::/112", "remove it, and set cluster.services to what it should be"),
        ("node-ip", "fd00:100::10", "remove it, and set nodes to what it should be"),
        ("cni", ["cilium"], "remove it, and set cluster.cni to what it should be"),
        ("profile", "cis", "rename it to profile"),
        ("advertise-address", "192.168.100.10", "rename it to advertise-address"),
    ],
)
def test_a_plus_behind_what_is_no_list(key: str, value: Any, fix: str) -> None:
    assert tell(plus(**{key: value}), "DS181") == ("error", f'cluster.server["{key}+"]', fix)


@pytest.mark.parametrize("key", ["tls-san", "node-label", "kubelet-arg", "etcd-extra-env", "disable", "node-taint"])
def test_a_plus_behind_a_list(key: str) -> None:
    assert found(plus(**{key: ["mgmt.example.com"]}), "DS181") == []


def test_what_a_plus_adds_is_judged() -> None:
    assert tell(plus(tls_san=["https://a.example.com"]), "DS095")[1] == 'cluster.server["tls-san+"][0]'
    assert tell(plus(kubelet_arg=["max-pods=400"]), "DS039")[1] == 'cluster.server["kubelet-arg+"]'
    args = {"kube-controller-manager-arg+": ["v=2"]}
    masks = mapping(cluster={"pods": {"ipv4": "10.42.0.0/25"}, "nodeMask": {"ipv4": 25}, "server": args})
    assert found(masks, "DS036") == []
    crowded = {"maxPods": 200, "nodeMask": {"ipv4": 25}, "server": {"kubelet-arg+": ["v=2"]}}
    assert one(mapping(cluster=crowded), "DS039").path == ("cluster", "server", "kubelet-arg+")


@pytest.mark.parametrize("profile", ["cis", "etcd", ""])
def test_profiles_of_rke2(profile: str) -> None:
    assert told(server(profile=profile)) == []


@pytest.mark.parametrize("profile", ["cis-1.23", "CIS", True, ["cis"]])
def test_other_profiles(profile: Any) -> None:
    data = server(profile=profile)
    if profile == ["cis"]:  # the last of a list is what RKE2 takes
        assert found(data, "DS182") == []
    else:
        assert tell(data, "DS182") == ("error", "cluster.server.profile", "write cis")


def test_cis_protects_the_kernels_defaults() -> None:
    data = server(profile="cis", protect_kernel_defaults=False)
    assert tell(data, "DS182") == ("error", "cluster.server.protect-kernel-defaults", "remove it")
    assert found(server(profile="etcd", protect_kernel_defaults=False), "DS182") == []


@pytest.mark.parametrize("value", [True, "true", "1"])
def test_the_cloud_controller_gives_the_second_address(value: Any) -> None:
    data = server(disable_cloud_controller=value)
    assert tell(data, "DS183") == ("error", "cluster.server.disable-cloud-controller", "remove it")
    both = server(disable_cloud_controller=value, cloud_provider_name="external")
    removed = "remove it and remove cluster.server.cloud-provider-name"
    assert tell(both, "DS183") == ("error", "cluster.server.disable-cloud-controller", removed)
    data["charts"]["extra"] = [{"name": "own-ccm", **EXTRA}]
    assert one(data, "DS183").severity == "warning"
    assert told(server(disable_cloud_controller=False)) == []


@pytest.mark.parametrize("name", ["external", "aws", ["external"]])
def test_another_cloud_provider_must_be_brought(name: Any) -> None:
    data = server(cloud_provider_name=name)
    severity, path, fix = tell(data, "DS183")
    assert (severity, path.partition("[")[0], fix) == ("error", "cluster.server.cloud-provider-name", "remove it")
    data["charts"]["extra"] = [{"name": "own-ccm", **EXTRA}]
    assert found(data, "DS183") == []


@pytest.mark.parametrize("name", ["", "rke2", "harvester", "rancher-vsphere"])
def test_cloud_providers_that_rke2_brings(name: str) -> None:
    assert found(server(cloud_provider_name=name), "DS183") == []
    assert found(server(cloud_provider_name=name, disable_cloud_controller=False), "DS183") == []


@pytest.mark.parametrize(
    ("value", "path", "fix"),
    [
        ("rke2-coredns", "disable", "remove it"),
        (["rke2-metrics-server", "rke2-coredns"], "disable[1]", "remove it"),
        ("rke2-metrics-server, rke2-coredns", "disable", "write rke2-metrics-server"),
        (["rke2-cilium"], "disable[0]", "remove it"),
    ],
)
def test_what_the_cluster_needs_stays_on(value: Any, path: str, fix: str) -> None:
    data = server(disable=value)
    assert tell(data, "DS288") == ("error", f"cluster.server.{path}", fix)
    data["charts"]["extra"] = [{"name": "coredns", **EXTRA}]
    assert one(data, "DS288").severity == "warning"
    assert tell(server(**{"disable+": value}), "DS288")[0] == "error"


def test_what_it_can_do_without() -> None:
    assert told(server(disable=["rke2-metrics-server", "rke2-canal", "rke2-snapshot-controller"])) == []


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("bind-address", "192.168.100.10", "bind-address"),
        ("bind-address", "fd00:100::10", "bind-address"),
        ("bind-address", "[fd00:100::10]", "bind-address"),
        ("bind-address", "127.0.0.1", "bind-address"),
        ("kube-apiserver-arg", ["bind-address=192.168.100.10"], "kube-apiserver-arg[0]"),
        ("kube-apiserver-arg", ["v=2", "--bind-address=fd00:100::10"], "kube-apiserver-arg[1]"),
        ("kube-apiserver-arg", "bind-address=192.168.100.10", "kube-apiserver-arg"),
        ("kube-apiserver-arg+", ["bind-address=192.168.100.10"], '["kube-apiserver-arg+"][0]'),
    ],
)
def test_rke2_listens_on_all_addresses(key: str, value: Any, path: str) -> None:
    data = mapping(cluster={"server": {key: value}})
    assert tell(data, "DS184") == (
        "error",
        f"cluster.server.{path}".replace(".[", "["),
        "remove it",
    )


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_all_addresses_are_both_families(address: str) -> None:
    data = server(bind_address=address, kube_apiserver_arg=[f"bind-address={address}"])
    data["cluster"]["server"]["kube-controller-manager-arg"] = ["bind-address=127.0.0.1"]
    assert errors(data, "DS184", "DS185", "DS132") == []


@pytest.mark.parametrize(
    ("key", "value", "path", "fix"),
    [
        ("bind-address", ["0.0.0.0", "::"], "bind-address", "remove it"),
        ("advertise-address", ["192.168.100.10"], "advertise-address", "write 192.168.100.10"),
        ("node-external-ip", "[fd00:100::10]", "node-external-ip", "write fd00:100::10"),
        ("node-external-ip", ["192.168.100.10", "[fd00:100::10]"], "node-external-ip[1]", "write fd00:100::10"),
        ("bind-address", "mgmt.example.com", "bind-address", "remove it"),
    ],
)
def test_the_form_of_addresses(key: str, value: Any, path: str, fix: str) -> None:
    assert tell(mapping(cluster={"server": {key: value}}), "DS185") == ("error", f"cluster.server.{path}", fix)


@pytest.mark.parametrize("value", ["192.168.100.10,fd00:100::10", ["192.168.100.10", "fd00:100::10"]])
def test_two_external_addresses_are_fine(value: Any) -> None:
    assert told(server(node_external_ip=value)) == []


@pytest.mark.parametrize(
    ("release", "keys"),
    [
        ("3.5", {"disable": ["rke2-ingress-nginx"]}),
        ("3.5", {"disable": "rke2-ingress-nginx"}),
        ("3.5", {"disable": "rke2-metrics-server,rke2-ingress-nginx"}),
        ("3.5", {"disable+": ["rke2-ingress-nginx"]}),
        ("3.4", {"disable": "rke2-ingress-nginx"}),
        ("3.5", {"ingress-controller": "none"}),
        ("3.6", {"ingress-controller": "none"}),
        ("3.6", {"disable": ["rke2-traefik"]}),
        ("3.5", {"ingress-controller": "traefik", "disable": ["rke2-traefik"]}),
    ],
)
def test_rancher_wants_an_ingress_controller(release: str, keys: dict[str, Any]) -> None:
    data = mapping(release=release, cluster={"server": keys})
    assert one(data, "DS186").severity == "error"
    own = mapping(release=release, cluster={"server": keys}, charts={"extra": [{"name": "ingress-nginx", **EXTRA}]})
    off = mapping(
        release=release, cluster={"server": keys}, charts={"rancher": {"values": {"ingress": {"enabled": False}}}}
    )
    without = mapping(
        release=release,
        cluster={"server": keys},
        charts={"rancher": {"enabled": False}, "turtles": {"enabled": False}},
    )
    assert [found(other, "DS186") for other in (own, off, without)] == [[], [], []]
    assert one({**data, "manifests": ["https://example.com/ingress.yaml"]}, "DS186").severity == "warning"


@pytest.mark.parametrize(
    ("release", "keys"),
    [
        ("3.6", {"disable": ["rke2-ingress-nginx"]}),
        ("3.5", {"disable": ["rke2-traefik", "rke2-metrics-server"]}),
        ("3.5", {"ingress-controller": "traefik", "disable": ["rke2-ingress-nginx"]}),
        ("3.5", {"ingress-controller": "ingress-nginx"}),
    ],
)
def test_an_ingress_controller_is_left(release: str, keys: dict[str, Any]) -> None:
    assert errors(mapping(release=release, cluster={"server": keys}), "DS186", "DS187") == []


@pytest.mark.parametrize(
    ("name", "fix"),
    [("rke2-traefik", "write traefik"), ("nginx", "write ingress-nginx"), ("haproxy", "remove it")],
)
def test_controllers_that_rke2_has(name: str, fix: str) -> None:
    assert tell(server(ingress_controller=name), "DS187") == ("error", "cluster.server.ingress-controller", fix)
