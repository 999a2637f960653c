"""An EIB directory on the disk: built beside the old one, then swapped in.

The directory is wholly the old or wholly the new one at every moment, and a run that is killed leaves nothing but
folders beside it, which the next run clears. Files that we did not write are linked into the new directory before the
swap, never copied. One that cannot be linked (another user's, under Linux' protected_hardlinks) is moved right after
it; one that cannot be moved either (in a folder of another user, such as the ``_build`` of a ``sudo podman run``)
stays, and what is around it is swapped entry by entry.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dualstack.eib import disk
from dualstack.eib.survey import Survey, parents, read_marker, survey
from dualstack.eib.swap import dissolve, make_stage, recover, swap, swap_parts
from dualstack.eib.tree import MARKER, PRIVATE, READABLE, Tree, check_path, some
from dualstack.errors import InputError, quoted

_KEEP_EDITS: Final = (
    "say in the site file what should differ, then write them anew with --overwrite, which discards those edits"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What writing a directory did; paths are relative to it unless said otherwise.

    Attributes:
        out: the directory.
        written: files that are new, or differ from what stood there.
        unchanged: files that stood there just so.
        removed: files that we had written and no longer do.
        kept: files that we did not write.
        changed_by_hand: files of ours that somebody had changed since; they are as computed again, or removed.
        left_behind: absolute paths, beside the directory, of others' files whose place in it is taken.
    """

    out: Path
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    changed_by_hand: tuple[str, ...]
    left_behind: tuple[str, ...] = ()


def write_tree(
    tree: Tree,
    out: Path,
    *,
    keep_edits: bool = False,
    keep_sites: bool = False,
    waits: Callable[[str], None] = lambda _: None,
) -> Report:
    """Make a directory hold a tree, and keep what others put there.

    Nothing is touched where the directory holds the tree already.

    Args:
        tree: the tree.
        out: the directory.
        keep_edits: refuse to overwrite files of ours that somebody has changed since.
        keep_sites: refuse the directory of another site.
        waits: told where another run holds the folder around the directory.

    Raises:
        InputError: the directory holds files but was not written by us, or for another site, a file in it is in the
            way or would be lost, or the disk does not take it; the directory is as it was then.
    """
    try:
        place = _place(out)
        with disk.locked(place.parent, waits):
            left = recover(place)
            marker = read_marker(place)
            # Under the lock: another run may have made it a moment ago.
            held = (marker or {}).get("site")
            if keep_sites and held not in (None, tree.site):
                message = f"this is the directory of the site {quoted(str(held))}, not of {tree.site}"
                raise InputError(message, file=str(out), fix="choose another directory, or remove this one")
            found = survey(tree, place, marker)
            if keep_edits and found.changed:
                message = f"edited since dualstack wrote them: {some(found.changed)}"
                raise InputError(message, file=str(out), fix=_KEEP_EDITS)
            if found.stale:
                left += _replace(tree, place, found)
    except OSError as error:
        message = f"the directory cannot be written: {error.strerror or error}"
        fix = "check free space and permissions, or name another directory"
        raise InputError(message, file=str(error.filename or out), fix=fix) from error
    return Report(place, found.written, found.unchanged, found.removed, found.kept, found.changed, tuple(left))


def _place(out: Path) -> Path:
    place = Path(os.path.realpath(out))
    if place.parent == place:
        raise InputError("this is the root of the file system", file=str(out), fix="name a directory of its own")
    if place.exists() and not place.is_dir():
        raise InputError("this is a file", file=str(out), fix="name a directory")
    for parent in place.parents:
        if parent.exists():
            if not parent.is_dir():
                raise InputError(f"{parent} is a file", file=str(out), fix="name a directory elsewhere")
            break
    place.parent.mkdir(parents=True, exist_ok=True)
    return place


def _replace(tree: Tree, out: Path, found: Survey) -> list[str]:
    """Build the new directory beside the old one and swap it in; return what could not be put back."""
    here = Path.cwd().resolve()
    if here == out or out in here.parents:
        raise InputError("this is the current directory", file=str(out), fix="run the command from outside of it")
    stage = make_stage(out)
    try:
        _fill(stage, tree, found.marker)
        fixed = _carry(out, stage, found.foreign)
        if out.exists():
            disk.like(out, stage)
        else:
            stage.chmod(0o755)
        for path, entry in disk.entries(stage):
            if entry.is_dir(follow_symlinks=False):
                disk.sync_folder(stage / path)
        disk.sync_folder(stage)
        old = swap_parts(stage, out, fixed) if fixed else swap(stage, out)
    except BaseException:
        # Not just removed: if this came after the swap, it is the old directory by now.
        with suppress(OSError):
            dissolve(stage, out)
        raise
    disk.sync_folder(out.parent)
    return dissolve(old, out) if old is not None else []


def _fill(stage: Path, tree: Tree, marker: Mapping[str, Any]) -> None:
    # The marker comes first: whatever else is in the folder of a killed run, it then says which files are ours.
    # From the checksum of a file with a weak secret the secret could be guessed.
    mode = PRIVATE if any(file.mode & 0o077 == 0 for file in tree.files.values()) else READABLE
    disk.write_file(stage / MARKER, (json.dumps(marker, indent=1) + "\n").encode(), mode)
    for path, file in tree.files.items():
        check_path(path)
        for parent in reversed(list(parents(path))):
            if not (stage / parent).is_dir():
                (stage / parent).mkdir()
                (stage / parent).chmod(0o755)
        disk.write_file(stage / path, file.content, file.mode)


def _carry(out: Path, stage: Path, foreign: tuple[str, ...]) -> set[str]:
    """Link what others wrote into the new directory; what cannot be linked is left for the move after the swap.

    Returns:
        Names of entries of the directory that have to stay where they are.

    Raises:
        InputError: one of those is a folder in which we write.
    """
    fixed: set[str] = set()
    folders = []
    for path in foreign:
        source, target, top = out / path, stage / path, path.partition("/")[0]
        if top in fixed:
            continue
        kind = source.lstat().st_mode
        target.parent.mkdir(parents=True, exist_ok=True)
        if stat.S_ISDIR(kind):
            target.mkdir(mode=0o700)
            folders.append(path)
        elif stat.S_ISLNK(kind):
            target.symlink_to(source.readlink())
        else:
            try:
                os.link(source, target, follow_symlinks=False)
            except OSError as error:
                if not _movable(source, stage):
                    if top not in foreign:
                        fix = f"move it away, or make it yours: sudo chown -R $USER {out / top}"
                        message = f"it cannot be kept: {error.strerror}"
                        raise InputError(message, file=str(source), fix=fix) from None
                    fixed.add(top)
    for top in fixed:
        shutil.rmtree(stage / top)
    for path in reversed(folders):
        if path.partition("/")[0] not in fixed:
            disk.like(out / path, stage / path)
    return fixed


def _movable(source: Path, stage: Path) -> bool:
    same_disk = source.parent.lstat().st_dev == source.lstat().st_dev == stage.lstat().st_dev
    return same_disk and os.access(source.parent, os.W_OK | os.X_OK)
