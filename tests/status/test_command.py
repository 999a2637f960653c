"""``dualstack status``: many sites, each as it is; one that is broken hides nothing of the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
import yaml

import dualstack.status.collect as collecting
from dualstack.check.sites import load_site
from dualstack.deploy.who import note
from dualstack.plan.model import Plan
from dualstack.status.collect import Asked, collect
from dualstack.verify.model import Result, Way
from tests.cli.conftest import Project, Run, project, run
from tests.sites import elsewhere
from tests.status.samples import answers
from tests.status.states import deployed, write

__all__ = ["project", "run"]


@pytest.fixture(autouse=True)
def _no_backend_of_mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("PULUMI_BACKEND_URL", "PULUMI_ACCESS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("DUALSTACK_TODAY", "2026-01-15")


def up(project: Project, name: str, number: int, **more: object) -> Path:
    """Make a site and its state."""
    project.site(name, elsewhere(number), rancherBootstrapPassword={"secure": "v1:x:y"})
    return write(project.folder, name, deployed(project.folder, name), **more)  # type: ignore[arg-type]


def test_a_line_a_site_and_the_worst_decides(run: Run, project: Project) -> None:
    up(project, "paris", 1)
    project.site("lyon", elsewhere(2))
    up(project, "metz", 3, result="failed")
    file = up(project, "nice", 4)
    data = yaml.safe_load((project.folder / "stacks/Pulumi.nice.yaml").read_text())
    data["config"]["dualstack:site"]["nodes"][0]["interfaces"][0]["mtu"] = 9000
    (project.folder / "stacks/Pulumi.nice.yaml").write_text(yaml.safe_dump(data))
    assert file.exists()

    ran = run("status", "--no-probe", "--format", "json")

    found = {one["site"]: one for one in ran.json["sites"]}
    assert ran.code == 1  # the last up of metz
    assert {name: one["verdict"] for name, one in found.items()} == {
        "paris": "fine",
        "lyon": "not deployed",
        "metz": "failing",
        "nice": "waiting",
    }
    assert found["paris"]["stack"]["lastUp"]["by"] == "alice on admin-1"
    assert found["paris"]["release"] == {
        "version": "3.5.1",
        "support": "full support",
        "fullSupportUntil": "2026-07-21",
        "endOfLife": None,
    }
    assert found["lyon"]["stack"]["deployed"] == "never deployed"
    assert any(
        one["part"] == "image directory: network/mgmt-1.yaml" and not one["up"] for one in found["nice"]["pending"]
    )
    assert found["nice"]["verify"] is None
    text = run("status", "--no-probe", "nice", "paris")
    assert text.code == 0
    assert [line.split()[0] for line in text.out.splitlines()[:3]] == ["SITE", "nice", "paris"]


def test_what_cannot_be_read_stops_nobody_else(run: Run, project: Project) -> None:
    up(project, "paris", 1)
    torn = up(project, "lyon", 2)
    torn.write_text("")
    project.text("metz", "config: {dualstack:site: [\n")
    project.text("other", "config: {aws:region: x}\n")

    ran = run("status", "--no-probe", "--format", "json")

    found = {one["site"]: one for one in ran.json["sites"]}
    assert ran.code == 2
    assert set(found) == {"paris", "lyon", "metz"}
    assert found["paris"]["stack"]["deployed"] == "as planned"
    assert "is broken" in found["lyon"]["stack"]["why"]
    assert "dualstack preview lyon" in found["lyon"]["stack"]["why"]
    assert "Pulumi.metz.yaml:1" in found["metz"]["error"]


def test_a_layer_that_is_broken_is_told_of_each_site_that_extends_it(run: Run, project: Project) -> None:
    project.layer("fleet", "release: [\n")
    for number, name in enumerate(("paris", "lyon"), 1):
        project.site(name, elsewhere(number) | {"extends": ["fleet"]})

    ran = run("status", "--no-probe", "--format", "json")

    assert ran.code == 2
    assert [(one["site"], "layers/fleet.yaml" in one["error"]) for one in ran.json["sites"]] == [
        ("lyon", True),
        ("paris", True),
    ]


@pytest.mark.parametrize("state", ['{"resources": [5]}', '{"resources": 7}', '{"resources": [{"urn": 1}]}'])
def test_a_state_of_another_shape_is_its_own_sites_trouble(run: Run, project: Project, state: str) -> None:
    up(project, "paris", 1)
    up(project, "lyon", 2).write_text(f'{{"version": 3, "checkpoint": {{"latest": {state}}}}}')

    ran = run("status", "--no-probe", "--format", "json")

    found = {one["site"]: one["stack"] for one in ran.json["sites"]}
    assert (ran.code, ran.err) == (2, "")
    assert found["paris"]["deployed"] == "as planned"
    assert "dualstack itself failed" in found["lyon"]["why"]


def test_a_fault_of_our_own_at_one_site_hides_no_other(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, name in enumerate(("paris", "lyon"), 1):
        project.site(name, elsewhere(number))
    sites = [load_site(project.folder, name) for name in ("paris", "lyon")]

    def verify_plan(plan: Plan, *_: object) -> list[Result]:
        if plan.name == "lyon":
            raise ZeroDivisionError
        return answers()

    monkeypatch.setattr("dualstack.verify.run.verify_plan", verify_plan)
    asked = Asked(project.folder, lambda _: None, Way(), date(2026, 1, 15))

    paris, lyon = collect(asked, sites, lambda *_: None)

    assert (len(paris.results or ()), lyon.results) == (10, None)
    assert "ZeroDivisionError" in lyon.stack.why


def test_as_many_are_asked_at_once_as_there_are_files_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    for limits, wanted in (((256, 256), 1), ((1024, 1024), 12), ((1024, 1 << 20), 24), ((1 << 20, 1 << 20), 24)):
        monkeypatch.setattr("resource.getrlimit", lambda _, limits=limits: limits)
        assert collecting._at_once() == wanted


def test_a_page_that_cannot_be_written_is_one_answer(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", elsewhere(1))
    ran = run("status", "--no-probe", "--format", "json", "--html", tmp_path / "Pulumi.yaml/page.html")
    assert ran.code == 2
    assert "cannot be written" in ran.json["error"]["message"]


def test_a_page_for_a_pipe_goes_into_it_and_leaves_it_one(run: Run, project: Project, tmp_path: Path) -> None:
    project.site("paris", elsewhere(1))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_text)
        ran = run("status", "--no-probe", "--html", pipe)
        assert read.result(10).startswith("<!doctype html>")
    assert (ran.code, pipe.is_fifo()) == (0, True)


def test_a_site_with_errors_is_not_compared(run: Run, project: Project) -> None:
    up(project, "paris", 1)
    data = elsewhere(1, cluster={"services": {"ipv4": "10.42.0.0/16"}})
    project.site("paris", data)

    ran = run("status", "paris", "--no-probe", "--format", "json")

    (site,) = ran.json["sites"]
    assert (ran.code, site["verdict"]) == (2, "has errors")
    assert "dualstack check paris" in site["stack"]["why"]


def test_runs_that_are_interrupted_and_stacks_that_are_empty(run: Run, project: Project) -> None:
    up(project, "paris", 1, pending=1)
    up(project, "lyon", 2)
    write(project.folder, "lyon", [], kind="destroy")

    ran = run("status", "--no-probe", "--format", "json")

    found = {one["site"]: one["stack"] for one in ran.json["sites"]}
    assert found["paris"]["interrupted"] is True
    assert found["lyon"]["deployed"] == "destroyed"
    assert found["lyon"]["lastUp"]["result"] == "succeeded"  # the up before it is still the last one


def test_a_backend_that_nobody_can_ask_is_told_for_each_site(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for number, name in enumerate(("paris", "lyon"), 1):
        project.site(name, elsewhere(number))
    pulumi = tmp_path / "bin/pulumi"
    pulumi.parent.mkdir()
    script = "#!/bin/sh\n[ \"$1\" = version ] && { echo v3.246.0; exit; }\necho 'error: no such bucket' >&2; exit 255\n"
    for name in ("pulumi", "pulumi-language-python"):
        (pulumi.parent / name).write_text(script)
        (pulumi.parent / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{pulumi.parent}:/usr/bin:/bin")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://nowhere")

    ran = run("status", "--no-probe", "--format", "json")

    assert ran.code == 2
    assert ["no such bucket" in one["stack"]["why"] for one in ran.json["sites"]] == [True, True]


def test_asking_from_a_place_without_routes_is_no_failure(project: Project, tmp_path: Path) -> None:
    up(project, "paris", 1)
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no network namespaces here")
    page = tmp_path / "status.html"
    command = ["unshare", "-n", sys.executable, "-c", "from dualstack.cli import main; main()"]

    ran = subprocess.run(
        [*command, "status", "--html", str(page), "--format", "json"],
        cwd=project.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (ran.returncode, ran.stderr) == (0, "")
    (site,) = json.loads(ran.stdout)["sites"]
    assert site["verify"]["ipv6"]["not checkable"] > 0
    assert site["verify"]["ipv6"]["failed"] == 0
    assert "not checkable" in page.read_text()


def test_a_project_without_sites_and_a_site_that_is_not_there(run: Run, project: Project) -> None:
    assert run("status").code == 2
    project.site("paris", elsewhere(1))
    ran = run("status", "pariss", "--no-probe", "--format", "json")
    assert ran.code == 2
    assert "paris" in ran.json["sites"][0]["error"]


def test_who_runs_it_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LOGNAME", "alice")
    assert note().startswith("dualstack by alice on ")
    monkeypatch.setenv("GITHUB_ACTOR", "octocat")
    assert note() == "dualstack by octocat in GitHub Actions"
