"""The steps that need an engine, as they stand, with the real one and a backend of one's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.ci.runner import WORKFLOWS, Machine, load
from tests.engine.commands import SITE, Clone

CANARY = "canary-51f0c2d9"
# A runner downloads the official engine; here it is the one that was built.
COMMAND = '#!/bin/bash\nexec "{python}" -P -c "from dualstack.cli import main; main()" "$@" --engine built\n'


class Lab:
    """A clone of the program in which steps of the workflows run."""

    def __init__(self, folder: Path) -> None:
        self.clone = Clone(folder / "clone")
        self.machine = Machine(folder / "machine")
        self.machine.script("dualstack", COMMAND.replace("{python}", sys.executable))
        for words in (["init", "--quiet"], ["commit", "--quiet", "--allow-empty", "--message", "x"]):
            who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"]
            subprocess.run(["git", *who, *words], cwd=self.clone.folder, check=True)
        self.temp = folder / "temp"
        self.temp.mkdir()
        state = folder / "state"
        state.mkdir()
        self.state = state / f".pulumi/stacks/dualstack/{SITE}.json"
        own = {"PULUMI_BACKEND_URL": f"file://{state}", "PULUMI_CONFIG_PASSPHRASE": "of this test"}
        path = f"{self.machine.bin}:{Path(self.clone.engine.program).parent}:/usr/bin:/bin"
        cache = self.clone.environment["XDG_CACHE_HOME"]
        self.environment = {"XDG_CACHE_HOME": cache, "DUALSTACK_PULUMI_URL": "http://127.0.0.1:1/sdk"}
        self.environment |= {"PYTHONPATH": str(self.clone.folder), "HOME": str(folder), "PATH": path, **own}
        self.environment |= {
            "DUALSTACK_PROJECT": ".",
            "SITE": SITE,
            "PULUMI_HOME": str(folder / "home"),
            "RUNNER_TEMP": str(self.temp),
        }

    def pulumi(self, *arguments: str, answer: str = "") -> None:
        """Run it as the owner of the backend does."""
        subprocess.run(
            ["pulumi", "--non-interactive", *arguments], cwd=self.clone.folder, input=answer, text=True,
            env=self.machine.environment | self.environment, capture_output=True, check=True,
        )  # fmt: skip

    def step(self, workflow: str, job: str, name: str, **context: str) -> tuple[int, str, str]:
        """Run a step; give its exit code, its summary, and what it printed."""
        (step,) = [step for step in load(WORKFLOWS / workflow)["jobs"][job]["steps"] if step.get("name") == name]
        summary = self.machine.folder / "summary"
        summary.write_text("")
        environment = self.environment | {"GITHUB_STEP_SUMMARY": str(summary)} | context
        done = self.machine.bash(step["run"], self.clone.folder, environment)
        return done.returncode, summary.read_text(), done.stdout + done.stderr


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_from_deployment_over_drift_to_a_preview_of_a_change(lab: Lab) -> None:
    refused = lab.step("deploy.yml", "up", "Deploy", PULUMI_BACKEND_URL="")
    assert refused[0] != 0
    assert "no Pulumi backend of yours is configured" in refused[2]  # never the embedded one, which CI would lose
    lab.pulumi("stack", "init", SITE, "--no-select")
    lab.pulumi("config", "set", "--secret", "dualstack:appsToken", "--stack", SITE, answer=CANARY)

    deployed = lab.step("deploy.yml", "up", "Deploy")
    assert deployed[0] == 0, deployed[2]
    same = lab.step("drift.yml", "drift", "Drift")
    assert same[0] == 0, same[2]
    assert same[1].startswith(f"### Preview of `{SITE}`: nothing changes, 8 unchanged\n")

    before = lab.state.read_bytes()
    with (lab.clone.directory / "definition.yaml").open("a") as file:
        file.write("# by hand\n")
    drifted = lab.step("drift.yml", "drift", "Drift")
    assert drifted[0] == 3, drifted[2]
    assert 'files["definition.yaml"].content' in drifted[1]
    assert lab.state.read_bytes() == before  # it looks, and notes nothing

    def changed(site: dict[str, Any]) -> None:
        site["dns"]["resolvers"] = ["192.168.120.9", "fd00:120::1"]

    lab.clone.edit(changed)
    code, text, log = lab.step("engine-preview.yml", "preview", "Preview")
    assert code == 0, log
    assert "| update | `management-image-directory` | `dualstack:image:Directory` |" in text
    assert '-    - "192.168.120.1"\n+    - "192.168.120.9"\n' in text
    assert (lab.temp / f"comment/{SITE}.md").read_text() == text
    assert CANARY not in "".join(part for one in (deployed, same, drifted) for part in map(str, one)) + text + log
    assert "engine:" not in text  # progress is beside the document
