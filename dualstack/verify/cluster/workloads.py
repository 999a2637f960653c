"""What the cluster runs of its own: Deployments and DaemonSets of management namespaces have all their pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.document.frozen import dig
from dualstack.policies.services import management_namespaces
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import judged
from dualstack.verify.cluster.view import Place, View, namespace_of, place_of
from dualstack.verify.model import Kind, Result

_FURTHER: Final = frozenset(
    {"metallb-system", "endpoint-copier-operator", "tigera-operator", "calico-system", "rke2-turtles-system"}
)


def run(view: View) -> Iterator[Result]:
    """Check them."""
    namespaces = management_namespaces() | _FURTHER
    own = [
        one for name in ("deployments", "daemonsets") for one in view.objects(name) if namespace_of(one) in namespaces
    ]
    told = [result for one in own for result in _lacking(one)]
    yield from told
    if not told:
        yield Place(Kind.WORKLOADS, "Deployments and DaemonSets", "available").ok(
            f"all {len(own)} have their pods" if own else "management namespaces have none"
        )


def downstream(view: View) -> Iterator[Result]:
    """Judge what Cluster API is asked to make, as policies judge it."""
    objects = [*view.objects("clusters"), *view.objects("rke2-planes"), *view.objects("metal3-clusters")]
    told = list(judged(view, Kind.DOWNSTREAM, objects))
    yield from told
    if not told and objects:
        yield Place(Kind.DOWNSTREAM, "clusters of Cluster API", "addresses").ok(f"{len(objects)} objects are judged")


def _lacking(one: Object) -> Iterator[Result]:
    if one.get("kind") == "DaemonSet":
        wanted, have = dig(one, "status", "desiredNumberScheduled"), dig(one, "status", "numberAvailable", default=0)
    else:
        wanted, have = dig(one, "spec", "replicas", default=1), dig(one, "status", "availableReplicas", default=0)
    if isinstance(wanted, int) and isinstance(have, int) and have < wanted:
        yield Place(Kind.WORKLOADS, place_of(one), "available").failed(
            f"{have} of {wanted} pods are available",
            "what it does is done by fewer, or by nobody",
            f"kubectl -n {namespace_of(one)} get pods; kubectl describe the ones that are not Running",
        )
