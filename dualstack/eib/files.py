"""The user's own files, read from the project: the only door of the EIB room to the disk besides writing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from dualstack.eib.tree import EXECUTABLE, PRIVATE, READABLE, File
from dualstack.errors import InputError, quoted

_SKIPPED = frozenset({".git", ".gitkeep"})
_PRIVATE = frozenset({".git", ".dualstack", ".pulumi"})
"""Folders with logins, passphrases and state: a site that named them would have them in its image and every preview."""


class Reader(Protocol):
    """Gives the user's files; paths are relative to the project."""

    def file(self, path: str) -> File:
        """Return one file."""

    def folder(self, path: str) -> Iterator[tuple[str, File]]:
        """Yield the files below a folder with their POSIX path relative to it, in order."""


class ProjectFiles:
    """Files of a project on disk; nothing outside the project is read, nor what git and the engine keep in it.

    Contents are not read here: a file in the tree names the file on disk, so that gigabytes cost no memory.
    """

    def __init__(self, project: Path) -> None:
        self._project = project.resolve()

    def file(self, path: str) -> File:
        """Return one file.

        Raises:
            InputError: it is not there, no regular file, outside the project, or of git or the engine.
        """
        return self._file(self._inside(path), path)

    def folder(self, path: str) -> Iterator[tuple[str, File]]:
        """Yield the files below a folder; links to files inside the project are followed, links to folders are not.

        Raises:
            InputError: the folder or a file in it is not to be had, or a link leads to a folder.
        """
        root = self._inside(path)
        if not root.is_dir():
            raise InputError("the folder does not exist", file=path, fix="make it, or correct image.files")
        yield from self._walk(root, "", path)

    def _walk(self, folder: Path, prefix: str, shown: str) -> Iterator[tuple[str, File]]:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise _unreadable(f"{shown}/{prefix}".rstrip("/"), error) from None
        for entry in entries:
            if entry.name in _SKIPPED:
                continue
            path = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(Path(entry.path), f"{path}/", shown)
            elif entry.is_dir():
                raise InputError("this is a link to a folder", file=f"{shown}/{path}", fix="put the folder itself here")
            else:
                yield path, self._file(self._inside(entry.path), f"{shown}/{path}")

    def _inside(self, path: str) -> Path:
        try:
            found = (self._project / path).resolve()
        except (OSError, ValueError, RuntimeError):  # a NUL, a circle of links
            raise InputError(f"{quoted(path)} is no usable path", fix="name a file in the project") from None
        if not found.is_relative_to(self._project):
            raise InputError("this leads out of the project", file=path, fix="put it into the project")
        if private := _PRIVATE.intersection(found.relative_to(self._project).parts):
            message = f"this is in {min(private)}, which holds credentials or state"
            raise InputError(message, file=path, fix="put what the image needs into a folder of its own")
        return found

    def _file(self, path: Path, shown: str) -> File:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            raise InputError("the file does not exist", file=shown, fix="check the name and the folder") from None
        except OSError as error:
            raise _unreadable(shown, error) from None
        if not stat.S_ISREG(mode):
            raise InputError("this is no regular file", file=shown, fix="name a file")
        if not os.access(path, os.R_OK):
            raise InputError("the file cannot be read", file=shown, fix="check its permissions")
        if mode & 0o077 == 0:
            return File(path, PRIVATE | (mode & 0o100))
        return File(path, EXECUTABLE if mode & 0o100 else READABLE)


def _unreadable(shown: str, error: OSError) -> InputError:
    return InputError(f"it cannot be read: {error.strerror}", file=shown, fix="check its permissions")
