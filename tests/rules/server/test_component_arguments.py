"""Arguments of components, and addresses in server.yaml, that say something else than RKE2 does."""

from __future__ import annotations

import pytest

from tests.rules.cases import changed, one, tell
from tests.sites import found, mapping, put, told

SERVER = ("cluster", "server")
MANAGER, API, KUBELET = "kube-controller-manager-arg", "kube-apiserver-arg", "kubelet-arg"
ETH0 = ("nodes", 0, "interfaces", 0)
OWN = "192.168.100.10,fd00:100::10"


@pytest.mark.parametrize(
    ("key", "argument", "fix"),
    [
        (MANAGER, "node-cidr-mask-size=24", "remove it"),
        (MANAGER, "--node-cidr-mask-size=25", "remove it, and set cluster.nodeMask.ipv4 to 25"),
        (
            MANAGER,
            "cluster-cidr=10.50.0.0/16,fd50::/48",
            "remove it, and set cluster.pods.ipv4 to 10.50.0.0/16 and cluster.pods.ipv6 to fd50::/48",
        ),
        (MANAGER, "service-cluster-ip-range=10.51.0.0/16", "remove it, and set cluster.services.ipv4 to 10.51.0.0/16"),
        (MANAGER, "allocate-node-cidrs=false", "remove it"),
        (API, "service-cluster-ip-range+=fd51::/112", "remove it, and set cluster.services.ipv6 to fd51::/112"),
        (API, "advertise-address=10.9.9.9", "remove it, and set cluster.server.advertise-address to 192.168.100.10"),
        (API, "advertise-address=fd00:100::10", "remove it, and set cluster.server.advertise-address to fd00:100::10"),
        (KUBELET, "node-ip=192.168.100.10", f"remove it, and set cluster.server.node-ip to {OWN}"),
        ("kube-proxy-arg", "cluster-cidr=10.50.0.0/16", "remove it, and set cluster.pods.ipv4 to 10.50.0.0/16"),
        ("kube-cloud-controller-manager-arg", "cluster-cidr=what", "remove it"),
    ],
)
def test_arguments_that_belong_to_rke2(key: str, argument: str, fix: str) -> None:
    listed = changed("address", ([argument], *SERVER, key))
    assert tell(listed, "DS132") == ("error", f"cluster.server.{key}[0]", fix)
    assert one(listed, "DS132").rule.firm
    alone = changed("address", (argument, *SERVER, key))
    assert tell(alone, "DS132")[1:] == (f"cluster.server.{key}", fix)
    added = changed("address", ([argument], *SERVER, key + "+"))
    assert one(added, "DS132").path == (*SERVER, key + "+", 0)


def test_the_fixes_work() -> None:
    masks = mapping(cluster={"server": {MANAGER: []}, "nodeMask": {"ipv4": 25}, "maxPods": 100})
    assert found(masks, "DS132") == []
    own = mapping(cluster={"server": {"node-ip": OWN, "advertise-address": "192.168.100.10"}})
    assert told(own) == []


@pytest.mark.parametrize(
    ("key", "argument"),
    [
        (MANAGER, "node-cidr-mask-size-ipv4=24"),
        (MANAGER, "allocate-node-cidrs=true"),
        (MANAGER, "cluster-cidr=10.42.0.0/16,fd12:4567:789b::/48"),
        (MANAGER, "bind-address=0.0.0.0"),
        (API, "cluster-cidr=x"),
        (KUBELET, "max-pods=110"),
        (KUBELET, "node-ip"),
        ("etcd-arg", "node-ip=10.0.0.1"),
    ],
)
def test_arguments_that_may_stay(key: str, argument: str) -> None:
    assert found(changed("address", ([argument, 7, None], *SERVER, key)), "DS132") == []


def test_calico_needs_no_allocation() -> None:
    data = changed("address", (["allocate-node-cidrs=false"], *SERVER, MANAGER), ("calico", "cluster", "cni"))
    assert found(data, "DS132") == []


@pytest.mark.parametrize(
    ("key", "value", "severity", "fix"),
    [
        ("node-ip", "10.9.9.9,fd00:100::10", "error", f'write "{OWN}"'),
        ("node-ip", "192.168.100.10,fd00:9::9", "error", f'write "{OWN}"'),
        ("advertise-address", "10.9.9.9", "error", "write 192.168.100.10"),
        ("bind-address", "10.9.9.9", "warning", "remove it"),
    ],
)
def test_addresses_of_somebody_else(key: str, value: str, severity: str, fix: str) -> None:
    data = changed("address", (value, *SERVER, key))
    assert tell(data, "DS142") == (severity, f"cluster.server.{key}", fix)
    if fix.startswith("write "):
        assert found(put(data, fix.removeprefix("write ").strip('"'), *SERVER, key), "DS142") == []


def test_what_is_the_nodes_own_or_not_known() -> None:
    for key, value in (("bind-address", "0.0.0.0"), ("bind-address", "::"), ("bind-address", "127.0.0.1")):
        assert found(changed("address", (value, *SERVER, key)), "DS142") == []
    automatic = ({"dhcp": True, "autoconf": True}, *ETH0, "ipv6")
    assert found(changed("address", ("192.168.100.10,fd00:9::9", *SERVER, "node-ip"), automatic), "DS142") == []
    reserved = ({"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}, *ETH0, "ipv6")
    assert len(found(changed("address", ("192.168.100.10,fd00:9::9", *SERVER, "node-ip"), reserved), "DS142")) == 1
    raw = {"interfaces": [{"name": "eth0", "ipv4": {"address": [{"ip": "10.9.9.9", "prefix-length": 24}]}}]}
    assert found(changed("address", ("10.9.9.9", *SERVER, "bind-address"), (raw, "nodes", 0, "nmstate")), "DS142") == []


@pytest.mark.parametrize("mode", ["address", "hostname"])
def test_an_image_host_of_nobody(mode: str) -> None:
    path = ("provisioning", "externalHttpHost")
    data = changed(mode, ("10.9.9.9", *path))
    assert tell(data, "DS065") == ("warning", "provisioning.externalHttpHost", "remove provisioning.externalHttpHost")
    for own in ("192.168.100.10", "nat.example.com"):
        assert found(put(data, own, *path), "DS065") == []
