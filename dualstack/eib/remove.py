"""Taking a written EIB directory away: exactly what we wrote, and folders that are empty then."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dualstack.eib import disk
from dualstack.eib.survey import marker_of, parents
from dualstack.eib.swap import recover
from dualstack.eib.tree import MARKER
from dualstack.errors import InputError


@dataclass(frozen=True, slots=True)
class Removed:
    """What taking a directory away did; paths are relative to it.

    Attributes:
        removed: files of ours that are gone.
        kept: files of others; where there are any, the directory stays.
    """

    removed: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


def remove_tree(out: Path, site: str) -> Removed:
    """Remove the files that we wrote for a site, changed by hand or not; what others put there stays.

    The marker goes last, so a run that is killed can be repeated. No link is followed. A directory that is gone, was
    written for another site, or by somebody else, is left alone.

    Raises:
        InputError: something cannot be removed.
    """
    place = Path(os.path.realpath(out))
    try:
        if not place.parent.is_dir():
            return Removed()
        with disk.locked(place.parent):
            recover(place)
            marker = marker_of(place)
            if marker is None or marker.get("site") != site:
                return Removed()
            return _remove(place, set(marker["files"]))
    except OSError as error:
        message = f"it cannot be removed: {error.strerror or error}"
        raise InputError(message, file=str(error.filename or out), fix="check its permissions") from error


def _remove(place: Path, ours: set[str]) -> Removed:
    folders = {parent for path in ours for parent in parents(path)}
    removed, kept, empty = [], [], []
    for path, entry in list(disk.entries(place)):
        if entry.is_dir(follow_symlinks=False):
            if path in folders:
                empty.append(place / path)
        elif path in ours:
            (place / path).unlink()
            removed.append(path)
        elif path != MARKER:
            kept.append(path)
    for folder in reversed(empty):
        with suppress(OSError):
            folder.rmdir()
    (place / MARKER).unlink()
    with suppress(OSError):
        place.rmdir()
    return Removed(tuple(removed), tuple(kept))
