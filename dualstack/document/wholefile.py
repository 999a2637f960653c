"""A file that is written beside its place and then renamed: nobody reads half of one, nor follows another's link."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path


def replace_file(target: Path, data: bytes, like: Path | None = None) -> None:
    """Put a file in the place of another.

    Args:
        target: the place, no link.
        data: what the file holds.
        like: the file whose mode it has; the one in its place where absent. With none it has what the umask leaves.

    Raises:
        OSError: it cannot be written; then nothing is left beside it.
    """
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}.new")
    try:
        mode = stat.S_IMODE((like or target).stat().st_mode)
    except FileNotFoundError:
        mode = None
    # What only its owner may read is never one that others do, not even while it is written.
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666 if mode is None else 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            if mode is not None:
                os.fchmod(handle, mode)
            stream.write(data)
        beside.replace(target)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
