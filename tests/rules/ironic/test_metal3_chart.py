from __future__ import annotations

import pytest

from dualstack.document.findings import At
from dualstack.rules.ironic.metal3_chart import quantity
from tests.rules.cases import Change, changed, tell
from tests.sites import found

METAL3 = ("charts", "metal3", "values")
GLOBAL = (*METAL3, "global")


@pytest.mark.parametrize(
    ("mode", "changes", "rule", "severity", "path", "fix"),
    [
        (
            "address",
            [("303.0.4+up0.11.7", "charts", "metal3", "version")],
            "DS071",
            "error",
            "charts.metal3.version",
            "remove charts.metal3.version (release 3.5 has 305.0.23+up0.13.1)",
        ),
        (
            "address",
            [("tls-ca-bundle", *GLOBAL, "trustedCAs")],
            "DS072",
            "error",
            "charts.metal3.values.global.trustedCAs",
            "remove charts.metal3.values.global.trustedCAs and set provisioning.trustedCas",
        ),
        (
            "address",
            [("3.6", "release"), (True, *GLOBAL, "additionalTrustedCAs")],
            "DS072",
            "error",
            "charts.metal3.values.global.additionalTrustedCAs",
            "remove charts.metal3.values.global.additionalTrustedCAs and set provisioning.trustedCas",
        ),
        (
            "address",
            [("5GB", "provisioning", "persistence", "size")],
            "DS073",
            "error",
            "provisioning.persistence.size",
            "write 5Gi",
        ),
        (
            "address",
            [({"enabled": False}, "charts", "storage")],
            "DS073",
            "error",
            "provisioning.persistence.enabled",
            "set provisioning.persistence.enabled to false, or charts.storage.enabled to true",
        ),
        (
            "address",
            [("LoadBalancer", "provisioning", "serviceType")],
            "DS074",
            "warning",
            "provisioning.serviceType",
            "set provisioning.serviceType to NodePort",
        ),
        (
            "address",
            [("eth7", "provisioning", "interface")],
            "DS075",
            "error",
            "provisioning.interface",
            "write eth0",
        ),
        ("address", [("eth7", "nodes", 0, "management")], "DS075", "error", "nodes[0].management", "write eth0"),
    ],
)
def test_finding(mode: str, changes: list[Change], rule: str, severity: str, path: str, fix: str) -> None:
    assert tell(changed(mode, *changes), rule) == (severity, path, fix)


@pytest.mark.parametrize(
    ("mode", "changes", "rule"),
    [
        ("address", [("3.6", "release"), ("any-bundle", "provisioning", "trustedCas")], "DS072"),
        (
            "address",
            [({"enabled": False}, "charts", "storage"), ("fast", "provisioning", "persistence", "storageClass")],
            "DS073",
        ),
        (
            "address",
            [(False, "provisioning", "persistence", "enabled"), ({"enabled": False}, "charts", "storage")],
            "DS073",
        ),
        ("address", [("ClusterIP", "provisioning", "serviceType")], "DS074"),
        (
            "address",
            [("LoadBalancer", "provisioning", "serviceType"), (True, "cluster", "server", "enable-servicelb")],
            "DS074",
        ),
    ],
)
def test_silence(mode: str, changes: list[Change], rule: str) -> None:
    assert found(changed(mode, *changes), rule) == []


@pytest.mark.parametrize("size", ["5Gi", "500Mi", "1Ti", "5G", "1.5Gi", "5e9", "5368709120"])
def test_quantities(size: str) -> None:
    assert list(quantity(At((), size))) == []


@pytest.mark.parametrize("size", ["5GB", "5 Gi", "", "0", "-5Gi", "5gi", "five", "100m"])
def test_what_is_no_quantity(size: str) -> None:
    assert len(list(quantity(At((), size)))) == 1
