"""Virtual addresses of a cluster of several nodes: MetalLB's pools, and an ingress Service that takes from them.

EIB brings MetalLB, endpoint-copier-operator and the API server's own pool itself, wherever the definition has an apiVIP
(``pkg/combustion/helm.go``, ``templates/k8s-vip.yaml.tpl``).

Each pool has both families: over two pools MetalLB 0.14.9 gives a PreferDualStack Service one family and says nothing
(run: its controller and allocator; metallb issue 1156). A pool's addresses go to the first Service that its selectors
take, so each has one of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dualstack.address.family import BITS
from dualstack.address.pair import Pair
from dualstack.address.parsing import Address
from dualstack.plan.model import Plan
from dualstack.plan.network import on_link

POOLS: Final = "kubernetes/manifests/dualstack-pools.yaml"
INGRESS: Final = "os-files/var/lib/rancher/rke2/server/manifests/rke2-ingress-config.yaml"
"""Not ``kubernetes/manifests``, which comes too late for a chart that RKE2 packages (EIB issue 734)."""
NAMESPACE: Final = "metallb-system"
_BOTH: Final = {"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"]}
_LOCAL: Final = {"externalTrafficPolicy": "Local", "allocateLoadBalancerNodePorts": False}


def pools(plan: Plan) -> list[dict[str, Any]]:
    """Compute pool and announcement of the ingress controller and of Ironic; empty for one node.

    The names are the guide's, whose own script leaves a pool alone that is there.
    """
    if not plan.several:
        return []
    found = _pool(plan, "ingress-ippool", "ingress-l2-adv", plan.entry, plan.release.ingress_chart)
    if plan.ironic is not None:
        found += _pool(plan, "ironic-ip-pool", "ironic-ip-pool-l2-adv", plan.serving, "metal3-ironic")
    return found


def _pool(plan: Plan, name: str, announcement: str, virtual: Pair[Address], app: str) -> list[dict[str, Any]]:
    if not virtual:
        return []
    selector = {"matchExpressions": [{"key": "app.kubernetes.io/name", "operator": "In", "values": [app]}]}
    advertisement: dict[str, Any] = {"ipAddressPools": [name]}
    near = [node for node in plan.nodes if all(on_link(node.nmstate, address) for address in virtual.values())]
    if near and len(near) < len(plan.nodes):
        # Who is not on the addresses' link would answer for them where nobody asks.
        hosts = [{"matchLabels": {"kubernetes.io/hostname": node.name}} for node in near]
        advertisement["nodeSelectors"] = hosts
    return [
        _object(
            "IPAddressPool",
            name,
            {
                "addresses": [f"{address}/{BITS[family]}" for family, address in virtual.items()],
                "serviceAllocation": {"priority": 100, "serviceSelectors": [selector]},
            },
        ),
        _object("L2Advertisement", announcement, advertisement),
    ]


def _object(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "metallb.io/v1beta1", "kind": kind, "metadata": metadata, "spec": dict(spec)}


def ingress_values(form: str) -> dict[str, Any]:
    """Return the values that make a packaged ingress controller's Service a LoadBalancer of both families.

    Args:
        form: the release's ``ingress_values``. nginx: rke2-ingress-nginx, whose Service is off. traefik-39: families
            stand beside ``spec``. traefik-40: all stands in ``spec`` (traefik-helm-chart, ``templates/_service.tpl``).
    """
    if form == "nginx":
        config = {"use-forwarded-headers": "true", "enable-real-ip": "true"}
        service = {"enabled": True, "type": "LoadBalancer", "externalTrafficPolicy": "Local", **_BOTH}
        return {"controller": {"config": config, "publishService": {"enabled": True}, "service": service}}
    service = (
        {"enabled": True, "type": "LoadBalancer", **_BOTH, "spec": _LOCAL}
        if form == "traefik-39"
        else {"enabled": True, "spec": {"type": "LoadBalancer", **_BOTH, **_LOCAL}}
    )
    ports = {name: {"hostPort": None, "exposedPort": port} for name, port in (("web", 80), ("websecure", 443))}
    return {"ingressClass": {"isDefaultClass": True}, "ports": ports, "service": service}


def ingress_config(plan: Plan, text: str) -> dict[str, Any]:
    """Return the HelmChartConfig of the packaged ingress controller.

    Args:
        plan: the plan.
        text: the values as YAML.
    """
    metadata = {"name": plan.release.ingress_chart, "namespace": "kube-system"}
    return {
        "apiVersion": "helm.cattle.io/v1",
        "kind": "HelmChartConfig",
        "metadata": metadata,
        "spec": {"valuesContent": text},
    }
