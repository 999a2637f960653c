"""check --fix: safe fixes in the files where the values stand, in their form, and nothing else."""

from __future__ import annotations

import stat

import pytest

from dualstack.check.mend import same_meaning
from tests.cli.conftest import Project, Run

SITE = """\
config:
  dualstack:site:   # the site
    extends: [fleet]
    release: 3.5
    mode: adress
    nodes:
      - name: mgmt-1
        interfaces:
          - name: eth0
            mac: 34-8A-B1-4B-16-E7   # label on the case
            ipv4: {address: 192.168.100.10/24, gateway: 192.168.100.1}
            ipv6: {adress: "FD00:100::10/64", gateway: fe80::1}
    cluster:
      tlsSan: ['api.example.com:6443']   # behind NAT
    image:
      kernelArgs: ["ipv6.disable=1", a=b]
    provisioning:
      vmediaTls: "true"
"""
FIXED = """\
config:
  dualstack:site:   # the site
    extends: [fleet]
    release: "3.5"
    mode: address
    nodes:
      - name: mgmt-1
        interfaces:
          - name: eth0
            mac: "34:8a:b1:4b:16:e7"   # label on the case
            ipv4: {address: 192.168.100.10/24, gateway: 192.168.100.1}
            ipv6: {address: "fd00:100::10/64", gateway: fe80::1}
    cluster:
      tlsSan: ['api.example.com']   # behind NAT
    image:
      kernelArgs: [a=b]
    provisioning:
      vmediaTls: true
"""
LAYER = "dns:\n  resolvers: [192.168.100.53, 'FD00:100::53'] # both\n"


@pytest.fixture
def two(project: Project) -> Project:
    project.layer("fleet", LAYER)
    project.text("x", SITE).chmod(0o640)
    project.text("y", SITE)
    return project


def test_safe_fixes_are_made_in_the_form_of_the_file(run: Run, two: Project) -> None:
    ran = run("check", "x", "--fix")

    file = two.folder / "stacks/Pulumi.x.yaml"
    assert file.read_text() == FIXED
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(path.name for path in file.parent.iterdir()) == ["Pulumi.x.yaml", "Pulumi.y.yaml", "layers"]
    assert '+    release: "3.5"\n' in ran.out
    assert "stacks/Pulumi.x.yaml: 8 fixes made" in ran.out
    assert (two.folder / "stacks/Pulumi.y.yaml").read_text() == SITE
    assert run("check", "x", "--fix").out.startswith("no fix can be made without a person\n")


def test_a_layer_is_left_and_its_sites_are_named(run: Run, two: Project) -> None:
    layer = two.folder / "stacks/layers/fleet.yaml"
    ran = run("check", "x", "--fix", "--format", "json")
    (left,) = ran.json["fixed"]["left"]
    assert (left["file"], left["usedBy"], left["path"]) == ("stacks/layers/fleet.yaml", ["x", "y"], "dns.resolvers[1]")
    assert layer.read_text() == LAYER

    run("check", "x", "--fix", "--layers")
    assert layer.read_text() == LAYER.replace("FD00", "fd00")


def test_a_dry_run_writes_nothing(run: Run, two: Project) -> None:
    ran = run("check", "x", "--fix", "--dry-run")
    assert "8 fixes would be made" in ran.out
    assert (two.folder / "stacks/Pulumi.x.yaml").read_text() == SITE
    assert run("check", "x", "--dry-run").code == 2


def test_no_machine_is_readdressed_or_wiped(run: Run, project: Project) -> None:
    text = FIXED.replace("    extends: [fleet]\n", "    dns: {resolvers: [192.168.100.53, 'fd00:100::53']}\n")
    text = text.replace("    cluster:\n", "    cluster:\n      pods: {ipv4: 10.96.0.0/16}\n")
    text = text.replace("    image:\n", "    image:\n      installDevice: sda\n      diskSize: 8\n")
    project.text("x", text)
    before = (project.folder / "stacks/Pulumi.x.yaml").read_text()
    ran = run("check", "x", "--fix")
    assert ran.code == 1
    assert (project.folder / "stacks/Pulumi.x.yaml").read_text() == before


def test_a_clear_secret_is_not_in_the_difference(run: Run, two: Project) -> None:
    text = SITE.replace("    image:\n", "    image:\n      proxy: {http: 'http://u:hunter22@fd10:0:30::99:3128'}\n")
    two.text("x", text)
    ran = run("check", "x", "--fix")
    assert "hunter22" not in ran.out + ran.err
    assert "+++ b/stacks/Pulumi.x.yaml" in ran.out


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("FD00::1/64", "fd00::1/64", True),
        ("10.0.0.1/24", "10.0.0.2/24", False),
        ("34-8A-B1-4B-16-E7", "34:8a:b1:4b:16:e7", True),
        ("34-8A-B1-4B-16-E7", "34:8a:b1:4b:16:e8", False),
        (" x", "x", True),
        ("[fd00::1]", "fd00::1", True),
        (["10.0.0.0/8", "FD00::/8"], "10.0.0.0/8,fd00::/8", True),
        ("10.0.0.0/8,fd00::/8", "fd00::/8,10.0.0.0/8", False),
        ("true", True, True),
        (5, "5", True),
        (None, "x", False),
        ({"a": 1}, "x", False),
        ("8", "8G", False),
    ],
)
def test_same_meaning(old: object, new: object, same: bool) -> None:
    assert same_meaning(old, new) is same
