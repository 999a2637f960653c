"""The way to host and cluster: pinned keys, a jump host, a name in the certificate."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.support import ssh_site
from tests.rules.cases import tell
from tests.sites import FQDN, SECRETS, SSH_KEY, found, mapping, put, told

ECDSA = (
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHkUeGEmYsKsgVKqBbdIOZnmbd8wsTF6oixQ"
    "JS30l6x4RnYYwIPvcyTf0DMnDpyJKXWYxgCjcqTl7OeEXKKjXMw= root@host"
)


def site(value: Any, *path: str) -> dict[str, Any]:
    """A site behind a jump host with one value changed."""
    return put(ssh_site(), value, "host", *path)


def test_a_good_one_has_no_finding() -> None:
    assert not [one for one in told(ssh_site()) if one.startswith("DS14")]
    assert not found(site(ECDSA, "ssh", "hostKey"), "DS146")


@pytest.mark.parametrize("server", ["jump", "ssh"])
@pytest.mark.parametrize(
    ("key", "fix"),
    [
        (None, "write the line in the server's own /etc/ssh/ssh_host_ed25519_key.pub"),
        ("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7", "write the server's Ed25519 key"),
        ("host.example.com ssh-ed25519 AAAA", "without the host's name before it"),
        (SSH_KEY.replace("ssh-ed25519", "ecdsa-sha2-nistp256"), "write a line such as ssh-ed25519 AAAA..."),
        (SSH_KEY[:30] + "!", "write a line such as ssh-ed25519 AAAA..."),
    ],
)
def test_every_server_has_a_key_that_can_be_recognised(server: str, key: str | None, fix: str) -> None:
    severity, path, told = tell(site(key, server, "hostKey"), "DS146")

    assert (severity, path) == ("error", f"host.{server}.hostKey")
    assert fix in told


def test_a_server_that_nobody_logs_in_to_needs_no_key() -> None:
    data = site(None, "ssh", "hostKey")
    data["host"]["kubeconfig"]["source"] = "config"
    assert not found(data, "DS146")
    data = site(None, "jump", "hostKey")
    data["host"]["readiness"] = "direct"
    assert not found(data, "DS146")
    assert not found({**site(None, "ssh", "hostKey"), "delivery": "image"}, "DS146")


def test_a_kubeconfig_that_nothing_reads_is_told() -> None:
    assert not found(ssh_site(), "DS326")
    assert not found({**ssh_site(), "delivery": "image", "day2": "helmchartconfig"}, "DS326")
    severity, path, fix = tell({**ssh_site(), "delivery": "image"}, "DS326")
    assert (severity, path) == ("warning", "host.kubeconfig.source")
    assert "/etc/rancher/rke2/rke2.yaml" in fix


@pytest.mark.parametrize(
    ("value", "path", "where", "fix"),
    [
        (None, ("jump",), "host.jump", "add host.jump with host, user and hostKey"),
        ("ops@bastion", ("jump", "host"), "host.jump.host", "user and port have fields of their own"),
        ("bastion:22", ("jump", "host"), "host.jump.host", "user and port have fields of their own"),
        (0, ("jump", "port"), "host.jump.port", "write 22, or a port from 1 to 65535"),
        (65536, ("ssh", "port"), "host.ssh.port", "write 22, or a port from 1 to 65535"),
        ("127.0.0.1:1080", ("kubeconfig", "proxyUrl"), "host.kubeconfig.proxyUrl", "such as socks5://127.0.0.1:1080"),
        ("socks4://a:1", ("kubeconfig", "proxyUrl"), "host.kubeconfig.proxyUrl", "such as socks5://127.0.0.1:1080"),
    ],
)
def test_settings_that_cannot_be_reached(value: Any, path: tuple[str, ...], where: str, fix: str) -> None:
    severity, place, told = tell(site(value, *path), "DS147")

    assert (severity, place) == ("error", where)
    assert fix in told


@pytest.mark.parametrize("host", ["bastion.example.com", "192.0.2.1", "fd00::1", "bastion"])
def test_names_and_addresses_of_jump_hosts(host: str) -> None:
    assert not found(site(host, "jump", "host"), "DS147")


def test_the_servers_name_is_in_its_certificate() -> None:
    assert not found(site(FQDN, "kubeconfig", "server"), "DS148")
    severity, path, fix = tell(site("api.example.com", "kubeconfig", "server"), "DS148")
    assert (severity, path) == ("error", "host.kubeconfig.server")
    assert fix.startswith("add api.example.com to cluster.tlsSan")

    listed = {**site("api.example.com", "kubeconfig", "server"), "cluster": {"tlsSan": ["API.example.com"]}}
    assert not found(listed, "DS148")
    # RKE2 takes a text for a list of one.
    own = {**site("api.example.com", "kubeconfig", "server"), "cluster": {"server": {"tls-san": "api.example.com"}}}
    assert not found(own, "DS148")
    # A kubeconfig from config says itself whom it means.
    other = site("api.example.com", "kubeconfig", "server")
    other["host"]["kubeconfig"]["source"] = "config"
    assert not found(other, "DS148")


def test_an_address_that_nobody_knows() -> None:
    data = site("ipv6", "kubeconfig", "server")
    data["nodes"][0]["interfaces"][0]["ipv6"] = {"dhcp": True, "autoconf": True}
    severity, path, _ = tell(data, "DS148")
    assert (severity, path) == ("error", "host.kubeconfig.server")


def test_releases_behind_a_jump_host_have_a_way_too() -> None:
    severity, path, fix = tell(site(None, "kubeconfig", "proxyUrl"), "DS149")
    assert (severity, path) == ("warning", "host.kubeconfig.proxyUrl")
    assert "ssh -D 1080" in fix
    assert not found({**site(None, "kubeconfig", "proxyUrl"), "delivery": "image"}, "DS149")


def test_private_keys_that_nobody_has_set() -> None:
    keys = {("host", "jump", "privateKeyKey"), ("host", "ssh", "privateKeyKey")}
    assert {one.path for one in found(ssh_site(), "DS105")} == keys
    assert not found(ssh_site(), "DS105", (*SECRETS, "jumpKey", "hostKey"))


@pytest.mark.parametrize(("value", "key"), [(0, "port"), (0, "timeout"), (70000, "port")])
def test_settings_of_the_dns_check(value: int, key: str) -> None:
    severity, path, _ = tell(mapping("hostname", dns={"check": {key: value}}), "DS087")
    assert (severity, path) == ("error", f"dns.check.{key}")
