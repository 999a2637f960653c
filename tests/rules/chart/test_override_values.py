from __future__ import annotations

from typing import Any

import pytest

from dualstack.answer.veiled import veiled
from dualstack.document.hiding import Veil, names_a_secret
from tests.rules.cases import Change, changed, one, tell
from tests.sites import SECRETS, checked, found, mapping, told

RANCHER = ("charts", "rancher", "values")
METAL3 = ("charts", "metal3", "values")
SERVER = ("cluster", "server")


@pytest.mark.parametrize(
    ("changes", "rule", "severity", "path", "words"),
    [
        ([(3, *RANCHER, "replicas")], "DS100", "warning", "charts.rancher.values.replicas", "set rancher.replicas to"),
        (
            [(True, *METAL3, "global", "enable_vmedia_tls")],
            "DS100",
            "warning",
            "charts.metal3.values.global.enable_vmedia_tls",
            "set provisioning.vmediaTls to",
        ),
        (
            [("192.168.100.11", *METAL3, "global", "ironicIP")],
            "DS100",
            "warning",
            "charts.metal3.values.global.ironicIP",
            "set nodes[0].interfaces[0].ipv4.address to",
        ),
        (
            [("gone", *METAL3, "metal3-ironic", "service")],
            "DS100",
            "warning",
            "charts.metal3.values.metal3-ironic.service",
            "set provisioning.serviceType to",
        ),
        ([("cilium", *SERVER, "cni")], "DS100", None, "", ""),
        ([("calico", *SERVER, "cni")], "DS100", "warning", "cluster.server.cni", "set cluster.cni to"),
        (
            [(["api.example.com"], *SERVER, "tls-san")],
            "DS100",
            "warning",
            "cluster.server.tls-san",
            "set cluster.tlsSan to",
        ),
        (
            [(False, "charts", "cert-manager", "values", "installCRDs")],
            "DS128",
            "info",
            "charts.cert-manager.values.installCRDs",
            "remove it",
        ),
        (
            [("0600", *SERVER, "write-kubeconfig-mode")],
            "DS128",
            "info",
            "cluster.server.write-kubeconfig-mode",
            "remove it",
        ),
        (
            [("registry.example.com", *RANCHER, "global", "cattle", "systemDefaultRegistry")],
            "DS103",
            "warning",
            "charts.rancher.values.global.cattle.systemDefaultRegistry",
            "set rancher.systemDefaultRegistry to registry.example.com",
        ),
        ([("flannel", *SERVER, "cni")], "DS112", "error", "cluster.server.cni", "set cluster.cni"),
        ([(["multus"], *SERVER, "cni")], "DS112", "error", "cluster.server.cni", "set cluster.cni"),
        (
            [(["traefik"], *SERVER, "ingress-controller")],
            "DS112",
            "error",
            "cluster.server.ingress-controller",
            "remove it",
        ),
        ([("https://other:9345", *SERVER, "server")], "DS112", "error", "cluster.server.server", "remove it"),
        (
            [("10.96.0.10,fd12:4567:789c::a", *SERVER, "cluster-dns")],
            "DS113",
            "warning",
            "cluster.server.cluster-dns",
            "remove it",
        ),
        (
            [("3.6", "release"), ("ingress-nginx", *SERVER, "ingress-controller")],
            "DS129",
            "warning",
            "cluster.server.ingress-controller",
            "remove it",
        ),
    ],
)
def test_finding(changes: list[Change], rule: str, severity: str | None, path: str, words: str) -> None:
    data = changed("address", *changes)
    if severity is None:
        assert found(data, rule) == []
        return
    told_of = tell(data, rule)
    assert told_of[:2] == (severity, path)
    assert words in told_of[2]


def test_the_same_value_and_values_that_nobody_computes_are_silent() -> None:
    data = changed(
        "address",
        (1, *RANCHER, "replicas"),
        ("debug", *RANCHER, "auditLog", "level"),
        ("true", *METAL3, "metal3-ironic", "global", "predictableNicNames"),
        (["multus", "calico"], *SERVER, "cni"),
        (True, "cluster", "multus"),
        ("calico", "cluster", "cni"),
        (["secure-port=1"], *SERVER, "kube-apiserver-arg"),
    )
    assert told(data) == []
    assert found(data, "DS128") == []


