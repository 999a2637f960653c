"""What is read is looked at, and what policies could judge is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pytest

from dualstack.policies.catalogue import all_policies
from dualstack.policies.model import Given
from dualstack.verify.cluster import charts, ironic, live, policy, rancher
from dualstack.verify.cluster.checks import PARTS, look
from dualstack.verify.cluster.live import from_objects
from dualstack.verify.cluster.reads import READS
from dualstack.verify.cluster.view import Place, View
from dualstack.verify.model import Result
from tests.verify.cluster.further_faults import host
from tests.verify.cluster.healthy import NOW, cluster, make
from tests.verify.cluster.sites import demo

ELSEWHERE: Final = {
    "charts": "as the release that it makes",
    "l2": "MetalLB's policies look at pools alone",
    "bgp": "MetalLB's policies look at pools alone",
    "bgp-peers": "MetalLB's policies look at pools alone",
    "l2-status": "MetalLB's policies look at pools alone",
}
"""Kinds that some policy looks at by their group, and that are not given to policies: why."""


def everything() -> list[dict[str, Any]]:
    """Give a cluster with an object of each kind."""
    plan, _ = demo("demo-ha")
    objects = cluster(plan)
    host(objects, plan=plan)
    for read in READS.values():
        version = read.versions[-1]
        api = f"{read.group}/{version}" if read.group else version
        if not any(one["kind"] == read.kind and one["apiVersion"] == api for one in objects):
            objects.append(make(read.kind, api, "one", "kube-system"))
    more = make("ServiceCIDR", "networking.k8s.io/v1", "more", spec={"cidrs": ["10.140.0.0/20"]})
    return [*objects, more]


def test_each_kind_that_policies_know_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: set[str] = set()
    own: Callable[..., Iterator[Result]] = policy.told

    def told(view: View, place: Place, one: Given, *more: Any) -> Iterator[Result]:
        judged.add(one.type)
        return own(view, place, one, *more)

    for module in (policy, charts, ironic, rancher):
        monkeypatch.setattr(module, "told", told)
    view = View(from_objects(everything()), None, frozenset(), NOW)
    for part in PARTS:
        look(part, view)

    for read in READS.values():
        version = read.versions[-1]
        whole = {"apiVersion": f"{read.group}/{version}" if read.group else version, "kind": read.kind}
        type_ = policy.given({**whole, "metadata": {"name": "x"}}).type
        known = [one.id for one in all_policies() if one.looks_at(type_) and one.rule not in policy.ELSEWHERE]
        assert not known or type_ in judged or read.name in ELSEWHERE, (read.name, known)
        assert not (read.name in ELSEWHERE and type_ in judged), f"{read.name} is judged after all"


def test_each_kind_that_is_read_is_looked_at() -> None:
    asked: set[str] = set()

    class Asked(live.Live):
        def of(self, name: str) -> live.Listing:
            asked.add(name)
            return super().of(name)

    held = from_objects(everything())
    view = View(Asked(lambda read: held.of(read.name)), None, frozenset(), NOW)
    results: Sequence[Result] = [result for part in PARTS for result in look(part, view)]

    assert results
    # The first is asked by whoever compares API servers.
    assert READS.keys() - asked == {"kube-system"}
