"""GitLab's jobs run as they stand: the same repository, the same stand-ins as for GitHub, and a shell without bash."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest

from tests import PROJECT
from tests.ci.repository import OVERLAP, Repository
from tests.ci.runner import Machine, load
from tests.ci.test_scripts import SHA, Forge, forge
from tests.ci.test_workflows_run import Stub, machine, repository, sites

__all__ = ["forge", "machine", "repository"]

FILES = PROJECT / "ci/gitlab"
JOBS: dict[str, Any] = load(FILES / "jobs.yml") | load(FILES / "dualstack.gitlab-ci.yml")
OPTIONS = "--project . --backend own"


class Runner:
    """Runs jobs in a clone of a commit."""

    def __init__(self, machine: Machine, repository: Repository, commit: str) -> None:
        self.machine, self.work = machine, machine.folder / "work"
        shutil.rmtree(self.work, ignore_errors=True)
        subprocess.run(["git", "clone", "--quiet", repository.folder, self.work], check=True)
        subprocess.run(["git", "checkout", "--quiet", commit], cwd=self.work, check=True)

    def run(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a job with what it extends; variables that refer to others are the test's to give."""
        job = JOBS[name]
        base = JOBS[job["extends"]]
        own = {**base.get("variables", {}), **job.get("variables", {}), **variables}
        lines = [*job.get("before_script", base["before_script"]), *job["script"]]
        # GitLab puts the lines of a job into one script of the image's shell.
        return subprocess.run(
            ["sh", "-e", "-c", "\n".join(lines)], cwd=self.work, env={**self.machine.environment, **own},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def json(self, file: str) -> Any:
        """Read what a job left."""
        return json.loads((self.work / file).read_text())


def test_check_leaves_a_code_quality_report(machine: Machine, repository: Repository) -> None:
    runner = Runner(machine, repository, repository.commit("good"))
    assert runner.run("dualstack:check").returncode == 0

    repository.layer("fleet", OVERLAP)
    runner = Runner(machine, repository, repository.commit("bad"))
    done = runner.run("dualstack:check")

    assert done.returncode == 1
    first = runner.json("gl-code-quality-report.json")[0]
    assert set(first) == {"description", "check_name", "fingerprint", "severity", "location"}
    assert (first["severity"], first["location"]["path"]) == ("critical", "stacks/layers/fleet.yaml")
    assert first["location"]["lines"] == {"begin": 3}


@pytest.mark.parametrize(("code", "passes"), [(0, True), (1, True), (3, True), (4, True), (2, False)])
def test_diff_makes_the_comment_and_the_pipeline(
    code: int, passes: bool, machine: Machine, repository: Repository, forge: Forge
) -> None:
    stub = Stub(machine)
    stub.answers("diff", sites(("paris", "changed"), ("nice", "unchanged")), code)
    runner = Runner(machine, repository, repository.commit("change"))

    done = runner.run("dualstack:diff", CI_MERGE_REQUEST_DIFF_BASE_SHA="base")

    assert (done.returncode == 0) is passes
    assert runner.json("previews.yml")["preview paris"]["extends"] == ".dualstack:preview"
    assert stub.calls[0].startswith("diff --project . --base base --format markdown")
    said = runner.run("dualstack:comment", **gitlab(forge)).stdout
    assert said == ("nothing to tell, and no comment yet\n" if code == 0 else "comment made\n")


def test_a_preview_writes_a_comment_of_its_own(machine: Machine, repository: Repository, forge: Forge) -> None:
    stub = Stub(machine)
    stub.answers("preview", "", 1)
    runner = Runner(machine, repository, repository.commit("change"))

    done = runner.run(".dualstack:preview", SITE="paris", **gitlab(forge))
    quiet = Runner(machine, repository, "HEAD").run(".dualstack:preview", SITE="paris")

    assert (done.returncode, quiet.returncode) == (1, 1)
    (one,) = forge.comments
    # Whose words these are comes first: what follows could hide it.
    assert one["body"].startswith("<!-- dualstack:preview:paris -->\n\n*By the code of ")
    assert "\n\n### Preview of paris: failed\n" in one["body"]
    assert stub.calls == [f"preview paris {OPTIONS} --format markdown"] * 2


def test_deploys_and_drift(machine: Machine, repository: Repository) -> None:
    stub = Stub(machine)
    stub.answers("diff", sites(("paris", "changed"), ("nice", "new"), ("gone", "removed")), 4)
    stub.answers("sites", sites(("paris", ""), ("lyon", ""), ("nice", "")))
    head = repository.commit("merged")
    runner = Runner(machine, repository, head)

    def chosen(**variables: str) -> list[str]:
        done = runner.run("dualstack:changed", **variables)
        assert done.returncode == 0, done.stderr
        return [name for name in runner.json("deploys.yml") if name != "include"]

    before = repository.git("rev-parse", "main")
    assert chosen(CI_PIPELINE_SOURCE="push", CI_COMMIT_BEFORE_SHA=before) == ["up nice", "up paris"]
    assert chosen(CI_PIPELINE_SOURCE="push", CI_COMMIT_BEFORE_SHA="0" * 40) == ["up lyon", "up nice", "up paris"]
    assert "no such site: '*'" in runner.run("dualstack:changed", CI_PIPELINE_SOURCE="web", SITES="lyon *").stderr
    assert runner.run("dualstack:changed", CI_PIPELINE_SOURCE="web", SITES="$(id)").returncode == 1
    assert chosen(CI_PIPELINE_SOURCE="web", SITES="lyon") == ["up lyon"]
    assert runner.run("dualstack:all").returncode == 0
    assert [name for name in runner.json("drift.yml") if name != "include"] == [
        "drift lyon",
        "drift nice",
        "drift paris",
    ]

    assert runner.run(".dualstack:up", SITE="lyon").returncode == 0
    stub.answers("preview", "", 3)
    assert runner.run(".dualstack:drift", SITE="lyon").returncode == 3
    assert stub.calls[-2:] == [f"up lyon {OPTIONS} --yes", f"preview lyon {OPTIONS} --refresh --expect-no-changes"]


def test_verify_is_a_test_report_and_metrics(machine: Machine, repository: Repository) -> None:
    stub = Stub(machine)
    stub.answers("sites", sites(("paris", ""), ("lyon", "")))
    runner = Runner(machine, repository, repository.commit("merged"))
    assert runner.run("dualstack:sites").returncode == 0
    jobs = runner.json("verify.yml")
    assert {name: job["extends"] for name, job in jobs.items() if name != "include"} == {
        "verify lyon": ".dualstack:verify",
        "verify paris": ".dualstack:verify",
    }

    assert runner.run(".dualstack:verify", SITE="lyon").returncode == 0
    stub.answers("verify", "", 1)
    assert runner.run(".dualstack:verify", SITE="lyon", DUALSTACK_TEXTFILES="/srv/metrics").returncode == 1

    call = "verify lyon --project . --junit verify.xml --prometheus"
    assert stub.calls[-2:] == [f"{call} ./dualstack-lyon.prom", f"{call} /srv/metrics/dualstack-lyon.prom"]
    job = JOBS[".dualstack:verify"]
    assert job["artifacts"]["reports"] == {"junit": "verify.xml"}
    assert "environment" not in job  # it has no secret


def test_rules() -> None:
    """Secrets meet code of a merge request only by hand, and nothing of a fork."""
    own = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID"
    for name in ("dualstack:comment", "dualstack:previews"):
        (rule,) = JOBS[name]["rules"]
        assert own in rule["if"], name
    assert JOBS[".dualstack:preview"]["rules"] == [{"when": "manual", "allow_failure": "true"}]
    environments = {name: job["environment"]["name"] for name, job in JOBS.items() if "environment" in job}
    assert environments == {
        ".dualstack:preview": "dualstack-preview", ".dualstack:up": "dualstack-deploy",
        ".dualstack:drift": "dualstack-drift",
    }  # fmt: skip
    assert all("$SITE" in JOBS[name]["resource_group"] for name in environments)
    for name in ("dualstack:changed", "dualstack:deploys"):
        assert all("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"] for rule in JOBS[name]["rules"])
    # What is started below another pipeline is only what it was made for.
    assert not [
        name
        for name, job in JOBS.items()
        if isinstance(job, dict) and "script" in job and not name.startswith(".") and "rules" not in job
    ]


def gitlab(forge: Forge) -> dict[str, str]:
    return {
        "CI_API_V4_URL": forge.url, "CI_PROJECT_ID": "5", "MERGE_REQUEST": "7", "DUALSTACK_COMMENT_TOKEN": "t0ken",
        "CI_PIPELINE_URL": "https://forge.example/p/1", "CI_COMMIT_SHA": SHA,
    }  # fmt: skip
