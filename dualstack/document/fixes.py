"""What a fix does, as data: values set, removed, added or renamed, or words alone; its text is made from that.

The same data is shown to people, given in JSON answers as a JSON Patch (RFC 6902), and applied by ``check --fix``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from dualstack.document.origins import Path, Value, format_path
from dualstack.document.yamlio import one_line


@dataclass(frozen=True, slots=True)
class Set:
    """Write a value; what stands there goes. An index sets that entry of a list."""

    value: Value = field(hash=False)
    path: Path | None = None
    """Where; None is the finding's own path, here and in the other edits."""

    def __str__(self) -> str:
        return f"{'write' if self.path is None else f'set {format_path(self.path)} to'} {one_line(self.value)}"


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a key with its value, or an entry of a list, away."""

    path: Path | None = None

    def __str__(self) -> str:
        return f"remove {'it' if self.path is None else format_path(self.path)}"


@dataclass(frozen=True, slots=True)
class Rename:
    """Give a key another name; its value stays."""

    key: str
    path: Path | None = None

    def __str__(self) -> str:
        return f"rename {'it' if self.path is None else format_path(self.path)} to {self.key}"


@dataclass(frozen=True, slots=True)
class Add:
    """Put an entry at the end of a list."""

    value: Value = field(hash=False)
    path: Path | None = None
    """The list."""

    def __str__(self) -> str:
        return f"add {one_line(self.value)}{'' if self.path is None else f' to {format_path(self.path)}'}"


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

    @property
    def whole(self) -> bool:
        """True where the edits are all that is to do, and nobody has to choose."""
        return bool(self.edits) and not self.words and not self.guess

    def __str__(self) -> str:
        return self.shown or " and ".join(map(str, self.edits)) + self.words

    def placed(self, at: Path) -> tuple[Edit, ...]:
        """Return the edits, each with its path."""
        return tuple(edit if edit.path is not None else replace(edit, path=at) for edit in self.edits)

    def moved(self, move: Callable[[Path], Path]) -> Fix:
        """Return the fix for a tree in which values stand at other paths."""
        return replace(
            self, edits=tuple(edit if edit.path is None else replace(edit, path=move(edit.path)) for edit in self.edits)
        )

    def applied(self, data: Value, at: Path) -> Value:
        """Return plain data with the edits made; mappings that a value needs around it are made, too.

        Raises:
            LookupError: an edit is of something that is not there.
            TypeError: something around it is neither a mapping nor a list.
        """
        data = copy.deepcopy(data)
        for edit in self.ordered(at):
            data = _made(data, edit, edit.path or ())
        return data

    def ordered(self, at: Path) -> list[Edit]:
        """Return the edits with their paths, in an order in which each path still holds when its turn comes."""
        # From the end, so that an entry that goes moves no other one.
        gone = sorted((edit for edit in self.placed(at) if isinstance(edit, Remove)), key=_from_the_end, reverse=True)
        return [*(edit for edit in self.placed(at) if not isinstance(edit, Remove)), *gone]

    def patch(self, at: Path) -> list[dict[str, Any]]:
        """Return the edits as a JSON Patch on ``dualstack:site`` with its layers merged; empty for words alone."""
        if self.shown:
            return []
        return [_operation(edit, edit.path or ()) for edit in self.ordered(at)]


AnyFix: TypeAlias = Fix | str
"""A fix, or text that is words alone."""


def write(value: Value, words: str = "", *, path: Path | None = None, guess: bool = False) -> Fix:
    """Make the fix that writes a value.

    Args:
        value: plain data; an address or network is written as its text.
        words: what follows in the text, with its own comma or semicolon.
        path: where, if not at the finding's own path.
        guess: see ``Fix.guess``.
    """
    return Fix((Set(_plain(value), path),), words, guess)


def _plain(value: Value) -> Value:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def remove(words: str = "", *, path: Path | None = None, guess: bool = False) -> Fix:
    """Make the fix that takes a value away; see ``write``."""
    return Fix((Remove(path),), words, guess)


def rename(key: str, words: str = "", *, path: Path | None = None) -> Fix:
    """Make the fix that gives a key its right name; see ``write``."""
    return Fix((Rename(key, path),), words)


def as_fix(fix: AnyFix) -> Fix:
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


def _made(data: Value, edit: Edit, path: Path) -> Value:
    """Make one edit in plain data, which is changed; return it."""
    if not path:
        raise LookupError(path)
    here, steps = data, path if isinstance(edit, Add) else path[:-1]
    for step in steps:
        if isinstance(here, dict) and isinstance(edit, Set | Add) and here.get(step) is None:
            here[step] = [] if isinstance(edit, Add) and step == path[-1] else {}
        here = here[step]
    if isinstance(edit, Add):
        here.append(edit.value)
    elif isinstance(edit, Set):
        here[path[-1]] = edit.value
    elif isinstance(edit, Remove):
        del here[path[-1]]
    else:
        # A key keeps its place.
        items = [(edit.key if key == path[-1] else key, value) for key, value in here.items()]
        if path[-1] not in here or edit.key in here:
            raise LookupError(path)
        here.clear()
        here.update(items)
    return data
