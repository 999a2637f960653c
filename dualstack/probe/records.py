"""Record sets as texts: compared, and told in words."""

from __future__ import annotations

from collections.abc import Mapping

Values = Mapping[str, tuple[str, ...]]
"""Texts of the records by type (``A``, ``AAAA``, ``PTR``), canonical; a type that is missing is an empty set."""


def same(one: Values, other: Values) -> bool:
    """Compare values, whatever their order and whether empty sets are told."""
    return all(set(one.get(kind, ())) == set(other.get(kind, ())) for kind in {*one, *other})


def described(values: Values) -> str:
    """Give values in words."""
    parts = [f"{kind} {', '.join(texts)}" if texts else f"no {kind}" for kind, texts in values.items()]
    return " and ".join(parts) if any(values.values()) else "nothing"
