"""What a fix does, as data: values set, removed, added or renamed, or words alone; its text is made from that.

The same data is shown to people, given in JSON answers as a JSON Patch (RFC 6902), and applied by ``check --fix``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from dualstack.origins import Path, Value, format_path
from dualstack.yamlio import one_line


@dataclass(frozen=True, slots=True)
class Set:
    """Write a value; what stands there goes. An index sets that entry of a list."""

    value: Value
    path: Path | None = None
    """Where; None is the finding's own path, here and in the other edits."""

    def told(self, at: Path) -> str:
        """Say it, at the path of a finding."""
        own = self.path is None or self.path == at
        return f"{'write' if own else f'set {format_path(self.path or ())} to'} {one_line(self.value)}"


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a key with its value, or an entry of a list, away."""

    path: Path | None = None

    def told(self, at: Path) -> str:
        """Say it, at the path of a finding."""
        return f"remove {'it' if self.path is None or self.path == at else format_path(self.path)}"


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a key another name; its value stays."""

    key: str
    path: Path | None = None

    def told(self, at: Path) -> str:
        """Say it, at the path of a finding."""
        which = "it" if self.path is None or self.path == at else format_path(self.path)
        return f"rename {which} to {self.key}"


@dataclass(frozen=True, slots=True)
class Add:
    """Put an entry at the end of a list."""

    value: Value
    path: Path | None = None
    """The list."""

    def told(self, at: Path) -> str:
        """Say it, at the path of a finding."""
        where = "" if self.path is None or self.path == at else f" to {format_path(self.path)}"
        return f"add {one_line(self.value)}{where}"


Edit: TypeAlias = Set | Remove | Rename | Add


@dataclass(frozen=True, slots=True)
class Fix:
    """How to mend one finding."""

    edits: tuple[Edit, ...] = ()
    """Made together; every path is that before any of them. None: words alone."""
    words: str = ""
    """All of the text where there are no edits, else what follows it, with its own comma or semicolon."""
    guess: bool = False
    """True where a value is a proposal or one of several ways: right in form, but a person has to choose."""
    shown: str = ""
    """In place of the text, where the values hold what must not be shown; then nobody is given them as data."""

    def text(self, at: Path) -> str:
        """Say what to do, at the path of a finding."""
        return self.shown or " and ".join(edit.told(at) for edit in self.edits) + self.words

    def placed(self, at: Path) -> tuple[Edit, ...]:
        """Return the edits, each with its path."""
        return tuple(edit if edit.path is not None else replace(edit, path=at) for edit in self.edits)

    def moved(self, move: Callable[[Path], Path]) -> Fix:
        """Return the fix for a tree in which values stand at other paths."""
        return replace(
            self, edits=tuple(edit if edit.path is None else replace(edit, path=move(edit.path)) for edit in self.edits)
        )

    def patch(self, at: Path) -> list[dict[str, Any]]:
        """Return the edits as a JSON Patch on ``dualstack:site`` with its layers merged; empty for words alone."""
        if self.shown:
            return []
        # From the end, so that an entry that goes moves no other one.
        gone = sorted((edit for edit in self.placed(at) if isinstance(edit, Remove)), key=_from_the_end, reverse=True)
        kept = [edit for edit in self.placed(at) if not isinstance(edit, Remove)]
        return [_operation(edit, edit.path or ()) for edit in (*kept, *gone)]


def write(value: Value, words: str = "", *, path: Path | None = None, guess: bool = False) -> Fix:
    """Make the fix that writes a value.

    Args:
        value: plain data.
        words: what follows in the text, with its own comma or semicolon.
        path: where, if not at the finding's own path.
        guess: see ``Fix.guess``.
    """
    return Fix((Set(value, path),), words, guess)


def remove(words: str = "", *, path: Path | None = None, guess: bool = False) -> Fix:
    """Make the fix that takes a value away; see ``write``."""
    return Fix((Remove(path),), words, guess)


def rename(key: str, words: str = "", *, path: Path | None = None) -> Fix:
    """Make the fix that gives a key its right name; see ``write``."""
    return Fix((Rename(key, path),), words)


def as_fix(fix: Fix | str) -> Fix:
    """Return a fix; text becomes words alone."""
    return Fix(words=fix) if isinstance(fix, str) else fix


def _from_the_end(edit: Remove) -> list[tuple[bool, int, str]]:
    return [(isinstance(step, str), step if isinstance(step, int) else 0, str(step)) for step in edit.path or ()]


def pointer(path: Path) -> str:
    """Write a path as a JSON Pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _operation(edit: Edit, path: Path) -> dict[str, Any]:
    if isinstance(edit, Set):
        # For a key, "add" replaces what is there; for an entry it would put one before it.
        return {"op": "replace" if isinstance(path[-1], int) else "add", "path": pointer(path), "value": edit.value}
    if isinstance(edit, Rename):
        return {"op": "move", "from": pointer(path), "path": pointer((*path[:-1], edit.key))}
    if isinstance(edit, Add):
        return {"op": "add", "path": pointer((*path, "-")), "value": edit.value}
    return {"op": "remove", "path": pointer(path)}
