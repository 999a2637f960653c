"""Which Services are which: by name, by label, and by who reaches them."""

from __future__ import annotations

from typing import Final

from dualstack.document.frozen import dig
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import cluster_ips, listed, name_of, namespace_of

API: Final = (("default", "kubernetes"), ("default", "kubernetes-vip"))
"""They lead to the API server, whose endpoints are of one family (KEP-2438); the second one is EIB's, for apiVIP."""
DNS_LABEL: Final = ("k8s-app", "kube-dns")
_FROM_OUTSIDE: Final = ("LoadBalancer", "NodePort")


def key(service: Object) -> tuple[str, str]:
    """Give namespace and name."""
    return namespace_of(service), name_of(service)


def from_outside(service: Object) -> bool:
    """Tell whether a Service is reached from outside of the cluster."""
    return dig(service, "spec", "type") in _FROM_OUTSIDE or bool(listed(dig(service, "spec", "externalIPs")))


def is_dns(service: Object) -> bool:
    """Tell the Service that pods ask for names; RKE2 and kubeadm label it so."""
    return dig(service, "metadata", "labels", DNS_LABEL[0]) == DNS_LABEL[1] and bool(cluster_ips(service))
