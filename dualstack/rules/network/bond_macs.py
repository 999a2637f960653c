"""The rule about the MAC under which DHCP knows a bond."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.document.frozen import dig, thaw
from dualstack.rules.base import Subject
from dualstack.rules.network.nmstate_paths import site_path
from dualstack.rules.network.nmstate_view import Link, read_links
from dualstack.site.network import Node

MAC = Rule(
    "DS308-bond-reservation",
    "A bond whose address is reserved should have a MAC of its own.",
    Severity.WARNING,
    "The bond takes the MAC of the port that the kernel finds first. Where the address is reserved for the other "
    "port's, the node gets another one, and records, certificates and Ironic's address lead nowhere.",
    "NetworkManager 1.42.4 on Linux 6.1, run: tests/truth/test_bond_vlan.py",
)
RULES = (MAC,)


def check_bonds(subject: Subject) -> Findings:
    """Tell of bonds that get reserved addresses, themselves or through a VLAN, under a MAC that nobody knows before."""
    for node, plan in zip(subject.site.nodes, subject.plan.nodes, strict=True):
        links = {link.name: link for link in read_links(At((), thaw(plan.nmstate)))}
        told: set[str] = set()
        for name, reserved in _reserved(node):
            bond = _below(links, name)
            if bond is None or bond.name in told or bond.body.get("mac-address") or len(bond.ports) < 2:
                continue
            told.add(bond.name)
            message = f"{reserved} is reserved, and {bond.name} has the MAC of {_either(bond)}"
            yield MAC.at(site_path(node, plan, (*bond.path, "mac-address")), message, write(_own(links, bond)))


def _reserved(node: Node) -> Iterator[tuple[str, str]]:
    for interface in node.interfaces:
        for ip in interface.families.values():
            if ip.enabled and ip.address is None and ip.reservation is not None:
                yield interface.name, str(ip.reservation)


def _below(links: Mapping[str, Link], name: str) -> Link | None:
    """Give the bond that an interface is, or rests on."""
    seen: set[str] = set()
    link = links.get(name)
    while link is not None and link.kind == "vlan" and link.name not in seen:
        seen.add(link.name)
        link = links.get(str(dig(link.body, "vlan", "base-iface")))
    return link if link is not None and link.kind == "bond" else None


def _either(bond: Link) -> str:
    names = [port.value for port in bond.ports]
    return f"{', '.join(names[:-1])} or {names[-1]}"


def _own(links: Mapping[str, Link], bond: Link) -> str:
    """Propose a MAC that no NIC has: the first port's with the bit of local administration.

    A NIC's own MAC on the bond would cost the NIC its identifier (``dualstack.plan.nmstate``).
    """
    port = links.get(bond.ports[0].value)
    first, _, rest = str(port.body.get("mac-address") if port else "").partition(":")
    try:
        return f"{int(first, 16) | 2:02x}:{rest.lower()}"
    except ValueError:
        return "02:00:00:00:00:01"


CHECKS = (check_bonds,)
