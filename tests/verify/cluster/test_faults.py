"""Each check is seen to fail by its own fault, with objects at hand: no API server is needed."""

from __future__ import annotations

import copy

import pytest

from dualstack.releases import RELEASES
from dualstack.verify.model import Word
from tests.verify.cluster import further_faults  # noqa: F401 - it adds to FAULTS
from tests.verify.cluster.faults import FAULTS, Fault
from tests.verify.cluster.healthy import cluster, helm_record
from tests.verify.cluster.sites import DEMOS, demo, seen, wrong


@pytest.mark.parametrize("name", DEMOS)
@pytest.mark.parametrize("alone", [False, True])
def test_a_healthy_cluster_is_silent(name: str, alone: bool) -> None:
    if alone and name == "upstream-example":
        pytest.skip("the vendor's example is of no release, and Rancher's name in it has one family: both are told")
    plan, _ = demo(name)

    found = seen(cluster(plan), None if alone else name)

    assert [(one.at, one.asked, one.seen) for one in wrong(found)] == []


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_found_by_its_own_check(fault: Fault, alone: bool) -> None:
    if (alone and not fault.alone) or (not alone and fault.demo == "none"):
        pytest.skip("the plan alone tells it" if alone else "with a plan each node is told")
    name = "demo-ha" if fault.demo == "none" else fault.demo
    plan, _ = demo(name)
    objects = copy.deepcopy(cluster(plan))
    fault.inject(objects, plan)

    found = seen(objects, None if alone else name)

    failed = [one for one in found if one.word is Word.FAILED]
    own = [one for one in failed if one.kind == fault.kind and one.at.startswith(fault.at)]
    assert own, [(one.kind, one.at, one.asked, one.seen) for one in wrong(found)]
    assert any((one.rule or "").startswith(fault.rule) for one in own)
    assert all(one.consequence and one.fix for one in failed)
    strange = {one.kind.value for one in wrong(found)} - {fault.kind, *fault.others}
    assert not strange, [(one.kind, one.at, one.asked, one.seen) for one in wrong(found) if one.kind.value in strange]
    assert len({(one.kind, one.at, one.asked, one.family) for one in found}) == len(found)


def test_an_upgrade_that_is_merged_and_to_come_is_pending() -> None:
    """Only where the whole cluster is of the older release; one chart that lags alone is a fault."""
    plan, _ = demo("demo-metal")
    older = {chart.name: chart.version for chart in RELEASES["3.5.1"].charts}
    objects = copy.deepcopy(cluster(plan))
    for one in [one for one in objects if one["kind"] in ("Secret", "HelmChart")]:
        objects.remove(one)
    objects += [helm_record(chart, version=older[chart.name]) for chart in plan.charts]
    for node in [one for one in objects if one["kind"] == "Node"]:
        node["status"]["nodeInfo"]["kubeletVersion"] = RELEASES["3.5.1"].kubernetes

    found = seen(objects, "demo-metal")

    assert {one.word for one in wrong(found)} == {Word.PENDING}
    assert {(one.kind.value, one.day2 and one.day2.text) for one in wrong(found)} == {
        ("helm", "by hand"),
        ("release", "rolling"),
    }
    objects.append(helm_record(plan.charts[0], revision=2))
    assert Word.FAILED in {one.word for one in seen(objects, "demo-metal")}
