"""``dualstack check --policies`` and ``dualstack plan`` over the recorded program, and ``up`` with the pack first."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dualstack.policies import all_policies
from dualstack.stack.project import list_sites
from tests import PROJECT
from tests.cli.conftest import Project, Run, project, run
from tests.engine.commands import ENGINE, SITE, Clone

__all__ = ["project", "run"]

OVERLAP = """
import pulumi
pulumi.ComponentResource("dualstack:index:ManagementNetwork", "other", {
    "pods": {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"},
    "services": {"ipv4": "10.42.128.0/17", "ipv6": "fd12:4567:789c::/112"},
})
"""
"""Breaks a policy over one resource."""
OTHER_HOST = """
import pulumi
pulumi.ComponentResource("kubernetes:helm.sh/v3:Release", "other", {
    "chart": "metal3", "version": "305.0.23+up0.13.1", "values": {"global": {"ironicIP": "192.168.120.99"}},
})
"""
"""Breaks a policy over the whole stack."""
ADVICE = OTHER_HOST.replace("192.168.120.99", "192.168.100.10").replace("0.13.1", "0.13.9")


def program(project: Project, more: str) -> None:
    """Write a program of the project's own: ours, and something beside it."""
    own = f"import runpy\nrunpy.run_path({str(PROJECT / '__main__.py')!r}, run_name='__main__')\n"
    (project.folder / "__main__.py").write_text(own + more, encoding="utf-8")


@pytest.mark.parametrize("site", list_sites(PROJECT))
def test_our_sites_keep_every_mandatory_policy(run: Run, site: str) -> None:
    ran = run("check", site, "--policies", "--format", "json", "--project", PROJECT)
    assert ran.code == 0, ran.err
    (told,) = ran.json["sites"]
    assert told["policies"] > 30
    # The upstream example lowers this one itself.
    wanted = {"DS090-rancher-one-family"} if site == "upstream-example" else set()
    assert {one["rule"] for one in told["violations"]} == wanted
    assert {one["level"] for one in told["violations"]} <= {"advisory"}


def test_check_without_policies_runs_no_program(run: Run, project: Project) -> None:
    project.site("a")
    program(project, "raise SystemExit('the program was run')")
    assert run("check").code == 0


def test_check(run: Run, project: Project) -> None:
    project.site("a")
    program(project, OVERLAP)
    ran = run("check", "--policies")
    assert ran.code == 1
    assert "✗ a: " in ran.out
    assert "1 violation of mandatory ones" in ran.out
    assert "mandatory other.services.ipv4: 10.42.128.0/17 (services) overlaps 10.42.0.0/16 (pods); write " in ran.out
    assert "DS012-pod-service-overlap  dualstack:index:ManagementNetwork" in ran.out
    assert run("check").code == 0


def test_advice_stops_only_where_it_is_asked_to(run: Run, project: Project) -> None:
    project.site("a")
    program(project, ADVICE)
    ran = run("check", "--policies")
    assert (ran.code, "advisory other.version: metal3 has version" in ran.out) == (0, True), ran.out
    assert run("check", "--policies", "--strict").code == 1


def test_a_site_with_errors_is_not_run(run: Run, project: Project) -> None:
    project.site("a", {"schema": 1})
    ran = run("check", "--policies")
    assert (ran.code, "a: policies not run" in ran.out) == (1, True), ran.out


def test_a_site_lowers_its_policies_as_its_rules(run: Run, project: Project) -> None:
    from tests.sites import mapping

    rules = {"DS065": {"severity": "warning", "because": "the address is a floating one"}}
    program(project, OTHER_HOST)
    project.site("a", mapping(rules=rules))
    assert run("check", "--policies").code == 0
    project.site("a", mapping())
    assert run("check", "--policies").code == 1


def test_plan(run: Run, project: Project) -> None:
    project.site("a", rancherBootstrapPassword={"secure": "v1:xxxx"})
    program(project, OTHER_HOST)
    ran = run("plan", "a")
    assert (ran.code, "DS065-ironic-own-address" in ran.out) == (1, True), ran.out
    assert run("plan", "a", "--force").code == 0
    ran = run("plan", "a", "--format", "json")
    assert ran.code == 1
    (told,) = ran.json["violations"]
    assert (told["rule"], told["level"], told["severity"]) == ("DS065-ironic-own-address", "mandatory", "error")
    assert told["path"] == "other.values.global.ironicIP"
    assert {one["why"] for one in ran.json["unchecked"]} == {"it is a secret, which only the engine decrypts"}


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


@pytest.mark.parametrize(("more", "policy"), [(OVERLAP, "DS012"), (OTHER_HOST, "DS065")])
def test_up_is_stopped_before_anything_is_made(clone: Clone, more: str, policy: str) -> None:
    clone.program(more)
    ran = clone.up()
    assert ran.code == 1, ran.told
    assert f"policy {policy}-" in ran.err
    assert "created " not in ran.out
    state = json.loads(clone.checkpoint.read_text())["checkpoint"]["latest"]
    assert not (state or {}).get("resources"), state
    assert not clone.directory.exists()


def test_preview_and_up_tell_of_policies(clone: Clone) -> None:
    clone.program(ADVICE.replace("192.168.100.10", "192.168.120.10"))
    preview = clone.run("preview", SITE, *ENGINE, "--format", "json")
    assert preview.code == 0, preview.told
    up = clone.up()
    assert up.code == 0, up.told
    for ran in (preview, up):
        assert "policy DS162-chart-version-of-release (advisory) other" in ran.told
        assert "pulumi-analyzer-policy" not in ran.told
    assert f"policies {len(all_policies())} checked, 1 remark above" in up.out
    assert clone.directory.exists()
