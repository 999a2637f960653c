"""Plain steps on the disk that writing a directory is made of."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from dualstack.errors import InputError

_AT_FDCWD: Final = -100
_RENAME_EXCHANGE: Final = 2
_NO_EXCHANGE: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})
_CHUNK: Final = 1 << 20
LONGEST_WAIT: float = 600
"""Seconds for which another run is waited for: writing gigabytes takes minutes."""
_PAUSE: Final = 0.1


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change places in one step (Linux ``renameat2``); False where system or file system cannot."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in _NO_EXCHANGE:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))


@contextlib.contextmanager
def locked(folder: Path, waits: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold a lock on a folder, so that two runs do not write in it at once; without one where there are no locks.

    Args:
        folder: the folder; whoever may read it may hold its lock, so that nobody is waited for without an end.
        waits: told once where somebody else has it.

    Raises:
        InputError: somebody else has had it for too long.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        end, told = time.monotonic() + LONGEST_WAIT, False
        while _held_by_others(handle):
            if time.monotonic() > end:
                message = f"another program has held the lock of this folder for {LONGEST_WAIT:.0f} s"
                raise InputError(message, file=str(folder), fix=f"see who it is, and end it: lslocks; fuser {folder}")
            if not told:
                waits(f"waiting for another program that holds the lock of {folder}")
                told = True
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(handle)


def _held_by_others(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no locks on this file system
        return False
    return False


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable, where the file system can."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def write_file(path: Path, content: bytes | Path, mode: int) -> str:
    """Write a new file, durably, never readable by more than its mode says; return its SHA-256."""
    digest = hashlib.sha256()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode & 0o700)
    with os.fdopen(handle, "wb") as target:
        for chunk in _chunks(content):
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fchmod(target.fileno(), mode)
        os.fsync(target.fileno())
    return digest.hexdigest()


def _chunks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def digest_of(content: bytes | Path) -> str:
    """Return the SHA-256 of bytes or of a file, in hexadecimal."""
    digest = hashlib.sha256()
    for chunk in _chunks(content):
        digest.update(chunk)
    return digest.hexdigest()


def like(model: Path, folder: Path) -> None:
    """Give a folder the mode, times, attributes and owner of another one, as far as we may."""
    with contextlib.suppress(OSError):
        shutil.copystat(model, folder, follow_symlinks=False)
    found = model.lstat()
    if (found.st_uid, found.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):
            os.chown(folder, found.st_uid, found.st_gid, follow_symlinks=False)


def entries(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield everything below a folder with its relative path, folders before what is in them; follows no link."""
    with os.scandir(folder) as found:
        listed = sorted(found, key=lambda entry: entry.name)
    for entry in listed:
        path = prefix + entry.name
        yield path, entry
        if entry.is_dir(follow_symlinks=False):
            yield from entries(folder / entry.name, f"{path}/")
