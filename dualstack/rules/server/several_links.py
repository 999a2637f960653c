"""Which servers can bear the virtual addresses: MetalLB answers for one on the link of whichever node it chose."""

from __future__ import annotations

from dualstack.address.family import FAMILIES, LABEL, Family, IPNetwork
from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.origins import format_path
from dualstack.rules.base import Subject
from dualstack.rules.server.several_nodes import given_virtual
from dualstack.site.network import Node

OFF = Rule(
    "DS321-server-off-link",
    "Every server must be on the links of the virtual addresses.",
    Severity.ERROR,
    "Once that server answers for them, nobody on their network hears it: API server, Rancher and Ironic are away with "
    "every server up.",
    "metallb documentation, layer 2 mode; internal/speaker (a node is chosen whatever its networks are); read",
)

RULES = (OFF,)


def _networks(node: Node, family: Family) -> list[IPNetwork] | None:
    """Return a node's stated networks of a family; None where some come from DHCP or advertisements."""
    found: list[IPNetwork] = []
    for interface in node.interfaces:
        ip = interface.families.of(family)
        if ip is None or not ip.enabled:
            continue
        if ip.address is None:
            return None
        found.append(ip.address.interface.network)
    return found


def check_links(subject: Subject) -> Findings:
    """Tell a server that is off the link of an address which another server is on."""
    site = subject.site
    if not subject.plan.several:
        return
    servers = [(index, node) for index, node in enumerate(site.nodes) if node.role == "server" and not node.nmstate]
    for family in FAMILIES:
        known = [(index, node, found) for index, node in servers if (found := _networks(node, family)) is not None]
        lacking: dict[int, list[str]] = {}
        for path, of, address in given_virtual(subject):
            on = [index for index, _, found in known if any(address.ip in network for network in found)]
            if of == family and on:
                for index, _, found in known:
                    if found and index not in on:
                        lacking.setdefault(index, []).append(f"{address} ({format_path(path[:-1])})")
        for index, told in lacking.items():
            name = site.nodes[index].name
            message = f"{name} is in no {LABEL[family]} network of {', '.join(told)}, as other servers are"
            yield OFF.at(("nodes", index, "interfaces"), message, f"give {name} an address there, or make it an agent")


CHECKS = (check_links,)
