from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import At
from dualstack.releases import RELEASES
from dualstack.rules.chart.chart_versions import kubernetes_version, pinned_version, rancher_takes, repository_url
from tests.rules.cases import Change, changed, one, tell
from tests.sites import found, mapping, told

EXTRA = {
    "name": "metallb",
    "version": "305.0.1+up0.15.2",
    "repository": "oci://r.example.com/charts",
    "namespace": "metallb",
}


def extra(*charts: dict[str, Any]) -> list[Change]:
    return [([EXTRA | chart for chart in charts], "charts", "extra")]


@pytest.mark.parametrize(
    ("changes", "rule", "severity", "path", "fix"),
    [
        (
            [({}, "charts", "storage")],
            "DS104",
            "warning",
            "charts.storage.login",
            "dualstack secret set test appsToken",
        ),
        ([("v1.34.4+k3s1", "kubernetesVersion")], "DS106", "error", "kubernetesVersion", "write v1.34.4+rke2r1"),
        ([("latest", "kubernetesVersion")], "DS106", "error", "kubernetesVersion", "write v1.34.4+rke2r1"),
        ([("v1.35.3+rke2r3", "kubernetesVersion")], "DS107", "error", "kubernetesVersion", "write v1.34.4+rke2r1"),
        ([("2.12.5", "charts", "rancher", "version")], "DS107", "error", "charts.rancher.version", "write 2.13.3"),
        (
            [("v1.36.0+rke2r1", "kubernetesVersion"), ("2.12.5", "charts", "rancher", "version")],
            "DS107",
            "error",
            "kubernetesVersion",
            "write v1.34.4+rke2r1 and set charts.rancher.version to 2.13.3",
        ),
        (
            [("3.6", "release"), ("v1.34.4+rke2r1", "kubernetesVersion"), ("2.12.5", "charts", "rancher", "version")],
            "DS107",
            "error",
            "charts.rancher.version",
            "write 2.14.1",
        ),
        ([("*", "charts", "metal3", "version")], "DS108", "error", "charts.metal3.version", "write 305.0.23+up0.13.1"),
        ([("^2.13", "charts", "rancher", "version")], "DS108", "error", "charts.rancher.version", "write 2.13.3"),
        (
            extra({"version": ">=1.0.0"}),
            "DS108",
            "error",
            "charts.extra[0].version",
            "write one whole version, such as 1.2.3",
        ),
        (
            [({"enabled": False}, "charts", "cert-manager")],
            "DS109",
            "error",
            "charts.cert-manager.enabled",
            "set charts.cert-manager.enabled to true",
        ),
        (
            [({"enabled": False}, "charts", "rancher")],
            "DS109",
            "error",
            "charts.rancher.enabled",
            "or charts.turtles.enabled to false",
        ),
        (extra({"name": "rancher"}), "DS110", "error", "charts.extra[0].name", "remove this chart"),
        (extra({}, {}), "DS110", "error", "charts.extra[1].name", "remove this chart"),
        (extra({"name": "MetalLB"}), "DS110", "error", "charts.extra[0].name", "lower case"),
        (extra({"namespace": "metallb_system"}), "DS110", "error", "charts.extra[0].namespace", "write metallb-system"),
        (
            extra({"repository": "r.example.com/charts"}),
            "DS111",
            "error",
            "charts.extra[0].repository",
            "write https://r.example.com/charts, or oci://r.example.com/charts",
        ),
        (
            [("ftp://mirror.example.com", "charts", "metal3", "repository")],
            "DS111",
            "error",
            "charts.metal3.repository",
            "write https://mirror.example.com",
        ),
    ],
)
def test_finding(changes: list[Change], rule: str, severity: str, path: str, fix: str) -> None:
    told_of = tell(changed("address", *changes), rule)
    assert told_of[:2] == (severity, path)
    assert fix in told_of[2]


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("mode", ["address", "hostname"])
def test_every_release_is_clean_as_it_comes(release: str, mode: str) -> None:
    assert told(mapping(mode, release=release)) == []


@pytest.mark.parametrize(
    "changes",
    [
        extra({}),
        [("v1.34.2+rke2r1", "kubernetesVersion")],
        [("305.0.21+up0.13.0", "charts", "metal3", "version")],
        [("oci://mirror.example.com/charts", "charts", "storage", "repository")],
        [({"enabled": False}, "charts", "turtles"), ({"enabled": False}, "charts", "rancher")],
    ],
)
def test_silence(changes: list[Change]) -> None:
    assert told(changed("address", *changes)) == []


def test_cert_manager_may_come_otherwise() -> None:
    off: Change = ({"enabled": False}, "charts", "cert-manager")
    assert found(changed("address", off, *extra({"name": "cert-manager"})), "DS109") == []
    own = changed(
        "address",
        off,
        ("secret", "charts", "rancher", "values", "ingress", "tls", "source"),
        ({"enabled": False}, "charts", "metal3"),
    )
    assert found(own, "DS109") == []


def test_the_image_cannot_wait_for_pulumi() -> None:
    data = changed("address", ("pulumi", "charts", "cert-manager", "delivery"))
    assert {f.path for f in found(data, "DS109")} == {
        ("charts", "metal3", "delivery"),
        ("charts", "rancher", "delivery"),
    }
    assert {f.severity for f in found(data, "DS109")} == {"warning"}
    assert found(changed("address", ("pulumi", "delivery")), "DS109") == []


@pytest.mark.parametrize("version", ["v1.33.6+rke2r1", "v1.34.4-rc1+rke2r1"])
def test_kubernetes_versions(version: str) -> None:
    assert list(kubernetes_version(At((), version), "")) == []


@pytest.mark.parametrize("version", ["1.2.3", "v1.19.2", "305.0.23+up0.13.1", "1.0.0-rc.1"])
def test_pinned(version: str) -> None:
    assert list(pinned_version(At((), version))) == []


@pytest.mark.parametrize("version", ["1", "1.2", "~1.2.3", "1.x", "1.2.3 - 1.3.0", "latest", ">1.2.3"])
def test_not_pinned(version: str) -> None:
    assert len(list(pinned_version(At((), version)))) == 1


@pytest.mark.parametrize(
    ("rancher", "kubernetes", "taken"),
    [
        ("2.12.5", "v1.33.6+rke2r1", True),
        ("2.12.5", "v1.34.4+rke2r1", False),
        ("2.13.1", "v1.34.2+rke2r1", True),
        ("2.13.1", "v1.35.0+rke2r1", False),
        ("2.14.1", "v1.35.3+rke2r3", True),
        ("2.14.1", "v1.36.0+rke2r1", False),
        ("2.99.0", "v1.50.0+rke2r1", True),
        ("nonsense", "nonsense", True),
    ],
)
def test_what_rancher_takes(rancher: str, kubernetes: str, taken: bool) -> None:
    assert (list(rancher_takes(rancher, At((), kubernetes), "")) == []) is taken


@pytest.mark.parametrize("url", ["https://charts.jetstack.io", "oci://r.example.com/charts", "http://10.0.0.1:8080/x"])
def test_repositories(url: str) -> None:
    assert list(repository_url(At((), url))) == []


def test_a_message_names_both_versions() -> None:
    message = one(changed("address", ("v1.35.3+rke2r3", "kubernetesVersion")), "DS107").message
    assert message == "Rancher 2.13.3 wants Kubernetes below 1.35, not v1.35.3+rke2r3"
