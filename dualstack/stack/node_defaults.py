"""``nodeDefaults`` laid below each node, as layers are laid below a site: values keep their places in the files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from dualstack.address.family import BITS, FAMILIES
from dualstack.document.merge import merge
from dualstack.document.origins import Mark, Path, Value

KEY: Final = "nodeDefaults"
LENGTH: Final = "prefixLength"
_MISSING: Final = object()
_UNNAMED: Final = "eth0"
"""Name of an interface that is written without one, as in ``site/network.py``."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """What the nodes have from ``nodeDefaults``."""

    defaults: Value = None
    """As it stands in the site with its layers."""
    nodes: Value = None
    """As they stand there, before the defaults are laid below them."""

    def path(self, path: Path) -> Path | None:
        """Return where below ``nodeDefaults`` the value at a path of a node stands.

        What is missing in something that is wholly inherited is missing there.

        Args:
            path: a path in the site with the defaults laid below the nodes.

        Returns:
            The path, or None for what is the node's own.
        """
        if path[:1] != ("nodes",) or len(path) < 3 or not isinstance(self.defaults, dict):
            return None
        base, own = self.defaults, self._node(path[1])
        for step in path[2:]:
            if own is _MISSING:
                break
            base, own = _below(base, own, step)
            if base is _MISSING:
                return None
        return (KEY, *path[2:]) if own is _MISSING else None

    def _node(self, index: str | int) -> Value:
        nodes = self.nodes
        return nodes[index] if isinstance(nodes, list) and isinstance(index, int) and index < len(nodes) else None


def _below(base: Value, own: Value, step: str | int) -> tuple[Value, Value]:
    """Return what defaults and node have one step further; ``_MISSING`` where one has nothing."""
    if isinstance(base, dict) and isinstance(own, dict):
        return base.get(step, _MISSING), own.get(step, _MISSING)
    if isinstance(base, list) and isinstance(own, list) and isinstance(step, int) and step < len(base):
        # Named items come in the order of the defaults, then the node's further ones (document/merge.py).
        name = base[step].get("name", _UNNAMED) if isinstance(base[step], dict) else None
        named = [item for item in own if isinstance(item, dict) and item.get("name", _UNNAMED) == name]
        if isinstance(name, str) and own:
            return base[step], named[0] if named else _MISSING
    return _MISSING, own


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
    base, base_marks = _named(*_without_lengths(defaults, default_marks))
    merged: list[Value] = []
    merged_marks: list[Mark] = []
    for node, mark in zip(nodes, node_marks, strict=True):
        if isinstance(node, dict) and isinstance(mark[3], dict):
            own, own_marks = _named(node, mark[3])
            laid, children = merge(base, base_marks, _lengthened(own, lengths), own_marks)
            merged.append(laid)
            merged_marks.append(_with_children(mark, children))
        else:
            merged.append(node)
            merged_marks.append(mark)
    return {**data, "nodes": merged}, {**marks, "nodes": (*marks["nodes"][:3], merged_marks)}


def _with_children(mark: Mark, children: dict[str, Mark]) -> Mark:
    return (*mark[:3], children)


def _named(holder: dict[str, Value], marks: dict[str, Mark]) -> tuple[dict[str, Value], dict[str, Mark]]:
    """Return defaults, or a node, whose interfaces have the names by which they merge."""
    items, mark = _interfaces(holder), marks.get("interfaces")
    if (
        mark is None
        or not isinstance(mark[3], list)
        or all(isinstance(item, dict) and "name" in item for item in items)
    ):
        return holder, marks
    named = [{"name": _UNNAMED, **item} if isinstance(item, dict) else item for item in items]
    below = [
        _with_children(one, {"name": (one[0], one[1], one[2], None), **one[3]}) if isinstance(one[3], dict) else one
        for one in mark[3]
    ]
    return {**holder, "interfaces": named}, {**marks, "interfaces": (*mark[:3], below)}


def _interfaces(node: Value) -> list[Value]:
    found = node.get("interfaces") if isinstance(node, dict) else None
    return found if isinstance(found, list) else []


def _lengths(defaults: Value) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the prefix length by interface and family."""
    for interface in _interfaces(defaults):
        for family in FAMILIES:
            section = interface.get(family) if isinstance(interface, dict) else None
            length = section.get(LENGTH) if isinstance(section, dict) else None
            name = interface.get("name", _UNNAMED) if isinstance(interface, dict) else None
            if type(length) is int and 0 <= length <= BITS[family] and isinstance(name, str):
                yield (name, family), length


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
        name = interface.get("name", _UNNAMED)
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
                kept[family] = {key: value for key, value in section.items() if key != LENGTH}
                children[family] = (*below[:3], {key: item for key, item in below[3].items() if key != LENGTH})
        items.append(kept)
        item_marks.append(_with_children(mark, children))
    return {**defaults, "interfaces": items}, {**marks, "interfaces": (*found[:3], item_marks)}
