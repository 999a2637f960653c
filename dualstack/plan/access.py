"""The way from the deploying machine to the host and its cluster."""

from __future__ import annotations

from dualstack.addresses import Family
from dualstack.plan.model import AccessPlan, NodePlan
from dualstack.site import Site

API_PORT = 6443
"""Of the Kubernetes API server; RKE2 has no setting for it."""

KUBECONFIG_KEY = "kubeconfig"
"""Config key that holds the kubeconfig, where it does not come from the host."""


def plan_access(site: Site, node: NodePlan) -> AccessPlan:
    """Compute where host and API server are reached; empty where the node's address is not known."""
    wanted = site.host.kubeconfig.server
    families: dict[str, Family] = {"ipv4": "ipv4", "ipv6": "ipv6"}
    if wanted in families:
        address = node.address(families[wanted])
        host = str(address) if address is not None else ""
    else:
        host = wanted.rstrip(".").lower()
    bracketed = f"[{host}]" if ":" in host else host
    return AccessPlan(host=host, server=f"https://{bracketed}:{API_PORT}" if host else "")
