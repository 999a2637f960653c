"""What is asked of git, and the base's tree in a folder of its own.

Nothing of the user's repository is written: no work tree is registered, so none is left behind by a kill; no hook runs.
A killed run leaves a folder in the temporary directory, which the next run removes.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dualstack.diff.objects import SUBMODULE, Entry, Read, differs, parse_tree, reader, write
from dualstack.diff.reports import is_report
from dualstack.errors import InputError, quoted
from dualstack.scratch import scratch

_GIT: Final = (
    "git",
    # core.hooksPath may lie in the work tree, and so may a program that watches files, attributes, or a file that
    # .git/config includes.
    *("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", f"core.attributesFile={os.devnull}"),
)
"""Whichever git is on PATH."""


def _environment() -> dict[str, str]:
    """Give the environment for git.

    Locks for the sake of a faster ``git status`` next time are the only thing that asking would write; objects that
    replace others would show other files than those that are merged.
    """
    return {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}


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

    def default_base(self) -> Commit:
        """Give the commit at which the current branch left the default one: what a pull request is compared with.

        Raises:
            InputError: nothing says which branch is the default one, or the two have no commit in common here.
        """
        branch = next((name for name in self._default_branches() if self._has(name)), None)
        fix = "name what to compare with: --base REF"
        if branch is None:
            raise InputError("it is not known which branch is the default one", file=str(self.root), fix=fix)
        try:
            found = self._git("merge-base", "HEAD", branch).strip()
        except InputError:
            shallow = self._git("rev-parse", "--is-shallow-repository").strip() == "true"
            fix = f"fetch what is missing (git fetch --unshallow), or {fix}" if shallow else fix
            raise InputError(f"HEAD and {branch} have no commit in common here", fix=fix) from None
        return Commit(f"merge base with {branch}", found, 0)

    def _default_branches(self) -> Iterator[str]:
        """Yield where the default branch may be: as a remote says, else by its usual names."""
        remotes = sorted(self._git("remote").split(), key=lambda name: (name != "origin", name))
        for remote in remotes:
            with contextlib.suppress(InputError):
                yield self._git("symbolic-ref", "--quiet", "--short", f"refs/remotes/{remote}/HEAD").strip()
        for name in ("main", "master"):
            yield from (f"{remote}/{name}" for remote in remotes)
        yield from ("main", "master")

    def _has(self, branch: str) -> bool:
        try:
            self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{branch}^{{commit}}")
        except InputError:
            return False
        return True

    def names(self) -> list[str]:
        """Give the branches and tags, those of remotes too."""
        return self._git("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags").split()

    def head(self) -> str:
        """Give the current commit, short; empty where there is none yet."""
        try:
            return self._git("rev-parse", "--verify", "--quiet", "HEAD").strip()[:10]
        except InputError:
            return ""

    def changed(self, base: Commit, inside: str) -> list[str]:
        """Give the paths below the repository's root that differ from a commit, untracked ones too, sorted.

        The work tree as it is counts, whatever of it is staged or committed; what .gitignore names does not, nor do
        untracked reports of dualstack's own.

        Args:
            base: the commit.
            inside: the folder in which every file is compared byte by byte, as in submodules: git passes over what
                attributes, flags in the index and settings of submodules call the same.
        """
        return sorted(self._changed(base.id, self.root, "" if inside == "." else f"{inside}/"))

    def _changed(self, commit: str, repository: Path, below: str) -> set[str]:
        options = ("--no-renames", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none")
        listed = self._git("diff", "--name-only", *options, "-z", commit, cwd=repository)
        new = self._git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", cwd=repository)
        # A repository that lies in this one and is none of its submodules is listed as a folder.
        found = {path.removesuffix("/") for path in (*listed.split("\0"), *_made(new, repository))} - {""}
        entries = self._entries(commit, repository)
        with self._reader(repository) as read:
            for one in entries:
                if one.mode == SUBMODULE:
                    found |= self._inside(one, repository / one.path)
                elif one.path.startswith(below) and one.path not in found:
                    found |= {one.path} if differs(one, repository / one.path, read) else set()
        return found

    def _inside(self, submodule: Entry, repository: Path) -> set[str]:
        """Give what differs in a submodule, and the submodule itself where anything does."""
        if not (repository / ".git").exists():
            return set()
        try:
            found = self._changed(submodule.id, repository, "")
        except InputError:  # the base's commit is not here: git tells that it is another one
            return set()
        return {f"{submodule.path}/{path}" for path in found} | ({submodule.path} if found else set())

    def pins(self, base: Commit) -> dict[str, tuple[str | None, str | None]]:
        """Give each submodule's commits in the base and now, by its path, where they differ; None where it is none."""
        before = {one.path: one.id for one in self._entries(base.id, self.root) if one.mode == SUBMODULE}
        now: dict[str, str] = {}
        for entry in self._git("ls-files", "--stage", "-z", cwd=self.root).split("\0"):
            about, _, path = entry.partition("\t")
            if about.startswith(SUBMODULE):
                now[path] = about.split()[1]
                if (self.root / path / ".git").exists():
                    with contextlib.suppress(InputError):  # without a commit yet
                        now[path] = self._git("rev-parse", "--verify", "HEAD", cwd=self.root / path).strip()
        both = {path: (before.get(path), now.get(path)) for path in {*before, *now}}
        return {path: (one, other) for path, (one, other) in both.items() if one != other}

    def dirty(self) -> bool:
        """Tell whether the work tree differs from its commit."""
        options = ("--untracked-files=normal", "--ignore-submodules=none", "--no-renames")
        return bool(self._git("status", "--porcelain", *options))

    @contextlib.contextmanager
    def tree(self, commit: Commit) -> Iterator[tuple[Path, list[str]]]:
        """Give a folder that holds the commit's files, byte for byte, and in words what it lacks; it goes afterwards.

        Raises:
            InputError: it cannot be written.
        """
        with scratch("base") as tree:
            yield tree, self._write(commit.id, self.root, tree)

    def _entries(self, commit: str, repository: Path) -> list[Entry]:
        return parse_tree(self._git("ls-tree", "-r", "-l", "-z", "--full-tree", commit, cwd=repository))

    def _reader(self, repository: Path) -> AbstractContextManager[Read]:
        return reader([*_GIT, "cat-file", "--batch"], repository, _environment())

    def _write(self, commit: str, repository: Path, tree: Path) -> list[str]:
        """Write a commit's files, and those of its submodules, each from its own repository.

        A submodule that is not checked out here stays empty, and so does one whose commit is not here, which is told.
        """
        entries = self._entries(commit, repository)
        with self._reader(repository) as read:
            write(entries, read, tree, repository)
        lacking = []
        for entry in entries:
            inner = repository / entry.path
            if entry.mode != SUBMODULE or not (inner / ".git").exists():
                continue
            try:
                lacking += self._write(entry.id, inner, tree / entry.path)
            except InputError:
                shown = f"the base's submodule {quoted(entry.path)} is at {entry.id[:10]}, which is not here"
                fix = f"fetch it: git -C {inner} fetch origin {entry.id}"
                lacking.append(f"{shown}: what it changes at the sites is not told; {fix}")
        return lacking

    def _git(self, *arguments: str, cwd: Path | None = None) -> str:
        try:
            done = subprocess.run(
                [*_GIT, *arguments],
                cwd=cwd or self._folder,
                env=_environment(),
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


def _made(untracked: str, repository: Path) -> list[str]:
    """Give those of git's untracked paths that dualstack did not write as reports."""
    return [path for path in untracked.split("\0") if not is_report(repository / path)]
