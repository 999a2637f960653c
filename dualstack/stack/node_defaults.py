"""``nodeDefaults`` laid below each node, as layers are laid below a site: values keep their places in the files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.address.family import FAMILIES
from dualstack.document.merge import merge
from dualstack.document.origins import Mark, Value

KEY: Final = "nodeDefaults"
_LENGTH: Final = "prefixLength"


def with_defaults(data: dict[str, Value], marks: dict[str, Mark]) -> tuple[dict[str, Value], dict[str, Mark]]:
    """Give each node of a site what ``nodeDefaults`` says and the node does not.

    Interfaces merge by name. An address without a prefix length gets the interface's ``prefixLength``. What is not of
    the right form stays as it is, for the rules to tell.

    Args:
        data: the merged site; not changed.
        marks: the marks of its values.
    """
    defaults, nodes = data.get(KEY), data.get("nodes")
    if not isinstance(defaults, dict) or not isinstance(nodes, list):
        return data, marks
    default_marks, node_marks = marks[KEY][3], marks["nodes"][3]
    if not isinstance(default_marks, dict) or not isinstance(node_marks, list):
        return data, marks
    lengths = dict(_lengths(defaults))
    base, base_marks = _without_lengths(defaults, default_marks)
    merged: list[Value] = []
    merged_marks: list[Mark] = []
    for node, mark in zip(nodes, node_marks, strict=True):
        if isinstance(node, dict) and isinstance(mark[3], dict):
            laid, children = merge(base, base_marks, _lengthened(node, lengths), mark[3])
            merged.append(laid)
            merged_marks.append(_with_children(mark, children))
        else:
            merged.append(node)
            merged_marks.append(mark)
    return {**data, "nodes": merged}, {**marks, "nodes": (*marks["nodes"][:3], merged_marks)}


def _with_children(mark: Mark, children: dict[str, Mark]) -> Mark:
    return (*mark[:3], children)


def _interfaces(node: Value) -> list[Value]:
    found = node.get("interfaces") if isinstance(node, dict) else None
    return found if isinstance(found, list) else []


def _lengths(defaults: Value) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the prefix length by interface and family."""
    for interface in _interfaces(defaults):
        for family in FAMILIES:
            section = interface.get(family) if isinstance(interface, dict) else None
            length = section.get(_LENGTH) if isinstance(section, dict) else None
            if type(length) is int and isinstance(interface.get("name"), str):
                yield (interface["name"], family), length


def _lengthened(node: dict[str, Value], lengths: dict[tuple[str, str], int]) -> dict[str, Value]:
    """Return a node whose addresses have a prefix length; the node itself is not changed."""
    if not lengths or not _interfaces(node):
        return node
    return {**node, "interfaces": [_one_lengthened(interface, lengths) for interface in _interfaces(node)]}


def _one_lengthened(interface: Value, lengths: dict[tuple[str, str], int]) -> Value:
    if not isinstance(interface, dict):
        return interface
    changed = dict(interface)
    for family in FAMILIES:
        section = interface.get(family)
        address = section.get("address") if isinstance(section, dict) else None
        name = interface.get("name")
        length = lengths.get((name, family)) if isinstance(name, str) else None
        if isinstance(section, dict) and isinstance(address, str) and "/" not in address and length is not None:
            changed[family] = {**section, "address": f"{address}/{length}"}
    return changed


def _without_lengths(defaults: dict[str, Value], marks: dict[str, Mark]) -> tuple[dict[str, Value], dict[str, Mark]]:
    """Return the defaults as a node may have them; what is theirs alone is no key of a node."""
    found = marks.get("interfaces")
    if found is None or not isinstance(found[3], list):
        return defaults, marks
    items: list[Value] = []
    item_marks: list[Mark] = []
    for interface, mark in zip(_interfaces(defaults), found[3], strict=True):
        if not isinstance(interface, dict) or not isinstance(mark[3], dict):
            items.append(interface)
            item_marks.append(mark)
            continue
        kept, children = dict(interface), dict(mark[3])
        for family in FAMILIES:
            section, below = kept.get(family), children.get(family)
            if isinstance(section, dict) and below is not None and isinstance(below[3], dict):
                kept[family] = {key: value for key, value in section.items() if key != _LENGTH}
                children[family] = (*below[:3], {key: item for key, item in below[3].items() if key != _LENGTH})
        items.append(kept)
        item_marks.append(_with_children(mark, children))
    return {**defaults, "interfaces": items}, {**marks, "interfaces": (*found[:3], item_marks)}
