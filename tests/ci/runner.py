"""Runs the jobs of a workflow as they stand: the shell steps in bash, the actions by stand-ins, in a repository.

Only what differs from GitHub's runner is made here: who checks out, installs Python packages and keeps artifacts.
Expressions are looked up in a table that the test gives; one that is not in it fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests import PROJECT

WORKFLOWS = PROJECT / ".github/workflows"
EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
SECONDS = 120

PYTHON = """#!/bin/bash
# Python, but that environments are made at once and nothing is downloaded.
if [[ "$1 $2" == "-m venv" ]]; then
  mkdir -p "$3/bin"
  cp "$0" "$3/bin/python"
  exit
fi
if [[ "$1 $2" == "-m pip" ]]; then
  echo "$PWD: ${*:3}" >> "{log}"
  for word in "$@"; do [[ $word != *.txt || -f $word ]] || exit 1; done
  if [[ "${*: -2}" == "--editable ." ]]; then
    cp "{folder}/dualstack" .venv/bin/dualstack
  fi
  exit
fi
exec "{python}" "$@"
"""

COMMAND = """#!/bin/bash
export PYTHONPATH="{project}"
exec "{python}" -P -c "from dualstack.cli import main; main()" "$@"
"""


def load(file: Path) -> dict[str, Any]:
    """Read a workflow; ``on`` stays text."""
    document: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    return document


@dataclass
class Job:
    """How a job ended."""

    succeeded: bool = True
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""
    alerts: list[str] = field(default_factory=list)
    """SARIF files that were uploaded."""


class Machine:
    """A runner without network: what stands on PATH, and a command of the test's own in place of others."""

    def __init__(self, folder: Path) -> None:
        """Make it below a folder."""
        self.folder, self.bin, self.pip = folder, folder / "bin", folder / "pip.log"
        self.bin.mkdir(parents=True)
        self.script("python3", self._filled(PYTHON))
        self.command(self._filled(COMMAND))
        self.environment = {
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(folder),
            "CI": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def _filled(self, text: str) -> str:
        words = {"log": self.pip, "project": PROJECT, "python": sys.executable, "folder": self.folder}
        for word, value in words.items():
            text = text.replace(f"{{{word}}}", str(value))
        return text

    def command(self, text: str) -> None:
        """Say what ``dualstack`` is once it is installed."""
        file = self.folder / "dualstack"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)

    def script(self, name: str, text: str) -> Path:
        """Put a program on PATH."""
        path = self.bin / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def bash(self, script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a step as GitHub does with ``shell: bash``."""
        file = self.folder / "step.sh"
        file.write_text(script, encoding="utf-8")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", file],
            cwd=folder, env={**self.environment, **environment}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=SECONDS, check=False,
        )  # fmt: skip


class Runner:
    """Runs jobs of one workflow for one event."""

    def __init__(self, machine: Machine, origin: Path, workflow: str, context: Mapping[str, str]) -> None:
        """Take what they work on.

        Args:
            machine: where.
            origin: the repository.
            workflow: name of the file.
            context: value of each expression; ``github.sha`` is what is checked out, ``@`` a job's own.
        """
        self.machine, self.origin = machine, origin
        self.workflow = load(WORKFLOWS / workflow)
        self.context = {"github.token": "token-of-the-run", "runner.temp": str(machine.folder / "temp"), **context}
        self.artifacts = machine.folder / "artifacts"
        self.artifacts.mkdir(exist_ok=True)
        assert self.workflow["defaults"]["run"]["shell"] == "bash"

    def run(self, job: str, **context: str) -> Job:
        """Run a job."""
        told = self.workflow["jobs"][job]
        here = {**self.context, **{key.replace("_", "."): value for key, value in context.items()}}
        work = self.machine.folder / f"work-{job}"
        for folder in (work, Path(here["runner.temp"])):  # each job has a machine of its own
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        done = Job()
        environment = {
            "GITHUB_WORKSPACE": str(work), "GITHUB_REPOSITORY": here.get("github.repository", "team/sites"),
            "GITHUB_API_URL": here.get("github.api_url", "http://127.0.0.1:1"), "RUNNER_TEMP": here["runner.temp"],
        }  # fmt: skip
        self._steps(told["steps"], here, work, environment, done)
        for name, value in told.get("outputs", {}).items():
            found = EXPRESSION.fullmatch(value)
            assert found is not None
            key = found[1].removeprefix("steps.")
            if key in done.outputs:
                done.outputs[name] = done.outputs[key]
        return done

    def _steps(
        self, steps: list[dict[str, Any]], here: Mapping[str, str], work: Path, environment: dict[str, str], done: Job
    ) -> None:
        for step in steps:
            if not done.succeeded and "!cancelled()" not in step.get("if", ""):
                continue
            if "run" in step:
                self._shell(step, here, work, environment, done)
            else:
                self._action(step, here, work, environment, done)

    def _shell(
        self, step: dict[str, Any], here: Mapping[str, str], work: Path, environment: dict[str, str], done: Job
    ) -> None:
        assert "${{" not in step["run"]
        names = {
            name: self.machine.folder / f"{name.lower()}.txt" for name in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")
        }
        for file in names.values():
            file.write_text("")
        own = {key: self._value(value, here) for key, value in step.get("env", {}).items()}
        files = {f"GITHUB_{name}": str(file) for name, file in names.items()}
        ran = self.machine.bash(step["run"], work, environment | own | files)
        done.log += ran.stdout + ran.stderr
        done.succeeded = done.succeeded and ran.returncode == 0
        done.summary += names["STEP_SUMMARY"].read_text()
        for line in names["PATH"].read_text().split():
            environment["PATH"] = f"{line}:{environment.get('PATH', self.machine.environment['PATH'])}"
        for line in names["ENV"].read_text().splitlines():
            key, _, value = line.partition("=")
            environment[key] = value
        for line in names["OUTPUT"].read_text().splitlines():
            key, _, value = line.partition("=")
            done.outputs[f"{step['id']}.outputs.{key}"] = value

    def _action(
        self, step: dict[str, Any], here: Mapping[str, str], work: Path, environment: dict[str, str], done: Job
    ) -> None:
        name = step["uses"].partition("@")[0]
        given = {key: self._value(value, here) for key, value in step.get("with", {}).items()}
        if name.startswith("./"):
            action = load(work / name / "action.yml")
            inputs = {f"inputs.{key}": one["default"] for key, one in action["inputs"].items()}
            inputs |= {f"inputs.{key}": value for key, value in given.items()}
            self._steps(action["runs"]["steps"], {**here, **inputs}, work, environment, done)
        elif name == "actions/checkout":
            self._checkout(given, here, work)
        elif name == "actions/upload-artifact":
            source = work / given["path"]
            target = self.artifacts / given["name"]
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.exists() or given.get("if-no-files-found") != "ignore":
                target.mkdir()
                shutil.copy(source, target)
        elif name == "actions/download-artifact":
            target = work / given.get("path", ".")
            for artifact in sorted(self.artifacts.glob(given.get("pattern") or given["name"])):
                shutil.copytree(artifact, target, dirs_exist_ok=True)
        elif name == "github/codeql-action/upload-sarif":
            done.alerts.append((work / given["sarif_file"]).read_text())
        else:
            assert name == "actions/setup-python"

    def _checkout(self, given: Mapping[str, str], here: Mapping[str, str], work: Path) -> None:
        assert given["persist-credentials"] == "false"
        depth = given.get("fetch-depth", "1")
        ref = given.get("ref") or here["github.sha"]
        commands: list[list[str]] = [["init", "--quiet"], ["remote", "add", "origin", f"file://{self.origin}"]]
        commands.append(["fetch", "--quiet", *([] if depth == "0" else [f"--depth={depth}"]), "origin", ref])
        if "sparse-checkout" in given:
            commands.append(["sparse-checkout", "set", given["sparse-checkout"]])
        commands.append(["checkout", "--quiet", "FETCH_HEAD"])
        for command in commands:
            subprocess.run(["git", *command], cwd=work, check=True, capture_output=True)

    def _value(self, text: str, here: Mapping[str, str]) -> str:
        return EXPRESSION.sub(lambda found: here[found[1]], text)
