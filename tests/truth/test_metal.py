"""Three machines from off to a cluster by ``up``: real engine, real Redfish BMCs of both families, in a namespace.

The machines behind the BMCs are stood in for by a port that opens once one was started from its drive.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualstack.deploy.living import unkept
from dualstack.document.merge import overlay
from tests import PROJECT
from tests.lab.bmc import PASSWORD, SYSTEM, USER, Bmc, started
from tests.lab.standins.project import Deployment
from tests.several import TOKEN, node, several
from tests.sites import checked

NODES = ("mgmt-1", "mgmt-2", "mgmt-3")
BMCS = ("fd00:200::21", "fd00:200::22", "192.168.200.23")
PORT = 8000
TYPE = "dualstack:host:Installation"


def host(address: str) -> str:
    return f"[{address}]" if ":" in address else address


class Lab(Deployment):
    """A project whose commands run in a namespace that has the addresses of all nodes and BMCs."""

    seconds = 400  # each emulated machine takes up to 11 s to start, one after the other

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, standins=())
        self.space = f"ds-metal-{os.getpid()}"
        self.inside = ("ip", "netns", "exec", self.space)
        self.bmcs: list[Bmc] = []
        self.machines: subprocess.Popen[str] | None = None
        (self.folder / "image.iso").write_bytes(b"an image" * 1000)
        self.logs = folder

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start ``pulumi`` in the namespace."""
        return subprocess.Popen(
            [*self.inside, "pulumi", "--non-interactive", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def make(self) -> None:
        """Make namespace, BMCs and machines."""
        ip("netns", "add", self.space)
        ip("-n", self.space, "link", "set", "lo", "up")
        for number in (1, 2, 3):
            for address in (f"192.168.100.1{number}/32", f"fd00:100::1{number}/128"):
                ip("-n", self.space, "addr", "add", address, "dev", "lo")
        for number, address in enumerate(BMCS, 1):
            ip("-n", self.space, "addr", "add", f"{address}/{128 if ':' in address else 32}", "dev", "lo")
            mac = node(number)["interfaces"][0]["mac"]
            self.bmcs.append(started(self.logs / f"bmc{number}", address, PORT, prefix=self.inside, mac=mac))
        self.wait()
        machines = [
            {"url": bmc.url, "system": bmc.system, "user": USER, "password": PASSWORD, "port": 6443}
            | {"address": f"192.168.100.1{number}"}
            for number, bmc in enumerate(self.bmcs, 1)
        ]
        command = [*self.inside, sys.executable, "-m", "tests.lab.machines", json.dumps(machines)]
        self.machines = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)

    def curl(self, url: str) -> bool:
        """Tell whether something answers in the namespace."""
        command = [*self.inside, "curl", "--silent", "--noproxy", "*", "--output", "/dev/null", url]
        return subprocess.run(command, check=False).returncode == 0

    def wait(self) -> None:
        """Wait until the BMCs answer."""
        end = time.monotonic() + 60
        while not all(self.curl(f"{bmc.url}/redfish/v1/") for bmc in self.bmcs):
            assert time.monotonic() < end, "the BMCs do not start"
            time.sleep(0.2)

    def remove(self) -> None:
        """Remove all of it."""
        for bmc in self.bmcs:
            bmc.stop()
        if self.machines is not None:
            self.machines.kill()
            self.machines.communicate()
        ip("netns", "del", self.space)

    def mapping(self, **redfish: Any) -> dict[str, Any]:
        """Return the site."""
        nodes = [
            node(
                number,
                bmc={
                    "address": f"redfish-virtualmedia+http://{host(address)}:{PORT}/redfish/v1/Systems/{SYSTEM}",
                    "username": USER,
                    "passwordKey": "bmcPassword",
                },
            )
            for number, address in enumerate(BMCS, 1)
        ]
        kind = {"kind": "redfish", "readiness": "off", "redfish": {"media": "image.iso", **redfish}}
        # Nobody answers names here.
        return several(
            nodes=nodes, cluster={"apiHost": None}, host=kind, image={"type": "iso", "installDevice": "/dev/sda"}
        )

    def how(self) -> dict[str, str]:
        """Return how each machine came to be installed, by node, as the state has it."""
        found = [one["outputs"] for one in self.state()["resources"] if one["type"] == TYPE]
        return {one["node"]: one["how"] for one in found}


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    if os.geteuid() != 0:
        pytest.skip("network namespaces want root")
    made = Lab(tmp_path)
    try:
        made.make()
        yield made
    finally:
        made.remove()


def test_three_machines_are_installed_in_order_and_once(lab: Lab) -> None:
    lab.init()
    lab.pulumi("config", "set", "--secret", "dualstack:rke2Token", "a-token-of-the-lab")
    lab.pulumi("config", "set", "--secret", "dualstack:bmcPassword", PASSWORD)
    lab.site(lab.mapping())

    preview = lab.pulumi("preview")
    for name in NODES:
        assert f"installs {name}: its disk is wiped" in preview.told

    done = lab.up()
    assert PASSWORD not in done.told
    assert lab.how() == dict.fromkeys(NODES, "installed")
    assert lab.machines is not None and lab.machines.stdout is not None
    seen = [json.loads(lab.machines.stdout.readline()) for _ in NODES]
    assert seen[0]["address"] == "192.168.100.11"  # who makes the cluster is first
    by_node = {one["address"]: one["image"] for one in seen}
    for number, address in enumerate(BMCS, 1):
        assert by_node[f"192.168.100.1{number}"].startswith(f"http://{host(address)}:")

    again = lab.up()
    assert "installs" not in again.told
    assert "unchanged" in again.told

    other = checked(overlay(lab.mapping(), {"cluster": {"bootstrap": "mgmt-2"}}), TOKEN).plan
    assert other is not None
    assert [finding.rule.id for finding in unkept(lab.state(), other)] == ["DS286-bootstrap-kept"]

    lab.pulumi("refresh", "--yes", "--skip-preview")
    assert lab.how() == dict.fromkeys(NODES, "installed")

    # As after a lost state: the machines run, and nothing is done to them.
    lab.pulumi("stack", "rm", "--yes", "--force", "--preserve-config")
    lab.pulumi("stack", "init", "lab")
    lab.up()
    assert lab.how() == dict.fromkeys(NODES, "answered")

    gone = lab.pulumi("destroy", "--yes", "--skip-preview")
    assert gone.told.count("stays as it is") >= len(NODES)
