"""What changes in a resource, property by property, from an engine's event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from dualstack.document.differ import parse_path
from dualstack.document.frozen import REDACTED
from dualstack.document.hiding import names_a_secret
from dualstack.document.holes import UNKNOWN
from dualstack.document.origins import format_path
from dualstack.document.wiremarks import KIND, UNKNOWNS
from dualstack.document.wiremarks import SECRET as SECRET_KIND

MISSING: Final = object()
"""Stands for a value that is not there; None is one that is."""
SECRET: Final = REDACTED
"""The engine shows the same in place of one."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property that changes.

    Attributes:
        path: as the engine writes it, such as ``files["a.b"].content``.
        kind: ``add``, ``delete`` or ``update``.
        replaces: whether it makes the engine replace the resource.
        old: value before; ``MISSING`` where there is none.
        new: value after; ``MISSING`` where there is none, ``UNKNOWN`` where nobody can tell yet.
    """

    path: str
    kind: str
    replaces: bool
    old: Any
    new: Any


def properties(step: Any) -> list[Property]:
    """Give what a step changes, by path; empty for what is made or removed as a whole.

    Args:
        step: metadata of a ``pulumi.automation`` resource event.
    """
    if step.old is None or step.new is None:
        return []
    told = step.detailed_diff or _guessed(step)
    found = []
    for path, diff in sorted(told.items()):
        kind, _, replaces = str(getattr(diff.diff_kind, "value", diff.diff_kind)).partition("-")
        before = step.old.inputs if diff.input_diff or not step.old.outputs else step.old.outputs
        old, new = (_shown_at(side, path) for side in (before, step.new.inputs))
        if old is MISSING and kind != "add":
            old = _shown_at(step.old.inputs, path)
        found.append(Property(path, kind, bool(replaces) or path in (step.keys or ()), old, new))
    return found


@dataclass(frozen=True, slots=True)
class _Guess:
    diff_kind: str
    input_diff: bool = True


def _guessed(step: Any) -> dict[str, _Guess]:
    """Compare inputs where the provider tells no paths, as for components, which have none."""
    old, new = step.old.inputs or {}, step.new.inputs or {}
    changed = (key for key in sorted({*old, *new}) if old.get(key, MISSING) != new.get(key, MISSING))
    return {
        format_path((key,)): _Guess("add" if key not in old else "delete" if key not in new else "update")
        for key in changed
    }


def _value(side: Any, path: str) -> Any:
    for step in parse_path(path):
        if _secret(side) or (isinstance(side, str) and side in UNKNOWNS):
            return side
        try:
            side = side[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return side


def _secret(value: Any) -> bool:
    return value == SECRET or (isinstance(value, Mapping) and value.get(KIND) == SECRET_KIND)


def _shown_at(side: Any, path: str) -> Any:
    steps = parse_path(path)
    return _named(steps[-1] if steps else "", _shown(_value(side or {}, path)))


def _named(key: object, value: Any) -> Any:
    """Hide what its key calls a secret: the site may be rid of one in clear that the state still has."""
    return SECRET if isinstance(value, str) and value and names_a_secret(key) else value


def _shown(value: Any) -> Any:
    if isinstance(value, str) and value in UNKNOWNS:
        return UNKNOWN
    if _secret(value):
        return SECRET
    if isinstance(value, Mapping):
        return {key: _named(key, _inside(item)) for key, item in value.items()}
    if isinstance(value, list):
        return [_inside(item) for item in value]
    return value


def _inside(value: Any) -> Any:
    shown = _shown(value)
    return "[known later]" if shown is UNKNOWN else shown
