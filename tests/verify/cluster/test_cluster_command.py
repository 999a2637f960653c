"""The command: a cluster without a site, the roles that it prints, and what it refuses."""

from __future__ import annotations

import pytest
import yaml

from dualstack.check.sites import load_site
from dualstack.cli.verify_access import cluster_of
from dualstack.document.yamlio import dump
from dualstack.errors import InputError
from tests import PROJECT
from tests.cli.conftest import Project, Run, project, run
from tests.lab.bind import free_port
from tests.verify.cluster.test_access import kubeconfig

__all__ = ["project", "run"]


def test_the_role_is_what_kubectl_applies_and_has_secrets_only_where_they_are_wanted(run: Run) -> None:
    plain, full = ([*yaml.safe_load_all(run("verify", option).out)] for option in ("--rbac", "--rbac=full"))

    rules = [[rule for one in objects for rule in one.get("rules", ())] for objects in (plain, full)]
    assert [any("secrets" in rule["resources"] for rule in one) for one in rules] == [False, True]
    assert {verb for one in rules for rule in one for verb in rule["verbs"]} == {"get", "list"}
    assert {one["kind"] for one in plain} >= {"ServiceAccount", "ClusterRole", "ClusterRoleBinding"}
    assert run("verify", "--rbac=all").code == 2


def test_without_a_site_there_must_be_a_kubeconfig(run: Run) -> None:
    ran = run("verify", "--format", "json")

    assert (ran.code, "--kubeconfig" in ran.json["error"]["fix"]) == (2, True)


def test_a_login_by_a_program_is_refused_before_anything_is_asked(run: Run, project: Project) -> None:
    (project.folder / "config").write_text(
        kubeconfig({"exec": {"command": "touch", "args": [str(project.folder / "x")]}})
    )

    ran = run("verify", "--kubeconfig", str(project.folder / "config"), "--format", "json")

    assert (ran.code, "does not run" in ran.json["error"]["message"]) == (2, True)
    assert "--rbac" in ran.json["error"]["fix"]
    assert not (project.folder / "x").exists()
    # Beside a site it is refused as well: whoever names a file wants the cluster to be looked at.
    with pytest.raises(InputError, match="does not run"):
        cluster_of(load_site(PROJECT, "demo"), project.folder / "config", {})


def test_a_server_that_is_away_fails_once_and_nothing_else_is_checkable(run: Run, project: Project) -> None:
    text = yaml.safe_load(kubeconfig())
    text["clusters"][0]["cluster"] = {"server": f"https://127.0.0.1:{free_port()}"}
    (project.folder / "config").write_text(dump(text))

    ran = run("verify", "--kubeconfig", str(project.folder / "config"), "--format", "json", "--only", "cluster")

    assert ran.code == 1
    (one,) = ran.json["checks"]
    assert (one["result"], one["name"]) == ("failed", "cluster")
    assert "write the server's address in its place" in one["fix"]
