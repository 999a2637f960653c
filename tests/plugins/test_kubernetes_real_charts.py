"""The vendors' own charts on a real Kubernetes API server, without what needs controllers to get ready."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.judges.tools import chart
from tests.lab.charts import Charts
from tests.lab.kube import Kube
from tests.plugins.kubernetes import BOTH, LOGIN, NAMESPACES, VERSIONS, KubeLab
from tests.sites import FQDN

pytestmark = [pytest.mark.plugins, pytest.mark.judges]

PACKAGES = {"cert-manager": "cert-manager-v1.19.2", "metal3": "metal3-0.13.1", "rancher": "rancher-2.13.1"}
LEFT_OUT = ("deployment.yaml", "job.yaml", "mutating-webhook.yaml", "validating-webhook.yaml", "pvc.yaml")
"""Workloads, and webhooks that no workload answers; all else is the vendor's."""


@pytest.mark.parametrize("mode", ["address", "hostname"])
def test_the_vendors_charts(tmp_path: Path, kube: Kube, mode: str) -> None:
    with Charts(LOGIN) as charts:
        for name, package in PACKAGES.items():
            charts.add(chart(package), VERSIONS[name], lambda path: not path.endswith(LEFT_OUT))
        cluster = KubeLab(tmp_path, kube, charts)
        cluster.first(cluster.small(mode))
        cluster.pulumi("preview", "--refresh", "--expect-no-changes")
        # Read back and judged by the update already; here without our own rule.
        host = "192.168.100.10" if mode == "address" else FQDN
        assert cluster.data("baremetal-operator-ironic", "metal3")["IRONIC_ENDPOINT"] == f"https://{host}:6385/v1/"
        services = {
            item["metadata"]["name"]: item["spec"]["ipFamilies"]
            for name in ("metal3", "rancher")
            for item in kube.call("GET", f"/api/v1/namespaces/{NAMESPACES[name]}/services")["items"]
        }
        assert {name: families for name, families in services.items() if families != BOTH} == {}
        assert {"rancher", "metal3-metal3-ironic"} <= set(services)
        cluster.pulumi("destroy", "--yes", "--skip-preview")
        # Rancher's chart makes this one by a hook and keeps it.
        assert cluster.left() == {"cattle-system/secrets": ["bootstrap-secret"]}
        assert cluster.leaking() == set()
