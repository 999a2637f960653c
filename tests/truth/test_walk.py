"""Three servers, in one piece: a new site, a pull request, ``up``, machines that run its image, one lost and replaced.

Real are git, the jobs of the workflows, the engine, Redfish BMCs of both families over TLS, and the image's content on
its way from the site file to the machine that boots it. Stand-ins: Edge Image Builder's container, and on the machines
what EIB's installer and RKE2 do (``tests/truth/walk/machines.py``); no kubectl runs.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.document.yamlio import dump
from tests import PROJECT
from tests.lab.bmc import PASSWORD, SYSTEM, USER
from tests.several import TOKEN
from tests.sites import checked
from tests.truth.walk.lab import BMCS, MACS, Lab
from tests.truth.walk.team import SITE, Team

BASE = "SL-Micro.x86_64-6.2-Base-SelfInstall-GM.install.iso"
PATHS = tuple(f"redfish-virtualmedia://{f'[{one}]' if ':' in one else one}/redfish/v1/Systems/{SYSTEM}" for one in BMCS)
NEW = (
    *("new", SITE, "--nodes", "3", "--mode", "address"),
    *(word for mac in MACS[:3] for word in ("--mac", mac)),
    *("--ipv4", "192.168.100.11/24", "--gateway4", "192.168.100.1"),
    *("--ipv6", "fd00:100::11/64", "--gateway6", "fe80::1"),
    *("--resolver", "192.168.100.53", "--resolver", "fd00:100::53"),
    *("--api4", "192.168.100.20", "--ingress4", "192.168.100.21", "--ingress6", "fd00:100::21"),
    *("--ironic4", "192.168.100.22", "--ironic6", "fd00:100::22"),
    *(word for path in PATHS[:3] for word in ("--bmc", path)),
    *("--bmc-user", USER, "--install-device", "/dev/sda"),
)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    if os.geteuid() != 0:
        pytest.skip("network namespaces want root")
    with Lab(tmp_path / "lab") as made:
        yield made


class Walk:
    """The site file on the laptop, and what is seen of the site from machines that have nothing of it."""

    def __init__(self, lab: Lab, team: Team) -> None:
        self.lab, self.team = lab, team
        self.stack = team.laptop / f"stacks/Pulumi.{SITE}.yaml"
        self._looks = 0

    def edit(self, **nodes: dict[str, Any]) -> None:
        """Write keys of nodes, by name with ``_`` for a dash; those of ``bmc`` and the MAC where they belong."""
        document = yaml.safe_load(self.stack.read_text())
        for node in document["config"]["dualstack:site"]["nodes"]:
            for key, value in nodes.get(node["name"].replace("-", "_"), {}).items():
                if key == "mac":
                    node["interfaces"][0]["mac"] = value
                elif key == "generation":
                    node[key] = value
                else:
                    node["bmc"][key] = value
        self.stack.write_text(dump(document))
        self.lab.rack.plan = checked(document["config"]["dualstack:site"], (*TOKEN, "bmcPassword")).plan

    def verify(self) -> tuple[int, list[dict[str, Any]]]:
        """Run it on a machine that has a fresh clone; give its exit code and the checks that failed."""
        self._looks += 1
        ran = self.team.run("verify", SITE, "--format", "json", at=self.team.clone(f"look{self._looks}"))
        found: list[dict[str, Any]] = ran.json["checks"]
        return ran.code, [one for one in found if one["result"] == "failed"]

    def became(self) -> dict[str, str]:
        """Give what each machine of the rack became."""
        return {place: became for place, _, became in self.lab.told}


def written(walk: Walk) -> None:
    """A site file, with what it still lacks told at each step."""
    team = walk.team
    made = team.run(*NEW)
    assert made.code == 0, made.told
    assert f"dualstack secret set {SITE} rke2Token --generate" in made.err
    walk.edit(**{f"mgmt_{number}": {"fingerprint": walk.lab.pins[number - 1].fingerprint} for number in (1, 2, 3)})
    assert team.run("check", SITE).code == 0
    assert "192.168.100.20" in team.run("plan", SITE).out
    refused = team.run("render", SITE, "--out", "build/tried")
    assert (refused.code, "--generate" in refused.err) == (2, True)
    assert not (team.laptop / "build/tried").exists()
    team.shell(f"pulumi stack init {SITE}")
    assert team.run("secret", "set", SITE, "rke2Token", "--generate").code == 0
    assert team.run("secret", "set", SITE, "bmcPassword", given="not-this-one").code == 0


def deployed(walk: Walk) -> None:
    """Reviewed, merged, and installed from the laptop, after a wrong password; then nobody has anything to do."""
    team, lab = walk.team, walk.lab
    comment, _ = team.propose(SITE, "A site")
    assert SITE in comment and "installation of a machine" in comment
    (team.laptop / "base-images").mkdir()
    (team.laptop / "base-images" / BASE).write_bytes(b"a base image" * 100)
    wrong = team.run("up", SITE, "--yes")
    assert (wrong.code, "refuses the login" in wrong.err) == (1, True), wrong.told
    assert lab.told == []
    assert team.run("secret", "set", SITE, "bmcPassword", given=PASSWORD).code == 0
    up = team.run("up", SITE, "--yes")
    assert up.code == 0, up.told
    assert PASSWORD not in up.told
    assert walk.became() == {"rack1": "init_server", "rack2": "server", "rack3": "server"}
    assert lab.told[0][0] == "rack1"
    assert "api     IPv4  192.168.100.20  answered" in up.out
    assert "warning" not in up.out

    team.push("The password")
    (sites, runner), _ = team.merge(SITE)
    assert sites.outputs["sites"] == f'["{SITE}"]', sites.log
    assert runner.succeeded, runner.log
    assert "15 unchanged" in runner.summary
    assert len(lab.told) == 3
    assert walk.verify() == (0, [])
    status = team.run("status", SITE, at=team.laptop)
    assert (status.code, "as planned" in status.out) == (0, True), status.told


def lost(walk: Walk) -> None:
    """A server is gone, with its BMC: all that is said concerns it alone."""
    walk.lab.rack.lose("rack2")
    walk.lab.bmcs[1].stop()
    code, failed = walk.verify()
    assert code == 1
    assert {one["at"] for one in failed} == {
        *(f"{host}:{port}" for host in ("192.168.100.12", "[fd00:100::12]") for port in (6443, 9345)),
        f"mgmt-2 [{BMCS[1]}]:443",
    }


def replaced(walk: Walk) -> None:
    """Another machine takes its name: its own image, the runbook, ``up``; the cluster is the same, and whole."""
    team, lab = walk.team, walk.lab
    new = {"mac": MACS[3], "address": PATHS[3], "fingerprint": lab.pins[3].fingerprint}
    walk.edit(mgmt_2=new)
    without = team.run("diff", "--base", "origin/main", SITE)
    assert "nodes[].generation" in without.out, without.out
    rendered = team.run("render", SITE, "--join", "mgmt-2", "--out", "build/joins", "--with-secrets")
    assert rendered.code == 0, rendered.told
    shutil.copytree(team.laptop / "base-images", team.laptop / "build/joins/base-images")
    (build,) = re.findall(r"^ +(podman run .*)$", rendered.out, re.MULTILINE)
    team.shell(build)
    walk.edit(mgmt_2={"generation": 2, "media": f"build/joins/eib-{SITE}-mgmt-2.iso"})
    comment, _ = team.propose("replaced", "mgmt-2 is replaced")
    assert "join" in comment and PASSWORD not in comment

    book = (team.laptop / "build/joins/JOIN.md").read_text()
    assert "\n    kubectl delete node mgmt-2\n" in book and "generation" in book
    lab.rack.forget("mgmt-2")
    up = team.run("up", SITE, "--yes")
    assert up.code == 0, up.told
    assert walk.became()["rack4"] == "server"
    assert [sorted(one.members) for one in lab.rack.clusters] == [["mgmt-1", "mgmt-2", "mgmt-3"]]
    assert len(lab.told) == 4

    (_, runner), _ = team.merge("replaced")
    assert runner.succeeded and "15 unchanged" in runner.summary, runner.log
    (seen,) = team.job("verify.yml", "verify", github__sha=team.forge.git("rev-parse", "main"))
    assert seen.succeeded and " 0 failed" in seen.summary, seen.log


def _wanted(line: str) -> set[str]:
    """Give a command's name and options, without their values; of a secret its key, too."""
    words = line.split()
    return {words[0], *(word for word in words if word.startswith("--")), *(words[3:4] if words[0] == "secret" else ())}


def test_from_a_new_site_to_a_replaced_server(lab: Lab, tmp_path: Path) -> None:
    walk = Walk(lab, Team(tmp_path / "team", lab.inside))
    written(walk)
    deployed(walk)
    lost(walk)
    replaced(walk)
    told = (PROJECT / "docs/walk.md").read_text().replace("\\\n", "")
    for line in re.findall(r"(?:^\$ |`)dualstack ([^#`\n]+)", told, re.MULTILINE):
        assert any(_wanted(line) <= _wanted(" ".join(ran)) for ran in walk.team.ran), line
