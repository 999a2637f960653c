"""Runs that meet each other, and what killed ones leave: locks and interrupted creates."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dualstack.deploy.locks import Holder, Refused, clear_dead, only_one
from dualstack.engine.environment import child_environment, engine_env
from dualstack.errors import InputError
from tests.engine.commands import ENGINE, SITE, Clone, kill_session

CANCEL = "pulumi cancel --stack paris"


def lock(folder: Path, pid: int, *, host: str | None = None, since: datetime | None = None) -> Path:
    """Write a lock as the CLI does, with nanoseconds."""
    place = folder / ".pulumi/locks/organization/dualstack/paris"
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"{pid}.json"
    when = (since or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
    content = {"pid": pid, "username": "ops", "hostname": host or platform.node(), "timestamp": when}
    file.write_text(json.dumps(content))
    file.with_name(f"{file.name}.attrs").write_text("{}")
    return file


def dead_pid() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_lock_of_a_dead_process_goes(tmp_path: Path) -> None:
    file, told = lock(tmp_path, dead_pid()), list[str]()

    clear_dead(tmp_path, "dualstack", "paris", CANCEL, told.append)

    assert list(file.parent.iterdir()) == []
    assert len(told) == 1 and "of ops on" in told[0]


def test_lock_of_a_number_that_another_process_has_now_goes(tmp_path: Path) -> None:
    file = lock(tmp_path, os.getpid(), since=datetime.now(UTC) - timedelta(days=300))

    clear_dead(tmp_path, "dualstack", "paris", CANCEL, print)

    assert not file.exists()


def test_lock_of_a_killed_process_that_nobody_waited_for_goes(tmp_path: Path) -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    file = lock(tmp_path, process.pid)

    clear_dead(tmp_path, "dualstack", "paris", CANCEL, print)

    assert not file.exists()
    process.wait()


@pytest.mark.parametrize("host", [None, "elsewhere"])
def test_lock_of_a_living_or_foreign_process_stays(tmp_path: Path, host: str | None) -> None:
    file = lock(tmp_path, os.getpid() if host is None else dead_pid(), host=host)

    with pytest.raises(Refused, match=f"locked by process .* of ops on .*, run: {CANCEL}"):
        clear_dead(tmp_path, "dualstack", "paris", CANCEL, print)

    assert file.exists()


def test_holder_of_something_else_is_none(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    file.write_text("[1]")
    assert Holder.read(file) is None
    assert Holder.read(tmp_path / "gone.json") is None


def test_second_run_of_ours_is_refused(tmp_path: Path) -> None:
    with only_one(tmp_path, "org/paris"):
        with (
            pytest.raises(Refused, match=f"already at work on org/paris .process {os.getpid()} on"),
            only_one(tmp_path, "org/paris"),
        ):
            pass
        with only_one(tmp_path, "lyon"):
            pass
    with only_one(tmp_path, "org/paris"):
        pass


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path / "clone")


def locks(clone: Clone) -> list[Path]:
    return list((clone.state / ".pulumi/locks").rglob("*.json"))


def until_locked(clone: Clone) -> None:
    for _ in range(300):
        if locks(clone):
            return
        time.sleep(0.1)
    raise AssertionError("the engine took no lock")


# In the update, not in the preview before it, which takes no lock.
SLOW = """
import os, time, pulumi
time.sleep(0 if pulumi.runtime.is_dry_run() else float(os.environ.get("LAB_SLEEP", "0")))
"""


def test_two_runs_at_once(clone: Clone) -> None:
    clone.program(SLOW)
    first = clone.start("up", SITE, *ENGINE, "--yes", LAB_SLEEP="6")
    until_locked(clone)

    second = clone.up()

    assert second.code == 1
    assert f"already at work on {SITE}" in second.err
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, out + err


def test_plain_pulumi_at_work_and_killed(clone: Clone) -> None:
    assert clone.up().code == 0
    clone.program(SLOW)
    copy = clone.folder.parent / "config.yaml"
    shutil.copy(clone.stack, copy)
    plain = subprocess.Popen(
        [clone.engine.program, "--non-interactive", "up", "--yes", "--skip-preview", "-s", SITE, "--config-file", copy],
        cwd=clone.folder,
        env=child_environment(engine_env(clone.engine, clone.folder, acquire_plugins=False)) | {"LAB_SLEEP": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        until_locked(clone)
        refused = clone.up()
    finally:
        kill_session(plain.pid)
        plain.wait()
    assert refused.code == 1
    assert f"locked by process {plain.pid} of " in refused.err
    assert f'eval "$(dualstack env)" && pulumi cancel --stack {SITE}' in refused.err
    assert locks(clone)

    last = clone.up()
    assert last.code == 0, last.told
    assert "that process is dead" in last.out
    assert not locks(clone)
    assert clone.run("preview", SITE, *ENGINE, "--expect-no-changes").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_no_lock(clone: Clone, number: signal.Signals) -> None:
    clone.program(SLOW)
    process = clone.start("up", SITE, *ENGINE, "--yes", LAB_SLEEP="120")
    until_locked(clone)
    time.sleep(3)  # until the program runs; a CLI that has barely started ends without tidying up

    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "interrupted: what is being made is ended first" in out
    assert "Traceback" not in out + err
    assert not locks(clone)
    assert clone.up().code == 0


def pending(clone: Clone, kind: str, urn_name: str) -> None:
    """Put an interrupted create into the state, as a kill in the middle of one leaves it."""
    state: dict[str, Any] = json.loads(clone.checkpoint.read_text())
    deployment = state["checkpoint"]["latest"]
    found = next((one for one in deployment["resources"] if one["type"] == kind), None)
    if found is None:
        urn = f"urn:pulumi:{SITE}::dualstack::{kind}::{urn_name}"
        found = {"urn": urn, "custom": True, "type": kind, "inputs": {}}
    else:
        deployment["resources"].remove(found)
        found = {key: value for key, value in found.items() if key not in {"id", "outputs"}}
    deployment["pending_operations"] = [{"resource": found, "type": "creating"}]
    # Not by `pulumi stack import`, which drops them.
    clone.checkpoint.write_text(json.dumps(state))
    clone.checkpoint.with_name(f"{clone.checkpoint.name}.attrs").unlink(missing_ok=True)


def test_interrupted_create_of_ours_is_made_again(clone: Clone) -> None:
    assert clone.up().code == 0
    pending(clone, "dualstack:image:Directory", "")
    before = clone.committed()

    again = clone.up()

    assert again.code == 0, again.told
    assert "killed while it was at management-image-directory" in again.out
    assert "updated   dualstack:image:Directory" in again.out
    assert before == clone.committed()
    assert not json.loads(clone.checkpoint.read_text())["checkpoint"]["latest"].get("pending_operations")
    assert clone.run("preview", SITE, *ENGINE, "--expect-no-changes").code == 0


def test_interrupted_create_of_others_gets_the_way_out(clone: Clone) -> None:
    assert clone.up().code == 0
    pending(clone, "libvirt:index/network:Network", "management-network-virtual")

    refused = clone.up()
    assert refused.code == 1
    # The others, too, go no further: nothing is said to be gone that may be there.
    for words in (("refresh",), ("destroy", "--yes", "--forget")):
        same = clone.run(words[0], SITE, *ENGINE, *words[1:])
        assert (same.code, "nobody knows whether these are there" in same.err) == (1, True), same.told
    assert clone.directory.is_dir() and clone.checkpoint.exists()
    assert f"pulumi import --stack {SITE} libvirt:index/network:Network management-network-virtual ID" in refused.err
    way = f"dualstack refresh {SITE} --clear-pending-creates"
    assert way in refused.err

    cleared = clone.run(*way.split()[1:], *ENGINE)
    assert cleared.code == 0, cleared.told
    assert clone.up().code == 0


def test_a_lock_that_cannot_be_written_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / ".dualstack").touch()

    with (
        pytest.raises(InputError, match="the lock of the site cannot be written") as raised,
        only_one(tmp_path, "paris"),
    ):
        pass
    assert raised.value.file == str(tmp_path / ".dualstack/locks")
