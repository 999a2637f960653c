"""Putting a new directory in an old one's place, and clearing up after runs that were killed.

Folders beside the directory are named ``.<name>.dualstack-*``: ``.new`` holds the new one before the swap and the old
one after it, ``.old`` the old one where the two cannot change places in one step. Whichever it is, its marker says
which files in it are ours; all others stand in the directory, too, or are put back there. ``.gone`` holds nothing that
anybody needs.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from dualstack.eib import disk
from dualstack.eib.survey import marker_of
from dualstack.eib.tree import MARKER

_NEW: Final = ".new"
_OLD: Final = ".old"
_GONE: Final = ".gone"
_NEXT: Final = MARKER + ".next"


def make_stage(out: Path) -> Path:
    """Make the folder beside a directory in which the new one is built."""
    return Path(tempfile.mkdtemp(_NEW, f".{out.name}.dualstack-", out.parent))


def swap(stage: Path, out: Path) -> Path | None:
    """Put the new directory in the old one's place; return where the old one is then."""
    if not out.exists() or not any(out.iterdir()):
        stage.rename(out)
        return None
    if disk.exchange(stage, out):
        return stage
    aside = stage.with_name(stage.name.removesuffix(_NEW) + _OLD)
    out.rename(aside)
    try:
        stage.rename(out)
    except BaseException:
        aside.rename(out)
        raise
    return aside


def swap_parts(stage: Path, out: Path, fixed: Iterable[str]) -> Path:
    """Put what is in the new directory in place, entry by entry, where some entries can be neither linked nor moved.

    Not one step, but a handful of renames, taken back where one fails. Meanwhile the marker names the files of both, so
    that after a death between two of them the next run knows whose they are, and mends.
    """
    staying = set(fixed)
    names = {path.name for folder in (stage, out) for path in folder.iterdir()} - staying
    before, after = (out / MARKER).read_bytes(), (stage / MARKER).read_bytes()
    both = json.loads(after)
    both["files"] = json.loads(before)["files"] | both["files"]
    mode = stat.S_IMODE((stage / MARKER).stat().st_mode)

    def mark(folder: Path, content: bytes) -> None:
        disk.write_file(stage / _NEXT, content, mode)
        (stage / _NEXT).replace(folder / MARKER)

    done: list[str] = []
    try:
        for folder in (out, stage):
            mark(folder, json.dumps(both).encode())
        for name in sorted(names):
            if not name.startswith(MARKER):
                _trade(stage / name, out / name)
                done.append(name)
        mark(out, after)
    except BaseException:
        for name in reversed(done):
            _trade(stage / name, out / name)
        mark(out, before)
        raise
    return stage


def _trade(one: Path, other: Path) -> None:
    """Let two paths change places, of which one may be empty; done twice, nothing has changed."""
    if not os.path.lexists(one):
        other.rename(one)
    elif not os.path.lexists(other):
        one.rename(other)
    elif not disk.exchange(one, other):
        aside = one.with_name(MARKER + _OLD)
        one.rename(aside)
        other.rename(one)
        aside.rename(other)


def recover(out: Path) -> list[str]:
    """Finish what killed runs left beside a directory; return what could not be put back."""
    leftovers = []
    for path in _leftovers(out):
        if path.name.endswith(_GONE):
            remove(path)
        else:
            leftovers.append(path)
    if not out.exists():
        # Killed between the two renames that stand for an exchange: the old one goes back.
        for path in leftovers:
            if path.name.endswith(_OLD) and marker_of(path) is not None:
                path.rename(out)
                leftovers.remove(path)
                break
    return [item for path in leftovers for item in dissolve(path, out)]


def _leftovers(out: Path) -> Iterator[Path]:
    """Yield folders of ours beside a directory: where others may write, they may have put such there, too."""
    prefix = f".{out.name}.dualstack-"
    for path in sorted(out.parent.iterdir()):
        if path.name.startswith(prefix) and path.name.endswith((_NEW, _OLD, _GONE)) and _ours(path):
            yield path


def _ours(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:  # gone by now
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()


def dissolve(folder: Path, out: Path) -> list[str]:
    """Take away a folder beside a directory; what is others' and stands nowhere else is put back.

    Returns:
        Absolute paths of what cannot be put back, because its place is taken; the folder stays then.
    """
    marker = marker_of(folder)
    if marker is None:
        # Killed before anything but the marker was written; if there is more, it is not of our making.
        if all(path.name.startswith(MARKER) for path in folder.iterdir()):
            remove(folder)
        return []
    left = []
    for path, entry in list(disk.entries(folder)):
        if entry.is_dir(follow_symlinks=False) or path.startswith(MARKER) or path in marker["files"]:
            continue
        there = out / path
        if _same(Path(entry.path), there):
            continue
        if os.path.lexists(there) or not out.exists():
            left.append(entry.path)
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            Path(entry.path).rename(there)
    if not left:
        remove(folder)
    return left


def _same(one: Path, other: Path) -> bool:
    """True where two paths are one file, or links that say the same."""
    try:
        if one.is_symlink():
            return other.is_symlink() and one.readlink() == other.readlink()
        return os.path.samestat(one.lstat(), other.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return False


def remove(folder: Path) -> None:
    """Remove a folder of ours; what cannot be removed now is removed by the next run."""
    if not folder.name.endswith(_GONE):
        # In one step, because a folder that is half removed may have lost its marker.
        folder = folder.rename(folder.with_name(folder.name + _GONE))
    with suppress(OSError):
        for path, entry in disk.entries(folder):
            if entry.is_dir(follow_symlinks=False):
                (folder / path).chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)
