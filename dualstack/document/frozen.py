"""Frozen trees of plain data: computed once, shown by every surface, changed by none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Frozen = Any
"""A tree of ``MappingProxyType``, tuples, scalars and ``Secret``."""

REDACTED = "[secret]"
"""Stands for a secret wherever values are shown."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Stands in the plan where a secret will stand: the name of the config key ``dualstack:<key>``."""

    key: str

    def __str__(self) -> str:
        return REDACTED


class Leave:
    """Answer of a secret resolver that leaves the key out."""


LEAVE = Leave()


def freeze(value: Any) -> Frozen:
    """Return a read-only copy of a tree of mappings and lists."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list | tuple):
        return tuple(freeze(item) for item in value)
    return value


def thaw(value: Frozen, secret: Callable[[Secret], Any] = str) -> Any:
    """Return a fresh tree of dicts and lists.

    Args:
        value: a frozen tree.
        secret: what to put in place of a secret; ``LEAVE`` drops the key. By default the text ``[secret]``.
    """
    if isinstance(value, Secret):
        return secret(value)
    if isinstance(value, Mapping):
        thawed = {key: thaw(item, secret) for key, item in value.items()}
        return {key: item for key, item in thawed.items() if item is not LEAVE}
    if isinstance(value, tuple | list):
        return [item for item in (thaw(item, secret) for item in value) if item is not LEAVE]
    return value


def secrets_in(value: Frozen) -> frozenset[str]:
    """Return the names of the secrets that a tree refers to."""
    if isinstance(value, Secret):
        return frozenset({value.key})
    if isinstance(value, Mapping):
        return frozenset().union(*(secrets_in(item) for item in value.values()))
    if isinstance(value, tuple | list):
        return frozenset().union(*(secrets_in(item) for item in value))
    return frozenset()


def dig(tree: Any, *path: str, default: Any = None) -> Any:
    """Return the value at a path of keys, or a default where the path ends early."""
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return default
        tree = tree[key]
    return tree
