"""``dualstack new`` for several nodes, and for machines that are installed through their BMCs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.check.checked import Checked
from dualstack.check.sites import load_site
from dualstack.eib import build_tree
from tests.cli.conftest import Project, Run
from tests.cli.test_new import STATIC
from tests.eib.test_judges import judge, validated
from tests.lab.ran import Ran
from tests.sites import FQDN

MACS = ("--mac", "34:8a:b1:4b:16:e8", "--mac", "34:8a:b1:4b:16:e9")
VIRTUAL = (
    "--api4", "192.168.100.20", "--ingress4", "192.168.100.21", "--ingress6", "fd00:100::21",
    "--ironic4", "192.168.100.22", "--ironic6", "fd00:100::22",
)  # fmt: skip
NAMED = ("--mode", "hostname", "--hostname", FQDN, "--rancher-hostname", "rancher.lyon.example.com")
BMC = "redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"
BMCS = (
    *("--bmc", BMC, "--bmc", BMC.replace("::11", "::12"), "--bmc", BMC.replace("::11", "::13")),
    *("--bmc-user", "admin", "--install-device", "/dev/sda"),
)
MODES = {"address": ("--mode", "address"), "hostname": NAMED}


def site(project: Project, name: str = "lyon") -> dict[str, Any]:
    text = (project.folder / f"stacks/Pulumi.{name}.yaml").read_text()
    made: dict[str, Any] = yaml.safe_load(text)["config"]["dualstack:site"]
    return made


def loaded(project: Project) -> Checked:
    return load_site(project.folder, "lyon")


def test_three_nodes_have_what_is_their_own_and_share_the_rest(run: Run, project: Project) -> None:
    ran = run("new", "lyon", "--mode", "address", "--nodes", "3", *STATIC, *MACS, *VIRTUAL)

    assert ran.code == 0, ran.err
    made = site(project)
    assert made["nodeDefaults"]["interfaces"] == [
        {
            "name": "eth0",
            "ipv4": {"prefixLength": 24, "gateway": "192.168.100.1"},
            "ipv6": {"prefixLength": 64, "gateway": "fe80::1"},
        }
    ]
    assert [(node["name"], node["interfaces"][0]["mac"][-2:]) for node in made["nodes"]] == [
        *(("mgmt-1", "e7"), ("mgmt-2", "e8"), ("mgmt-3", "e9"))
    ]
    assert made["nodes"][2]["interfaces"][0]["ipv6"] == {"address": "fd00:100::12"}
    assert made["cluster"] == {
        "bootstrap": "mgmt-1",
        "api": {"ipv4": "192.168.100.20"},
        "ingress": {"ipv4": "192.168.100.21", "ipv6": "fd00:100::21"},
    }
    assert made["provisioning"]["vip"] == {"ipv4": "192.168.100.22", "ipv6": "fd00:100::22"}


@pytest.mark.parametrize("bmcs", [(), BMCS], ids=["existing", "redfish"])
@pytest.mark.parametrize("mode", MODES)
def test_nothing_but_secrets_is_left_to_do(mode: str, bmcs: tuple[str, ...], run: Run, project: Project) -> None:
    ran = run("new", "lyon", *MODES[mode], "--nodes", "3", *STATIC, *MACS, *VIRTUAL, *bmcs)

    assert ran.code == 0, ran.err
    warned = {one.rule.id[:5] for one in loaded(project).findings if one.severity != "info"}
    # Hostname mode with several nodes was read, not run, and says so.
    assert warned == {"DS279", *(["DS293"] if bmcs else []), *(["DS284"] if mode == "hostname" else [])}


@pytest.mark.judges
@pytest.mark.parametrize("mode", MODES)
def test_the_judges_take_it(mode: str, run: Run, project: Project, tmp_path: Path) -> None:
    assert run("new", "lyon", *MODES[mode], "--nodes", "3", *STATIC, *MACS, *VIRTUAL, *BMCS).code == 0
    plan = loaded(project).plan
    assert plan is not None
    out = tmp_path / "eib"
    validated(build_tree(plan, {"rke2Token": "t"}), out)
    command = [judge("nmc"), "generate", "--config-dir", str(out / "network"), "--output-dir", str(tmp_path / "made")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    hosts = yaml.safe_load((tmp_path / "made/host_config.yaml").read_text())
    assert sorted(host["hostname"] for host in hosts) == ["mgmt-1", "mgmt-2", "mgmt-3"]


def test_as_many_nodes_as_macs(run: Run, project: Project) -> None:
    assert run("new", "lyon", "--mode", "address", *STATIC, *MACS, *VIRTUAL).code == 0
    assert len(site(project)["nodes"]) == 3


def test_counting_up_leaves_out_what_is_taken(run: Run, project: Project) -> None:
    taken = ("--api4", "192.168.100.11", *VIRTUAL[2:])
    assert run("new", "lyon", "--mode", "address", *STATIC, *MACS, *taken).code == 0
    assert [node["interfaces"][0]["ipv4"]["address"] for node in site(project)["nodes"]] == [
        *("192.168.100.10", "192.168.100.12", "192.168.100.13")
    ]


def test_the_order_of_the_flags_is_the_nodes(run: Run, project: Project) -> None:
    own = ("--ipv4", "192.168.100.40", "--ipv6", "fd00:100::40/64", "--ipv6", "fd00:100::39")
    assert run("new", "lyon", "--mode", "address", *STATIC, *MACS, *VIRTUAL, *own).code == 0
    nics = [node["interfaces"][0] for node in site(project)["nodes"]]
    assert [nic["ipv4"]["address"] for nic in nics] == ["192.168.100.10", "192.168.100.40", "192.168.100.41"]
    assert [nic["ipv6"]["address"] for nic in nics] == ["fd00:100::10", "fd00:100::40", "fd00:100::39"]


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--nodes", "2", *MACS), "--mac is given 3 times, and the site has 2 nodes"),
        (("--ipv4", "192.168.100.11"), "--ipv4 is given 2 times, and the site has 1 node"),
        (("--api4", "192.168.100.20"), "--api4 is for several nodes"),
        (("--rancher-hostname", "r.example.com"), "--rancher-hostname is for"),
        (("--media", "a.iso"), "--media is for machines"),
        (("--nodes", "3", *VIRTUAL), "--mac of mgmt-2 is missing"),
        ((*MACS, *VIRTUAL[2:]), "--api4 is missing"),
        ((*MACS, *VIRTUAL, *BMCS[:4]), "--bmc of mgmt-3 is missing"),
        ((*MACS, *VIRTUAL, *BMCS[:6]), "--bmc-user is missing"),
        (("--nodes", "0"), "--nodes"),
    ],
)
def test_what_contradicts_or_lacks_is_said(flags: tuple[str, ...], words: str, run: Run, project: Project) -> None:
    ran = run("new", "lyon", "--mode", "address", *STATIC, *flags)
    assert (ran.code, words in ran.err) == (2, True), ran.err
    assert not list(project.folder.glob("stacks/*.yaml"))


def test_findings_name_the_flag_of_any_node(run: Run, project: Project) -> None:
    wrong = ("--ingress6", "fd00:999::21")
    ran = run("new", "lyon", "--mode", "address", *STATIC, MACS[0], "zz", *MACS[2:], *VIRTUAL, *wrong)
    assert ran.code == 1
    assert "nodes[1].interfaces[0].mac (--mac): " in ran.err
    assert "cluster.ingress.ipv6 (--ingress6): " in ran.err


def test_it_asks_and_proposes(answering: Callable[..., Ran], project: Project) -> None:
    answers = [
        "0", "2", *STATIC[1::2][:5], "192.168.100.53, fd00:100::53", "34:8a:b1:4b:16:e8", "", "",
        "192.168.100.1000", "", "", "", "", "", "rancher", "", "", "", "",
    ]  # fmt: skip
    ran = answering("lyon", "--mode", "hostname", "--hostname", FQDN, answers=answers)
    assert ran.code == 0, ran.err
    made = site(project)
    assert [node["interfaces"][0]["ipv4"]["address"] for node in made["nodes"]] == ["192.168.100.10", "192.168.100.11"]
    assert made["cluster"]["api"] == {"ipv4": "192.168.100.12"}
    assert made["cluster"]["ingress"] == {"ipv4": "192.168.100.13", "ipv6": "fd00:100::12"}
    assert made["provisioning"]["vip"] == {"ipv4": "192.168.100.14", "ipv6": "fd00:100::13"}
    assert made["rancher"]["hostname"] == f"rancher.{FQDN.partition('.')[2]}"


def test_one_machine_with_a_bmc(run: Run, project: Project) -> None:
    image = "https://images.example.com/a.iso"
    assert run("new", "lyon", "--mode", "address", *STATIC, "--media", image, *BMCS[:2], *BMCS[6:]).code == 0
    made = site(project)
    assert made["host"] == {"kind": "redfish", "redfish": {"media": image}}
    assert made["nodes"][0]["bmc"] == {"address": BMC, "username": "admin", "passwordKey": "bmcPassword"}
    assert "cluster" not in made
