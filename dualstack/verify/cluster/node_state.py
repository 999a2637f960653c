"""Whether a node does its work: its own conditions, what keeps pods away from it, and its member of etcd."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.document.frozen import dig
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.view import Place, condition, is_server, mappings, name_of, shown
from dualstack.verify.model import Kind, Result

_PRESSURE: Final = {
    "MemoryPressure": "memory runs out",
    "DiskPressure": "its disk runs full",
    "PIDPressure": "it has too many processes",
    "NetworkUnavailable": "its network is not set up",
}
_TAINTS: Final = {
    "node.cloudprovider.kubernetes.io/uninitialized": (
        "it waits for a cloud controller",
        "remove disable-cloud-controller from RKE2's config",
    ),
    "node.cilium.io/agent-not-ready": (
        "Cilium's agent has not started on it",
        "look at the pod cilium of this node: kubectl -n kube-system get pods -o wide",
    ),
    "node.kubernetes.io/network-unavailable": (
        "its network is not set up",
        "look at the network plugin's pod of this node: kubectl -n kube-system get pods -o wide",
    ),
    "node.kubernetes.io/out-of-service": (
        "somebody said that the machine is shut down",
        "once it runs: kubectl taint node NAME node.kubernetes.io/out-of-service-",
    ),
}
"""Taints of trouble (labels-annotations-taints of kubernetes.io; Cilium); others are a will, or follow Ready."""
_VOTER: Final = "EtcdIsVoter"
"""k3s ``pkg/etcd/etcd.go``: RKE2 says by it whether a server's etcd counts for the quorum."""


def state(node: Object) -> Iterator[Result]:
    """Check one node."""
    name = name_of(node)
    place = Place(Kind.NODES, f"node {name}", "ready")
    ready = condition(node, "Ready")
    troubles = [words for kind, words in _PRESSURE.items() if condition(node, kind).get("status") == "True"]
    taints = [key for taint in mappings(dig(node, "spec", "taints")) if (key := str(taint.get("key"))) in _TAINTS]
    if ready.get("status") != "True":
        why = shown(ready.get("message") or ready.get("reason") or "its kubelet never said so")
        yield place.failed(
            f"not ready: {why}",
            "no pod is started on it, and those on it are moved away",
            f"look at the node: systemctl status {'rke2-server' if is_server(node) else 'rke2-agent'}, journalctl -u "
            "the same; kubectl describe node",
        )
    elif dig(node, "metadata", "deletionTimestamp"):
        yield place.failed(
            "it is being deleted, and something holds it (metadata.finalizers)",
            "the cluster counts on a node that is on its way out",
            f"see who was to let it go: kubectl get node {name} -o yaml",
        )
    elif troubles:
        yield place.failed(
            "ready, but " + ", ".join(troubles),
            "pods are evicted, or get no network",
            "kubectl describe node tells more",
        )
    elif taints:
        words, fix = _TAINTS[taints[0]]
        yield place.failed(f"{words} (taint {taints[0]})", "no pod is started on it", fix.replace("NAME", name))
    elif dig(node, "spec", "unschedulable") is True:
        yield place.failed(
            "cordoned", "no further pod is started on it", f"kubectl uncordon {name}, once its work is done"
        )
    else:
        yield place.ok("ready")
    yield from _voter(node)


def _voter(node: Object) -> Iterator[Result]:
    told = condition(node, _VOTER)
    if told.get("status") == "False":
        yield Place(Kind.NODES, f"node {name_of(node)}", "etcd").failed(
            f"its etcd does not vote: {shown(told.get('message') or told.get('reason') or 'no reason is given')}",
            "the quorum has a server less than there are nodes: fewer may fail",
            "look at the node: journalctl -u rke2-server; where it never joins, delete the node and join it anew",
        )
