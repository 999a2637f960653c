"""Temporary folders of ours: for their owner alone, gone at the end, at a signal too, after a kill with the next run.

Each holds a file that is locked as long as its process lives. One whose lock nobody holds, and that no running process
was started with, is what a kill left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

PREFIX: Final = "dualstack-tmp-"
_LOCK: Final = ".lock"
_TAKEN: Final = ".taken"
"""The lock's name until it is held: one that nobody holds says that its process is gone."""
_YOUNG: Final = 3600.0
"""Seconds; a folder without a lock that is older is none that is just being made."""
_ENDS: Final = (signal.SIGTERM, signal.SIGHUP)
"""What ends a process without a word, where nobody listens."""


@contextlib.contextmanager
def scratch(what: str) -> Iterator[Path]:
    """Give a new empty folder, and remove it afterwards; what killed runs left is removed before.

    Args:
        what: a word for its name.

    Raises:
        OSError: it cannot be made.
    """
    sweep()
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-"))
    handle = os.open(folder / _TAKEN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        (folder / _TAKEN).rename(folder / _LOCK)
        inner = folder / "in"
        inner.mkdir(mode=0o700)
        with _ends_cleanly():
            yield inner
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep() -> None:
    """Remove what killed runs of this user left."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and _is_left(folder, found.st_mtime):
                shutil.rmtree(folder, ignore_errors=True)


def _is_left(folder: Path, changed: float) -> bool:
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:  # just being made, or killed before it had its lock
        return time.time() - changed > _YOUNG
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return not _is_worked_with(folder)


def _is_worked_with(folder: Path) -> bool:
    """Tell whether a process names the folder: an engine goes on when the command that started it is killed."""
    name = os.fsencode(folder.name)
    for process in Path("/proc").glob("[1-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or another user's
            if any(name in (process / told).read_bytes() for told in ("cmdline", "environ")):
                return True
    return False


@contextlib.contextmanager
def _ends_cleanly() -> Iterator[None]:
    """Have signals that would end this process at once raise SystemExit, where nobody else listens to them."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    mine = []
    with contextlib.suppress(ValueError):  # not the main thread: signals are somebody else's
        for number in _ENDS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, end)
                mine.append(number)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)
