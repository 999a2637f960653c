"""The workflows' jobs run as they stand, in a repository with pull requests, with a forge on the loopback."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.ci.repository import GOOD, OVERLAP, Repository
from tests.ci.runner import Machine, Runner
from tests.ci.test_scripts import BOT, SHA, Forge, forge
from tests.sites import elsewhere

__all__ = ["forge"]

STUB = """#!/bin/bash
printf '%s\\n' "$*" >> "{log}"
for word in "$@"; do [[ $word != *.html ]] || echo page > "$word"; done
cat "{folder}/answer.$1" 2> /dev/null
exit "$(cat "{folder}/code.$1" 2> /dev/null || echo 0)"
"""
MANY = ["paris", "lyon", "nice"]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Three sites on one layer, and a pull request ``change`` that has nothing in it yet."""
    made = Repository(tmp_path / "origin")
    made.layer("fleet", GOOD)
    for number, name in enumerate(MANY[:2], 100):
        made.site(name, elsewhere(number) | {"extends": ["fleet"]})
    made.site(MANY[2], elsewhere(102))
    made.commit("sites")
    made.git("checkout", "--quiet", "-b", "change")
    return made


class Stub:
    """A command in place of dualstack, which notes its arguments."""

    def __init__(self, machine: Machine) -> None:
        self.folder = machine.folder / "stub"
        self.folder.mkdir()
        self.log = self.folder / "log"
        machine.command(STUB.replace("{log}", str(self.log)).replace("{folder}", str(self.folder)))

    def answers(self, command: str, text: str, code: int = 0) -> None:
        """Say what a command prints and how it ends."""
        (self.folder / f"answer.{command}").write_text(text)
        (self.folder / f"code.{command}").write_text(str(code))

    @property
    def calls(self) -> list[str]:
        """The command lines so far."""
        return self.log.read_text().splitlines() if self.log.exists() else []


def pull_request(repository: Repository) -> dict[str, str]:
    """Commit, and give the context of a pull request from the branch."""
    repository.commit("change")
    run = {"github.server_url": "https://forge.example", "github.repository": "team/sites", "github.run_id": "1"}
    return run | {"github.sha": repository.merge("change"), "github.event.pull_request.number": "7"}


def sites(*found: tuple[str, str]) -> str:
    return json.dumps({"sites": [{"site": name, "status": status} for name, status in found]})


def test_check_fails_with_its_findings_as_alerts(machine: Machine, repository: Repository) -> None:
    repository.layer("fleet", OVERLAP)
    runner = Runner(machine, repository.folder, "preview.yml", pull_request(repository))

    check = runner.run("check")
    alerts = runner.run("alerts")

    assert not check.succeeded
    assert "cluster.services.ipv4" in check.log
    (log,) = map(json.loads, alerts.alerts)
    (first, *_) = log["runs"][0]["results"]
    assert first["properties"]["sites"] == ["lyon", "paris"]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "stacks/layers/fleet.yaml"
    # Installed as it is in a repository that holds the program: pinned, wheels only, nothing resolved on its own.
    wanted = machine.pip.read_text().splitlines()
    assert [line.rpartition(":all: ")[2] for line in wanted[:2]] == [
        "--requirement requirements.txt",
        "setuptools==84.2.1",
    ]
    assert "--no-deps --no-build-isolation --editable ." in wanted[2]


