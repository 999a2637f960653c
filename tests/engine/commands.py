"""A clone of the project in which ``dualstack`` commands run with the real engine, as a user runs them."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualstack.engine.built import cached as cached_build
from dualstack.engine.environment import child_environment, engine_env
from tests import PROJECT
from tests.lab.ran import Ran

SITE = "demo-existing"
PARTS = ("dualstack", "components", "provider", "policy", "stacks", "tools", "Pulumi.yaml", "__main__.py")
ENGINE = ("--engine", "built")
FOREIGN = ("PULUMI_", "DUALSTACK_", "NO_COLOR", "FORCE_COLOR")
OURS = (".dualstack", "build")
SECONDS = 120


class Clone:
    """A copy of what git has of the project."""

    def __init__(self, folder: Path) -> None:
        """Make it; the test is skipped where no engine was built."""
        engine = cached_build()
        if engine is None:
            pytest.skip("no CLI built from Go modules in the cache; DUALSTACK_ENGINE_TESTS=1 builds it (minutes)")
        self.engine, self.folder = engine, folder
        self.own: dict[str, str] = {}  # variables of a backend that is not the embedded one
        folder.mkdir()
        for part in PARTS:
            source = PROJECT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, folder)
        # Modules and provider of the clone, not of the project around the tests.
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
        self.environment |= {"PYTHONPATH": str(folder), "HOME": str(folder.parent), "XDG_CACHE_HOME": _cache()}
        # The official build is not waited for.
        self.environment |= {"DUALSTACK_PULUMI_URL": "http://127.0.0.1:1/sdk", "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def state(self) -> Path:
        """The folder of the embedded backend."""
        return self.folder / ".dualstack/state"

    @property
    def stack(self) -> Path:
        """The site's stack file."""
        return self.folder / f"stacks/Pulumi.{SITE}.yaml"

    @property
    def checkpoint(self) -> Path:
        """The file of the stack's state."""
        return self.state / f".pulumi/stacks/dualstack/{SITE}.json"

    @property
    def directory(self) -> Path:
        """The EIB directory that Pulumi writes."""
        return self.folder / f"build/{SITE}"

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start ``dualstack ARGUMENTS`` in a session of its own."""
        return subprocess.Popen(
            # Whoever runs the tests in the background has SIGINT ignored, and hands that on.
            ["env", "--default-signal=INT", sys.executable, "-c", "from dualstack.cli import main; main()", *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, given: str = "", **environment: str) -> Ran:
        """Run ``dualstack ARGUMENTS``, with a text on its standard input."""
        process = self.start(*arguments, **environment)
        out, err = process.communicate(given, timeout=SECONDS)
        return Ran(process.returncode, out, err)

    def up(self, *arguments: str) -> Ran:
        """Deploy the site."""
        return self.run("up", SITE, *ENGINE, "--yes", *arguments)

    def pulumi(self, *arguments: str, answer: str = "") -> str:
        """Run plain ``pulumi`` as after ``dualstack env``."""
        done = subprocess.run(
            [self.engine.program, "--non-interactive", *arguments],
            cwd=self.folder,
            env=child_environment(engine_env(self.engine, self.folder, embedded=not self.own, acquire_plugins=False))
            | self.own,
            input=answer,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def edit(self, change: Any) -> None:
        """Change the site by a function."""
        data = yaml.safe_load(self.stack.read_text())
        change(data["config"]["dualstack:site"])
        self.stack.write_text(yaml.safe_dump(data, sort_keys=False))

    def program(self, line: str) -> None:
        """Write a line at the end of the program."""
        with (self.folder / "__main__.py").open("a") as file:
            file.write(line + "\n")

    def committed(self) -> dict[str, str]:
        """Give a digest of every file that git would see, as ``git status`` compares them."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.relative_to(self.folder).parts[0] not in OURS and "__pycache__" not in path.parts
        }


def kill_session(leader: int) -> None:
    """Kill every process of a session; the CLI gives its plugins process groups of their own."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == leader:
                os.kill(int(stat.parent.name), signal.SIGKILL)
        except (OSError, IndexError):
            continue


def _cache() -> str:
    return os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
