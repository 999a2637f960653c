"""Secrets in clear text: found wherever they stand, and never repeated."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.findings import At
from dualstack.document.logins import split_login, without_logins
from dualstack.rules import Subject
from dualstack.rules.secret.clear_secrets import clear_config, secret_names
from tests.sites import checked, found, mapping

PASSWORD = "S3cretXYZ"
URL = f"https://u:{PASSWORD}@h.example.com/x"
BMC = "redfish-virtualmedia://{}192.168.200.12/redfish/v1/Systems/1"


def leaks(data: dict[str, Any]) -> list[str]:
    findings = checked(data).findings
    return [f.rule.id for f in findings if PASSWORD in f"{f.message} {f.fix} {f.consequence}"]


def bmc(address: str) -> dict[str, Any]:
    return mapping(provisioning={"bmcs": [{"name": "a", "address": address}]})


@pytest.mark.parametrize("key", ["kube-apiserver-arg", "kubelet-arg", "kube-controller-manager-arg", "etcd-arg"])
@pytest.mark.parametrize("name", ["token", "--api-key", "oidc-client-secret", "experimental-password"])
def test_a_secret_among_arguments(key: str, name: str) -> None:
    data = mapping(cluster={"server": {key: ["v=2", f"{name}={PASSWORD}"]}})
    (finding,) = found(data, "DS102")
    assert (str(finding.severity), finding.path) == ("warning", ("cluster", "server", key, 1))
    assert finding.message == f"{name.removeprefix('--')} stands here in clear text"
    assert leaks(data) == []


def test_a_secret_in_an_argument_that_is_no_list() -> None:
    data = mapping(cluster={"server": {"kube-apiserver-arg": f"token={PASSWORD}"}})
    assert found(data, "DS102")[0].path == ("cluster", "server", "kube-apiserver-arg")
    assert leaks(data) == []


@pytest.mark.parametrize(
    "item", ["token-auth-file=/etc/token", "tls-private-key-file=/etc/key", "v=2", "token=", "token"]
)
def test_an_argument_that_is_no_secret(item: str) -> None:
    assert found(mapping(cluster={"server": {"kube-apiserver-arg": [item]}}), "DS102") == []


@pytest.mark.parametrize(
    "login", [f"admin:{PASSWORD}@", f"admin:a/{PASSWORD}@", f"admin:@{PASSWORD}@", f":{PASSWORD}@"]
)
def test_a_password_in_a_bmc_address(login: str) -> None:
    data = bmc(BMC.format(login))
    (finding,) = found(data, "DS102")
    assert finding.path == ("provisioning", "bmcs", 0, "address")
    assert finding.fix.startswith(f"write {BMC.format('')};")
    assert leaks(data) == []
    plan = checked(data).plan
    assert plan is not None
    assert plan.bmcs[0].address == BMC.format("")
    assert plan.bmcs[0].host == "192.168.200.12"
    assert PASSWORD not in repr(plan.bmcs)
    assert found(bmc(BMC.format("")), "DS102") == []


@pytest.mark.parametrize(
    "address",
    [
        f"admin:{PASSWORD}@192.168.200.12",
        f"foo://admin:{PASSWORD}@192.168.200.12",
        f"ipmi://admin:{PASSWORD}@192.168.200.12:99999",
        f"redfish-virtualmedia://admin:{PASSWORD}@fd00::12/x",
        f"redfish-virtualmedia://admin:{PASSWORD}@a_b/x",
        f"redfish-virtualmedia://admin:{PASSWORD}@[fe80::12]/x",
    ],
)
def test_no_rule_shows_the_password_of_a_bmc(address: str) -> None:
    machines = [{"name": name, "address": address} for name in ("a", "b")]
    data = mapping(provisioning={"bmcs": machines})
    assert leaks(data) == []
    assert len(found(data, "DS102")) == 2


def test_no_rule_shows_the_password_of_any_url() -> None:
    bad = f"ftp://u:{PASSWORD}@h"
    data = mapping(
        "hostname",
        image={
            "proxy": {"http": f"foo://u:{PASSWORD}@p:3128", "https": f"http://u:{PASSWORD}@p:x", "noProxy": [URL]},
            "registries": [{"uri": URL, "username": "x", "passwordKey": "appsToken"}],
            "images": [URL, URL],
            "packages": {"repositories": [{"url": URL}, {"url": URL}]},
            "time": {"ntpServers": [URL]},
            "files": URL,
        },
        manifests=[URL, URL, bad],
        provisioning={"hostname": URL, "externalHttpHost": URL},
        rancher={"hostname": URL, "systemDefaultRegistry": URL},
        charts={
            "rancher": {"repository": bad, "values": {"systemDefaultRegistry": URL, "proxy": URL}},
            "metal3": {"values": {"global": {"ironicIP": URL}}},
            "extra": [{"name": "x", "chart": "x", "repository": bad, "version": "1.2.3", "namespace": "x"}],
        },
        cluster={
            "tlsSan": [URL],
            "server": {
                "system-default-registry": URL,
                "cluster-cidr": URL,
                "kube-controller-manager-arg": [f"token={PASSWORD}"],
            },
        },
        host={"kind": "libvirt", "libvirt": {"uri": f"qemu+ssh://u:{PASSWORD}@h", "image": URL}},
        dns={"zones": [{"name": URL, "server": URL}], "search": [URL]},
    )
    assert leaks(data) == []
    assert len(found(data, "DS102")) > 12


def test_a_url_without_a_password_is_fine() -> None:
    data = mapping(
        image={"images": ["registry.example.com:5000/a/b:1.0@sha256:" + "0" * 64]},
        host={"kind": "libvirt", "libvirt": {"uri": "qemu+ssh://root@kvm.example.com/system"}},
        manifests=["https://example.com:8443/a@b.yaml"],
    )
    assert found(data, "DS102") == []


def test_a_plain_config_key_that_should_be_a_secret() -> None:
    plan = checked(mapping())
    assert plan.site is not None
    assert plan.plan is not None
    secrets = secret_names(Subject(plan.site, plan.plan))
    assert secrets >= {"rancherBootstrapPassword", "appsToken"}
    names = ("rancherBootstrapPassword", "appsToken", "sccToken", "plain", "site")
    items = [At[str](("config", f"dualstack:{name}"), name) for name in names]
    findings = list(clear_config(items, secrets, "paris"))
    assert [f.path[-1] for f in findings] == [f"dualstack:{name}" for name in names[:3]]
    assert findings[0].fix.startswith("run: dualstack secret set paris rancherBootstrapPassword")
    assert findings[0].rule.id == "DS130-secret-not-encrypted"
    assert (str(findings[0].severity), findings[0].rule.firm) == ("error", True)


def test_a_missing_login_says_that_the_image_is_not_built() -> None:
    data, secrets = mapping(), ("rancherBootstrapPassword",)
    (finding,) = (f for f in found(data, "DS105", secrets) if "appsToken" in f.message)
    assert str(finding.severity) == "info"
    assert "eib build cannot pull the chart" in finding.consequence
    (login,) = found(mapping(charts={"storage": {"login": None}}), "DS104")
    assert "eib build cannot pull the chart" in login.consequence


@pytest.mark.parametrize(
    ("url", "bare", "password"),
    [
        ("http://a:b@h:1/x", "http://h:1/x", True),
        ("http://a@h/x", "http://h/x", False),
        ("http://h:80/a@b", "http://h:80/a@b", False),
        ("http://[fd00::1]:80/a@b", "http://[fd00::1]:80/a@b", False),
        ("a:b@h", "a:b@h", False),
        ("http://a:b/c@h", "http://h", True),
    ],
)
def test_the_login_of_a_url(url: str, bare: str, password: bool) -> None:
    assert split_login(url)[0] == bare
    assert split_login(url).password is password


def test_logins_within_a_text() -> None:
    assert without_logins("see 'http://a:b@h/x', or img:5000/a@sha") == "see 'http://...@h/x', or img:5000/a@sha"


def test_variable_that_is_named_beside_its_value() -> None:
    env = [{"name": "CATTLE_TOKEN", "value": "abc"}, {"name": "FOO", "value": "bar"}]
    (finding,) = found(mapping(charts={"rancher": {"values": {"extraEnv": env}}}), "DS102")
    assert finding.path == ("charts", "rancher", "values", "extraEnv", 0, "value")
    assert "abc" not in f"{finding.message}{finding.fix}"


def test_private_key_under_any_name() -> None:
    text = "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----"
    (finding,) = found(mapping(charts={"rancher": {"values": {"tlsFile": text}}}), "DS102")
    assert finding.path[-1] == "tlsFile"


@pytest.mark.parametrize("place", ["registries", "rancher"])
def test_login_of_a_registry_is_shown_nowhere(place: str) -> None:
    host = "robot:p4ssw0rd@r.example.com"
    data = mapping(rancher={"systemDefaultRegistry": host})
    if place == "registries":
        data = mapping(image={"registries": [{"uri": host, "username": "u", "passwordKey": "reg"}]})
    numbers = {finding.rule.id[:5] for finding in checked(data).findings if finding.severity != "info"}
    assert numbers == {"DS102", "DS121"}
    for finding in checked(data).findings:
        assert "p4ssw0rd" not in f"{finding.message}{finding.fix}"


def test_private_key_is_not_renamed() -> None:
    data = mapping(host={"jump": {"host": "j.example.com", "privateKey": "-----BEGIN"}})
    told = [finding.fix for finding in checked(data).findings if finding.path[-1] == "privateKey"]
    assert told == [
        "remove it and set host.jump.privateKeyKey to sshPrivateKey, run: dualstack secret set test sshPrivateKey, "
        "and change the secret itself: it was in the file"
    ]


@pytest.mark.parametrize(
    ("data", "fix"),
    [
        (mapping(image={"users": [{"username": "root", "password": "x"}]}),
         "remove it, set encryptedPassword to what this prints: openssl passwd -6, and change the secret itself"),
        (mapping(cluster={"token": "x"}), "remove it, run: dualstack secret set test rke2Token, and change the secret"),
        (mapping(provisioning={"bmcs": [{"name": "a", "address": "redfish-virtualmedia://10.9.0.1", "password": "x"}]}),
         "remove it, and change the secret itself"),
    ],
)  # fmt: skip
def test_a_secret_is_sent_where_somebody_reads_it(data: dict[str, Any], fix: str) -> None:
    (told,) = [finding.fix for finding in checked(data).findings if finding.rule.id.startswith("DS001")]
    assert told.startswith(fix)


def test_secrets_of_agents_nodes_and_the_kernel() -> None:
    assert found(mapping(cluster={"agent": {"token": "geheim"}}), "DS101")[0].path == ("cluster", "agent", "token")
    nodes = mapping()["nodes"]
    nodes[0]["nmstate"] = {"interfaces": [{"name": "eth0", "802.1x": {"private-key-password": "geheim"}}]}
    assert found(mapping(nodes=nodes), "DS102")[0].path[-1] == "private-key-password"
    assert found(mapping(image={"kernelArgs": ["rd.password=geheim"]}), "DS102")
