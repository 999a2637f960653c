"""Differences between old and new properties, by path, for handlers' ``diff``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from dualstack.document.differ import Comparison
from provider.frame.handler import Diff, Kind

_INPUTS = Comparison(lists="whole", exact=False)
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def join(path: str, key: str) -> str:
    """Append a key to a property path as Pulumi writes it: ``a.b``, ``a["b/c"]``."""
    if not _PLAIN.fullmatch(key):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        return f'{path}["{escaped}"]'
    return f"{path}.{key}" if path else key


def differences(old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    """Yield the path and kind of each difference, as deep as both sides are maps; an unknown value differs."""
    for change in _INPUTS.differences(old, new):
        yield reduce(join, map(str, change.path), ""), change.how


def compared(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    replacing: tuple[str, ...] = (),
    delete_before_replace: bool = False,
) -> Diff:
    """Compare two sets of inputs.

    Args:
        old: what was.
        new: what is wanted.
        replacing: top-level properties that cannot change in place.
        delete_before_replace: whether the old resource must go before the new one comes.
    """
    detailed = dict(differences(old, new))
    replaces = tuple(name for name in replacing if any(re.split(r"[.\[]", path)[0] == name for path in detailed))
    return Diff(bool(detailed), replaces, delete_before_replace and bool(replaces), detailed)
