"""Rules about ``nodeDefaults`` as they are written, before they are laid below the nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, write
from dualstack.document.origins import Path

NOBODYS = Rule(
    "DS320-defaults-of-no-node",
    "An interface of nodeDefaults that is not whole there must be one that the nodes name.",
    Severity.ERROR,
    "Every node gets a further interface without a NIC or an address, and its own interface gets no defaults.",
    "dualstack's own: interfaces merge by name (docs/ha.md)",
    firm=True,
)

RULES = (NOBODYS,)

_INTERFACES: Final[Path] = ("nodeDefaults", "interfaces")


def defaults_of_no_node(defaults: Any, nodes: Any) -> Findings:
    """Tell an interface that needs a MAC or an address of each node, and that no node has.

    Args:
        defaults: ``nodeDefaults``, as written.
        nodes: ``nodes``, as written; of either, what is not of the right form is told elsewhere.
    """
    shared = [item for _, item in _interfaces(defaults)]
    known = {str(item.get("name", "eth0")) for item in shared}
    own = [[str(item.get("name", "eth0")) for _, item in _interfaces(node)] for node in nodes or ()]
    if not own or not all(own):
        return
    everywhere = [name for name in own[0] if all(name in names for names in own)]
    for index, item in _interfaces(defaults):
        name = item.get("name", "eth0")
        if not isinstance(name, str) or not name or not _unfinished(item) or any(name in names for names in own):
            continue
        free = [other for other in everywhere if other not in known]
        told = ", ".join(dict.fromkeys(other for names in own for other in names))
        fix: AnyFix = f"write the name that the nodes give to it, such as {free[0] if free else own[0][0]}"
        if len(free) == 1 and len(shared) == 1:
            fix = write(free[0])
        yield NOBODYS.at((*_INTERFACES, index, "name"), f"no node has an interface {name!r}; theirs are {told}", fix)


def _interfaces(holder: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    items = holder.get("interfaces") if isinstance(holder, Mapping) else None
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, Mapping):
            yield index, item


def _unfinished(item: Mapping[str, Any]) -> bool:
    """Tell whether an interface needs more than the defaults say of it: a NIC's MAC, or a static address."""
    if not item.keys() & {"bond", "vlan", "mac"}:
        return True
    sections = [item[family] for family in ("ipv4", "ipv6") if isinstance(item.get(family), Mapping)]
    return any("prefixLength" in section and "address" not in section for section in sections)
