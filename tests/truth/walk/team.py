"""Whoever walks: a repository on a forge, clones on a laptop, and jobs of the forge, each on a runner of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dualstack.engine.built import cached as cached_build
from tests import PROJECT
from tests.ci.repository import Repository
from tests.ci.runner import Job, Machine, Runner
from tests.engine.commands import FOREIGN, PARTS
from tests.lab.ran import Ran
from tests.truth.walk.eib import podman

SITE = "lyon"
SECONDS = 300
"""For one command; an emulated machine takes up to 11 s to start."""


class _Inside(Machine):
    """A runner in a network namespace."""

    def __init__(self, folder: Path, inside: tuple[str, ...], environment: Mapping[str, str]) -> None:
        super().__init__(folder)
        self._inside = inside
        self.environment |= environment
        # The CLI asks it what is installed.
        python = self.bin / "python3"
        python.write_text(python.read_text().replace('"-m pip" ]]', '"-m pip" && "$3" != list ]]'))

    def bash(self, script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run a step there."""
        file = self.folder / "step.sh"
        file.write_text(script, encoding="utf-8")
        return subprocess.run(
            [*self._inside, "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", file],
            cwd=folder, env={**self.environment, **environment}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=SECONDS, check=False,
        )  # fmt: skip


class Team:
    """It works in one place; nothing but the forge's repository and the backend of the state is shared."""

    def __init__(self, folder: Path, inside: tuple[str, ...]) -> None:
        """Make the repository with the program, and no site."""
        engine = cached_build()
        if engine is None:
            pytest.skip("no CLI built from Go modules in the cache; DUALSTACK_ENGINE_TESTS=1 builds it (minutes)")
        self._folder, self._inside, self._engine = folder, inside, engine
        self._machines = 0
        self.ran: list[tuple[str, ...]] = []
        """What was run of ``dualstack``."""
        (folder / "state").mkdir(parents=True)
        cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
        self._variables = {
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "of this test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "XDG_CACHE_HOME": cache,
            "DUALSTACK_PULUMI_URL": "http://127.0.0.1:1/sdk",  # the official build is not waited for
        }
        self.forge = Repository(folder / "forge")
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir() and part != "stacks":
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, self.forge.folder / part, ignore=ignore, dirs_exist_ok=True)
            elif source.is_file():
                shutil.copy(source, self.forge.folder)
        self.start = self.forge.commit("the program")
        self._bin = podman(folder / "bin")
        self.laptop = self.clone("laptop")

    def clone(self, name: str) -> Path:
        """Clone main, on a machine that has nothing else."""
        folder = self._folder / name
        subprocess.run(["git", "clone", "--quiet", self.forge.folder, folder], check=True, timeout=60)
        (folder / ".venv").symlink_to(sys.prefix)
        with (folder / ".git/info/exclude").open("a") as file:
            file.write(".venv\n")
        return folder

    def run(self, *arguments: str, at: Path | None = None, given: str = "", **environment: str) -> Ran:
        """Run ``dualstack ARGUMENTS`` in a clone, the laptop's where none is named."""
        folder = at or self.laptop
        self.ran.append(arguments)
        command = [sys.executable, "-P", "-c", "from dualstack.cli import main; main()", *arguments]
        done = subprocess.run(
            [*self._inside, *command], cwd=folder, env=self._environment(folder) | environment,
            input=given, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        return Ran(done.returncode, done.stdout, done.stderr)

    def shell(self, line: str, at: Path | None = None) -> str:
        """Run a line that was printed, as whoever copies it does."""
        folder = at or self.laptop
        done = subprocess.run(
            ["bash", "-ec", line], cwd=folder, env=self._environment(folder), capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def job(self, workflow: str, *jobs: str, **context: str) -> list[Job]:
        """Run jobs of a workflow, each on a new machine; names of the context have ``_`` for a dot."""
        self._machines += 1
        machine = _Inside(self._folder / f"machine{self._machines}", self._inside, self._variables)
        told = {
            "github.server_url": "https://forge.example",
            "github.repository": "team/sites",
            "github.run_id": "1",
            "github.ref": "refs/heads/main",
            "inputs.sites": "",
            "vars.DUALSTACK_TEXTFILES": "",
            "secrets.PULUMI_ACCESS_TOKEN": "",
            "secrets.PULUMI_BACKEND_URL": self._variables["PULUMI_BACKEND_URL"],
            "secrets.PULUMI_CONFIG_PASSPHRASE": self._variables["PULUMI_CONFIG_PASSPHRASE"],
            "secrets.DUALSTACK_ARTIFACT_PASSPHRASE": "",
            "matrix.site": SITE,
        }
        known = {key.replace("__", "."): value for key, value in context.items()}
        runner = Runner(machine, self.forge.folder, workflow, told | known)
        return [runner.run(job) for job in jobs]

    def push(self, message: str) -> None:
        """Commit what the laptop has, and push it."""
        who = "-c user.name=a -c user.email=a@example.com"
        self.shell(f"git add --all && git {who} commit --quiet -m '{message}' && git push --quiet origin HEAD")

    def propose(self, branch: str, message: str) -> tuple[str, str]:
        """Commit what the laptop has onto a branch, and run the jobs of its pull request.

        Returns:
            The comment, and the log of the job ``check``.
        """
        self.shell(f"git checkout --quiet -b {branch}")
        self.push(message)
        pull = {"github__sha": self.forge.merge(branch), "github__event.pull_request.number": "7"}
        check, diff = self.job("preview.yml", "check", "diff", **pull)
        assert check.succeeded and diff.succeeded, check.log + diff.log
        return diff.summary, check.log

    def merge(self, branch: str) -> tuple[list[Job], str]:
        """Merge a branch, and run what the forge deploys then; give its jobs and the commit before."""
        before = self.forge.git("rev-parse", "main")
        self.forge.git("merge", "--quiet", "--no-ff", "--message", "merge", branch)
        after = self.forge.git("rev-parse", "main")
        self.shell("git checkout --quiet main && git pull --quiet")
        return self.job("deploy.yml", "sites", "up", github__sha=after, github__event__before=before), before

    def _environment(self, folder: Path) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        clean |= self._variables | {"PYTHONPATH": str(folder), "HOME": str(self._folder), "NO_COLOR": "1"}
        path = f"{self._bin}:{Path(self._engine.program).parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        return clean | {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
