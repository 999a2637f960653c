"""A state that a kill or a loss of power broke: what the engine says of it, what we say, and the way back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dualstack.engine.environment import child_environment, engine_env
from tests.engine.commands import ENGINE, SITE, Clone

COMMANDS = (("preview",), ("up", "--yes"), ("refresh",), ("destroy", "--yes"))
RESTORE = ("refresh", SITE, *ENGINE, "--restore-checkpoint")


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    made = Clone(tmp_path / "clone")
    assert made.up().code == 0
    return made


def attributes(clone: Clone) -> Path:
    """Give the file beside the checkpoint that the engine writes in place."""
    return clone.checkpoint.with_name(f"{clone.checkpoint.name}.attrs")


def engine_says(clone: Clone) -> str:
    """Give what plain Pulumi says of the stack."""
    done = subprocess.run(
        [clone.engine.program, "--non-interactive", "stack", "export", "--stack", SITE],
        cwd=clone.folder,
        env=child_environment(engine_env(clone.engine, clone.folder, acquire_plugins=False)),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize(("cut", "commands"), [(0, COMMANDS), (900, COMMANDS[:1])])
def test_a_broken_checkpoint(clone: Clone, cut: int, commands: tuple[tuple[str, ...], ...]) -> None:
    whole = clone.checkpoint.read_bytes()
    clone.checkpoint.write_bytes(whole[:cut])
    assert "failed to load checkpoint" in engine_says(clone)

    for command, *more in commands:
        ran = clone.run(command, SITE, *ENGINE, *more)
        assert ran.code == 1, ran.out + ran.err
        assert f"dualstack {' '.join((RESTORE[0], SITE, RESTORE[-1]))}" in ran.err
        assert clone.checkpoint.read_bytes() == whole[:cut]  # nothing is put back without the word
        assert "EOF" not in ran.err

    back = clone.run(*RESTORE, "--expect-no-changes")
    assert back.code == 0, back.out + back.err
    assert "is again demo-existing.json.bak" in back.out
    assert engine_says(clone) == ""
    again = clone.run("preview", SITE, *ENGINE, "--expect-no-changes")
    assert again.code == 0, again.out + again.err
    gone = clone.run("destroy", SITE, *ENGINE, "--yes", "--forget")
    assert gone.code == 0, gone.out + gone.err
    assert not clone.directory.exists()


def test_what_a_kill_between_attributes_and_checkpoint_leaves(clone: Clone) -> None:
    """fileblob writes the attributes before it renames the checkpoint: these are empty, that one is whole."""
    whole = clone.checkpoint.read_bytes()
    attributes(clone).write_bytes(b"")
    assert engine_says(clone) == "error: failed to load checkpoint: EOF\n"

    ran = clone.run("preview", SITE, *ENGINE)
    listed = clone.run("status", SITE, "--no-probe", "--format", "json")
    assert (ran.code, listed.code) == (1, 2)
    assert f"{attributes(clone)} is empty" in ran.err
    assert "is broken" in listed.json["sites"][0]["stack"]["why"]

    back = clone.run(*RESTORE, "--expect-no-changes")
    assert back.code == 0, back.out + back.err
    assert "demo-existing.json, which is whole" in back.out
    assert json.loads(clone.checkpoint.read_bytes())["checkpoint"]["latest"]["resources"]
    assert len(json.loads(whole)["checkpoint"]["latest"]["resources"]) == 9


def test_nothing_is_put_back_where_nothing_is_broken(clone: Clone) -> None:
    before = clone.checkpoint.read_bytes()
    ran = clone.run(*RESTORE)
    assert ran.code == 1
    assert "can be read: nothing is put back" in ran.err
    assert clone.checkpoint.read_bytes() == before


def test_a_first_run_that_left_nothing_whole_begins_anew(clone: Clone) -> None:
    for file in clone.state.rglob("*.json*"):
        if "/stacks/" in str(file) or "/history/" in str(file):
            file.write_bytes(b"")
    ran = clone.run(*RESTORE)
    assert ran.code == 1
    assert "no whole copy of it is there" in ran.err
    assert f"move it away and run dualstack up {SITE}" in ran.err
    for file in clone.checkpoint.parent.iterdir():
        file.unlink()
    again = clone.up()
    assert again.code == 0, again.out + again.err
