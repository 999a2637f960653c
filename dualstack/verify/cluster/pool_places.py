"""Where MetalLB's pools lie: beside each other, outside of the cluster's own ranges, and where MetalLB looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dualstack.address.family import IPAddress
from dualstack.document.findings import At
from dualstack.document.frozen import dig
from dualstack.policies.balancers import pool_ends
from dualstack.rules.chart.balancers import pool_range
from dualstack.rules.cidr.cidr_lists import read_each
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.ranges import pods_of, services_of
from dualstack.verify.cluster.view import Place, View, listed, mappings, name_of, namespace_of, place_of
from dualstack.verify.model import Kind, Result

_EXCLUDED: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
_ANYWAY: Final = "--ignore-exclude-lb"
"""MetalLB announces nothing from nodes with the label, unless its speaker is started so (``speaker/main.go``)."""


@dataclass(frozen=True)
class Range:
    """Addresses, and whose."""

    first: IPAddress
    last: IPAddress
    text: str
    owner: str

    def meets(self, other: Range) -> bool:
        """Tell whether they have an address in common."""
        if self.first.version != other.first.version:
            return False
        return int(self.first) <= int(other.last) and int(other.first) <= int(self.last)


def run(view: View) -> Iterator[Result]:
    """Check all pools."""
    seen: list[Range] = []
    own = [*_cluster(view)]
    where = speaking(view)
    for pool in view.objects("pools"):
        entries = list(_entries(pool))
        for entry in entries:
            # What has one address is judged with the ranges, as a load balancer's.
            others = seen if entry.first == entry.last else [*own, *seen]
            for other in [one for one in others if entry.meets(one)]:
                yield Place(Kind.POOLS, place_of(pool), f"{entry.text} unique").failed(
                    f"it overlaps {other.text} of {other.owner}",
                    "MetalLB refuses overlapping pools; what the cluster uses itself is not reached from outside",
                    "write addresses that nobody has into spec.addresses",
                )
        seen += entries
        if where and namespace_of(pool) not in where:
            yield Place(Kind.POOLS, place_of(pool), "read").failed(
                f"MetalLB runs in {', '.join(sorted(where))}",
                "MetalLB reads pools of its own namespace alone: nobody gets an address of this one",
                f"make it, and its advertisement, in {min(where)}",
            )


def speaking(view: View) -> set[str]:
    """Give the namespaces of MetalLB's speakers."""
    return {namespace_of(one) for one in _speakers(view)}


def announces(view: View, node: Object) -> bool:
    """Tell whether MetalLB may announce from a node at all."""
    if dig(node, "metadata", "labels", _EXCLUDED) is None:
        return True
    containers = (mappings(dig(one, "spec", "template", "spec", "containers")) for one in _speakers(view))
    return any(_ANYWAY in map(str, listed(item.get("args"))) for several in containers for item in several)


def _speakers(view: View) -> list[Object]:
    return [
        one
        for one in view.objects("daemonsets")
        if name_of(one) == "metallb-speaker"
        or "metallb" in (dig(one, "metadata", "labels", key) for key in ("app", "app.kubernetes.io/name"))
    ]


def _entries(pool: Object) -> Iterator[Range]:
    for text in map(str, listed(dig(pool, "spec", "addresses"))):
        if isinstance(pool_range(At((), text)), str):
            yield Range(*pool_ends(text), text, place_of(pool))


def _cluster(view: View) -> Iterator[Range]:
    for role, told in (("pods", pods_of(view)), ("services", services_of(view))):
        for item in read_each(At((), text) for text in (told.cidrs if told is not None else ()))[0]:
            network = item.value.prefix.network
            yield Range(network[0], network[-1], str(network), f"the cluster's {role}")
