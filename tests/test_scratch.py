"""Temporary folders: private, and gone whatever ends the process."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from dualstack import cli
from dualstack.scratch import PREFIX, scratch, sweep
from tests import PROJECT

HOLDS = """
import subprocess, sys, time
from dualstack.scratch import scratch
with scratch("test") as folder:
    (folder / "secret").write_text("hunter2")
    child, quiet = 0, subprocess.DEVNULL
    if sys.argv[1:]:
        child = subprocess.Popen(["sleep", "600"], env={"TMPDIR": str(folder)}, stdout=quiet).pid
    print(child, flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def holder(temporary: Path, *arguments: str) -> tuple[subprocess.Popen[str], int]:
    """Start a process that has one, and return it with the id of its child."""
    process = subprocess.Popen(
        # Whoever runs the tests in the background has SIGINT ignored, and hands that on.
        ["env", "--default-signal=INT", sys.executable, "-c", HOLDS, *arguments],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_it_is_its_owners_alone_and_goes(temporary: Path) -> None:
    with scratch("one") as outer, scratch("two") as folder:
        for one in (folder, folder.parent):
            assert stat.S_IMODE(one.stat().st_mode) == 0o700
        assert not list(folder.iterdir()) and outer.is_dir()
    assert not list(temporary.iterdir())
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_one_that_is_just_being_made_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    real = fcntl.flock

    def late(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        sweep()  # of another command
        real(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with scratch("one") as folder:
        assert folder.is_dir()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_takes_it_away(number: signal.Signals, temporary: Path) -> None:
    process, _ = holder(temporary)
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == (-number if number is signal.SIGINT else 128 + number)
    assert not list(temporary.iterdir())


def test_what_a_kill_leaves_goes_with_the_next_once_nobody_works_with_it(temporary: Path) -> None:
    process, child = holder(temporary, "with a child")
    sweep()
    (left,) = temporary.glob(f"{PREFIX}test-*")  # it lives
    process.kill()
    process.communicate(timeout=30)
    sweep()
    assert (left / "in/secret").is_file()  # as an engine that outlives its command
    os.kill(child, signal.SIGKILL)
    end = time.monotonic() + 30
    while left.exists() and time.monotonic() < end:  # until its end is seen in /proc
        sweep()
    assert not left.exists()


def test_any_command_clears_up(temporary: Path) -> None:
    process, _ = holder(temporary)
    process.kill()
    process.communicate(timeout=30)
    assert list(temporary.glob(f"{PREFIX}test-*"))
    command = [sys.executable, "-c", "from dualstack.cli import main; main()", "explain", "DS001"]
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(PROJECT)}
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, capture_output=True, timeout=60)
    assert not list(temporary.iterdir())
    assert PREFIX == cli.PREFIX


def test_what_is_not_ours_stays(temporary: Path) -> None:
    there = temporary / "there"
    there.mkdir()
    os.utime(there, (0, 0))
    (temporary / f"{PREFIX}link").symlink_to(there)
    (temporary / f"{PREFIX}file").touch()
    sweep()
    assert len(list(temporary.iterdir())) == 3
