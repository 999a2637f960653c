"""A site's network as boxes, and as a Mermaid flowchart; what changed shows both values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One value of a box; None where it was not, or is not, there."""

    label: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        """Whether it differs."""
        return self.before != self.after

    @property
    def text(self) -> str:
        """The value, or both where it changed."""
        shown = [value or "none" for value in (self.before, self.after)]
        return f"{shown[0]} → {shown[1]}" if self.changed else shown[1]


@dataclass(frozen=True, slots=True)
class Box:
    """A thing in the picture."""

    key: str
    title: str
    group: str
    rows: tuple[Row, ...]
    status: str = ""
    """``new``, ``gone``, ``changed`` or empty."""


@dataclass(slots=True)
class _Draft:
    title: str
    group: str
    rows: dict[str, str] = field(default_factory=dict)


_MACHINES_SHOWN: Final = 8
VIRTUAL: Final = {"api": "API server", "ingress": "ingress", "ironic": "Ironic"}
"""What is reached at a virtual address, in words."""


def boxes(before: Document | None, after: Document | None) -> list[Box]:
    """Give the boxes of a site's network, compared.

    Args:
        before: ``network`` of a snapshot; None for a site that is new.
        after: the same, now; None for one that is gone.
    """
    old, new = (_drafts(side) if side else {} for side in (before, after))
    found: list[Box] = []
    compare = bool(before and after)
    for key in [*new, *(key for key in old if key not in new)]:
        one, other = old.get(key), new.get(key)
        draft = other or one
        if draft is None:
            continue
        labels = dict.fromkeys([*(other.rows if other else ()), *(one.rows if one else ())])
        if not compare:
            rows = tuple(Row(label, draft.rows.get(label), draft.rows.get(label)) for label in labels)
            found.append(Box(key, draft.title, draft.group, rows))
            continue
        rows = tuple(
            Row(label, one.rows.get(label) if one else None, other.rows.get(label) if other else None)
            for label in labels
        )
        status = (
            "new" if one is None else "gone" if other is None else "changed" if any(r.changed for r in rows) else ""
        )
        if status in ("new", "gone"):
            rows = tuple(Row(label, draft.rows[label], draft.rows[label]) for label in labels)
        found.append(Box(key, draft.title, draft.group, rows, status))
    return found


def _drafts(network: Document) -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = {}
    if virtual := network.get("virtual"):
        rows = {"mode": virtual["mode"], **{_family(prefix): prefix for prefix in virtual["addresses"]}}
        drafts["link"] = _Draft("virtual network", "site", rows)
    for node in network["nodes"]:
        rows = {}
        for interface in node["interfaces"]:
            name = interface["name"]
            rows |= {f"{name} {label}": interface[key] for label, key in (("IPv4", "ipv4"), ("IPv6", "ipv6"))}
            rows |= {f"{name} gateway {_family(gateway)}": gateway for gateway in interface["gateways"]}
        kept = {label: value for label, value in rows.items() if value}
        drafts[f"node {node['name']}"] = _Draft(node["name"], "site", kept)
    if network.get("vips"):
        rows = {
            f"{VIRTUAL[name]} {_family(address)}": address
            for name, addresses in network["vips"].items()
            for address in addresses
        }
        drafts["vips"] = _Draft("virtual addresses", "cluster", rows)
    for key, title in (("pods", "pods"), ("services", "services")):
        drafts[key] = _Draft(title, "cluster", {"IPv4": network[key]["ipv4"], "IPv6": network[key]["ipv6"]})
    for key, title in (("rancher", "Rancher"), ("ironic", "Ironic")):
        if network.get(key):
            drafts[key] = _Draft(title, "cluster", {"name" if key == "rancher" else "URL": network[key]})
    if network.get("resolvers"):
        rows = {f"{index + 1}": address for index, address in enumerate(network["resolvers"])}
        drafts["resolvers"] = _Draft("resolvers", "outside", rows)
    machines = network.get("machines", ())
    if machines:
        shown = {machine["name"]: machine["bmc"] for machine in machines[:_MACHINES_SHOWN]}
        more = {"more": str(len(machines) - len(shown))} if len(machines) > len(shown) else {}
        drafts["machines"] = _Draft("machines (BMCs)", "outside", {**shown, **more})
    return drafts


def _family(address: str) -> str:
    return "IPv6" if ":" in address else "IPv4"


_STYLES: Final = {
    "changed": "fill:#fff3c4,stroke:#b7791f,color:#1a1a1a",
    "new": "fill:#d8f5df,stroke:#1a7f37,color:#1a1a1a",
    "gone": "fill:#ffdcd7,stroke:#b42318,color:#1a1a1a,stroke-dasharray:4",
}
GROUPS: Final = (("site", "host"), ("cluster", "cluster"), ("outside", "around it"))


def mermaid(before: Document | None, after: Document | None) -> str:
    """Give the picture as a Mermaid flowchart; no name or value in it can end a label."""
    found = boxes(before, after)
    ids = {box.key: f"b{index}" for index, box in enumerate(found)}
    # Else each value would be broken into lines of 200 pixels.
    lines = ['%%{init: {"flowchart": {"wrappingWidth": 500}}}%%', "flowchart LR"]
    for group, title in GROUPS:
        members = [box for box in found if box.group == group]
        if not members:
            continue
        lines.append(f'  subgraph {group}["{title}"]')
        for box in members:
            text = [f"{_label(row.label)}: {_label(row.text)}" for row in box.rows]
            heading = f"<b>{_label(box.title)}</b>" + (f" ({box.status})" if box.status in ("new", "gone") else "")
            lines.append(f'    {ids[box.key]}["{"<br/>".join([heading, *text])}"]')
        lines.append("  end")
    lines += [f"  {ids[one]} {arrow} {ids[other]}" for one, arrow, other in edges(ids)]
    for status, style in _STYLES.items():
        if marked := [ids[box.key] for box in found if box.status == status]:
            lines += [f"  classDef {status} {style}", f"  class {','.join(marked)} {status}"]
    return "\n".join(lines)


def edges(known: Collection[str]) -> list[tuple[str, str, str]]:
    """Give the lines between boxes that there are: key, kind of line as Mermaid writes it, key."""
    nodes = [key for key in known if key.startswith("node ")]
    found = [("link", "---", node) for node in nodes]
    found += [(node, "---", key) for node in nodes[:1] for key in ("vips", "pods", "services", "rancher", "ironic")]
    found += [("ironic", "-->", "machines"), *((node, "-.->", "resolvers") for node in nodes[:1])]
    return [edge for edge in found if edge[0] in known and edge[2] in known]


def _label(text: str) -> str:
    """Write text for a label: whatever Mermaid or HTML would read as markup becomes an entity of Mermaid's."""
    return "".join(
        char if char.isalnum() or char in " .:/_-→," else f"#{ord(char)};" for char in text if char.isprintable()
    )
