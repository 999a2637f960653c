"""What stands in a directory, beside what is to stand there."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dualstack.eib import disk
from dualstack.eib.tree import HOST_FILES, MARKER, Tree, is_host, is_inside, some
from dualstack.errors import InputError

_MARKER_LIMIT: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to do; paths are relative to the directory.

    Attributes:
        marker: what the new marker says.
        written: files that are new, or differ from what stands there.
        unchanged: files that stand there just so.
        removed: files that we had written and no longer do.
        kept: files that we did not write.
        changed: files of ours that somebody has changed into something else than what is to stand there.
        foreign: everything to carry over, folders before what is in them.
        stale: True where the directory is not, to the last byte and mode, what it should be.
    """

    marker: dict[str, Any]
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]
    stale: bool


def marker_of(folder: Path) -> dict[str, Any] | None:
    """Return what a folder's marker says, or None where it has none that can be read, or one with damaged paths.

    A marker is a file in a directory of the user's: its paths must not lead out of there.
    """
    try:
        handle = os.open(folder / MARKER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as stream:
            data = json.loads(stream.read(_MARKER_LIMIT))
    except (OSError, ValueError, RecursionError):
        return None
    files = data.get("files") if isinstance(data, dict) else None
    known = isinstance(files, dict) and all(isinstance(item, str) and is_inside(path) for path, item in files.items())
    return data if known and data.get("version") == 1 else None


def read_marker(out: Path) -> dict[str, Any] | None:
    """Return the marker of a directory, or None where there is nothing in it.

    Raises:
        InputError: there is something, and it is not ours.
    """
    marker = marker_of(out)
    if marker is not None or not out.exists() or not any(out.iterdir()):
        return marker
    if os.path.lexists(out / MARKER):
        message = f"its {MARKER} is damaged or cannot be read, so nobody knows which files are dualstack's"
        raise InputError(message, file=str(out), fix="name another directory, or remove this one")
    fix = "name an empty or new directory, and move files of your own there afterwards"
    raise InputError("the directory is not empty, and dualstack did not write it", file=str(out), fix=fix)


def survey(tree: Tree, out: Path, old: dict[str, Any] | None) -> Survey:
    """Compare a directory with the tree that it is to hold.

    Args:
        tree: the tree.
        out: the directory; it need not exist.
        old: its marker.

    Raises:
        InputError: a file that we did not write is where one of ours has to go, or among the hosts' networks.
    """
    digests = {path: disk.digest_of(file.content) for path, file in tree.files.items()}
    ours: dict[str, str] = old["files"] if old else {}
    wanted = {parent for path in digests for parent in parents(path)}
    folders = wanted.union(parent for path in ours for parent in parents(path))
    same: set[str] = set()
    changed, foreign, kept, blocked = [], [], [], []
    adopted = False
    for path, entry in disk.entries(out) if old else ():
        is_folder = entry.is_dir(follow_symlinks=False)
        if path == MARKER or (is_folder and path in folders):
            continue
        mine = path in ours and not is_folder
        compared = (mine or path in digests) and entry.is_file(follow_symlinks=False)
        found = disk.digest_of(Path(entry.path)) if compared else None
        if mine and found not in (ours[path], digests.get(path)):
            changed.append(path)
        if found is not None and found == digests.get(path):
            adopted |= not mine
            if stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode) == tree.files[path].mode:
                same.add(path)
        elif not mine:
            foreign.append(path)
            if path in digests or path in wanted or any(parent in digests for parent in parents(path)):
                blocked.append(path)
            elif not is_folder:
                kept.append(path)
    if hosts := [path for path in kept if is_host(path)]:
        raise InputError(f"{HOST_FILES}: {some(hosts)}", file=str(out), fix="remove them there, or move them away")
    if blocked:
        message = f"files that dualstack did not write are where it wants to write: {some(blocked)}"
        fix = "move them away, or into the folder that image.files names"
        raise InputError(message, file=str(out), fix=fix)
    marker = {"version": 1, "site": tree.site, "files": digests}
    written = tuple(path for path in digests if path not in same)
    removed = tuple(path for path in ours if path not in digests and os.path.lexists(out / path))
    return Survey(
        marker=marker,
        written=written,
        unchanged=tuple(path for path in digests if path in same),
        removed=removed,
        kept=tuple(kept),
        changed=tuple(changed),
        foreign=tuple(foreign),
        stale=bool(written or removed or adopted or marker != old),
    )


def parents(path: str) -> Iterator[str]:
    """Yield the folders above a relative path, innermost first."""
    while path := path.rpartition("/")[0]:
        yield path
