"""A git repository that a test makes: a project of sites with layers, and edits of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from dualstack.document.yamlio import dump
from tests import PROJECT
from tests.lab.ran import Ran

CODE = ("dualstack", "components", "provider", "__main__.py", "requirements.txt")
FLEET: dict[str, Any] = {
    "release": "3.5",
    "cluster": {
        "pods": {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"},
        "services": {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/112"},
    },
    "image": {
        "users": [{"username": "root", "sshKeys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKijphZR ops@example.com"]}],
        "packages": {"sccRegistrationCodeKey": "sccRegistrationCode"},
        "time": {"ntpServers": ["ntp1.example.com"]},
    },
    "charts": {"storage": {"login": {"username": "fleet-robot", "passwordKey": "appsToken"}}},
}
SECRETS = ("rancherBootstrapPassword", "appsToken", "sccRegistrationCode", "tsigSecret")
CANARY = "c2VjcmV0LWNhbmFyeQ"
"""Part of every encrypted value."""


def site(number: int, **more: Any) -> dict[str, Any]:
    """Give a site with addresses of its own."""
    return {
        "schema": 1,
        "extends": ["fleet"],
        "mode": "address",
        "nodes": [
            {
                "name": "mgmt-1",
                "interfaces": [
                    {
                        "name": "eth0",
                        "mac": f"34:8a:b1:4b:16:{number:02x}",
                        "ipv4": {"address": f"192.168.{number}.10/24", "gateway": f"192.168.{number}.1"},
                        "ipv6": {"address": f"fd00:{number}::10/64", "gateway": f"fd00:{number}::1"},
                    }
                ],
            }
        ],
        "dns": {"resolvers": [f"192.168.{number}.1", f"fd00:{number}::1"]},
        "provisioning": {
            "bmcs": [
                {"name": "rack1-01", "address": f"redfish-virtualmedia://[fd00:2{number}::11]/redfish/v1/Systems/1"}
            ]
        },
        "rancher": {"hostname": "dual"},
        **more,
    }


def libvirt(number: int, **more: Any) -> dict[str, Any]:
    """Give a site on a libvirt host whose image is built by the deployment."""
    return site(number, host={"kind": "libvirt"}, image={"type": "raw", "diskSize": "60G", "build": "local"}, **more)


def hostname(number: int, name: str, **more: Any) -> dict[str, Any]:
    """Give a site in hostname mode that writes its records, with charts delivered by Pulumi."""
    zone = f"{name}.example.com"
    key = {"name": "k", "secretKey": "tsigSecret"}
    return {
        **site(number),
        "mode": "hostname",
        "delivery": "pulumi",
        "dns": {
            "resolvers": [f"192.168.{number}.53", f"fd00:{number}::53"],
            "backend": "rfc2136",
            "zones": [{"name": zone, "server": f"192.168.{number}.53", "key": key}],
            "pointers": False,
        },
        "provisioning": {"hostname": f"ironic.{zone}"},
        "rancher": {"hostname": "auto"},
        **more,
    }


class Repository:
    """A project in a repository of its own, and the command in it."""

    def __init__(self, folder: Path, inside: str = ".", *, code: bool = False) -> None:
        """Make the repository.

        Args:
            folder: an empty folder.
            inside: the project's folder below it.
            code: whether the project brings dualstack and the program itself; else it holds sites only.
        """
        self.root = folder
        self.project = folder / inside
        self.project.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        shutil.copy2(PROJECT / "Pulumi.yaml", self.project / "Pulumi.yaml")
        for part in CODE if code else ():
            source = PROJECT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, self.project / part, ignore=ignored)
            else:
                shutil.copy2(source, self.project / part)
        self.layer("fleet", FLEET)

    def git(self, *arguments: str) -> str:
        """Run git, whatever the user's own settings are."""
        own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        names = {f"GIT_{who}_{what}": "x@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env={**os.environ, **own, **names}, check=True, capture_output=True
        )
        return done.stdout.decode()

    def commit(self, tag: str = "") -> None:
        """Commit all there is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "state")
        if tag:
            self.git("tag", tag)

    def layer(self, name: str, data: Mapping[str, Any]) -> None:
        """Write a layer."""
        self.write(f"stacks/layers/{name}.yaml", dump(data))

    def site(self, name: str, data: Mapping[str, Any], secrets: Mapping[str, str] | None = None) -> None:
        """Write a stack file; each secret as an encrypted value that its text stands for."""
        given = dict.fromkeys(SECRETS, "first") | dict(secrets or {})
        config = {"dualstack:site": dict(data)}
        config |= {f"dualstack:{key}": {"secure": f"v1:{CANARY}{text}:{key}"} for key, text in given.items()}
        self.write(f"stacks/Pulumi.{name}.yaml", dump({"config": config}))

    def edit(self, path: str, change: Callable[[Any], None]) -> None:
        """Change a layer or a stack file by a function, which gets the layer's or the site's mapping."""
        file = self.project / path
        document = yaml.safe_load(file.read_text())
        change(document["config"]["dualstack:site"] if "config" in document else document)
        file.write_text(dump(document))

    def secret(self, name: str, key: str, text: str) -> None:
        """Encrypt a secret of a site anew."""
        file = self.project / f"stacks/Pulumi.{name}.yaml"
        document = yaml.safe_load(file.read_text())
        document["config"][f"dualstack:{key}"] = {"secure": f"v1:{CANARY}{text}:{key}"}
        file.write_text(dump(document))

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def diff(self, *arguments: str, base: str | None = "base", **environment: str) -> Ran:
        """Run the command; without ``--base`` where the base is None."""
        named = [] if base is None else ["--base", base]
        command = "from dualstack.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", command, "diff", *named, *arguments],
            cwd=self.project,
            # No bytecode: in a repository that ignores nothing it would be a change.
            env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr)
