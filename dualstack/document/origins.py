"""Where each value was written, and how the path to a value reads.

While a file is loaded, a tree of marks grows beside the data, one mark a value. Nothing is computed from it until
somebody asks for a place, so that files without findings cost next to nothing; layers' trees are merged as their data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol, TypeAlias

# None | bool | int | float | str | list | dict with str keys: what YAML and JSON give
Value: TypeAlias = Any

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: mapping keys and list indexes (0-based) from the root; the root itself is `()`."""


class Place(Protocol):
    """Where something starts in a file; both numbers 0-based (libyaml's marks)."""

    @property
    def line(self) -> int: ...  # noqa: D102
    @property
    def column(self) -> int: ...  # noqa: D102


Children: TypeAlias = "dict[str, Mark] | list[Mark] | None"
# (file, where the value starts, where its key starts, marks of what it holds); places are None for values that came
# without a file. A plain tuple: one is made for every value that is read, and a named one costs five times as much.
Mark: TypeAlias = "tuple[str, Place | None, Place | None, Children]"


class Origin(NamedTuple):
    """A place in a file: its name as shown to people, line and column (both 1-based, column in characters)."""

    file: str
    line: int
    column: int


def origin_of(mark: Mark, *, key: bool = False) -> Origin | None:
    """Give the place of a mark's value, or of its key; None for a value that came without a file."""
    place = mark[2] if key else mark[1]
    return None if place is None else Origin(mark[0], place.line + 1, place.column + 1)


class Origins(Mapping[Path, Origin]):
    """The places of all values below a root, or of their keys, looked up by path.

    Read-only, in the order of the data, containers before what they hold. Values that came without a file (from the
    engine) are not in it. For a list item, which has no key, the key's place is the item's own.
    """

    __slots__ = ("_keys", "_root")

    def __init__(self, root: Mark, *, keys: bool = False) -> None:
        """Look at the tree below `root`; with `keys`, give the place of each key in place of its value."""
        self._root = root
        self._keys = keys

    def _walk(self, path: Path) -> tuple[Mark, int]:
        """Give the deepest mark on the way to `path`, and how many steps led there."""
        mark = self._root
        for count, step in enumerate(path):
            children = mark[3]
            if isinstance(children, dict):
                if not isinstance(step, str) or step not in children:
                    return mark, count
                mark = children[step]
            elif isinstance(children, list):
                if not isinstance(step, int) or not 0 <= step < len(children):
                    return mark, count
                mark = children[step]
            else:
                return mark, count
        return mark, len(path)

    def __getitem__(self, path: Path) -> Origin:
        """Give the place of the value at exactly this path.

        Raises:
            KeyError: There is no such value, or it came without a file.
        """
        mark, count = self._walk(path)
        found = origin_of(mark, key=self._keys) if count == len(path) else None
        if found is None:
            raise KeyError(path)
        return found

    def nearest(self, path: Path) -> Origin | None:
        """Give the place of the value at `path`, or of the innermost value around it that exists.

        None if that one came without a file: a place further out could lie in a file that has nothing to do with it.
        """
        mark, count = self._walk(path)
        return origin_of(mark, key=self._keys and count == len(path))

    def __iter__(self) -> Iterator[Path]:
        """Give every path that has a place."""
        todo: list[tuple[Path, Mark]] = [((), self._root)]
        while todo:
            path, mark = todo.pop()
            if origin_of(mark, key=self._keys) is not None:
                yield path
            children = mark[3]
            if isinstance(children, dict):
                todo.extend([((*path, key), child) for key, child in children.items()][::-1])
            elif children is not None:
                todo.extend([((*path, index), child) for index, child in enumerate(children)][::-1])

    def __len__(self) -> int:
        """Count the values that have a place."""
        return sum(1 for _ in self)


def find_origin(origins: Mapping[Path, Origin], path: Path) -> Origin | None:
    """Give the place of the value at `path`, or of the nearest value around it; None if none is known.

    A key that is missing has no place of its own: it gets that of the mapping it should stand in.
    """
    if isinstance(origins, Origins):
        return origins.nearest(path)
    for length in range(len(path), -1, -1):
        found = origins.get(path[:length])
        if found is not None:
            return found
    return None


_BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


def format_path(path: Path) -> str:
    """Write a path as people read it: `nodes[0].interfaces[0].ipv6.address`; the root is the empty string.

    A key that would be misread is quoted like a JSON string: `charts["a.b"].values`.
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _BARE_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=not step.isprintable())}]"
    return text
