"""The way from the deploying machine to the host and its cluster."""

from __future__ import annotations

from dualstack.address.family import Family, url_host
from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.plan.model import AccessPlan
from dualstack.site import Site

API_PORT = 6443
"""Of the Kubernetes API server; RKE2 has no setting for it."""

KUBECONFIG_KEY = "kubeconfig"
"""Config key that holds the kubeconfig, where it does not come from the host."""


def plan_access(site: Site, api: Pair[Address]) -> AccessPlan:
    """Compute where host and API server are reached; empty where that address is not known."""
    wanted = site.host.kubeconfig.server
    families: dict[str, Family] = {"ipv4": "ipv4", "ipv6": "ipv6"}
    if wanted in families:
        address = api.of(families[wanted])
        host = str(address) if address is not None else ""
    else:
        host = wanted.rstrip(".").lower()
    bracketed = url_host(host)
    return AccessPlan(host=host, server=f"https://{bracketed}:{API_PORT}" if host else "")
