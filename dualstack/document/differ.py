"""Differences between two trees of plain data, by path, with what stands for secrets and for unknown values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from dualstack.document.frozen import REDACTED
from dualstack.document.holes import UNKNOWN_WORD
from dualstack.document.origins import format_path

Path = tuple[str | int, ...]
How = Literal["add", "update", "delete"]

UNKNOWNS: Final = frozenset({UNKNOWN_WORD, "[secret:unknown]"})
_MARK = re.compile(r"\[secret:(?:[0-9a-f]{16}|unknown)\]")


class Name(str):
    """A step of a path into a list of named things, in place of an index."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One value that differs; absent values are None, secrets ``[secret]`` on both sides."""

    path: Path
    how: How
    before: Any
    after: Any
    secret: bool = False
    """Whether a secret changed, alone or within a text; the two sides may then look the same."""


def redacted(value: Any) -> Any:
    """Give a tree with ``[secret]`` for each mark of a secret."""
    if isinstance(value, str):
        return _MARK.sub(REDACTED, value) if "[secret:" in value else value
    if isinstance(value, Mapping):
        return {key: redacted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redacted(item) for item in value]
    return value


def marks(value: Any) -> frozenset[str]:
    """Give the marks of secrets in a tree."""
    if isinstance(value, str):
        return frozenset(_MARK.findall(value))
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return frozenset().union(*(marks(part) for part in parts))


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two trees are compared.

    Attributes:
        unstable: whether a value at a path that is unknown on both sides will be another one.
        lists: ``items`` one by one, ``names`` where all their items have one, or each list ``whole``.
        exact: whether values of two types differ that Python calls equal, as 1 and true.
    """

    unstable: Callable[[Path], bool] = lambda _: False
    lists: Literal["items", "names", "whole"] = "items"
    exact: bool = True

    def differences(self, old: Any, new: Any, path: Path = ()) -> Iterator[Change]:
        """Yield each difference of two trees below a path, maps key by key."""
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            for key in sorted({*old, *new}):
                yield from self._below(old.get(key, _ABSENT), new.get(key, _ABSENT), (*path, key))
        elif self.lists != "whole" and isinstance(old, list) and isinstance(new, list):
            one, other = (named_items(items) if self.lists == "names" else None for items in (old, new))
            if one is not None and other is not None:
                yield from self._by_name(one, other, path)
                return
            for index in range(max(len(old), len(new))):
                before, after = (items[index] if index < len(items) else _ABSENT for items in (old, new))
                yield from self._below(before, after, (*path, index))
        elif (old != new or (self.exact and type(old) is not type(new))) or (
            isinstance(new, str) and new in UNKNOWNS and self.unstable(path)
        ):
            yield _change(path, "update", old, new)

    def _by_name(self, old: Any, new: Any, path: Path) -> Iterator[Change]:
        for name in [*old, *(name for name in new if name not in old)]:
            yield from self._below(old.get(name, _ABSENT), new.get(name, _ABSENT), (*path, Name(name)))
        before, after = ([name for name in one if name in other] for one, other in ((old, new), (new, old)))
        if before != after:
            yield _change(path, "update", before, after)

    def _below(self, old: Any, new: Any, path: Path) -> Iterator[Change]:
        if old is _ABSENT:
            yield _change(path, "add", None, new)
        elif new is _ABSENT:
            yield _change(path, "delete", old, None)
        else:
            yield from self.differences(old, new, path)


_ABSENT: Final = object()


def named_items(items: list[Any]) -> dict[str, Any] | None:
    """Give a list's items by their name; None where not each has a name of its own."""
    if not all(isinstance(item, Mapping) and isinstance(item.get("name"), str) for item in items):
        return None
    found = {item["name"]: item for item in items}
    return found if len(found) == len(items) else None


def _change(path: Path, how: How, old: Any, new: Any) -> Change:
    secret = marks(old) != marks(new)
    return Change(path, how, redacted(old), redacted(new), secret)


def show_path(path: Path) -> str:
    """Write a path as people read it: ``nodes[mgmt-1].interfaces[eth0].mac``."""
    text = ""
    for step in path:
        if isinstance(step, Name):
            text += f"[{step}]"
        else:
            part = format_path((step,))
            text += f".{part}" if text and not part.startswith("[") else part
    return text


_STEP = re.compile(r'\.?([^.\[\]"]+)|\[(\d+|\*)\]|\["((?:[^"\\]|\\.)*)"\]')


def parse_path(text: str) -> Path:
    """Read a property path as Pulumi's options have it: ``a.b``, ``a[0].b``, ``a[*]``, ``a["b/c"]``."""
    steps: list[str | int] = []
    for plain, index, quoted in _STEP.findall(text):
        if index:
            steps.append(index if index == "*" else int(index))
        else:
            steps.append(plain or quoted.replace('\\"', '"').replace("\\\\", "\\"))
    return tuple(steps)


def contains(pattern: Path, path: Path) -> bool:
    """Tell whether a path is that of a pattern, or lies below it; ``*`` stands for any step."""
    if len(path) < len(pattern):
        return False
    return all(want in ("*", have) for want, have in zip(pattern, path, strict=False))