def test_check_passes(machine: Machine, repository: Repository) -> None:
    runner = Runner(machine, repository.folder, "preview.yml", pull_request(repository))

    assert runner.run("check").succeeded
    assert json.loads(runner.run("alerts").alerts[0])["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_policies(machine: Machine, repository: Repository) -> None:
    stub = Stub(machine)
    runner = Runner(machine, repository.folder, "preview.yml", pull_request(repository))
    assert runner.run("policies").succeeded
    stub.answers("check", "a violation", 1)
    assert not runner.run("policies").succeeded
    assert stub.calls == ["check --project . --policies"] * 2


@pytest.mark.parametrize(
    ("code", "passes", "quiet", "text"),
    [
        (0, True, True, "### what changes\n"),
        (1, True, False, "### what changes\n"),
        (3, True, False, "### what changes\n"),
        (4, True, False, "### what changes\n"),
        # A site that cannot be read does not keep what is said of the others from the reviewer.
        (2, False, False, "### what changes\n"),
        (2, False, None, ""),
    ],
)
def test_diff_passes_on_changes_and_fails_on_trouble(
    code: int, passes: bool, quiet: bool | None, text: str, machine: Machine, repository: Repository
) -> None:
    stub = Stub(machine)
    stub.answers("diff", text, code)
    runner = Runner(machine, repository.folder, "preview.yml", pull_request(repository))

    done = runner.run("diff")

    assert done.succeeded is passes
    artifact = runner.artifacts / "dualstack-comment"
    assert artifact.exists() is bool(text)
    if text:
        assert done.summary == "### what changes\n"
        assert (artifact / "number").read_text() == "7\n"
        assert (artifact / "quiet").exists() is quiet
        assert (runner.artifacts / "dualstack-diff/diff.html").read_text() == "page\n"


def test_a_layer_reaches_its_sites_and_no_others(machine: Machine, repository: Repository) -> None:
    """With the real comparison: the base is the merge's first parent, also where main has moved on."""
    repository.layer("fleet", GOOD.replace("10.96.0.0/12", "10.100.0.0/16"))
    repository.commit("another service CIDR")
    repository.git("checkout", "--quiet", "main")
    repository.site("nice", elsewhere(102) | {"rancher": {"hostname": "auto"}})
    repository.commit("somebody else's")
    context = pull_request(repository)

    preview = Runner(machine, repository.folder, "preview.yml", context)
    diff = preview.run("diff")
    found = Runner(machine, repository.folder, "engine-preview.yml", context)
    shutil.rmtree(found.artifacts)
    found.artifacts.mkdir()

    assert diff.succeeded, diff.log
    assert "10.100.0.0/16" in diff.summary
    assert "1 site unchanged: `nice`" in diff.summary
    assert "uncommitted" not in diff.summary  # nothing that the job itself wrote is taken for a change
    assert json.loads(found.run("sites").outputs["sites"]) == ["lyon", "paris"]


def test_what_the_jobs_say_becomes_one_comment(machine: Machine, repository: Repository, forge: Forge) -> None:
    Stub(machine).answers("diff", "### what changes\n", 3)
    context = pull_request(repository)
    assert Runner(machine, repository.folder, "preview.yml", context).run("diff").succeeded
    # Whatever stands in the pull request's own copy does not run here.
    event = {
        "github.sha": repository.git("rev-parse", "main"), "github.token": "t0ken", "github.api_url": forge.url,
        "github.event.workflow_run.id": "1", "github.event.workflow_run.name": "preview",
        "github.event.workflow_run.head_sha": SHA, "github.event.workflow_run.html_url": "https://forge.example/run/1",
    }  # fmt: skip

    comment = Runner(machine, repository.folder, "comment.yml", event)
    assert comment.run("comment").succeeded
    assert comment.run("comment").log == "comment is up to date\n"

    (one,) = forge.comments
    assert (one["user"]["login"], "### what changes" in one["body"]) == (BOT, True)
    assert not (machine.folder / "work-comment/stacks").exists()


def test_a_preview_for_each_site_that_changes(machine: Machine, repository: Repository, forge: Forge) -> None:
    stub = Stub(machine)
    stub.answers("diff", sites(("paris", "changed"), ("lyon", "new"), ("nice", "unchanged")), 4)
    runner = Runner(machine, repository.folder, "engine-preview.yml", pull_request(repository) | secrets())

    found = runner.run("sites")
    assert json.loads(found.outputs["sites"]) == ["lyon", "paris"]
    stub.answers("preview", "### Preview of `paris`\n")
    assert runner.run("preview", matrix_site="paris").succeeded
    stub.answers("preview", "", 1)
    failed = runner.run("preview", matrix_site="lyon")

    assert not failed.succeeded
    assert "Preview of lyon: failed" in failed.summary
    assert stub.calls == [
        "diff --project . --base HEAD^1 --format json",
        "preview paris --project . --backend own --format markdown",
        "preview lyon --project . --backend own --format markdown",
    ]
    texts = {
        file.relative_to(runner.artifacts).as_posix(): file for file in runner.artifacts.rglob("*") if file.is_file()
    }
    assert set(texts) == {
        "dualstack-comment/number", "dualstack-comment-paris/paris.md", "dualstack-comment-lyon/lyon.md"
    }  # fmt: skip


def test_no_preview_where_nothing_changes(machine: Machine, repository: Repository) -> None:
    Stub(machine).answers("diff", sites(("paris", "unchanged")))
    runner = Runner(machine, repository.folder, "engine-preview.yml", pull_request(repository))

    found = runner.run("sites")

    assert found.outputs["sites"] == "[]"
    assert (runner.artifacts / "dualstack-comment/none.md").exists()
    assert (runner.artifacts / "dualstack-comment/quiet").exists()


@pytest.mark.parametrize("answer", [sites(("a;id", "changed")), sites(("x\ny", "new"))])
def test_no_site_reaches_a_matrix_whose_name_is_none(answer: str, machine: Machine, repository: Repository) -> None:
    """It is left out, and keeps no other from its job."""
    Stub(machine).answers("diff", answer, 2)
    runner = Runner(machine, repository.folder, "engine-preview.yml", pull_request(repository))

    found = runner.run("sites")

    assert (found.succeeded, found.outputs["sites"]) == (True, "[]")


@pytest.mark.parametrize("answer", ["", '{"version": 1, "error": {}}'])
def test_no_site_reaches_a_matrix_from_an_answer_that_is_none(
    answer: str, machine: Machine, repository: Repository
) -> None:
    Stub(machine).answers("diff", answer, 2)
    runner = Runner(machine, repository.folder, "engine-preview.yml", pull_request(repository))

    found = runner.run("sites")

    assert (found.succeeded, found.outputs) == (False, {})


def test_merged_sites_are_deployed(machine: Machine, repository: Repository) -> None:
    stub = Stub(machine)
    stub.answers("diff", sites(("paris", "changed"), ("gone", "removed")), 3)
    stub.answers("sites", sites(("paris", ""), ("lyon", ""), ("nice", "")))
    before = repository.git("rev-parse", "main")
    repository.git("checkout", "--quiet", "main")
    after = repository.commit("merged")
    context = {"github.sha": after, "github.ref": "refs/heads/main", "inputs.sites": ""} | secrets()

    def chosen(**event: str) -> list[str]:
        runner = Runner(machine, repository.folder, "deploy.yml", context | {"github.event.before": before} | {
            key.replace("_", "."): value for key, value in event.items()
        })  # fmt: skip
        done = runner.run("sites")
        return json.loads(done.outputs["sites"]) if done.succeeded else []

    assert chosen() == ["paris"]
    assert stub.calls == [f"diff --project . --base {before} --format json"]
    assert chosen(github_event_before="0" * 40) == ["lyon", "nice", "paris"]
    assert chosen(inputs_sites="nice  lyon", github_event_before="") == ["lyon", "nice"]
    assert chosen(inputs_sites="nice nowhere") == []
    assert chosen(inputs_sites="$(touch /tmp/x)") == []
    assert chosen(inputs_sites="--most") == []

    # What is deployed is the branch as it is when the job starts.
    newer = repository.commit("newer")
    stub.answers("up", "a line before\n✓ paris\n```\n## not a heading\n")
    done = Runner(machine, repository.folder, "deploy.yml", context).run("up", matrix_site="paris")
    assert done.succeeded
    # Nothing that a server said ends the block of code.
    assert done.summary == "### Deployment of paris\n\n    ✓ paris\n    ```\n    ## not a heading\n"
    assert f"Deploying {newer}" in done.log
    assert stub.calls[-1] == "up paris --project . --backend own --yes"
    stub.answers("up", "", 1)
    assert not Runner(machine, repository.folder, "deploy.yml", context).run("up", matrix_site="paris").succeeded


def test_drift_is_a_job_that_fails(machine: Machine, repository: Repository) -> None:
    stub = Stub(machine)
    stub.answers("sites", sites(("paris", ""), ("lyon", "")))
    context = {"github.sha": repository.git("rev-parse", "main")} | secrets()
    runner = Runner(machine, repository.folder, "drift.yml", context)

    assert json.loads(runner.run("sites").outputs["sites"]) == ["lyon", "paris"]
    stub.answers("preview", "### Preview of `paris`: nothing changes\n")
    assert runner.run("drift", matrix_site="paris").succeeded
    stub.answers("preview", "### Preview of `paris`: 1 to update\n", 3)
    drifted = runner.run("drift", matrix_site="paris")

    assert (drifted.succeeded, drifted.summary) == (False, "### Preview of `paris`: 1 to update\n")
    options = "--backend own --refresh --expect-no-changes --format markdown"
    assert stub.calls[-1] == f"preview paris --project . {options}"


def test_verify_is_a_report_and_metrics(machine: Machine, repository: Repository, tmp_path: Path) -> None:
    stub = Stub(machine)
    stub.answers("sites", sites(("paris", ""), ("lyon", "")))
    context = {"github.sha": repository.git("rev-parse", "main"), "vars.DUALSTACK_TEXTFILES": ""}
    runner = Runner(machine, repository.folder, "verify.yml", context)

    assert json.loads(runner.run("sites").outputs["sites"]) == ["lyon", "paris"]
    stub.answers("verify", "ok api\n```\n## not a heading\n")
    fine = runner.run("verify", matrix_site="paris")
    stub.answers("verify", "failed api\n", 1)
    runner.context["vars.DUALSTACK_TEXTFILES"] = str(tmp_path)
    failed = runner.run("verify", matrix_site="paris")

    assert (fine.succeeded, failed.succeeded) == (True, False)
    # Nothing in an answer ends the block of code.
    assert fine.summary == "### Verify paris\n\n    ok api\n    ```\n    ## not a heading\n"
    temp = runner.context["runner.temp"]
    call = f"verify paris --project . --junit {temp}/verify.xml --prometheus"
    assert stub.calls[-2:] == [f"{call} {temp}/dualstack-paris.prom", f"{call} {tmp_path}/dualstack-paris.prom"]


def test_sites_in_a_repository_of_their_own(machine: Machine, repository: Repository) -> None:
    """The program is a folder, as a submodule is; only the action says where."""
    program = repository.folder / "dualstack"
    program.mkdir()
    for name in ("requirements.txt", "requirements-dev.txt"):
        (repository.folder / name).rename(program / name)
    site = repository.folder / "sites"
    site.mkdir()
    for name in ("Pulumi.yaml", "stacks"):
        shutil.move(repository.folder / name, site)
    action = repository.folder / ".github/actions/dualstack/action.yml"
    text = action.read_text()
    text = text.replace("requirements.txt\n    default: .", "requirements.txt\n    default: dualstack")
    action.write_text(text.replace("stack files\n    default: .", "stack files\n    default: sites"))
    runner = Runner(machine, repository.folder, "preview.yml", pull_request(repository))

    check = runner.run("check")

    assert check.succeeded, check.log
    assert "paris: " in check.log
    assert machine.pip.read_text().startswith(f"{machine.folder}/work-check/dualstack: ")


def secrets() -> dict[str, str]:
    names = ("PULUMI_ACCESS_TOKEN", "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "DUALSTACK_ARTIFACT_PASSPHRASE")
    return {f"secrets.{name}": "" for name in names}
