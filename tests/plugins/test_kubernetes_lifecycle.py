"""A site's charts on a real Kubernetes API server, from nothing to nothing."""

from __future__ import annotations

import pytest

from tests.lab.standins.project import SECRETS
from tests.plugins.kubernetes import BOTH, FAMILIES, NEXT, RELEASES, KubeLab
from tests.sites import FQDN

pytestmark = pytest.mark.plugins

CREATED = [f"create {name}" for name in (*RELEASES, FAMILIES)]
URL = "rancher-192-168-100-10.fd00-100--10.sslip.io"
DEPLOYED = {"cert-manager.v1": "deployed", "metal3.v1": "deployed", "rancher.v1": "deployed"}
DEFINITIONS = ["certificates.cert-manager.io", "issuers.cert-manager.io"]


def test_address_mode(cluster: KubeLab) -> None:
    site = cluster.small()
    # metal3 stands in for the real one's need of cert-manager's kinds: in another order it would be refused.
    assert cluster.first(site).steps == CREATED
    assert cluster.records() == DEPLOYED
    assert cluster.data("ironic", "metal3")["IRONIC_IP"] == "192.168.100.10"
    assert cluster.data("baremetal-operator-ironic", "metal3")["IRONIC_EXTERNAL_URL_V6"] == "http://[fd00:100::10]:6180"
    assert cluster.families() == BOTH
    cluster.pulumi("preview", "--refresh", "--expect-no-changes")

    # Values and version change in place, in one upgrade; what is not of the chart stays.
    site["charts"]["rancher"] |= {"version": NEXT, "values": {"replicas": 3}}
    assert cluster.apply(site).steps == ["update management-charts-rancher"]
    assert cluster.records() == {**DEPLOYED, "rancher.v1": "superseded", "rancher.v2": "deployed"}
    assert cluster.data("rancher-config", "rancher") == {"hostname": URL, "replicas": "3", "version": NEXT}
    assert cluster.families() == BOTH
    assert cluster.password() == SECRETS["rancherBootstrapPassword"]
    assert cluster.leaking() == {"build"}

    cluster.pulumi("destroy", "--yes", "--skip-preview")
    assert cluster.left() == {}
    assert not cluster.state().get("resources")
    # The definitions are kept, as the chart says: what uses them would go with them.
    definitions = cluster.kube.names("customresourcedefinitions", group="apis/apiextensions.k8s.io/v1")
    assert definitions == DEFINITIONS


def test_hostname_mode(cluster: KubeLab) -> None:
    site = cluster.small("hostname")
    # One chart from a registry.
    site["charts"]["metal3"]["repository"] = cluster.charts.oci
    assert cluster.first(site).steps == CREATED
    assert cluster.records() == DEPLOYED
    assert cluster.data("ironic", "metal3")["IRONIC_URL_HOSTNAME"] == FQDN
    assert cluster.data("baremetal-operator-ironic", "metal3") == {"IRONIC_ENDPOINT": f"https://{FQDN}:6385/v1/"}
    cluster.pulumi("preview", "--refresh", "--expect-no-changes")
    cluster.pulumi("destroy", "--yes", "--skip-preview")
    assert cluster.left() == {}
