"""Whether what a layer says of a node or an interface reaches one of the site's own: both are merged by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dualstack.address.family import FAMILIES
from dualstack.document.findings import Finding, Rule, Severity
from dualstack.document.origins import Origin, Path

LAYER_NAME = Rule(
    "DS210-layer-name",
    "What a layer says of a node or an interface must bear the name of one that the site has.",
    Severity.ERROR,
    "The layer's is taken for one more, without MAC and address, and the site's own stays without what the layer says.",
    "dualstack's own: docs/layers.md",
)
RULES = (LAYER_NAME,)
"""Told where the layers are merged: only there it is known which file an item stands in."""

_OWN: Final = frozenset({"mac", "bond", "vlan", "bridge", "nmstate", "copyMacFrom"})
_ADDRESSED: Final = frozenset({"address", "reservation", "dhcp", "autoconf"})
HELD: Final = frozenset({"nodes", "cluster", "provisioning", "rancher", "dns", "host"})
"""What is computed from nodes: while the names differ, nothing that is told of it is true."""


def layer_names(data: Mapping[str, Any], origins: Mapping[Path, Origin]) -> list[Finding]:
    """Tell nodes and interfaces that a layer names otherwise than the site.

    Args:
        data: the merged mapping.
        origins: where its values were written; the site's own file is that of its root.
    """
    root = origins.get(())
    if root is None:
        return []
    found: list[Finding] = []
    nodes = data.get("nodes")
    found += _strangers(("nodes",), nodes, "node", root.file, origins)
    for place, node in enumerate(nodes if isinstance(nodes, list) and not found else ()):
        if isinstance(node, Mapping):
            path: Path = ("nodes", place, "interfaces")
            found += _strangers(path, node.get("interfaces"), "interface", root.file, origins)
    return found


def _strangers(path: Path, items: Any, what: str, own: str, origins: Mapping[Path, Origin]) -> Iterator[Finding]:
    named = list(enumerate(items)) if isinstance(items, list) else []
    named = [(place, item) for place, item in named if isinstance(item, Mapping) and isinstance(item.get("name"), str)]
    places = {place: origins.get((*path, place)) for place, _ in named}
    mine = [str(item["name"]) for place, item in named if (at := places[place]) is not None and at.file == own]
    for place, item in named:
        at = places[place]
        if at is None or at.file == own or not mine or not _says_little(item):
            continue
        message = f"{at.file}, line {at.line}, names this {what} {item['name']!r}, the site has {', '.join(mine)}"
        fix = f"write one name in both: {item['name']} in the site, or {mine[0]} in the layer"
        yield LAYER_NAME.at((*path, place, "name"), message, fix)


def _says_little(item: Mapping[str, Any]) -> bool:
    """True for a node or interface that nothing can be built of: it was meant to be laid over another one."""
    if isinstance(item.get("interfaces"), list):
        return all(isinstance(one, Mapping) and _says_little(one) for one in item["interfaces"])
    sections = [section for family in FAMILIES if isinstance(section := item.get(family), Mapping)]
    return not _OWN & item.keys() and not any(_ADDRESSED & section.keys() for section in sections)