def test_a_password_in_clear() -> None:
    data = changed("address", ("foobar", *RANCHER, "bootstrapPassword"))
    severity, path, fix = tell(data, "DS101")
    assert (severity, path) == ("error", "charts.rancher.values.bootstrapPassword")
    assert "dualstack secret set test rancherBootstrapPassword" in fix
    assert found(data, "DS100") == found(data, "DS102") == []
    assert tell(changed("address", ("hunter2", *SERVER, "token")), "DS101")[:2] == ("error", "cluster.server.token")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        (("charts", "neuvector", "values", "controller", "password"), "charts.neuvector.values.controller.password"),
        (
            ("charts", "storage", "values", "privateRegistry", "registryPasswd"),
            "charts.storage.values.privateRegistry.registryPasswd",
        ),
        ((*METAL3, "global", "auth", "ironicPassword"), "charts.metal3.values.global.auth.ironicPassword"),
    ],
)
def test_what_looks_like_a_secret(path: tuple[str, ...], shown: str) -> None:
    data = changed("address", ("hunter2", *path))
    assert tell(data, "DS102")[:2] == ("warning", shown)
    extra = {"name": "x", "version": "1.2.3", "repository": "oci://r.example.com/c", "namespace": "x"}
    listed = changed("address", ([extra | {"values": {"users": [{"apiKey": "hunter2"}]}}], "charts", "extra"))
    assert tell(listed, "DS102")[1] == "charts.extra[0].values.users[0].apiKey"


def test_no_secret_is_ever_shown() -> None:
    data = changed(
        "address",
        ("hunter2", *RANCHER, "bootstrapPassword"),
        ("hunter2", *SERVER, "token"),
        ({"password": "hunter2", "passwords": ["hunter2"]}, "charts", "neuvector", "values", "controller"),
        ("hunter2", "charts", "storage", "values", "privateRegistry", "registryPasswd"),
        ("http://u:hunter2@proxy.example.com", "image", "proxy", "https"),
        ([{"username": "root", "encryptedPassword": "hunter2"}], "image", "users"),
    )
    assert "hunter2" not in str([(f.message, f.fix, f.consequence) for f in checked(data).findings])


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("password", True),
        ("registryPasswd", True),
        ("apiToken", True),
        ("clientSecret", True),
        ("api_key", True),
        ("secretName", False),
        ("registrySecret", False),
        ("imagePullSecrets", False),
        ("passwords", True),
        ("s3Credentials", True),
        ("passwordKey", False),
        ("tokenRef", False),
        ("key", False),
    ],
)
def test_keys_of_secrets(key: str, secret: bool) -> None:
    assert names_a_secret(key) is secret


def test_names_of_secrets_are_shown() -> None:
    data = changed(
        "address",
        ([{"name": "pull-login"}], "charts", "neuvector", "values", "imagePullSecrets"),
        ({"accessKey": "AKIA-hunter2", "keys": {"tokens": ["hunter3"]}}, "charts", "neuvector", "values", "backup"),
        ("rfc2136", "dns", "backend"),
        ([{"name": "example.com", "key": {"name": "k", "secretKey": "tsigParis"}}], "dns", "zones"),
    )
    veil = Veil()
    shown = veiled(checked(data), veil).resolved.site
    assert {text for _, text in veil.places} == {"AKIA-hunter2", "hunter3"}
    assert shown["dns"]["zones"][0]["key"]["secretKey"] == "tsigParis"


def test_secrets_that_are_not_set() -> None:
    data = mapping("address")
    assert found(data, "DS105", SECRETS) == []
    findings = {f.path: f for f in found(data, "DS105", ())}
    code = ("image", "packages", "sccRegistrationCodeKey")
    assert set(findings) == {("charts", "storage", "login", "passwordKey"), code, ("rancher",)}
    assert {f.severity for f in findings.values()} == {"info"}
    assert "dualstack secret set test appsToken" in findings["charts", "storage", "login", "passwordKey"].fix
    assert "makes a bootstrap password up" in findings[("rancher",)].consequence
    zones = [{"name": "example.com", "server": "10.0.0.1", "key": {"name": "k"}}]
    tsig = changed("hostname", ("rfc2136", "dns", "backend"), (zones, "dns", "zones"))
    assert one(tsig, "DS105").path == ("dns", "zones", 0, "key", "secretKey")


@pytest.mark.parametrize("junk", [0, True, [], [[]], "", {"a": {"b": [None, 1]}}, ["x", {"y": 1}]])
@pytest.mark.parametrize(
    "path",
    [
        RANCHER,
        (*RANCHER, "hostname"),
        (*RANCHER, "noProxy"),
        (*RANCHER, "proxy"),
        (*RANCHER, "global"),
        (*METAL3, "metal3-ironic", "persistence"),
        ("charts", "storage", "values", "privateRegistry"),
        (*SERVER, "cni"),
        (*SERVER, "tls-san"),
        (*SERVER, "cluster-dns"),
        (*SERVER, "server"),
        (*SERVER, "ingress-controller"),
        ("nodes", 0, "nmstate", "interfaces"),
    ],
)
def test_no_override_makes_a_traceback(path: tuple[Any, ...], junk: Any) -> None:
    for mode in ("address", "hostname"):
        assert isinstance(told(changed(mode, (junk, *path))), list)
