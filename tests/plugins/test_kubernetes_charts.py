"""What belongs to the Helm releases, on a real API server: families, read-back, HelmChartConfig, handover."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lab.kube import Kube
from tests.lab.standins.project import CANARY
from tests.lab.tools import needed
from tests.plugins.kubernetes import BOTH, FAMILIES, FIXTURES, RELEASES, VERSIONS, KubeLab

pytestmark = pytest.mark.plugins

RKE2 = "/apis/helm.cattle.io/v1/namespaces/kube-system"
UNMANAGED = "helmcharts.helm.cattle.io/unmanaged"


def rke2_kinds(kube: Kube) -> None:
    """Define RKE2's kinds for Helm, without their schemas."""
    for kind in ("HelmChart", "HelmChartConfig"):
        plural = f"{kind.lower()}s"
        open_schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": open_schema}}
        spec = {
            "group": "helm.cattle.io",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "scope": "Namespaced",
            "versions": [version],
        }
        kube.call(
            "POST",
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": f"{plural}.helm.cattle.io"},
                "spec": spec,
            },
        )


def helm(cluster: KubeLab, folder: Path, *arguments: str) -> str:
    """Run Helm's own command on the cluster."""
    file = folder / "helm.kubeconfig"
    file.write_text(cluster.kube.kubeconfig())
    file.chmod(0o600)
    done = subprocess.run(
        [needed("helm"), "--kubeconfig", str(file), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def service(cluster: KubeLab) -> dict[str, Any]:
    """Give Rancher's Service."""
    found: dict[str, Any] = cluster.kube.call("GET", cluster.place("services", "rancher", "rancher"))
    return found


def test_families_that_somebody_takes_away_come_back(cluster: KubeLab) -> None:
    site = cluster.small()
    cluster.first(site)
    assert cluster.families() == BOTH
    assert service(cluster)["spec"]["ipFamilyPolicy"] == "RequireDualStack"
    owners = {
        one["manager"]: one["fieldsV1"].get("f:spec")
        for one in service(cluster)["metadata"]["managedFields"]
        if one["operation"] == "Apply"
    }
    assert owners == {"dualstack": {"f:ipFamilyPolicy": {}}}

    # By another hand, which owns the field from then on.
    one_family = {"spec": {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"], "clusterIPs": None}}
    one_family["spec"]["clusterIPs"] = service(cluster)["spec"]["clusterIPs"][:1]
    cluster.kube.patch(cluster.place("services", "rancher", "rancher"), one_family)
    assert cluster.families() == ["IPv4"]
    cluster.pulumi("refresh", "--yes", "--skip-preview")
    assert cluster.apply(site).steps == [f"update {FAMILIES}"]
    assert cluster.families() == BOTH

    # The whole Service, made again without them by Helm's own hand.
    cluster.kube.call("DELETE", cluster.place("services", "rancher", "rancher"))
    cluster.pulumi("refresh", "--yes", "--skip-preview")
    again = service_of_the_chart()
    cluster.kube.call("POST", "/api/v1/namespaces/cattle-system/services", again)
    assert cluster.families() == ["IPv4"]
    assert cluster.apply(site).steps == [f"create {FAMILIES}"]
    assert cluster.families() == BOTH
    cluster.pulumi("preview", "--refresh", "--expect-no-changes")

    # Gone with its Service: nothing is asked of it.
    cluster.kube.call("DELETE", cluster.place("services", "rancher", "rancher"))
    cluster.pulumi("destroy", "--yes", "--skip-preview")
    assert cluster.left() == {}


def service_of_the_chart() -> dict[str, Any]:
    """Give Rancher's Service as the chart has it."""
    labels = {"app.kubernetes.io/managed-by": "Helm"}
    notes = {"meta.helm.sh/release-name": "rancher", "meta.helm.sh/release-namespace": "cattle-system"}
    ports = [{"name": "https-internal", "port": 443, "protocol": "TCP", "targetPort": 444}]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "rancher", "labels": labels, "annotations": notes},
        "spec": {"ports": ports, "selector": {"app": "rancher"}},
    }


def test_what_somebody_changed_in_ironics_configmap_stops_the_update(cluster: KubeLab) -> None:
    site = cluster.small()
    cluster.first(site)
    path = cluster.place("configmaps", "ironic", "metal3")
    cluster.kube.patch(path, {"data": {"IRONIC_EXTERNAL_HTTP_URL": "http://:6180", "OWN": f"{CANARY}-environment"}})

    cluster.pulumi("preview", "--expect-no-changes")
    site["charts"]["rancher"]["values"] = {"replicas": 3}
    stopped = cluster.apply(site, code=1)
    assert stopped.steps == []
    assert any("metal3-system.ironic.IRONIC_EXTERNAL_HTTP_URL: 'http://:6180' has no host" in e for e in stopped.errors)
    # What is read may hold a secret of the site's own.
    assert CANARY not in json.dumps(cluster.state())

    cluster.kube.patch(path, {"data": {"IRONIC_EXTERNAL_HTTP_URL": "http://192.168.100.10:6180"}})
    assert cluster.apply(site).steps == ["update management-charts-rancher"]
    assert CANARY not in json.dumps(cluster.state())


def test_values_reach_a_cluster_whose_charts_came_with_the_image(cluster: KubeLab) -> None:
    rke2_kinds(cluster.kube)
    site = {**cluster.small(), "delivery": "image", "day2": "helmchartconfig"}
    names = [f"management-charts-{name}-values" for name in VERSIONS]
    assert sorted(cluster.first(site).steps) == sorted(f"create {name}" for name in names)
    try:
        found = cluster.kube.call("GET", f"{RKE2}/helmchartconfigs/rancher")["spec"]
        assert f"bootstrapPassword: {CANARY}-bootstrap" in found["valuesContent"]
        assert found["failurePolicy"] == "abort"
        assert CANARY not in json.dumps(cluster.state())
        cluster.pulumi("preview", "--refresh", "--expect-no-changes")

        site["charts"]["rancher"]["values"] = {"replicas": 3}
        assert cluster.apply(site).steps == ["update management-charts-rancher-values"]
        assert "replicas: 3" in cluster.kube.call("GET", f"{RKE2}/helmchartconfigs/rancher")["spec"]["valuesContent"]
        assert CANARY not in json.dumps(cluster.state())
    finally:
        cluster.pulumi("destroy", "--yes", "--skip-preview")
    assert cluster.kube.names("helmchartconfigs", "kube-system", "apis/helm.cattle.io/v1") == []


def test_a_chart_moves_from_the_image_to_pulumi(cluster: KubeLab, tmp_path: Path) -> None:
    """The way that docs/deploy.md tells, word by word; what RKE2 did is done by Helm's own command."""
    rke2_kinds(cluster.kube)
    chart = {"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "metadata": {"name": "rancher"}}
    cluster.kube.call("POST", f"{RKE2}/helmcharts", {**chart, "spec": {"chartContent": "AAAA", "version": "2.13.1"}})
    install = ("install", "rancher", str(FIXTURES / "rancher"), "-n", "cattle-system", "--create-namespace")
    helm(cluster, tmp_path, *install, "--version", VERSIONS["rancher"], "--set", "hostname=of-the-image")
    uid = service(cluster)["metadata"]["uid"]
    assert cluster.families() == ["IPv4"]

    site = cluster.small()
    site["charts"]["rancher"]["handover"] = True
    first = cluster.first(site)
    assert "create management-charts-rancher-let-go" in first.steps
    (line,) = [one for one in first.warnings if "let Helm forget the release" in one]
    assert "kubectl -n cattle-system delete secrets -l owner=helm,name=rancher" in line
    let_go = cluster.kube.call("GET", f"{RKE2}/helmcharts/rancher")
    assert let_go["metadata"]["annotations"] == {UNMANAGED: "true"}
    assert let_go["spec"]["version"] == "2.13.1"

    # Too early: Helm still knows the release, so nothing happens to it.
    del site["charts"]["rancher"]["handover"]
    early = cluster.apply(site, code=1)
    assert any("cannot re-use a name that is still in use" in one for one in early.errors)

    # What the command does.
    for item in cluster.kube.call("GET", "/api/v1/namespaces/cattle-system/secrets?labelSelector=owner%3Dhelm")[
        "items"
    ]:
        cluster.kube.call("DELETE", f"/api/v1/namespaces/cattle-system/secrets/{item['metadata']['name']}")
    # The engine forgets the patch only; its annotation is seen below.
    taken = [f"create {RELEASES[-1]}", f"create {FAMILIES}", "delete management-charts-rancher-let-go"]
    assert cluster.apply(site).steps == taken
    # The very same objects, now with the plan's values, and both families.
    assert service(cluster)["metadata"]["uid"] == uid
    assert cluster.data("rancher-config", "rancher")["hostname"] != "of-the-image"
    assert cluster.families() == BOTH
    assert cluster.kube.releases("cattle-system") == {"rancher.v1": "deployed"}
    # RKE2 stays away from it.
    assert cluster.kube.call("GET", f"{RKE2}/helmcharts/rancher")["metadata"]["annotations"] == {UNMANAGED: "true"}
    assert CANARY not in json.dumps(cluster.state())
    cluster.pulumi("preview", "--refresh", "--expect-no-changes")
    cluster.pulumi("destroy", "--yes", "--skip-preview")
    cluster.kube.call("DELETE", f"{RKE2}/helmcharts/rancher")


def test_the_way_out_of_a_stuck_release(cluster: KubeLab, tmp_path: Path) -> None:
    """What is printed, done by Helm's own command; a refresh in between hides nothing."""
    site = cluster.small()
    cluster.first(site)
    # An upgrade that was killed in the middle: Helm has its values, Pulumi's state has not.
    upgrade = ("upgrade", "rancher", "rancher", "--repo", cluster.charts.url, "-n", "cattle-system", "--reuse-values")
    helm(cluster, tmp_path, *upgrade, "--version", VERSIONS["rancher"], "--set", "added=there")
    record = "/api/v1/namespaces/cattle-system/secrets/sh.helm.release.v1.rancher."
    stuck(cluster, f"{record}v1", "deployed")
    stuck(cluster, f"{record}v2", "pending-upgrade")
    cluster.pulumi("refresh", "--yes", "--skip-preview")

    # Without the change, nothing differs from the state.
    unchanged = cluster.apply(site, code=1)
    assert any("the Helm release rancher is pending-upgrade" in one for one in unchanged.errors)
    # Nor does the change itself: the provider has read it as if it were there, and never takes a key away again.
    site["charts"]["rancher"]["values"] = {"added": "there"}
    refused = cluster.apply(site, code=1)
    assert any("another operation (install/upgrade/rollback) is in progress" in one for one in refused.errors)

    assert "pending-upgrade" in helm(cluster, tmp_path, "-n", "cattle-system", "status", "rancher")
    helm(cluster, tmp_path, "-n", "cattle-system", "rollback", "rancher")
    cluster.pulumi("refresh", "--yes", "--skip-preview")
    assert cluster.apply(site).steps == ["update management-charts-rancher"]
    assert "added: there" in helm(cluster, tmp_path, "-n", "cattle-system", "get", "values", "rancher")
    assert cluster.families() == BOTH


def stuck(cluster: KubeLab, record: str, status: str) -> None:
    """Write a status into a record of Helm's, as a run that was killed leaves it."""
    import base64
    import gzip

    secret = cluster.kube.call("GET", record)
    release = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
    release["info"]["status"] = status
    text = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    body = {"data": {"release": base64.b64encode(text).decode()}, "metadata": {"labels": {"status": status}}}
    cluster.kube.patch(record, body)
