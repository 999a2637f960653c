"""Which folders were written on this machine: what only the machine that deployed has is no drift on another one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from urllib.parse import quote

from dualstack.engine.environment import EMBEDDED

_NOTES = "here"
"""In the project's own folder, which git ignores: a fresh clone has none."""


def note(path: str) -> None:
    """Note, before a folder is written, that it is one of this machine; without a note a loss is no drift."""
    file = _file(path)
    with contextlib.suppress(OSError):
        file.parent.parent.mkdir(mode=0o700, exist_ok=True)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.touch(mode=0o600)


def noted(path: str) -> bool:
    """Tell whether a folder was written on this machine, and not removed by us since."""
    return _file(path).exists()


def forget(path: str) -> None:
    """Take the note away, once the folder is removed."""
    with contextlib.suppress(OSError):
        _file(path).unlink()
        _file(path).parent.rmdir()


def _file(path: str) -> Path:
    return Path.cwd() / EMBEDDED / _NOTES / quote(path, safe="")
