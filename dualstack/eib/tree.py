"""An EIB directory before it is written: files by their path, and which secrets it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from dualstack.document.loader import MAX_BYTES
from dualstack.document.origins import Path as SitePath
from dualstack.errors import InputError, quoted

READABLE: Final = 0o644
EXECUTABLE: Final = 0o755
PRIVATE: Final = 0o600
"""Mode of a file that holds a secret."""

MARKER: Final = ".dualstack.json"
"""At the root of a written directory: which files are ours. EIB reads only folders that it knows."""

HOSTS: Final = "network"
"""The folder of which nm-configurator takes each file for a host of its own, whatever is in it."""
HOST_FILES: Final = (
    f"EIB takes each file in {HOSTS} for a host of its own, and configure-network.sh in place of them all"
)
"""Why nobody else's file may lie there (nm-configurator generate_conf.rs, EIB pkg/combustion/network.go)."""

_SHOWN = 10

_LONGEST_NAME = 255  # bytes, on every usual file system


@dataclass(frozen=True, slots=True)
class File:
    """One file.

    Attributes:
        content: its bytes, or a file on disk from which they are copied when the tree is written.
        mode: READABLE, EXECUTABLE or PRIVATE.
    """

    content: bytes | Path
    mode: int = READABLE

    def first(self, most: int = MAX_BYTES + 1) -> bytes:
        """The first bytes of the content; a file on disk may be gigabytes."""
        if isinstance(self.content, bytes):
            return self.content[:most]
        with self.content.open("rb") as stream:
            return stream.read(most)

    @property
    def text(self) -> str:
        """The content as text."""
        return (self.content if isinstance(self.content, bytes) else self.content.read_bytes()).decode()


class LeftOut(NamedTuple):
    """A secret that EIB would need in clear and that was not given, so that its key is missing."""

    key: str
    """Config key ``dualstack:<key>``."""
    file: str
    """Path of the file that lacks it."""
    where: str
    """What is missing in the file, such as ``bootstrapPassword``."""
    path: SitePath
    """Where the site file speaks of it."""
    follows: str
    """What follows, one sentence without a full stop."""
    stops: bool = False
    """True where ``eib build`` fails without it."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole EIB directory.

    Attributes:
        site: the site's name.
        files: by relative POSIX path, sorted.
        left_out: secrets that were not given.
    """

    site: str
    files: Mapping[str, File]
    left_out: tuple[LeftOut, ...] = ()


class Refused(InputError):
    """What keeps a directory from being made.

    Attributes:
        path: the field of the site that asks for it.
        taken: True where the place in the directory is not to be had, False where the user's own file is not.
    """

    def __init__(self, path: SitePath, error: InputError, *, taken: bool = True) -> None:
        """Keep an error with the field that it is about."""
        super().__init__(error.message, file=error.file, line=error.line, column=error.column, fix=error.fix)
        self.path = path
        self.taken = taken


def some(paths: Sequence[str]) -> str:
    """List paths for a message, not more than a handful."""
    return ", ".join(quoted(path) for path in paths[:_SHOWN]) + (", ..." if len(paths) > _SHOWN else "")


def is_host(path: str) -> bool:
    """Tell whether EIB reads a file as a host's network, or (``configure-network.sh``) in place of all of them."""
    return path.rpartition("/")[0] == HOSTS


def is_inside(path: str) -> bool:
    """Tell whether a relative POSIX path stays in the directory, and a file system takes it."""
    parts = path.split("/")
    if "\0" in path or any(part in ("", ".", "..") for part in parts):
        return False
    try:
        return all(len(part.encode()) <= _LONGEST_NAME for part in parts)
    except UnicodeEncodeError:
        return False


def check_path(path: str) -> None:
    """Refuse a path that would lead out of the directory, or that no file system takes.

    Raises:
        InputError: it is one; names in the site file such as ``../x`` make them.
    """
    if not is_inside(path):
        raise InputError(f"{quoted(path)} is no path inside the EIB directory", fix="use plain names without slashes")


@dataclass(slots=True)
class Builder:
    """Collects the files of a tree, and gives out secrets.

    Attributes:
        site: the site's name.
        secrets: values by config key, or None where the tree is to hold none.
    """

    site: str
    secrets: Mapping[str, str] | None
    files: dict[str, File] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    private: set[str] = field(default_factory=set)
    replaceable: set[str] = field(default_factory=set)
    """Files that the user's own folder may bring in another form."""
    refused: list[Refused] = field(default_factory=list)
    """What is wrong so far, all of it: ``tree`` raises the first."""
    _asked: dict[str, SitePath] = field(default_factory=dict)

    def add(
        self,
        path: str,
        content: bytes | str | Path,
        mode: int = READABLE,
        asked: SitePath = (),
        *,
        replaceable: bool = False,
    ) -> None:
        """Add a file; refuse it where its path leads out of the directory, or is taken.

        Args:
            path: where it goes.
            content: its bytes, its text, or a file on disk.
            mode: of the file.
            asked: the field of the site that wants it.
            replaceable: whether another file of that path goes before it.
        """
        try:
            check_path(path)
        except InputError as error:
            self.refuse(asked, error)
            return
        if path in self.replaceable:
            self.replaceable.discard(path)
            self.private.discard(path)
        elif path in self.files:
            fix = "give each node, chart and manifest a name of its own"
            self.refuse(asked, InputError(f"two parts of the site make the same file {quoted(path)}", fix=fix))
            return
        if replaceable:
            self.replaceable.add(path)
        self.files[path] = File(content.encode() if isinstance(content, str) else content, mode)
        self._asked[path] = asked

    def refuse(self, asked: SitePath, error: InputError, *, taken: bool = True) -> None:
        """Note what keeps the directory from being made."""
        self.refused.append(Refused(asked, error, taken=taken))

    def named(self, name: str, asked: SitePath) -> str:
        """Return a name that becomes a file's; refuse one that cannot."""
        if "/" in name:
            fix = "use a name without slashes"
            self.refuse(asked, InputError(f"{quoted(name)} is no name for a file", fix=fix))
        return name

    def secret(self, key: str, file: str, where: str, path: SitePath, follows: str, stops: bool = False) -> str | None:
        """Return a secret for a file, which becomes private; None where it is not given, which is noted."""
        value = self.secrets.get(key) if self.secrets is not None else None
        if value is None:
            self.left_out.append(LeftOut(key, file, where, path, follows, stops))
            return None
        self.private.add(file)
        return value

    def settle(self) -> None:
        """Refuse files that stand where others need a folder."""
        blocking: dict[str, str] = {}
        for path in self.files:
            parent = path.rpartition("/")[0]
            while parent:
                if parent in self.files:
                    blocking.setdefault(parent, path)
                parent = parent.rpartition("/")[0]
        for parent, path in blocking.items():
            error = InputError(
                f"{quoted(parent)} is a file, and the folder of {quoted(path)}", fix="rename one of them"
            )
            self.refuse(self._asked[parent] or self._asked[path], error)

    def tree(self) -> Tree:
        """Return the finished tree.

        Raises:
            Refused: something keeps it from being made.
        """
        self.settle()
        if self.refused:
            raise self.refused[0]
        done = {
            path: File(file.content, PRIVATE) if path in self.private else file
            for path, file in sorted(self.files.items())
        }
        return Tree(self.site, MappingProxyType(done), tuple(self.left_out))
