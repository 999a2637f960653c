"""A commit's files from git's objects, byte for byte, and the work tree compared with them.

Nothing of the work tree has a say: a checkout would ask the attributes that stand there (encodings, line ends, filters,
what is exported) and write another revision's files as they say. One thing is translated, because its bytes prove it:
where a blob is a pointer of Git LFS and the work tree has the file with that digest, that file stands for it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from dualstack.errors import InputError, quoted

LINK: Final = "120000"
SUBMODULE: Final = "160000"
_EXECUTABLE: Final = "100755"
_LARGEST_POINTER: Final = 1024
"""Bytes, from the specification of Git LFS."""
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\nsize (\d+)\n"
)

Read = Callable[["Entry"], bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, link or submodule of a commit; ``size`` in bytes, of a submodule 0."""

    path: str
    mode: str
    id: str
    size: int


def parse_tree(listed: str) -> list[Entry]:
    """Read what ``git ls-tree -r -l -z`` says.

    Raises:
        InputError: a path in it is none that a checkout could write.
    """
    entries = []
    for line in listed.split("\0"):
        if not line:
            continue
        about, _, path = line.partition("\t")
        mode, _, id_, size = about.split()
        if any(step.casefold() in ("", ".", "..", ".git") for step in path.split("/")):
            raise InputError(f"the base holds {quoted(path)}, which is no path of a file", fix="see git fsck")
        entries.append(Entry(path, mode, id_, int(size) if size != "-" else 0))
    return entries


@contextmanager
def reader(command: list[str], folder: Path, environment: dict[str, str]) -> Iterator[Read]:
    """Give a function that reads an entry's content.

    Args:
        command: ``git cat-file --batch``, with what goes before it.
        folder: in the repository.
        environment: for git.
    """
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        asked, told = process.stdin, process.stdout
        if asked is None or told is None:  # never, with pipes
            return

        def read(entry: Entry) -> bytes:
            return _answer(asked, told, entry)

        try:
            yield read
        finally:
            asked.close()
            process.kill()


def _answer(asked: IO[bytes], told: IO[bytes], entry: Entry) -> bytes:
    try:
        asked.write(f"{entry.id}\n".encode())
        asked.flush()
        head = told.readline().split()
    except OSError:
        head = []
    if len(head) != 3 or head[1] != b"blob":
        fix = "fetch it whole: git fetch --refetch, without --filter"
        raise InputError(f"the content of {quoted(entry.path)} at the base is not here", fix=fix)
    size = int(head[2])
    content = told.read(size)
    told.read(1)
    return content


def write(entries: Iterable[Entry], read: Read, tree: Path, now: Path) -> None:
    """Write files and links; of a submodule its folder.

    Args:
        entries: of a commit.
        read: gives their content.
        tree: an empty folder.
        now: the work tree, for what Git LFS points to.
    """
    made = {tree}
    for entry in entries:
        target = tree / entry.path
        _make(target if entry.mode == SUBMODULE else target.parent, made)
        if entry.mode == SUBMODULE:
            continue
        content = read(entry)
        if entry.mode == LINK:
            target.symlink_to(os.fsdecode(content))
            continue
        if (large := pointed_at(content, now / entry.path)) is not None:
            shutil.copyfile(large, target)
        else:
            # Exclusively: a tree that names a path twice must not write through a link of its own.
            with target.open("xb") as stream:
                stream.write(content)
        if entry.mode == _EXECUTABLE:
            target.chmod(0o755)


def _make(folder: Path, made: set[Path]) -> None:
    if folder in made:
        return
    _make(folder.parent, made)
    folder.mkdir()
    made.add(folder)


def pointed_at(content: bytes, file: Path) -> Path | None:
    """Give the file if a blob is the pointer of Git LFS to just its content, else None."""
    match = _POINTER.match(content) if len(content) <= _LARGEST_POINTER else None
    if match is None:
        return None
    try:
        about = file.lstat()
        if not stat.S_ISREG(about.st_mode) or about.st_size != int(match[2]):
            return None
        with file.open("rb") as stream:
            same = hashlib.file_digest(stream, "sha256").hexdigest() == match[1].decode()
    except OSError:
        return None
    return file if same else None


def differs(entry: Entry, file: Path, read: Read) -> bool:
    """Tell whether the work tree has other bytes, or another kind of thing, where a commit has an entry."""
    try:
        about = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    if stat.S_ISLNK(about.st_mode) or entry.mode == LINK:
        return not (stat.S_ISLNK(about.st_mode) and entry.mode == LINK and os.fsencode(file.readlink()) == read(entry))
    if not stat.S_ISREG(about.st_mode) or bool(about.st_mode & stat.S_IXUSR) != (entry.mode == _EXECUTABLE):
        return True
    if about.st_size == entry.size and _id(file, entry) == entry.id:
        return False
    return entry.size > _LARGEST_POINTER or pointed_at(read(entry), file) is None


def _id(file: Path, entry: Entry) -> str:
    digest = hashlib.sha1(usedforsecurity=False) if len(entry.id) == 40 else hashlib.sha256()
    digest.update(b"blob %d\0" % entry.size)
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
