"""The CLI really built from Go modules, running a Python program on the embedded backend."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualstack.engine.built import cached as cached_build
from dualstack.engine.environment import child_environment, engine_env
from dualstack.engine.find import built_engine
from dualstack.engine.model import Engine

PROGRAM = """
import pulumi

config = pulumi.Config()
group = pulumi.ComponentResource("test:index:Group", "group")
pulumi.export("greeting", config.require("greeting"))
pulumi.export("secret", config.require_secret("word"))
"""
SECRET = "hunter2-in-clear"


@pytest.fixture(scope="module")
def engine() -> Engine:
    """The built CLI; built now only if that is asked for, since it takes minutes."""
    found = cached_build()
    if found is None and os.environ.get("DUALSTACK_ENGINE_TESTS") != "1":
        pytest.skip("no CLI built from Go modules in the cache; DUALSTACK_ENGINE_TESTS=1 builds it (minutes)")
    return found or built_engine(lambda line: print(f"engine: {line}", file=sys.stderr))


@pytest.fixture
def pulumi(engine: Engine, tmp_path: Path) -> Callable[..., str]:
    """Run ``pulumi ARGUMENTS`` in a project whose path needs quoting."""
    project = tmp_path / "a b's 50%41 #1 $x?"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (project / "__main__.py").write_text(PROGRAM)

    def run(*arguments: str, folder: Path = project, answer: str = "") -> str:
        done = subprocess.run(
            ["pulumi", "--non-interactive", *arguments],
            cwd=folder,
            env=child_environment(engine_env(engine, project)),
            input=answer,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run.__dict__["project"] = project
    return run


def test_version_is_stamped(engine: Engine) -> None:
    answer = subprocess.run([engine.program, "version"], capture_output=True, text=True, check=True)
    assert answer.stdout == f"v{engine.version}\n" == "v3.246.0\n"


def test_up_preview_destroy(pulumi: Callable[..., str], tmp_path: Path) -> None:
    project: Path = pulumi.__dict__["project"]
    pulumi("stack", "init", "test")
    pulumi("config", "set", "greeting", "hello")
    pulumi("config", "set", "--secret", "word", answer=SECRET)
    pulumi("up", "--yes", "--skip-preview")
    assert outputs(pulumi) == {"greeting": "hello", "secret": SECRET}
    # From another folder the backend is the same.
    (project / "sub").mkdir()
    assert outputs(pulumi, folder=project / "sub")["greeting"] == "hello"
    again = json.loads(pulumi("preview", "--json"))
    assert again["changeSummary"] == {"same": 2}

    # All of it lies below the project, under its own name, and nothing is readable that should not be.
    assert [path.name for path in tmp_path.iterdir()] == [project.name]
    state = project / ".dualstack/state/.pulumi"
    assert (state / "stacks/tiny/test.json").is_file()
    for file in project.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes(), file

    pulumi("destroy", "--yes", "--skip-preview")
    pulumi("stack", "rm", "--yes", "test")
    assert pulumi("stack", "ls", "--json").strip() == "[]"


def outputs(pulumi: Callable[..., str], **where: Any) -> dict[str, str]:
    found: dict[str, str] = json.loads(pulumi("stack", "output", "--json", "--show-secrets", "-s", "test", **where))
    return found


def test_clones_with_the_same_stack_do_not_meet(pulumi: Callable[..., str], engine: Engine, tmp_path: Path) -> None:
    project: Path = pulumi.__dict__["project"]
    pulumi("stack", "init", "test")
    clone = tmp_path / "clone"
    shutil.copytree(project, clone, ignore=shutil.ignore_patterns(".dualstack"))
    answer = subprocess.run(
        ["pulumi", "stack", "ls", "--json"],
        cwd=clone,
        env=child_environment(engine_env(engine, clone)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout) == []
    assert [stack["name"] for stack in json.loads(pulumi("stack", "ls", "--json"))] == ["test"]
