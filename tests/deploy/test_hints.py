"""Ways out of errors that do not tell one themselves."""

from __future__ import annotations

import pytest

from dualstack.deploy.hints import interrupted_create, with_ways_out
from tests.plan.plans import plan

PENDING = (
    "management-charts-{name}: update failed\n"
    "management-charts-{name}: another operation (install/upgrade/rollback) is in progress"
)
TAKEN = "management-charts-{name}: cannot re-use a name that is still in use"


def test_a_stuck_release_is_told_with_name_and_namespace() -> None:
    told = with_ways_out(PENDING.format(name="rancher"), plan())

    assert told.startswith("management-charts-rancher: update failed\n")
    assert "helm -n cattle-system status rancher" in told
    assert "pending-install: helm -n cattle-system uninstall rancher\n" in told
    assert "pending-upgrade or pending-rollback: helm -n cattle-system rollback rancher\n" in told
    assert "dualstack up test" in told
    assert "/etc/rancher/rke2/rke2.yaml" in told


@pytest.mark.parametrize("name", ["neuvector-crd", "neuvector"])
def test_the_release_is_the_one_that_failed(name: str) -> None:
    told = with_ways_out(PENDING.format(name=name), plan())

    assert f"helm -n neuvector uninstall {name}\n" in told
    assert told.count("is stuck") == 1


def test_two_stuck_releases_are_two() -> None:
    told = with_ways_out("\n".join(PENDING.format(name=name) for name in ("rancher", "metal3")), plan())

    assert told.count("is stuck") == 2


def test_a_cluster_that_is_gone() -> None:
    error = "management-charts-rancher: can't delete Helm Release with unreachable cluster: dial tcp: i/o timeout"
    told = with_ways_out(error, plan(), "HOME=/x ", "sites")

    urn = "urn:pulumi:test::sites::dualstack:index:ManagementCharts::management-charts"
    assert f"HOME=/x pulumi state delete --stack test --yes --target-dependents '{urn}'" in told


def test_a_release_that_the_stack_does_not_know() -> None:
    told = with_ways_out(TAKEN.format(name="metal3"), plan())

    assert "set charts.metal3.handover to true" in told
    assert "helm -n metal3-system uninstall metal3" in told
    assert "kubectl -n metal3-system delete secrets -l owner=helm,name=metal3 (" in told
    assert "is stuck" not in told


def test_other_errors_stay_as_they_are() -> None:
    for error in ("", "management-charts-rancher: timed out", "another operation (install/upgrade/rollback)"):
        assert with_ways_out(error, plan()) == error


def test_an_interrupted_create_of_what_holds_secrets_is_not_imported() -> None:
    release = {
        "type": "kubernetes:helm.sh/v3:Release",
        "inputs": {"name": "rancher", "namespace": "cattle-system", "values": {"bootstrapPassword": "x"}},
    }
    metadata = {"metadata": {"name": "rancher", "namespace": "kube-system"}}
    config = {"type": "kubernetes:helm.cattle.io/v1:HelmChartConfig", "inputs": metadata}

    assert (
        interrupted_create(release)
        == "where helm -n cattle-system status rancher finds it: helm -n cattle-system uninstall rancher"
    )
    assert interrupted_create(config) == "if it is there: kubectl -n kube-system delete helmchartconfig rancher"
    assert "made again" in str(interrupted_create({"type": "kubernetes:core/v1:ServicePatch", "inputs": metadata}))
    assert interrupted_create({"type": "libvirt:index/network:Network"}) is None
