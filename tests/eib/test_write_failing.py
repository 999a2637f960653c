"""Writing where links, renames or the disk fail: it works some other way, or all stays as it was."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualstack.eib import MARKER, Tree, disk, swap, write, write_tree
from dualstack.errors import InputError
from tests.eib.support import ONE, TWO, beside, everything, files


def refuse(number: int) -> Callable[..., Any]:
    def fail(*args: Any, **options: Any) -> Any:
        raise OSError(number, os.strerror(number), str(args[0]))

    return fail


@pytest.mark.usefixtures("either")
def test_what_cannot_be_linked_is_moved(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(ONE, out)
    (out / "image.iso").write_text("big")
    (out / "nodes" / "mine").write_text("mine")
    inode = (out / "image.iso").stat().st_ino
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    report = write_tree(TWO, out)
    assert report.kept == ("image.iso", "nodes/mine") and report.left_behind == ()
    assert (out / "image.iso").stat().st_ino == inode
    assert (out / "nodes" / "mine").read_text() == "mine"
    assert beside(out) == []


@pytest.mark.usefixtures("either")
def test_what_cannot_be_moved_either_stays(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(ONE, out)
    (out / "_build" / "build-1").mkdir(parents=True)
    (out / "_build" / "build-1" / "log").write_text("log")
    (out / "image.iso").write_text("big")
    where = (out / "_build").stat().st_ino
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    monkeypatch.setattr(write, "_movable", lambda source, stage: source.name == "image.iso")
    report = write_tree(TWO, out)
    assert report.kept == ("_build/build-1/log", "image.iso") and report.left_behind == ()
    assert (out / "_build").stat().st_ino == where
    assert {path for path in files(out) if path != MARKER} == {*TWO.files, "_build/build-1/log", "image.iso"}
    assert beside(out) == []
    assert write_tree(TWO, out).written == ()


def test_what_cannot_be_kept_is_refused(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(ONE, out)
    (out / "nodes" / "mine").write_text("mine")
    before = everything(out)
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    monkeypatch.setattr(write, "_movable", lambda source, stage: False)
    with pytest.raises(InputError, match="it cannot be kept") as caught:
        write_tree(TWO, out)
    assert f"sudo chown -R $USER {out}/nodes" in str(caught.value)
    assert everything(out) == before
    assert beside(out) == []


@pytest.mark.parametrize("nth", range(6))
@pytest.mark.parametrize("target", ["file", "link", "swap"])
def test_a_full_disk_leaves_it_as_it_was(out: Path, monkeypatch: pytest.MonkeyPatch, target: str, nth: int) -> None:
    write_tree(ONE, out)
    (out / "image.iso").write_text("big")
    before = everything(out)
    module, name = {"file": (disk, "write_file"), "link": (disk, "like"), "swap": (swap, "disk")}[target]
    real, calls = getattr(module, name), []

    def failing(*args: Any) -> Any:
        calls.append(args)
        if len(calls) > nth:
            raise OSError(errno.ENOSPC, "No space left on device", "x")
        return real(*args)

    if target == "swap":
        monkeypatch.setattr(disk, "exchange", refuse(errno.ENOSPC))
    else:
        monkeypatch.setattr(module, name, failing)
    try:
        write_tree(TWO, out)
    except InputError as error:
        assert "No space left on device" in str(error)
        assert everything(out) == before
    else:
        assert nth >= (1 if target == "link" else 4)
    assert beside(out) == []


def test_two_renames_roll_back(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(ONE, out)
    before = everything(out)
    monkeypatch.setattr(disk, "exchange", lambda one, other: False)
    real, seen = Path.rename, []

    def failing(self: Path, target: Path) -> Path:
        seen.append(self.name)
        if target == out and self.name.endswith(".new"):
            raise OSError(errno.EIO, "Input/output error", str(self))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(InputError, match="Input/output error"):
        write_tree(TWO, out)
    assert seen[:3] == ["demo", seen[1], seen[1].replace(".new", ".old")]
    assert everything(out) == before
    assert beside(out) == []


def test_leftovers_that_are_not_ours_stay(out: Path) -> None:
    write_tree(ONE, out)
    other = out.parent / ".demo.dualstack-x.new"
    other.mkdir()
    (other / "precious").write_text("x")
    write_tree(TWO, out)
    assert (other / "precious").exists()


def test_entry_by_entry_is_taken_back(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(ONE, out)
    (out / "_build").mkdir()
    (out / "_build" / "log").write_text("log")
    before = {path: found for path, found in everything(out).items() if path != MARKER}
    marker = (out / MARKER).read_bytes()
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    monkeypatch.setattr(write, "_movable", lambda source, stage: False)
    real = swap._trade
    calls: list[Path] = []

    def failing(one: Path, other: Path) -> None:
        calls.append(one)
        if len(calls) == 3:
            raise OSError(errno.EIO, "Input/output error", str(one))
        real(one, other)

    monkeypatch.setattr(swap, "_trade", failing)
    with pytest.raises(InputError, match="Input/output error"):
        write_tree(TWO, out)
    assert {path: found for path, found in everything(out).items() if path != MARKER} == before
    assert (out / MARKER).read_bytes() == marker
    assert beside(out) == []


@pytest.mark.parametrize("kind", [".new", ".old", ".gone"])
def test_leftovers_of_other_users_are_not_taken_over(out: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder in which others may write: neither put in place, nor removed, nor emptied."""
    write_tree(ONE, out)
    planted = out.rename(out.parent / f".demo.dualstack-x{kind}")
    (planted / "evil").write_text("x")
    before = everything(planted)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    write_tree(TWO, out)
    assert not (out / "evil").exists()
    assert everything(planted) == before


def test_a_lock_of_others_is_told_and_not_waited_for_without_end(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "LONGEST_WAIT", 0.3)
    out.parent.mkdir(exist_ok=True)
    handle = os.open(out.parent, os.O_RDONLY)
    told: list[str] = []
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another program has held the lock of this folder"):
            write_tree(ONE, out, waits=told.append)
    finally:
        os.close(handle)
    assert told == [f"waiting for another program that holds the lock of {out.parent}"]
    assert not out.exists()
    write_tree(ONE, out, waits=told.append)
    assert len(told) == 1


def test_two_sites_in_one_new_folder_at_once(out: Path) -> None:
    """Whoever comes second finds the folder of another site, also where it looked before that was there."""
    results: list[str] = []

    def render(tree: Tree) -> None:
        try:
            write_tree(tree, out, keep_sites=True)
            results.append("written")
        except InputError as error:
            results.append(error.message.partition(" site ")[0])

    threads = [threading.Thread(target=render, args=(tree,)) for tree in (ONE, TWO)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["this is the directory of the", "written"]
