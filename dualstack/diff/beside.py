"""What changes beside the sites' own parts: whatever runs, or is installed, when a site is deployed.

It may change no value of any site and still run beside the secrets of all, so it is told in a part of its own. Nothing
has to be known of a file for that: what is no site's part, no test and no text for people is told.
"""

from __future__ import annotations

import difflib
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from dualstack.diff.git import Commit, Repository
from dualstack.document.hiding import Veil

LARGEST: Final = 1 << 18
"""Bytes of a file up to which its lines are compared."""
TITLE: Final = "Runs beside secrets"
ABOUT: Final = "read it before you approve: what is deployed is what it makes of the sites"
_KINDS: Final = (
    ("how CI runs", lambda path: path.startswith((".github/", ".gitlab", "ci/", ".ci/", ".circleci/", "Jenkinsfile"))),
    ("git's settings", lambda path: path.rpartition("/")[2].startswith(".git")),
    ("the project's settings", lambda path: path.rpartition("/")[2] in ("Pulumi.yaml", "PulumiPlugin.yaml")),
    ("the policies", lambda path: path.startswith("policy/") or path.endswith("PulumiPolicy.yaml")),
    (
        "packages",
        lambda path: (
            path.rpartition("/")[2].startswith(("requirements", "constraints", "pyproject.", "setup.", "Pipfile"))
            or path.endswith((".lock", ".whl"))
        ),
    ),
    ("the provider", lambda path: path.startswith("provider/")),
    ("the program", lambda path: path.endswith((".py", ".j2", ".pth")) or path.startswith("components/")),
)
"""In the order in which they are told."""
_OTHER: Final = "another file"


@dataclass(frozen=True, slots=True)
class Beside:
    """A file, link or submodule that changes.

    Attributes:
        path: from the repository's root.
        what: what it belongs to, in words.
        lines: of a unified diff without its head; None where a side is no text, or too long.
    """

    path: str
    what: str
    how: Literal["add", "update", "delete"]
    lines: tuple[str, ...] | None


def beside(repository: Repository, base: Commit, tree: Path, paths: Iterable[str]) -> tuple[Beside, ...]:
    """Tell what differs.

    Args:
        repository: with the work tree.
        base: the commit.
        tree: its files.
        paths: from the repository's root; what is the same by now is left out.
    """
    pins = repository.pins(base)
    found = []
    for path in dict.fromkeys(paths):
        # The files of a submodule that moved are told by its commit.
        if any(path.startswith(f"{other}/") for other in pins):
            continue
        old, new = pins[path] if path in pins else (_content(tree / path), _content(repository.root / path))
        if old is None and new is None:
            continue
        how: Literal["add", "update", "delete"] = "add" if old is None else "delete" if new is None else "update"
        found.append(Beside(path, "a submodule" if path in pins else _kind(path), how, _lines(old or "", new or "")))
    order = ["a submodule", *(what for what, _ in _KINDS), _OTHER]
    return tuple(sorted(found, key=lambda one: (order.index(one.what), one.path)))


def _kind(path: str) -> str:
    return next((what for what, matches in _KINDS if matches(path)), _OTHER)


def outside(path: str) -> bool:
    """Tell whether a path outside the project's folder is told: CI, and what stands at the repository's root."""
    top, _, below = path.partition("/")
    return not path.endswith((".md", ".rst")) and (not below or top.startswith(".") or top == "ci")


def _content(file: Path) -> str | bytes | None:
    """Give a file's text, and whether it may be run; bytes for what is no text, None for what is not there."""
    try:
        about = file.lstat()
        if stat.S_ISLNK(about.st_mode):
            return f"(a link to {file.readlink()})\n"
        if not stat.S_ISREG(about.st_mode):
            return None
        if about.st_size > LARGEST:
            return b""
        content = file.read_bytes()
    except OSError:
        return None
    if b"\0" in content:
        return content
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return content
    return f"(may be run)\n{text}" if about.st_mode & stat.S_IXUSR else text


def _lines(old: str | bytes, new: str | bytes) -> tuple[str, ...] | None:
    if isinstance(old, bytes) or isinstance(new, bytes):
        return None
    veil = Veil()
    # At newlines alone: others are a part of the line that they stand in.
    before, after = (veil.text(side, yaml=False).removesuffix("\n").split("\n") if side else [] for side in (old, new))
    lines: list[str] = veil.shown(list(difflib.unified_diff(before, after, n=1, lineterm=""))[2:])
    return tuple(lines)
