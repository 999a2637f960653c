"""Which project a command works on, stack files of other programs, and stack files where Pulumi.yaml says they are."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Project, Run
from tests.sites import mapping, put


def test_stacks_of_other_programs_are_skipped_and_named(run: Run, project: Project) -> None:
    project.site("paris")
    project.text("other", "encryptionsalt: v1:x\nconfig:\n  aws:region: eu-central-1\n")

    text, document = run("check"), run("check", "--format", "json")

    assert (text.code, document.code) == (0, 0)
    assert text.err == "dualstack: stacks/Pulumi.other.yaml is skipped: it has no dualstack:site\n"
    assert document.err == text.err
    assert set(document.json) == {"version", "sites"}
    assert [site["site"] for site in document.json["sites"]] == ["paris"]
    named = run("check", "other")
    assert (named.code, "no `dualstack:site`" in named.err) == (2, True)
    listed = run("sites")
    assert listed.code == 0
    assert [line.split(None, 1)[1] for line in listed.out.splitlines() if line.startswith("other")] == [
        "no dualstack:site"
    ]
    rows = run("sites", "--format", "json").json["sites"]
    assert {"site": "other", "skipped": "no dualstack:site"} in rows


def test_a_misnamed_site_is_not_skipped(run: Run, project: Project) -> None:
    project.site("paris")
    project.text("rome", "config:\n  dualstack:sit:\n    mode: address\n")

    ran = run("check")

    assert (ran.code, "rename `dualstack:sit`" in ran.err, "paris: " in ran.out) == (2, True, True)


def test_only_stacks_of_other_programs_are_no_sites(run: Run, project: Project) -> None:
    project.text("other", "config:\n  aws:region: eu-central-1\n")

    ran = run("check")

    assert (ran.code, "has no sites" in ran.err) == (2, True)


def test_a_path_brings_its_own_project(run: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.layer("fleet", 'release: "3.4"\n')
    file = project.site(
        "paris", {key: value for key, value in mapping().items() if key != "release"} | {"extends": ["fleet"]}
    )
    monkeypatch.chdir("/")

    assert run("show", file, "--format", "json").json["values"]["release"] == "3.4"
    assert run("check", file).code == 0
    assert run("dns", file).code == 0
    assert run("check", "paris").code == 2


def test_a_path_brings_its_own_project_also_from_within_another(
    run: Run, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Project(tmp_path_factory.mktemp("other"))
    other.layer("fleet", "dns: {ttl: 60}\n")
    file = other.site("rome", mapping() | {"extends": ["fleet"]})
    here = project.site("paris")

    assert run("show", file, "--format", "json").json["layers"] == ["fleet"]
    both = run("check", here, file)
    assert (both.code, "of several projects" in both.err) == (2, True)


def test_a_file_outside_of_any_project_is_one_of_the_current(
    run: Run, project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    project.layer("fleet", "dns: {ttl: 60}\n")
    file = project.site("paris", mapping() | {"extends": ["fleet"]})
    moved = file.rename(tmp_path_factory.mktemp("elsewhere") / "Pulumi.paris.yaml")

    assert run("check", moved).code == 0


def test_stack_files_are_where_the_project_says(run: Run, project: Project) -> None:
    (project.folder / "Pulumi.yaml").write_text("name: x\nruntime: python\nstackConfigDir: sites\n")
    (project.folder / "stacks").rename(project.folder / "sites")
    (project.folder / "sites/layers/fleet.yaml").write_text("dns: {ttl: 60}\n")
    new = (
        "new", "paris", "--mode", "address", "--mac", "34:8a:b1:4b:16:e7", "--ipv4", "192.168.100.10/24", "--gateway4",
        "192.168.100.1", "--ipv6", "fd00:100::10/64", "--gateway6", "fe80::1", "--resolver", "192.168.100.53",
        "--resolver", "fd00:100::53", "--extends", "fleet",
    )  # fmt: skip

    assert run(*new).code == 0
    assert (project.folder / "sites/Pulumi.paris.yaml").is_file()
    assert run("show", "paris", "--format", "json").json["values"]["dns"]["ttl"] == 60
    assert [site["site"] for site in run("check", "--format", "json").json["sites"]] == ["paris"]


def test_pipes_and_devices_are_refused_at_once(run: Run, project: Project) -> None:
    os.mkfifo(project.folder / "stacks/Pulumi.pipe.yaml")
    Path("stacks/Pulumi.zero.yaml").symlink_to("/dev/zero")
    for name, kind in (("pipe", "a pipe"), ("zero", "a device"), ("stacks/Pulumi.pipe.yaml", "a pipe")):
        ran = run("check", name)
        assert (ran.code, f"this is {kind}" in ran.err) == (2, True)
    os.mkfifo(project.folder / "stacks/layers/fleet.yaml")
    project.site("paris", put(mapping(), ["fleet"], "extends"))
    ran = run("check", "paris")
    assert (ran.code, "this is a pipe" in ran.err) == (2, True)


def test_what_is_no_plain_stack_file_is_an_error_of_its_own(run: Run, project: Project) -> None:
    """A circle of links, one to nowhere or to a device, a pipe: the others are told, and none of these vanishes."""
    project.site("good")
    stacks = project.folder / "stacks"
    (stacks / "Pulumi.circle.yaml").symlink_to("Pulumi.circle.yaml")
    (stacks / "Pulumi.nowhere.yaml").symlink_to("nowhere")
    (stacks / "Pulumi.device.yaml").symlink_to("/dev/zero")
    (stacks / "layers/circle.yaml").symlink_to("circle.yaml")
    os.mkfifo(stacks / "Pulumi.pipe.yaml")
    (stacks / "Pulumi.folder.yaml").mkdir()

    ran = run("check", "--project", project.folder)

    assert ran.code == 2
    assert "good" in ran.out
    for name, why in {
        "circle": "symbolic links",
        "nowhere": "does not exist",
        "device": "a device",
        "pipe": "a pipe",
    }.items():
        assert re.search(f"Pulumi.{name}.yaml: .*{why}", ran.err), name
    assert "Pulumi.folder" not in ran.err
