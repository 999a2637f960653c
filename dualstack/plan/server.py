"""RKE2's server.yaml."""

from __future__ import annotations

from typing import Any

from dualstack.frozen import merge
from dualstack.plan.model import NodePlan
from dualstack.releases import Release
from dualstack.site import Site

KUBERNETES_NODE_MASK = {"ipv4": 24, "ipv6": 64}
"""Defaults of kube-controller-manager (``cmd/kube-controller-manager/app/core.go``)."""
KUBERNETES_MAX_PODS = 110
"""Default of kubelet."""
PROFILES = ("cis", "etcd")
"""RKE2's hardening profiles (rancher/rke2 ``pkg/rke2/rke2.go``); cis is etcd and more."""
SYSTEM_REGISTRY = "registry.rancher.com"


def needs_node_ip(site: Site, node: NodePlan) -> bool:
    """Tell whether RKE2 must be told the node's addresses.

    RKE2 takes the default route's host address and one IPv6 address that it finds (k3s ``pkg/util/net.go``); with
    addresses on several interfaces, or SLAAC beside DHCPv6, that can be another one than meant.
    """
    if node.ipv4 is None or node.ipv6 is None or len(site.nodes) != 1:
        return False
    addressed = [
        item
        for item in site.nodes[node.index].interfaces
        if any(ip is not None and ip.enabled and (ip.address or ip.dhcp) for ip in (item.ipv4, item.ipv6))
    ]
    several = len(addressed) > 1
    slaac = any(item.ipv6 is not None and item.ipv6.autoconf and item.ipv6.dhcp for item in addressed)
    return several or slaac


def tls_sans(site: Site, node: NodePlan) -> list[str]:
    """List the names and addresses that the API server's certificate must hold, without repeats."""
    names = [str(address) for address in (node.ipv4, node.ipv6) if address is not None]
    if site.provisioning.hostname and site.mode == "hostname":
        names.insert(0, site.provisioning.hostname)
    return list(dict.fromkeys([*names, *site.cluster.tls_san]))


def computed_server(site: Site, release: Release, node: NodePlan) -> dict[str, Any]:
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
    if needs_node_ip(site, node):
        server["node-ip"] = f"{node.ipv4},{node.ipv6}"
    if sans := tls_sans(site, node):
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


def plan_server(site: Site, computed: dict[str, Any]) -> dict[str, Any]:
    """Merge the site's own keys over the computed ones."""
    merged: dict[str, Any] = merge(computed, site.cluster.server)
    return merged
