"""What the cluster runs of its own: what makes pods in management namespaces has them all."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Final

from dualstack.document.frozen import dig
from dualstack.policies.services import management_namespaces
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import judged
from dualstack.verify.cluster.view import (
    Place,
    View,
    condition,
    mappings,
    moment,
    name_of,
    namespace_of,
    place_of,
    shown,
)
from dualstack.verify.model import Kind, Result

_FURTHER: Final = frozenset(
    {
        "metallb-system", "endpoint-copier-operator", "tigera-operator", "calico-system", "rke2-turtles-system",
        "capi-system", "capm3-system", "rke2-bootstrap-system", "rke2-control-plane-system",
        "cattle-capi-system", "cattle-provisioning-capi-system", "cattle-fleet-system", "cattle-fleet-local-system",
    }
)  # fmt: skip
"""Where operators, Cluster API's providers (rancher/turtles) and Fleet's parts go, which no chart of a plan names."""
_NEVER_NONE: Final = re.compile(
    r"cattle-system/rancher|cattle-system/rancher-webhook|kube-system/rke2-coredns-rke2-coredns"
    r"|metallb-system/(.*-)?controller|metal3-system/.*(ironic|baremetal-operator).*"
    r"|(capi|capm3|rke2-bootstrap|rke2-control-plane)-system/.*controller-manager"
)
"""Deployments that no cluster of this kind does without: none of them is switched off by 0 replicas."""
_EVERYWHERE: Final = re.compile(
    r"DaemonSet (kube-system/(cilium|rke2-canal|kube-proxy)|calico-system/calico-node|metallb-system/(.*-)?speaker)"
)
"""DaemonSets without which no pod has a network, or no virtual address is announced."""

_GOES: Final = datetime.timedelta(hours=1)
"""Within it whatever is in a namespace has had its time to shut down."""


def run(view: View) -> Iterator[Result]:
    """Check them."""
    namespaces = management_namespaces() | _FURTHER
    own = [
        one
        for name in ("deployments", "daemonsets", "statefulsets")
        for one in view.objects(name)
        if namespace_of(one) in namespaces
    ]
    told = [result for one in own for result in _lacking(one, bool(view.nodes))]
    told += [result for one in view.objects("namespaces") for result in _leaving(view, one)]
    yield from told
    if not told:
        yield Place(Kind.WORKLOADS, "Deployments, DaemonSets and StatefulSets", "available").ok(
            f"all {len(own)} have their pods" if own else "management namespaces have none"
        )


def downstream(view: View) -> Iterator[Result]:
    """Judge what Cluster API is asked to make, as policies judge it."""
    objects = [*view.objects("clusters"), *view.objects("rke2-planes"), *view.objects("metal3-clusters")]
    told = [
        *judged(view, Kind.DOWNSTREAM, objects),
        *(item for one in view.objects("clusters") for item in _phase(one)),
        *(item for one in view.objects("metal3-clusters") for item in _nowhere(one)),
    ]
    yield from told
    if not told and objects:
        yield Place(Kind.DOWNSTREAM, "clusters of Cluster API", "addresses").ok(f"{len(objects)} objects are judged")


def _leaving(view: View, namespace: Object) -> Iterator[Result]:
    """Tell a namespace that was deleted and does not go (``Terminating``)."""
    since = moment(dig(namespace, "metadata", "deletionTimestamp"))
    if since is None or since + _GOES > view.now:
        return
    said = (str(item.get("message") or "") for item in mappings(dig(namespace, "status", "conditions")))
    why = shown(next(filter(None, said), "it does not say what holds it"))
    yield Place(Kind.WORKLOADS, place_of(namespace), "removed").failed(
        f"Terminating since {since:%Y-%m-%d %H:%M} UTC: {why}",
        "nothing can be made in it again: a chart that needs it does not install",
        "mend a failed APIService first; then see what has finalizers left: kubectl api-resources --verbs=list "
        f"--namespaced -o name | xargs -n 1 kubectl get -n {name_of(namespace)} --ignore-not-found",
    )


def _nowhere(cluster: Object) -> Iterator[Result]:
    if not str(dig(cluster, "spec", "controlPlaneEndpoint", "host", default="")).strip():
        yield Place(Kind.DOWNSTREAM, place_of(cluster), "endpoint").failed(
            "controlPlaneEndpoint has no host",
            "no machine of the cluster is made: nobody knows where its API server is to be",
            "write the address or name of the cluster's API server into spec.controlPlaneEndpoint.host",
        )


def _phase(cluster: Object) -> Iterator[Result]:
    """Tell a cluster that Cluster API gave up (``status.phase`` and, up to v1beta1, ``status.failureMessage``)."""
    message = dig(cluster, "status", "failureMessage") or dig(cluster, "status", "failureReason")
    if dig(cluster, "status", "phase") == "Failed" or message:
        yield Place(Kind.DOWNSTREAM, place_of(cluster), "state").failed(
            f"failed: {shown(message or 'Cluster API gives no reason')}",
            "nobody works on this cluster any more",
            f"kubectl -n {namespace_of(cluster)} describe cluster {name_of(cluster)}, and the objects that it names",
        )


def _lacking(one: Object, nodes: bool) -> Iterator[Result]:
    if one.get("kind") == "DaemonSet":
        wanted, have = dig(one, "status", "desiredNumberScheduled"), dig(one, "status", "numberAvailable", default=0)
    else:
        have_at = "availableReplicas" if one.get("kind") == "Deployment" else "readyReplicas"
        wanted, have = dig(one, "spec", "replicas", default=1), dig(one, "status", have_at, default=0)
    place = Place(Kind.WORKLOADS, place_of(one), "available")
    pods = f"kubectl -n {namespace_of(one)} get pods; kubectl describe the ones that are not Running"
    if isinstance(wanted, int) and isinstance(have, int) and have < wanted:
        yield place.failed(
            f"{have} of {wanted} pods are available", "what it does is done by fewer, or by nobody", pods
        )
    elif wanted == 0 and nodes and _EVERYWHERE.fullmatch(place_of(one)):
        yield place.failed(
            "it is meant for none of the nodes",
            "what it does is done by nobody",
            f"kubectl -n {namespace_of(one)} get daemonset {name_of(one)} -o yaml: compare nodeSelector, affinity and "
            "tolerations with the nodes' labels and taints",
        )
    elif wanted == 0 and one.get("kind") == "Deployment" and _NEVER_NONE.fullmatch(place_of(one).partition(" ")[2]):
        yield place.failed(
            "it is scaled to 0 pods",
            "what it does is done by nobody",
            f"kubectl -n {namespace_of(one)} scale deployment {name_of(one)} --replicas=1, or what its chart says",
        )
    elif (stuck := condition(one, "Progressing")).get("status") == "False":
        why = shown(stuck.get("message") or stuck.get("reason") or "no reason is given")
        yield place.failed(
            f"its last change does not come to an end: {why}",
            "pods of before run on, and what was changed since is not in effect",
            pods,
        )
