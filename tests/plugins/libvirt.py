"""Our program against a real libvirtd."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from dualstack.check.checked import check_site
from dualstack.deploy.libvirt_hints import libvirt_ways_out
from dualstack.stack.layers import resolve_mapping
from tests import PROJECT
from tests.components.support import libvirt_site
from tests.lab.libvirtd import POOL, Libvirtd
from tests.lab.standins.project import SECONDS, SECRETS, STACK, Deployment, Done
from tests.lab.steps import Applied, applied
from tests.lab.tools import needed

NAME = "lab-mgmt-1"
"""Of network and VM on the hypervisor: the stack's name and the node's."""
NET, VM, DISK, IMAGE = (
    "management-network-virtual",
    "management-host-vm",
    "management-host-disk",
    "management-host-image",
)
PROGRAM = """
import pulumi

from components.config import stack_args
from components.hypervisor import Surroundings, host_kind
from components.network import ManagementNetwork, ManagementNetworkArgs
from components.site import open_site

plan, secret = open_site(stack_args())
kind = host_kind(plan)
options = pulumi.ResourceOptions(providers=[kind.provider("libvirt", plan, None)])
network = ManagementNetwork("management-network", ManagementNetworkArgs(plan), options)
kind.machines("management-host", plan, Surroundings(secret, network.virtual, kind.image(plan), []), network)
"""
"""Network and machine of a site by the project's own components, and nothing else: half the time of all of it."""


class Lab(Deployment):
    """A copy of the project whose libvirt provider is the real one."""

    def __init__(self, folder: Path, libvirtd: Libvirtd) -> None:
        """Copy the project, make a disk image, and clear the hypervisor.

        Args:
            folder: empty.
            libvirtd: the hypervisor.
        """
        super().__init__(folder, standins=())
        # What the command needs beside what the program does.
        for part in ("tools", "policy"):
            shutil.copytree(PROJECT / part, self.folder / part, dirs_exist_ok=True)
        self.libvirtd = libvirtd
        libvirtd.clear()
        self.image("site.raw")
        # Emulated: the same on every machine, whether it has KVM or is a VM itself. Nobody else wants that, so the
        # program has no setting for it.
        self.without('cpu=libvirt.DomainCpuArgs(mode="host-model"),', 'type="qemu",')

    def image(self, name: str, mib: int = 4) -> str:
        """Make an empty disk image; give its path."""
        path = self.folder / "images" / name
        path.parent.mkdir(exist_ok=True)
        subprocess.run(
            [needed("qemu-img"), "create", "-q", "-f", "raw", path, f"{mib}M"], check=True, capture_output=True
        )
        return str(path)

    def small(self, mode: str = "address", /, **settings: Any) -> dict[str, Any]:
        """Give a site whose VM is as small as can be; settings go below ``host.libvirt``."""
        site = libvirt_site(mode, **self.settings(**settings))
        site["host"]["readiness"] = "off"  # the VM boots nothing
        return site

    def settings(self, **more: Any) -> dict[str, Any]:
        """Give what stands below ``host.libvirt`` for VMs as small as can be."""
        given: dict[str, Any] = {
            "uri": self.libvirtd.uri,
            "pool": POOL,
            "image": str(self.folder / "images/site.raw"),
            "diskSize": 1,
            "memory": 64,
            "vcpus": 1,
        }
        return {**given, **more}

    def lean(self) -> None:
        """Deploy nothing but network and machine."""
        (self.folder / "__main__.py").write_text(PROGRAM)

    @staticmethod
    def moved(site: dict[str, Any]) -> dict[str, Any]:
        """Give the node the IPv4 address that fits the network 192.168.200.0/24."""
        site["nodes"][0]["interfaces"][0]["ipv4"] = {"address": "192.168.200.10/24", "gateway": "192.168.200.1"}
        return site

    def without(self, text: str, instead: str = "") -> None:
        """Take a mitigation out of the copy: the first occurrence of a text, which must be there."""
        file = self.folder / "components/libvirt.py"
        source = file.read_text()
        assert text in source
        file.write_text(source.replace(text, instead, 1))

    def apply(self, site: dict[str, Any], *arguments: str, code: int = 0) -> Applied:
        """Bring up a changed site; another exit code than the wanted one fails the test."""
        self.site(site)
        return applied(self, "libvirt:", *arguments, code=code)

    def dualstack(self, *arguments: str) -> Done:
        """Run ``dualstack`` on the same project and state as ``pulumi``."""
        environment = {key: value for key, value in self.environment.items() if not key.startswith("PULUMI_")}
        # The copy's modules; and the official build is not waited for.
        environment |= {"PYTHONPATH": str(self.folder), "DUALSTACK_PULUMI_URL": "http://127.0.0.1:1/sdk"}
        done = subprocess.run(
            [sys.executable, "-c", "from dualstack.cli import main; main()", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def ways_out(self, site: dict[str, Any], run: Applied) -> str:
        """Give what the command would tell to do about errors."""
        plan = check_site(STACK, resolve_mapping(PROJECT, site, set(SECRETS))).plan
        assert plan is not None
        return "\n".join(libvirt_ways_out("\n".join(run.errors), plan))

    def follow(self, told: str, command: str) -> None:
        """Run the command that was told, as a user would; another one than ``command`` fails the test."""
        found = re.search(rf"{command} .*", told)
        assert found is not None, told
        subprocess.run(
            shlex.split(found[0]), check=True, capture_output=True, cwd=self.folder, env=self.environment, timeout=60
        )

    def first(self, site: dict[str, Any]) -> None:
        """Make the stack for a site, and bring it up."""
        self.site(site)
        self.init()
        self.apply(site)

    def destroy(self) -> None:
        """Destroy; nothing of ours may be left on the hypervisor."""
        self.pulumi("destroy", "--yes", "--skip-preview")
        assert {what: self.libvirtd.names(what) for what in ("net", "vm", "vol")} == {"net": [], "vm": [], "vol": []}

    def expect_no_changes(self, *arguments: str) -> None:
        """Fail where a preview would change something."""
        self.pulumi("preview", "--expect-no-changes", "--diff", *arguments)
