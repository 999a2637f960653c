"""Trees for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from dualstack.document.merge import overlay
from dualstack.eib import File, Reader, Tree, build_tree, disk
from dualstack.plan.model import Plan
from dualstack.releases import RELEASES
from tests.sites import SECRETS, checked, mapping

CANARY = "Canary-7e1f"
VALUES = {name: f"{CANARY}-{name}" for name in (*SECRETS, "scc", "mirrorToken")}

BOND = {"mode": "802.3ad", "ports": ["eth0", "eth1"], "options": {"miimon": "100"}}
LOGIN = {"username": "robot", "passwordKey": "mirrorToken"}
MIRROR = "oci://mirror.example.com/charts"
RICH: dict[str, Any] = {
    "nodes": [
        {
            "name": "mgmt-1",
            "management": "mgmt",
            "interfaces": [
                {"name": "eth0", "mac": "34:8a:b1:4b:16:e1"},
                {"name": "eth1", "mac": "34:8a:b1:4b:16:e2"},
                {"name": "bond0", "mtu": 9000, "bond": BOND},
                {
                    "name": "mgmt",
                    "vlan": {"id": 100, "base": "bond0"},
                    "ipv4": {"dhcp": True, "reservation": "192.168.100.10"},
                    "ipv6": {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"},
                },
                {
                    "name": "eth2",
                    "mac": "34:8a:b1:4b:16:e3",
                    "ipv4": {"address": "10.9.0.2/24"},
                    "ipv6": {"address": "fd00:9::2/64"},
                },
            ],
            "routes": [{"destination": "fd00:200::/48", "gateway": "fd00:9::1", "interface": "eth2", "metric": 50}],
        }
    ],
    "image": {
        "type": "raw",
        "diskSize": "60G",
        "kernelArgs": ["console=ttyS0", "quiet"],
        "users": [
            {"username": "root", "encryptedPassword": "$6$salt$hash"},
            {"username": "ops", "sshKeys": ["ssh-ed25519 AAAA ops@example.com"], "secondaryGroups": ["wheel"]},
        ],
        "packages": {
            "names": ["tcpdump", "jq"],
            "repositories": [{"url": "https://rpm.example.com/x", "unsigned": True, "priority": 10}],
            "noGpgCheck": True,
            "sccRegistrationCodeKey": "scc",
        },
        "time": {
            "timezone": "Europe/Paris",
            "ntpServers": ["fd00:100::123"],
            "ntpPools": ["pool.example.com"],
            "forceWait": True,
        },
        "proxy": {"https": "http://[fd00:100::80]:3128", "noProxy": ["intra.example.com"]},
        "registries": [{"uri": "mirror.example.com", "username": "o'robot", "passwordKey": "mirrorToken"}],
        "images": ["mirror.example.com/tools/curl:8"],
    },
    "manifests": ["https://example.com/a.yaml"],
    "charts": {
        "extra": [
            {
                "name": "plain",
                "version": "1.0",
                "repository": "http://charts.example.com",
                "namespace": "plain",
                "values": {"a": "no"},
            },
            {"name": "closed", "version": "0644", "repository": MIRROR, "namespace": "closed", "login": LOGIN},
            {"name": "open", "version": "2.0.0", "repository": MIRROR, "namespace": "open"},
        ],
    },
}
"""Changes to the good site that use about everything that an image can have."""

SITES: dict[str, dict[str, Any]] = {
    **{f"{mode}-{release}": mapping(mode, release=release) for mode in ("address", "hostname") for release in RELEASES},
    "rich": mapping("address", **RICH),
    "rich-hostname": mapping("hostname", **RICH),
    "pulumi": mapping("address", delivery="pulumi"),
    "mixed": mapping("address", charts={"rancher": {"delivery": "pulumi"}, "neuvector": {"enabled": False}}),
}


def plan_of(data: dict[str, Any]) -> Plan:
    plan = checked(data, tuple(VALUES)).plan
    assert plan is not None
    return plan


def tree_of(data: dict[str, Any], secrets: Mapping[str, str] | None = None, files: Reader | None = None) -> Tree:
    return build_tree(plan_of(data), secrets, files)


def site(mode: str = "address", /, **changes: Any) -> dict[str, Any]:
    return overlay(mapping(mode), changes)  # type: ignore[no-any-return]


def loaded(tree: Tree, path: str) -> Any:
    return yaml.safe_load(tree.files[path].text)


class Given:
    """A reader that gives files from memory."""

    def __init__(self, **files: bytes) -> None:
        self.files = files

    def file(self, path: str) -> File:
        return File(self.files[path])

    def folder(self, path: str) -> Iterator[tuple[str, File]]:
        yield from ((name, File(content)) for name, content in self.files.items())


def small(site_name: str = "one", **files: str) -> Tree:
    """A tree of text files; ``__`` in a name stands for a slash."""
    named = {name.replace("__", "/"): File(text.encode()) for name, text in files.items()}
    return Tree(site_name, dict(sorted(named.items())))


def beside(out: Path) -> list[str]:
    """Names of what stands beside a directory."""
    return sorted(path.name for path in out.parent.iterdir() if path != out)


ONE = small(definition="one", nodes__a="a", nodes__b="b", os__etc__motd="x")
TWO = small("two", definition="two", nodes__b="b", kubernetes__c="c")


def files(out: Path) -> dict[str, str]:
    return {path: Path(entry.path).read_text() for path, entry in disk.entries(out) if entry.is_file()}


def everything(out: Path) -> dict[str, Any]:
    return {
        path: (entry.inode(), entry.stat(follow_symlinks=False).st_mode, entry.stat(follow_symlinks=False).st_mtime_ns)
        for path, entry in disk.entries(out)
    }


def ours(tree: Tree) -> dict[str, str]:
    return {path: file.text for path, file in tree.files.items()}
