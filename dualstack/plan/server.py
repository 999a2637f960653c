"""RKE2's server.yaml."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from dualstack.document.merge import overlay
from dualstack.plan.model import NodePlan
from dualstack.plan.topology import several
from dualstack.releases import Release
from dualstack.site import Site

KUBERNETES_NODE_MASK = {"ipv4": 24, "ipv6": 64}
"""Defaults of kube-controller-manager (``cmd/kube-controller-manager/app/core.go``)."""
KUBERNETES_MAX_PODS = 110
"""Default of kubelet."""
PROFILES = ("cis", "etcd")
"""RKE2's hardening profiles (rancher/rke2 ``pkg/rke2/rke2.go``); cis is etcd and more."""
CALICOS: Final = frozenset({"canal", "calico"})
"""CNIs that make Calico's interfaces on the host, and rules for its packets."""
SYSTEM_REGISTRY = "registry.rancher.com"
TOKEN_KEY = "rke2Token"  # noqa: S105 - the name of a config key
"""Config key ``dualstack:rke2Token``, a secret: by it nodes join the cluster."""
AGENT_KEYS: Final = frozenset(
    {
        "bind-address", "container-runtime-endpoint", "data-dir", "debug", "default-runtime", "disable-apiserver-lb",
        "disable-default-registry-endpoint", "image-credential-provider-bin-dir",
        "image-credential-provider-config", "image-service-endpoint", "kube-proxy-arg", "kubelet-arg", "kubelet-path",
        "nonroot-devices", "pause-image", "private-registry", "profile", "protect-kernel-defaults", "resolv-conf",
        "runtime-image", "selinux", "snapshotter", "system-default-registry",
    }
)  # fmt: skip
"""Keys of server.yaml that an agent knows, too (rke2 ``pkg/cli/cmds/agent.go``, read)."""


def cni_plugins(value: object) -> tuple[str, ...]:
    """Return the names in server.yaml's ``cni``: text, with commas or not, or a list; whatever else stands there."""
    items = value if isinstance(value, list | tuple) else (value,)
    return tuple(name.strip() for item in items if isinstance(item, str) for name in item.split(","))


def needs_node_ip(site: Site, node: NodePlan) -> bool:
    """Tell whether RKE2 must be told the node's addresses.

    RKE2 takes the default route's host address and one IPv6 address that it finds (k3s ``pkg/util/net.go``); with
    addresses on several interfaces, or SLAAC beside DHCPv6, that can be another one than meant.
    """
    if not node.addresses.complete:
        return False
    if several(site):
        return True  # which address is found must not differ from node to node
    addressed = [
        item
        for item in site.nodes[node.index].interfaces
        if any(ip.enabled and (ip.address or ip.dhcp) for ip in item.families.values())
    ]
    spread = len(addressed) > 1
    slaac = any(item.ipv6 is not None and item.ipv6.autoconf and item.ipv6.dhcp for item in addressed)
    return spread or slaac


def tls_sans(site: Site, nodes: Sequence[NodePlan]) -> list[str]:
    """List the names and addresses that the API server's certificate must hold, without repeats.

    EIB adds the virtual address and ``apiHost`` (``pkg/kubernetes/cluster.go``).
    """
    names = [str(address) for node in nodes if node.role == "server" for address in node.addresses.values()]
    if site.provisioning.hostname and site.mode == "hostname":
        names.insert(0, site.provisioning.hostname)
    return list(dict.fromkeys([*names, *site.cluster.tls_san]))


def computed_server(site: Site, release: Release, nodes: Sequence[NodePlan]) -> dict[str, Any]:
    """Compute server.yaml before the site's own keys.

    CIDR lists are comma-joined strings without spaces, IPv4 first: EIB skips its checks for YAML lists, and splits
    without trimming (EIB ``pkg/image/validation/kubernetes.go``).
    """
    cluster = site.cluster
    server: dict[str, Any] = {
        "cluster-cidr": f"{cluster.pods.ipv4},{cluster.pods.ipv6}",
        "service-cidr": f"{cluster.services.ipv4},{cluster.services.ipv6}",
        "cni": [*(["multus"] if cluster.multus else []), cluster.cni],
    }
    if release.ingress_controller is not None:
        server["ingress-controller"] = release.ingress_controller
    # Of several nodes each has its own: EIB makes one server.yaml, and refuses it with a node-ip.
    if not several(site) and needs_node_ip(site, nodes[0]):
        server["node-ip"] = node_ip(nodes[0])
    if sans := tls_sans(site, nodes):
        server["tls-san"] = sans
    masks = {"ipv4": cluster.node_mask.ipv4, "ipv6": cluster.node_mask.ipv6}
    if masks != KUBERNETES_NODE_MASK:
        server["kube-controller-manager-arg"] = [
            f"node-cidr-mask-size-{family}={mask}" for family, mask in masks.items()
        ]
    if cluster.max_pods != KUBERNETES_MAX_PODS:
        server["kubelet-arg"] = [f"max-pods={cluster.max_pods}"]
    server["write-kubeconfig-mode"] = "0644"
    server["selinux"] = site.image.selinux
    server["system-default-registry"] = SYSTEM_REGISTRY
    return server


def node_ip(node: NodePlan) -> str:
    """Return a node's addresses as RKE2 takes them: one text, IPv4 first (k3s drops what a YAML list has second)."""
    return ",".join(str(address) for address in node.addresses.values())


def plan_server(site: Site, computed: dict[str, Any]) -> dict[str, Any]:
    """Merge the site's own keys over the computed ones."""
    merged: dict[str, Any] = overlay(computed, site.cluster.server)
    return merged


def plan_agent(site: Site, server: dict[str, Any]) -> dict[str, Any]:
    """Compute agent.yaml: what server.yaml says of every node, and the site's own keys; empty where there is no agent.

    EIB gives it token, server, selinux and cni (``pkg/kubernetes/cluster.go``).
    """
    if all(node.role == "server" for node in site.nodes):
        return {}
    shared = {key: value for key, value in server.items() if key.removesuffix("+") in AGENT_KEYS}
    merged: dict[str, Any] = overlay(shared, site.cluster.agent)
    return merged
