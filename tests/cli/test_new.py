"""``dualstack new``: stack files that the Pulumi CLI made, answers judged as they are given, no terminal at all."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable

import pytest
import yaml

from dualstack.cli import questions
from tests.cli.conftest import Project, Run
from tests.lab.ran import Ran
from tests.sites import FQDN, SSH_KEY

STATIC = (
    "--mac", "34:8a:b1:4b:16:e7", "--ipv4", "192.168.100.10/24", "--gateway4", "192.168.100.1",
    "--ipv6", "fd00:100::10/64", "--gateway6", "fe80::1", "--resolver", "192.168.100.53", "--resolver", "fd00:100::53",
)  # fmt: skip
MADE_BY_PULUMI = """\
# kept
encryptionsalt: v1:abc=:v1:def
config:
    # of the other key
    other:key: x  # kept, too
    dualstack:rancherBootstrapPassword:
        secure: v1:ghi
"""


def test_a_stack_file_without_a_site_gets_it_and_keeps_what_is_in_it(run: Run, project: Project) -> None:
    file = project.text("pre", MADE_BY_PULUMI)
    file.chmod(0o600)

    ran = run("new", "pre", "--mode", "address", *STATIC)

    assert (ran.code, ran.err) == (0, "")
    text = file.read_text()
    assert [line for line in text.splitlines() if line in MADE_BY_PULUMI.splitlines()] == MADE_BY_PULUMI.splitlines()
    assert yaml.safe_load(text)["config"]["dualstack:site"]["mode"] == "address"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "rancherBootstrapPassword" not in run("check", "pre", "--strict").out
    again = run("new", "pre", "--mode", "address", *STATIC)
    assert (again.code, "there already" in again.err) == (2, True)
    assert file.read_text() == text


@pytest.mark.parametrize(
    "before",
    [
        "",
        "encryptionsalt: v1:abc",
        "# only this\n",
        "config:\n",
        "config: {}\n",
        "config: {other:key: {secure: v1:x}, a: [1, 2]}\nencryptionsalt: v1:abc\n",
        "{encryptionsalt: v1:abc, config: {other:key: x}}\n",
        "config: # why\n  other:key: x\n",
        "config:\n  {other:key: x}\n",
        "---\nconfig:\n other:key: x\n...\n",
        "encryptionsalt: v1:abc\n...\n",
        "\ufeffconfig:\r\n  other:key: x\r\n",
    ],
)
def test_whatever_the_style_of_the_file_its_data_stay(run: Run, project: Project, before: str) -> None:
    file = project.folder / "stacks/Pulumi.pre.yaml"
    file.write_bytes(before.encode())

    ran = run("new", "pre", "--mode", "address", *STATIC)

    assert (ran.code, ran.err) == (0, "")
    data, old = yaml.safe_load(file.read_bytes()), yaml.safe_load(before.encode()) or {}
    assert data["config"].pop("dualstack:site")["schema"] == 1
    assert {**old, "config": old.get("config") or {}} == data
    assert run("check", "pre").code == 0


def test_findings_name_the_flag_beside_the_path(run: Run, project: Project) -> None:
    wrong = ["zz" if value == "34:8a:b1:4b:16:e7" else value for value in STATIC]

    ran = run("new", "paris", "--mode", "address", *wrong)

    assert ran.code == 1
    assert "nodes[0].interfaces[0].mac (--mac): " in ran.err
    assert not list(project.folder.glob("stacks/*.yaml"))


def test_flags_that_contradict_are_refused_not_dropped(run: Run, project: Project) -> None:
    ran = run("new", "paris", "--mode", "address", "--hostname", FQDN, *STATIC)

    assert (ran.code, "--mode hostname" in ran.err) == (2, True)
    ran = run("new", "paris", "--mode", "address", "--release", "3.4", "--collection-user", "me", *STATIC)
    assert (ran.code, "--collection-user" in ran.err) == (2, True)
    assert not list(project.folder.glob("stacks/*.yaml"))


def test_an_unknown_mode_names_the_two(run: Run, project: Project) -> None:
    ran = run("new", "paris", "--mode", "adress", *STATIC)

    assert (ran.code, "hostname" in ran.err) == (2, True)


def test_values_of_options_are_completed(project: Project) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=project.folder, check=True)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run(["git", *identity, "commit", "-q", "--allow-empty", "-m", "x"], cwd=project.folder, check=True)
    for flag, word in (
        ("new x --mode", "hostname"),
        ("new x --release", "3.6"),
        ("check x --format", "sarif"),
        ("plan x --format", "json"),
        ("dns x --format", "nsupdate"),
        ("diff x --format", "html"),
        ("diff x --base", "main"),
    ):
        env = {
            "_DUALSTACK_COMPLETE": "complete_bash", "COMP_WORDS": f"dualstack {flag} ", "COMP_CWORD": "4",
            "PATH": "/usr/bin:/bin",
        }  # fmt: skip
        program = [
            sys.executable,
            "-c",
            "import sys; sys.argv[0] = 'dualstack'; from dualstack.cli import main; main()",
        ]
        done = subprocess.run(program, env=env, capture_output=True, text=True, check=False, timeout=60)
        assert word in done.stdout.split(), done.stderr


def test_without_standard_input_it_says_which_flag(run: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    ran = run("new", "paris", "--mode", "address")

    assert (ran.code, "give --mac" in ran.err) == (2, True)
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr("sys.stdin", closed)
    assert run("new", "paris", "--mode", "address").code == 2
    assert run("new", "paris", "--mode", "address", *STATIC).code == 0


def test_each_answer_is_judged_when_it_is_given(answering: Callable[..., Ran], project: Project, run: Run) -> None:
    answers = [
        "adress", "hostname", "Ironic_1", "ironic", FQDN, "0", "", "zz", "34:8a:b1:4b:16:e7", "192.168.100.10",
        "192.168.100.10/24", "10.0.0.1", "192.168.100.10", "", "192.168.100.10/24", "fd00:100::10/64", "fd00:200::1",
        "", "dns.example.com", "192.168.100.53, fd00:100::53", "no key", SSH_KEY, "",
    ]  # fmt: skip

    ran = answering("paris", answers=answers)

    assert ran.code == 0, ran.err
    for words in (
        "'adress' is none of address, hostname", "'ironic' has no domain", "'0' is no number of nodes",
        "'zz' is no MAC", "has no prefix length",
        "10.0.0.1 is not in 192.168.100.0/24", "192.168.100.10 is the node's own address",
        "fd00:200::1 is not in fd00:100::/64", "'dns.example.com' is no IP address", "is no public SSH key",
    ):  # fmt: skip
        assert words in ran.err
    site = yaml.safe_load((project.folder / "stacks/Pulumi.paris.yaml").read_text())["config"]["dualstack:site"]
    assert site["provisioning"]["hostname"] == FQDN
    assert site["nodes"][0]["interfaces"][0]["ipv4"]["gateway"] == "192.168.100.1"
    assert site["nodes"][0]["interfaces"][0]["ipv6"]["gateway"] == "fe80::1"
    assert site["dns"]["resolvers"] == ["192.168.100.53", "fd00:100::53"]
    assert run("check", "paris", "--strict").code == 0


def test_a_wrong_flag_is_asked_again_on_a_terminal(answering: Callable[..., Ran], project: Project) -> None:
    wrong = ["zz" if value == "34:8a:b1:4b:16:e7" else value for value in STATIC]

    ran = answering("paris", "--mode", "address", *wrong, answers=["34:8a:b1:4b:16:e7", "", ""])

    assert ran.code == 0
    assert "--mac: 'zz' is no MAC" in ran.err


def test_the_disk_is_asked_for(answering: Callable[..., Ran], project: Project, run: Run) -> None:
    disks = ["", "", "sda", "/dev/sda1", "/dev/sda"]
    ran = answering("paris", "--mode", "address", *STATIC, answers=disks)
    assert ran.code == 0, ran.err
    assert "write one such as /dev/sda" in ran.err
    assert "/dev/sda1 is a partition" in ran.err
    site = yaml.safe_load((project.folder / "stacks/Pulumi.paris.yaml").read_text())["config"]["dualstack:site"]
    assert site["image"]["installDevice"] == "/dev/sda"


def test_the_disk_is_a_flag(project: Project, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert run("new", "paris", "--mode", "address", *STATIC, "--install-device", "/dev/sda1").code == 1
    assert run("new", "paris", "--mode", "address", *STATIC, "--install-device", "/dev/sda").code == 0


@pytest.mark.parametrize("text", ["", " ", ",", "x", "1.2.3.4, x"])
def test_resolvers_are_judged_one_by_one(text: str) -> None:
    assert questions.resolvers(text)
    assert questions.resolvers("192.168.100.53,fd00:100::53") is None
