"""What goes wrong on a real Kubernetes API server, and how the next run goes on."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.components.support import libvirt_site
from tests.lab.charts import Charts
from tests.lab.kube import Kube
from tests.lab.standins.kinds import DOMAIN
from tests.lab.standins.project import kill
from tests.lab.tools import needed
from tests.plugins.kubernetes import BOTH, FAMILIES, LOGIN, NAMESPACES, RELEASES, KubeLab

pytestmark = pytest.mark.plugins

RANCHER = "management-charts-rancher"
NAMESPACE = NAMESPACES["rancher"]


def helm(cluster: KubeLab, *arguments: str) -> None:
    """Run Helm on Rancher's namespace, as an operator does."""
    file = cluster.folder.parent / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(cluster.kube.kubeconfig())
    words = [str(needed("helm")), "--kubeconfig", str(file), "--namespace", NAMESPACE, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def trouble(cluster: KubeLab, kind: str) -> dict[str, Any]:
    """Give a site whose rancher chart goes wrong."""
    return cluster.small(values={"trouble": kind})


def test_drift(cluster: KubeLab) -> None:
    """Somebody upgrades a release by Helm's command."""
    site = cluster.small()
    cluster.first(site)
    source = ("--repo", cluster.charts.private, "--username", LOGIN[0], "--password", LOGIN[1])
    helm(cluster, "upgrade", "rancher", "rancher", *source, "--reuse-values", "--set", "replicas=9")
    assert cluster.data("rancher-config", "rancher")["replicas"] == "9"
    assert cluster.apply(site, "--refresh").steps == [f"update {RANCHER}"]
    assert cluster.data("rancher-config", "rancher")["replicas"] == "1"
    assert cluster.records()["rancher.v3"] == "deployed"

    # And removes another one.
    helm(cluster, "uninstall", "rancher")
    assert cluster.apply(site, "--refresh").steps == [f"create {RANCHER}", f"create {FAMILIES}"]
    assert cluster.families() == BOTH
    assert cluster.leaking() == {"build"}


def test_failed_steps_and_their_retry(cluster: KubeLab) -> None:
    cluster.patience(10)  # seconds; what is good takes as much on a busy machine
    site = trouble(cluster, "object")
    cluster.site(site)
    cluster.init()
    told = cluster.apply(site, code=1)
    assert told.steps[-1] == f"failed create {RANCHER}"
    assert "Not_A_Name" in "\n".join(told.errors)
    assert cluster.records() == {"cert-manager.v1": "deployed", "metal3.v1": "deployed", "rancher.v1": "failed"}

    # A hook that never ends, then a workload that never runs: each is an upgrade of the release that failed.
    for kind, words in (("hook", "pre-upgrade hooks failed"), ("slow", "context deadline exceeded")):
        told = cluster.apply(trouble(cluster, kind), code=1)
        assert told.steps == [f"failed update {RANCHER}"]
        assert words in "\n".join(told.errors)
    assert cluster.leaking() == {"build"}

    assert cluster.apply(cluster.small()).steps == [f"update {RANCHER}", f"create {FAMILIES}"]
    assert cluster.records()["rancher.v4"] == "deployed"
    cluster.pulumi("preview", "--expect-no-changes")


def test_a_kubeconfig_that_changes(cluster: KubeLab) -> None:
    """A renewed certificate or another way to write the address is no new cluster; a dead one takes nothing away."""
    site = cluster.small()
    cluster.first(site)
    before = ids(cluster)
    cluster.connect(cluster.kube.kubeconfig(token=1, server=f"{cluster.kube.url}/"))
    assert cluster.apply(site).steps == []
    assert ids(cluster) == before

    cluster.connect(cluster.kube.kubeconfig(server="https://127.0.0.1:1"))
    for command in ("up", "refresh", "destroy"):
        assert "unreachable" in cluster.pulumi(command, "--yes", "--skip-preview", code=1).told
    assert ids(cluster) == before
    assert cluster.records()["rancher.v1"] == "deployed"


def ids(cluster: KubeLab) -> dict[str, str]:
    """Give the ids of the releases in state."""
    return {name: resource["id"] for name, resource in cluster.resources().items() if name in RELEASES}


def test_a_machine_that_goes_with_its_dead_server(tmp_path: Path, kube: Kube, charts: Charts) -> None:
    """Nothing is uninstalled from a cluster whose machine is removed, so nobody need answer there."""
    cluster = KubeLab(tmp_path, kube, charts, standins=("libvirt", "command"))
    site = cluster.small() | {key: libvirt_site()[key] for key in ("nodes", "image")}
    site["host"] = {**libvirt_site()["host"], "readiness": "off"}
    cluster.first(site)
    kube.stop()
    try:
        cluster.pulumi("destroy", "--yes", "--skip-preview")
    finally:
        kube.start()
    assert not cluster.state().get("resources")
    assert not cluster.control.world().get(DOMAIN)
    assert cluster.records()["rancher.v1"] == "deployed"


def interrupted(cluster: KubeLab, record: str, status: str) -> None:
    """Let a release wait for what never comes, and kill everything at once."""
    process = cluster.start("up", "--yes", "--skip-preview")
    try:
        end = time.monotonic() + 90
        while cluster.records().get(record) != status and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        assert process.poll() is None
        # The other resources are done, and the state that tells of this one is written before it begins.
        cluster.settle()
    finally:
        kill(process)
    assert cluster.records()[record] == status
    cluster.pulumi("cancel", "--yes")


def test_interrupted(cluster: KubeLab) -> None:
    slow, good = trouble(cluster, "slow"), cluster.small()
    cluster.site(slow)
    cluster.init()
    interrupted(cluster, "rancher.v1", "pending-install")
    told = cluster.apply(good, code=1)
    assert told.steps == [f"failed create {RANCHER}"]
    assert "cannot re-use a name that is still in use" in told.errors
    helm(cluster, "uninstall", "rancher")
    assert cluster.apply(good).steps == [f"create {RANCHER}", f"create {FAMILIES}"]
    cluster.pulumi("refresh", "--yes", "--skip-preview", "--clear-pending-creates")

    cluster.site(slow)
    interrupted(cluster, "rancher.v2", "pending-upgrade")
    # A refresh takes the values of the upgrade that never ended for those that are there.
    cluster.pulumi("refresh", "--yes", "--skip-preview")
    told = cluster.apply(slow, code=1)
    assert told.steps == [f"failed update {RANCHER}"]
    assert "another operation (install/upgrade/rollback) is in progress" in told.errors
    helm(cluster, "rollback", "rancher")
    assert cluster.apply(good, "--refresh").steps == []
    assert cluster.records()["rancher.v3"] == "deployed"
    assert not cluster.kube.names("deployments", NAMESPACE, "apis/apps/v1")
    cluster.pulumi("preview", "--expect-no-changes")
