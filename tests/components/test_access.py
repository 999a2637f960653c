"""The kubeconfig read from the host: how it is asked for, and what is made of it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pytest
import yaml

from components.access import READ, _connection, _readdressed
from components.secrets import Secrets
from dualstack.kubeconfig import KubeconfigError, readdressed
from dualstack.offline import SECRET, Recording
from tests import sites
from tests.components.support import RELEASE, libvirt_site, run, ssh_site
from tests.lab.kubeconfig import KUBECONFIG

PREVIEW = pytest.mark.parametrize("preview", [True, False])
COMMAND = "command:remote:Command"


@pytest.mark.parametrize("readiness", ["ssh-jump", "direct"])
def test_every_servers_key_is_pinned(readiness: str) -> None:
    site = ssh_site()
    site["host"]["readiness"] = readiness
    plan = sites.checked(site).plan
    assert plan is not None
    connection = _connection(plan, Secrets({}, str))

    assert (connection.host, connection.user, connection.host_key) == ("fd00:100::10", "admin", sites.SSH_KEY)
    if readiness == "direct":
        assert connection.proxy is None
    else:
        assert (connection.proxy.host, connection.proxy.user) == ("bastion.example.com", "ops")
        assert connection.proxy.host_key == sites.SSH_KEY


@PREVIEW
def test_nothing_of_it_is_logged_or_sent_back(preview: bool) -> None:
    command = run(ssh_site(), preview=preview).one(COMMAND)

    assert command.inputs["connection"] == SECRET
    assert command.inputs["create"] == READ
    assert command.inputs["logging"] == "none"
    assert command.inputs["addPreviousOutputInEnv"] is False
    assert set(command.options["additionalSecretOutputs"]) >= {"stdout", "stderr", "connection"}


def test_it_is_read_once_the_host_is_ready_and_again_on_new_disks() -> None:
    site = libvirt_site()
    site |= {"delivery": "pulumi"}
    site["host"] |= {"ssh": {"hostKey": sites.SSH_KEY}, "kubeconfig": {"source": "ssh", "generation": 7}}
    recording = run(site)
    command = recording.one(COMMAND)
    ready = recording.one("dualstack:host:Ready")

    assert command.inputs["triggers"] == ["[unknown]", 7]
    assert ready.urn in command.depends_on
    assert ready.inputs["watchCertificate"] is True
    assert command.options["replaceWith"] == recording.of_type(RELEASE)[0].options["replaceWith"] != []
    assert command.options["deletedWith"] == recording.one("libvirt:index/domain:Domain").urn


def provider(recording: Recording) -> Mapping[str, object]:
    return recording.one("pulumi:providers:kubernetes").inputs


def test_the_provider_gets_it_as_a_secret_and_no_other() -> None:
    site = ssh_site()
    assert provider(run(site))["kubeconfig"] in ("[unknown]", SECRET)
    site["host"]["kubeconfig"]["source"] = "config"
    assert not run(site).of_type(COMMAND)


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("ipv4", "https://192.168.100.10:6443"),
        ("ipv6", "https://[fd00:100::10]:6443"),
        (sites.FQDN, f"https://{sites.FQDN}:6443"),
    ],
)
def test_the_address_is_the_one_that_the_site_names(server: str, url: str) -> None:
    site = ssh_site()
    site["host"]["kubeconfig"]["server"] = server
    plan = sites.checked(site).plan
    assert plan is not None
    made = yaml.safe_load(_readdressed(KUBECONFIG, plan))

    given = yaml.safe_load(KUBECONFIG)
    cluster = made["clusters"][0]["cluster"]
    assert cluster.pop("server") == url
    assert cluster.pop("proxy-url") == "socks5://127.0.0.1:1080"
    del given["clusters"][0]["cluster"]["server"]
    assert made == given


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "a: [",
        KUBECONFIG.replace("certificate-authority-data", "x"),
        KUBECONFIG.replace("users:", "others:"),
        KUBECONFIG.replace("clusters:", "cluster:"),
        KUBECONFIG.replace("  user:", "  user: x\n  other:"),
        "clusters: " + "[" * 1_000_000,
        "# " + "x" * (1 << 20),
    ],
)
def test_what_is_no_kubeconfig_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        readdressed(text, "https://192.0.2.1:6443")
    assert "Q0FOQVJZ" not in str(caught.value)
    plan = sites.checked(ssh_site()).plan
    assert plan is not None
    with pytest.raises(pulumi.RunError, match=r"what the host has as /etc/rancher/rke2/rke2.yaml is no kubeconfig"):
        _readdressed(text, plan)


def test_a_server_that_nobody_checks_is_not_passed_on() -> None:
    careless = KUBECONFIG.replace("server:", "insecure-skip-tls-verify: true\n    server:")
    assert "insecure" not in readdressed(careless, "https://192.0.2.1:6443")


@pytest.mark.parametrize(
    "login",
    [
        "exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, interactiveMode: Never}",
        "auth-provider: {name: gcp, config: {cmd-path: sh}}",
        "tokenFile: /root/.pulumi/credentials.json",
        "client-key: /root/.ssh/id_ed25519",
        "as: someone",
        "token: {a: b}",
    ],
)
def test_a_host_that_was_taken_over_starts_and_reads_nothing_here(login: str) -> None:
    evil = KUBECONFIG.replace("    client-certificate-data:", f"    {login}\n    client-certificate-data:")
    assert yaml.safe_load(evil) != yaml.safe_load(KUBECONFIG)
    with pytest.raises(KubeconfigError, match="more than a certificate, a key and a token"):
        readdressed(evil, "https://192.0.2.1:6443")


def test_nothing_else_of_the_host_is_passed_on() -> None:
    more = KUBECONFIG.replace("server:", "tls-server-name: x\n    proxy-url: http://192.0.2.9\n    server:")
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nextensions: [*b, *b]\n"
    plain = readdressed(KUBECONFIG, "https://192.0.2.1:6443")
    assert readdressed(bomb + more, "https://192.0.2.1:6443") == plain
