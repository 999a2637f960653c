"""What the tests of layers share."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

import pytest

from dualstack.errors import InputError
from dualstack.stack.layers import resolve_stack

Write = Callable[..., pathlib.Path]


def refused(project: pathlib.Path, path: pathlib.Path) -> InputError:
    with pytest.raises(InputError) as caught:
        resolve_stack(project, path)
    assert caught.value.fix
    return caught.value


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for step, item in steps for below in paths(item, (*path, step)))]


def mark_paths(data: Any, marks: Any) -> bool:
    """Tell whether the tree of marks has exactly the shape of the data."""
    if isinstance(data, dict):
        return list(data) == list(marks) and all(mark_paths(item, marks[key][3]) for key, item in data.items())
    if isinstance(data, list):
        return len(data) == len(marks) and all(
            mark_paths(item, mark[3]) for item, mark in zip(data, marks, strict=True)
        )
    return marks is None


def wreck(value: Any) -> None:
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            wreck(item)
    value.clear()
