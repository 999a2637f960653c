"""Killed at any step, the directory is wholly old or wholly new, nothing of others is lost, and the next run mends."""

from __future__ import annotations

import errno
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import MARKER, Tree, disk, write, write_tree
from tests import PROJECT
from tests.eib.support import beside, small

OLD = small(definition="old", nodes__a="a", os__etc__motd="x")
NEW = small(definition="new", nodes__b="b", kubernetes__c="c")
FILE_STEPS = "rename link symlink mkdir chmod remove rmdir utime"
STEPS = frozenset(["ctypes.dlsym", "tempfile.mkdtemp", *(f"os.{name}" for name in FILE_STEPS.split())])
"""Audit events of steps that change the disk, or come just before; opening for writing is counted, too."""
KILLED = 77


def in_child(work: Callable[[], object], step: int) -> int:
    """Do work in a process of its own, which dies without a word before its n-th step; returns its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside the threads of pytest-xdist
        child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    seen = 0

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in STEPS or (event == "open" and isinstance(args[2], int) and args[2] & os.O_CREAT):
            seen += 1
            if seen == step:
                os._exit(KILLED)

    try:
        sys.addaudithook(hook)
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)


def consistent(out: Path, *trees: Tree) -> bool:
    """True where the directory holds one of the trees, as its marker says."""
    marker = json.loads((out / MARKER).read_text())["files"]
    for tree in trees:
        if set(marker) == set(tree.files):
            return all((out / path).read_text() == file.text for path, file in tree.files.items())
    return False


def foreign(out: Path) -> dict[str, str]:
    return {path: (out / path).read_text() for path in ("base-images/SL.iso", "nodes/mine") if (out / path).exists()}


FOREIGN = {"base-images/SL.iso": "big", "nodes/mine": "mine"}


def prepare(out: Path) -> None:
    write_tree(OLD, out)
    for path, text in FOREIGN.items():
        (out / path).parent.mkdir(exist_ok=True)
        (out / path).write_text(text)
    (out / "link").symlink_to("base-images")


def no_exchange(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "exchange", lambda one, other: False)


def no_link(monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*args: object, **options: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)


def no_move(monkeypatch: pytest.MonkeyPatch) -> None:
    no_link(monkeypatch)
    monkeypatch.setattr(write, "_movable", lambda source, stage: "base-images" not in source.parts)


@pytest.mark.parametrize(
    "limits", [(), (no_exchange,), (no_link,), (no_exchange, no_link), (no_move,), (no_exchange, no_move)]
)
def test_at_every_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: tuple[Callable[[pytest.MonkeyPatch], None], ...]
) -> None:
    with monkeypatch.context() as patch:
        for limit in limits:
            limit(patch)
        for step in range(1, 400, 1 if limits == () else 2):
            out = tmp_path / str(step) / "demo"
            prepare(out)
            code = in_child(lambda place=out: write_tree(NEW, place), step)  # type: ignore[misc]
            assert code in (0, KILLED)
            # Without an exchange the old directory may be beside it, without links others' files may, till the next
            # run; where something can neither be linked nor moved, it goes entry by entry.
            if no_move not in limits and (out.exists() or no_exchange not in limits):
                assert consistent(out, OLD, NEW), step
                assert no_link in limits or foreign(out) == FOREIGN, step
            # The next run may die as well, and the one after that mends everything.
            in_child(lambda place=out: write_tree(OLD, place), step // 2 + 1)  # type: ignore[misc]
            report = write_tree(NEW, out)
            assert consistent(out, NEW), step
            assert foreign(out) == FOREIGN, step
            assert (out / "link").readlink() == Path("base-images")
            assert report.kept == ("base-images/SL.iso", "link", "nodes/mine")
            assert beside(out) == [], step
            assert (out / "base-images/SL.iso").stat().st_nlink == 1
            if code == 0:
                break
        else:
            pytest.fail("it never ended")
    assert step > 20


LOOP = """
import sys
from pathlib import Path
from dualstack.eib import write_tree
from tests.eib.test_killed import NEW, OLD
out = Path(sys.argv[1])
print("ready", flush=True)
while True:
    write_tree(NEW, out)
    write_tree(OLD, out)
"""


def test_kill_at_random_times(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    prepare(out)
    for seed in range(5):
        command = [sys.executable, "-c", LOOP, str(out)]
        with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None and child.stdout.readline() == "ready\n"
            time.sleep(random.Random(seed).uniform(0.02, 0.15))
            child.send_signal(signal.SIGKILL)
        if out.exists():  # always, but for a file system that cannot exchange two directories
            assert consistent(out, OLD, NEW)
            assert foreign(out) == FOREIGN
    write_tree(NEW, out)
    write_tree(OLD, out)
    assert consistent(out, OLD) and foreign(out) == FOREIGN
    assert beside(out) == []


def test_two_at_once(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    prepare(out)
    command = [sys.executable, "-c", LOOP.replace("while True", "for _ in range(20)"), str(out)]
    running = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL) for _ in range(2)]
    codes = [child.wait(timeout=120) for child in running]
    assert codes == [0, 0]
    assert consistent(out, OLD) and foreign(out) == FOREIGN
    assert beside(out) == []
