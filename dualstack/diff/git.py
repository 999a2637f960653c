"""What is asked of git, and the base's tree in a folder of its own.

Nothing of the user's repository is written: no work tree is registered, so none is left behind by a kill; the index is
a temporary file; no hook runs. A killed run leaves a folder in the temporary directory, which the next run removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dualstack.errors import InputError, quoted

_PREFIX: Final = "dualstack-base."
_LOCK: Final = "lock"
_TREE: Final = "tree"


@dataclass(frozen=True, slots=True)
class Commit:
    """A revision.

    Attributes:
        ref: as the user named it.
        id: the commit's full hash.
        ahead: commits of it that the current one lacks; what they change shows the wrong way round.
    """

    ref: str
    id: str
    ahead: int

    @property
    def short(self) -> str:
        """The hash as people write it."""
        return self.id[:10]


class Repository:
    """The git repository around a project."""

    def __init__(self, project: Path) -> None:
        """Find it.

        Raises:
            InputError: there is none, or no git.
        """
        self._folder = project
        self.root = Path(self._git("rev-parse", "--show-toplevel").rstrip("\n")).resolve()
        self.inside = project.resolve().relative_to(self.root).as_posix()
        """The project's folder in the repository, ``.`` where it is the root."""

    def commit(self, ref: str) -> Commit:
        """Resolve a revision.

        Raises:
            InputError: there is no such commit here.
        """
        try:
            # What begins with a dash would be an option, and git has some that write files.
            found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").strip()
        except InputError:
            shallow = self._git("rev-parse", "--is-shallow-repository").strip() == "true"
            fix = f"fetch it first: git fetch origin {ref.removeprefix('origin/')}" if shallow else "see git branch -a"
            raise InputError(f"there is no commit {quoted(ref)} in {self.root}", fix=fix) from None
        try:
            ahead = int(self._git("rev-list", "--count", f"HEAD..{found}"))
        except InputError:  # a branch without commits
            ahead = 0
        return Commit(ref, found, ahead)

    def head(self) -> str:
        """Give the current commit, short; empty where there is none yet."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "HEAD").strip()[:10]
        except InputError:
            return ""

    def changed(self, base: Commit) -> list[str]:
        """Give the paths below the repository's root that differ from a commit, untracked ones too, sorted.

        The work tree as it is counts, whatever of it is staged or committed; what .gitignore names does not.
        """
        listed = self._git("diff", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv", "-z", base.id)
        new = self._git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", cwd=self.root)
        return sorted({*listed.split("\0"), *new.split("\0")} - {""})

    def dirty(self) -> bool:
        """Tell whether the work tree differs from its commit."""
        return bool(self._git("status", "--porcelain", "--untracked-files=normal", "--no-renames"))

    @contextlib.contextmanager
    def tree(self, commit: Commit) -> Iterator[Path]:
        """Give a folder that holds the commit's files, as a checkout would write them; it goes afterwards.

        Raises:
            InputError: it cannot be written.
        """
        _sweep()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            tree = folder / _TREE
            tree.mkdir()
            self._write(commit.id, self.root, tree, folder / "index")
            for path, id_ in self._submodules(commit):
                self._submodule(self.root / path, id_, tree / path, folder / "index")
            yield tree
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(handle)

    def _write(self, commit: str, repository: Path, tree: Path, index: Path) -> None:
        index.unlink(missing_ok=True)
        self._git("read-tree", commit, cwd=repository, index=index)
        self._git("checkout-index", "--all", "--force", "--quiet", f"--prefix={tree}/", cwd=repository, index=index)

    def _submodules(self, commit: Commit) -> Iterator[tuple[str, str]]:
        """Yield path and commit of each submodule."""
        for entry in self._git("ls-tree", "-r", "-z", commit.id, cwd=self.root).split("\0"):
            if entry.startswith("160000 "):
                about, _, path = entry.partition("\t")
                yield path, about.split()[2]

    def _submodule(self, repository: Path, commit: str, tree: Path, index: Path) -> None:
        """Write a submodule's files from its own repository; one that is not checked out here stays empty."""
        if not (repository / ".git").exists():
            return
        try:
            self._write(commit, repository, tree, index)
        except InputError:
            message = f"the base's submodule {tree.name} is at {commit[:10]}, which is not here"
            raise InputError(message, fix=f"fetch it: git -C {repository} fetch origin {commit}") from None

    def _git(self, *arguments: str, cwd: Path | None = None, index: Path | None = None) -> str:
        # Locks for the sake of a faster `git status` next time are the only thing that asking would write.
        variables = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        if index is not None:
            variables["GIT_INDEX_FILE"] = str(index)
        try:
            done = subprocess.run(
                # Writing an index of our own would run post-index-change, and core.hooksPath may lie in the work tree.
                ["git", "-c", f"core.hooksPath={os.devnull}", *arguments],  # noqa: S607 - whichever git is on PATH
                cwd=cwd or self._folder,
                env=variables,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise InputError("git is not on PATH", fix="install it: the base is read from the repository") from None
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip().partition("\n")[0]
            if "not a git repository" in told:
                fix = "compare in a clone of the repository that holds the sites"
                raise InputError("the project is in no git repository", file=str(self._folder), fix=fix)
            raise InputError(f"git {arguments[0]} failed: {told or f'exit code {done.returncode}'}")
        return done.stdout.decode(errors="surrogateescape")


def _sweep() -> None:
    """Remove what killed runs of this user left: folders whose lock nobody holds."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            handle = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:  # gone, or just being made
            continue
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
        finally:
            os.close(handle)
