"""The Helm releases of each SUSE Telco Cloud release: versions, places, order, values."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.frozen import Secret, secrets_in, thaw
from dualstack.plan.model import ChartRepository
from tests.plan.plans import FQDN, MODES, RELEASES, plan, values
from tests.sites import mapping

JETSTACK = ChartRepository("jetstack", "https://charts.jetstack.io")
RANCHER = ChartRepository("rancher-charts", "https://charts.rancher.io")
EDGE = ChartRepository("suse-edge-charts", "oci://registry.suse.com/edge/charts")
PRIME = ChartRepository("rancher-prime", "https://charts.rancher.com/server-charts/prime")
APPS = ChartRepository(
    "rancher-application-collection", "oci://dp.apps.rancher.io/charts", "robot", "appsToken", needs_login=True
)

Row = tuple[str, str, str, ChartRepository, str]
EXPECTED: dict[str, list[Row]] = {
    "3.4.2": [
        ("cert-manager", "cert-manager", "1.18.2", JETSTACK, "cert-manager"),
        ("longhorn-crd", "longhorn-crd", "107.1.1+up1.9.2", RANCHER, "longhorn-system"),
        ("longhorn", "longhorn", "107.1.1+up1.9.2", RANCHER, "longhorn-system"),
        ("metal3", "metal3", "304.0.19+up0.12.9", EDGE, "metal3-system"),
        ("rancher", "rancher", "2.12.5", PRIME, "cattle-system"),
        ("rancher-turtles", "rancher-turtles", "304.0.8+up0.24.3", EDGE, "rancher-turtles-system"),
        ("neuvector-crd", "neuvector-crd", "107.0.3+up2.8.10", RANCHER, "neuvector"),
        ("neuvector", "neuvector", "107.0.3+up2.8.10", RANCHER, "neuvector"),
    ],
    "3.5.1": [
        ("cert-manager", "cert-manager", "1.19.2", JETSTACK, "cert-manager"),
        ("longhorn", "suse-storage", "1.10.2", APPS, "longhorn-system"),
        ("metal3", "metal3", "305.0.23+up0.13.1", EDGE, "metal3-system"),
        ("rancher", "rancher", "2.13.3", PRIME, "cattle-system"),
        ("rancher-turtles-providers", "rancher-turtles-providers", "305.0.5+up0.25.4", EDGE, "cattle-turtles-system"),
        ("neuvector-crd", "neuvector-crd", "108.0.2+up2.8.11", RANCHER, "neuvector"),
        ("neuvector", "neuvector", "108.0.2+up2.8.11", RANCHER, "neuvector"),
    ],
    "3.6.0": [
        ("cert-manager", "cert-manager", "1.20.1", JETSTACK, "cert-manager"),
        ("longhorn", "suse-storage", "1.11.1", APPS, "longhorn-system"),
        ("metal3", "metal3", "306.0.26+up0.15.0", EDGE, "metal3-system"),
        ("rancher", "rancher", "2.14.1", PRIME, "cattle-system"),
        ("rancher-turtles-providers", "rancher-turtles-providers", "306.0.6+up0.26.1", EDGE, "cattle-turtles-system"),
        ("neuvector-crd", "neuvector-crd", "109.0.1+up2.8.13", RANCHER, "neuvector"),
        ("neuvector", "neuvector", "109.0.1+up2.8.13", RANCHER, "neuvector"),
    ],
}
KUBERNETES = {"3.4.2": "v1.33.6+rke2r1", "3.5.1": "v1.34.4+rke2r1", "3.6.0": "v1.35.3+rke2r3"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("release", EXPECTED)
def test_what_a_release_ships(mode: str, release: str) -> None:
    """The table of versions, written a second time from its source for some patches, which never change."""
    made = plan(mode, release=release)
    rows = [(item.name, item.chart, item.version, item.repository, item.namespace) for item in made.charts]
    assert rows == EXPECTED[release]
    assert made.kubernetes_version == KUBERNETES[release]
    assert {item.pinned_by for item in made.charts} == {"release"}
    assert {item.delivery for item in made.charts} == {"image"}


@pytest.mark.parametrize("release", RELEASES)
def test_each_waits_for_the_one_before(release: str) -> None:
    charts = plan(release=release).charts
    names = [item.name for item in charts]
    assert [item.depends_on for item in charts] == [(), *((name,) for name in names[:-1])]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("mode", "hostname"),
    [("address", "rancher-192-168-100-10.fd00-100--10.sslip.io"), ("hostname", FQDN)],
)
def test_ranchers_values(release: str, mode: str, hostname: str) -> None:
    made = plan(mode, release=release)
    assert values(made, "rancher") == {
        "hostname": hostname,
        "bootstrapPassword": "[secret]",
        "replicas": 1,
        "systemDefaultRegistry": "registry.rancher.com",
        "global": {"cattle": {"systemDefaultRegistry": "registry.rancher.com"}},
    }
    assert made.values("rancher")["bootstrapPassword"] == Secret("rancherBootstrapPassword")


def test_without_the_password_rancher_makes_one_up() -> None:
    assert "bootstrapPassword" not in values(plan(secrets=()), "rancher")


NEUVECTOR: dict[str, Any] = {
    "controller": {"replicas": 1, "ranchersso": {"enabled": True}},
    "manager": {"enabled": False},
    "cve": {"scanner": {"enabled": False, "replicas": 1}},
    "k3s": {"enabled": True},
    "crdwebhook": {"enabled": False},
    "registry": "registry.rancher.com",
    "global": {"cattle": {"systemDefaultRegistry": "registry.rancher.com"}},
}


def test_the_other_values_are_the_upstream_examples() -> None:
    made = plan()
    assert values(made, "cert-manager") == {"installCRDs": True}
    assert values(made, "neuvector") == NEUVECTOR
    assert values(made, "rancher-turtles-providers") == {}
    assert values(made, "longhorn") == {
        "privateRegistry": {
            "createSecret": True,
            "registryUrl": "dp.apps.rancher.io",
            "registryUser": "robot",
            "registryPasswd": "[secret]",
            "registrySecret": "rancher-app-collection",
        }
    }
    assert secrets_in(made.values("longhorn")) == {"appsToken"}


def test_a_proxy_reaches_rancher_with_every_cidr() -> None:
    made = values(plan(image={"proxy": {"https": "http://proxy:3128", "noProxy": ["intranet"]}}), "rancher")
    assert made["proxy"] == "http://proxy:3128"
    assert made["noProxy"] == (
        "intranet,localhost,127.0.0.1,::1,.svc,.cluster.local,rancher-192-168-100-10.fd00-100--10.sslip.io,"
        "10.42.0.0/16,fd12:4567:789b::/48,10.96.0.0/12,fd12:4567:789c::/112,192.168.100.0/24,fd00:100::/64"
    )


def test_no_proxy_holds_what_overrides_and_reservations_add() -> None:
    nodes = mapping()["nodes"]
    interface = nodes[0]["interfaces"][0]
    interface["ipv6"] = {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}
    added = {"name": "eth0", "ipv4": {"address": [{"ip": "10.7.0.9", "prefix-length": 24}, {"ip": "x"}]}}
    nodes[0]["nmstate"] = {"interfaces": [added, "junk"]}
    server = {
        "cluster-cidr": "10.60.0.0/16,fd60::/48",
        "service-cidr": ["10.61.0.0/16", 7],
        "cluster-domain": "k8s.lab",
    }
    made = plan(nodes=nodes, cluster={"server": server}, rancher={"hostname": "rancher.example.com"}).no_proxy
    assert {"fd00:100::10/128", "10.7.0.0/24", "10.60.0.0/16", "fd60::/48", "10.61.0.0/16"} <= set(made)
    assert {".k8s.lab", "rancher.example.com"} <= set(made)
    assert "10.42.0.0/16" not in made
    override = plan(charts={"rancher": {"values": {"hostname": "r.example.com"}}}).no_proxy
    assert "r.example.com" in override


def test_a_chart_left_out_shortens_the_chain() -> None:
    charts = plan(charts={"storage": {"enabled": False, "login": None}, "neuvector": {"enabled": False}}).charts
    assert [item.name for item in charts] == ["cert-manager", "metal3", "rancher", "rancher-turtles-providers"]
    assert charts[1].depends_on == ("cert-manager",)


def test_own_versions_repositories_and_deliveries() -> None:
    own = {"version": "9.9.9", "repository": "oci://mirror.example.com/charts", "delivery": "pulumi"}
    made = plan(charts={"metal3": own}).chart("metal3")
    assert made is not None
    assert (made.version, made.pinned_by, made.delivery) == ("9.9.9", "site", "pulumi")
    assert made.repository == ChartRepository("mirror-example-com-charts", "oci://mirror.example.com/charts")
    assert plan(kubernetesVersion="v1.34.2+rke2r1").kubernetes_version == "v1.34.2+rke2r1"


def test_a_mirror_takes_the_login() -> None:
    own = {"repository": "oci://mirror.example.com/charts", "login": {"username": "u", "passwordKey": "k"}}
    made = plan(release="3.4", charts={"storage": own})
    repositories = {item.repository for item in made.charts if item.key == "storage"}
    mirror = ChartRepository("mirror-example-com-charts", "oci://mirror.example.com/charts", "u", "k")
    assert repositories == {mirror}


def test_values_keep_what_was_computed_beside_them() -> None:
    made = plan(charts={"rancher": {"values": {"replicas": 3, "global": {"cattle": {"psp": {"enabled": False}}}}}})
    chart = made.chart("rancher")
    assert chart is not None
    assert thaw(chart.values)["replicas"] == 3
    assert thaw(chart.computed)["replicas"] == 1
    registry = {"systemDefaultRegistry": "registry.rancher.com"}
    assert thaw(chart.values)["global"] == {"cattle": {**registry, "psp": {"enabled": False}}}
    assert thaw(chart.computed)["global"] == {"cattle": registry}


def test_extra_charts_come_last() -> None:
    extra = {
        "name": "kyverno", "version": "3.4.1", "repository": "https://kyverno.github.io/kyverno",
        "namespace": "kyverno", "values": {"replicas": 2},
    }  # fmt: skip
    made = plan(delivery="pulumi", charts={"extra": [extra]}).charts[-1]
    assert (made.key, made.name, made.version, made.namespace) == ("extra", "kyverno", "3.4.1", "kyverno")
    assert (made.delivery, made.depends_on, made.path) == ("pulumi", (), ("charts", "extra", 0))
    assert made.repository == ChartRepository("kyverno-github-io-kyverno", "https://kyverno.github.io/kyverno")
    assert thaw(made.values) == {"replicas": 2}
