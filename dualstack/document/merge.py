"""Trees laid over one another: layers with the marks of their values, and plain data.

Of layers every value keeps the place it was written at. Mappings merge key by key. `null` removes what earlier layers
gave (RFC 7386), and a `null` with nothing to remove is dropped; only below a key `values` that one stays, because Helm
takes it for "remove the chart's own default". Two lists whose items all have a `name` merge by name: known names in
their place, new ones at the end. Everything else replaces.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dualstack.document.origins import Mark, Value

_NULL_HAS_MEANING_BELOW = frozenset({"values"})


def merge(
    base: dict[str, Value], base_marks: dict[str, Mark], over: dict[str, Value], over_marks: dict[str, Mark]
) -> tuple[dict[str, Value], dict[str, Mark]]:
    """Lay one mapping over another.

    Args:
        base: What earlier layers gave, itself a result of this function (or empty).
        base_marks: The marks of its values.
        over: What wins.
        over_marks: The marks of its values.

    Returns:
        A new mapping that shares no container with either, and the marks of its values. Marks are shared where nothing
        changed: nobody changes marks.
    """
    return _merge(base, base_marks, over, over_marks, keep=False)


def _merge(
    base: dict[str, Value],
    base_marks: dict[str, Mark],
    over: dict[str, Value],
    over_marks: dict[str, Mark],
    *,
    keep: bool,
) -> tuple[dict[str, Value], dict[str, Mark]]:
    data: dict[str, Value] = {}
    marks: dict[str, Mark] = {}
    for key, value in base.items():
        if key not in over:
            data[key] = copy(value)
            marks[key] = base_marks[key]
        elif over[key] is not None:
            below = keep or key in _NULL_HAS_MEANING_BELOW
            data[key], marks[key] = _value(value, base_marks[key], over[key], over_marks[key], keep=below)
    for key, value in over.items():
        if key not in base and (value is not None or keep):
            below = keep or key in _NULL_HAS_MEANING_BELOW
            data[key], marks[key] = _fresh(value, over_marks[key], keep=below)
    return data, marks


def _value(base: Value, base_mark: Mark, over: Value, over_mark: Mark, *, keep: bool) -> tuple[Value, Mark]:
    old, new = base_mark[3], over_mark[3]
    if isinstance(base, dict) and isinstance(over, dict) and isinstance(old, dict) and isinstance(new, dict):
        data, marks = _merge(base, old, over, new, keep=keep)
        return data, (*over_mark[:3], marks)
    if isinstance(old, list) and isinstance(new, list) and _all_named(base) and _all_named(over):
        items, item_marks = _by_name(base, old, over, new, keep=keep)
        return items, (*over_mark[:3], item_marks)
    return _fresh(over, over_mark, keep=keep)


def _all_named(items: list[Value]) -> bool:
    # an empty list names nothing: it replaces, which is the way to empty a list
    return bool(items) and all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in items)


def _by_name(
    base: list[Value], base_marks: list[Mark], over: list[Value], over_marks: list[Mark], *, keep: bool
) -> tuple[list[Value], list[Mark]]:
    todo: dict[str, int] = {}
    for index, item in enumerate(over):
        todo.setdefault(item["name"], index)  # a second item of that name stays one, for a rule to find
    data: list[Value] = []
    marks: list[Mark] = []
    used: set[int] = set()
    for item, mark in zip(base, base_marks, strict=True):
        index = todo.pop(item["name"], -1)
        if index < 0:
            data.append(copy(item))
            marks.append(mark)
        else:
            used.add(index)
            merged, merged_mark = _value(item, mark, over[index], over_marks[index], keep=keep)
            data.append(merged)
            marks.append(merged_mark)
    for index, item in enumerate(over):
        if index not in used:
            fresh, fresh_mark = _fresh(item, over_marks[index], keep=keep)
            data.append(fresh)
            marks.append(fresh_mark)
    return data, marks


def _fresh(value: Value, mark: Mark, *, keep: bool) -> tuple[Value, Mark]:
    """Copy a value that meets nothing of earlier layers, without its nulls; its mark is new only where one went."""
    children = mark[3]
    if isinstance(value, dict) and isinstance(children, dict):
        data: dict[str, Value] = {}
        changed = False
        marks = children
        for key, item in value.items():
            if item is None and not keep:
                changed = True
            elif item.__class__ is dict or item.__class__ is list:
                below = keep or key in _NULL_HAS_MEANING_BELOW
                data[key], item_mark = _fresh(item, children[key], keep=below)
                if item_mark is not children[key]:
                    changed = True
                    marks = {**marks, key: item_mark}
            else:
                data[key] = item
        if changed:
            return data, (*mark[:3], {key: marks[key] for key in data})
        return data, mark
    if isinstance(value, list) and isinstance(children, list):
        pairs = [_fresh(item, item_mark, keep=keep) for item, item_mark in zip(value, children, strict=True)]
        if any(new[1] is not old for new, old in zip(pairs, children, strict=True)):
            mark = (*mark[:3], [item_mark for _, item_mark in pairs])
        return [item for item, _ in pairs], mark
    return value, mark


def overlay(base: Any, over: Any, *, keep_null: bool = False, named: Collection[str] = ()) -> Any:
    """Lay plain data over other plain data: mappings merge key by key, everything else replaces.

    Args:
        base: what is there; it is not changed.
        over: what wins.
        keep_null: where False, ``None`` removes a key. Where True it stays, as in Helm's values: there it removes what
            the chart itself would default to.
        named: keys whose lists merge by the name of their items, as nmstate's ``interfaces`` do; items without a known
            name come last.
    """
    if not isinstance(base, Mapping) or not isinstance(over, Mapping):
        return over
    merged = dict(base)
    for key, item in over.items():
        if item is None and not keep_null:
            merged.pop(key, None)
        elif key not in merged:
            merged[key] = item
        elif key in named and isinstance(merged[key], list) and isinstance(item, list):
            merged[key] = _overlay_by_name(merged[key], item, keep_null, named)
        else:
            merged[key] = overlay(merged[key], item, keep_null=keep_null, named=named)
    return merged


def _overlay_by_name(base: list[Any], over: list[Any], keep_null: bool, named: Collection[str]) -> list[Any]:
    merged = list(base)
    places = {item.get("name"): index for index, item in enumerate(merged) if isinstance(item, Mapping)}
    for item in over:
        name = item.get("name") if isinstance(item, Mapping) else None
        if isinstance(name, str) and name in places:
            merged[places[name]] = overlay(merged[places[name]], item, keep_null=keep_null, named=named)
        else:
            merged.append(item)
    return merged


def copy(value: Value) -> Value:
    """Copy the containers of plain data."""
    if value.__class__ is dict:
        return {key: copy(item) for key, item in value.items()}
    if value.__class__ is list:
        return [copy(item) for item in value]
    return value
