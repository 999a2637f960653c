"""Rules about the interfaces of one node together: names, MACs, VLANs; bonds and bridges have a module of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dualstack.address.mac import trouble, with_colons
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.rules.blame import shown
from dualstack.rules.network.nmstate_bonds import bond, controllers, nearest, ports_of
from dualstack.rules.network.nmstate_interface import MTU
from dualstack.rules.network.nmstate_view import Link, whole

ETHERNET = Rule(
    "DS040-ethernet-mac",
    "A node must have an ethernet interface, and each ethernet interface the MAC of its NIC.",
    Severity.ERROR,
    "nm-configurator cannot tell which machine or NIC the file is for and refuses it: the image is not built.",
    "nm-configurator src/generate_conf.rs",
    firm=True,
)
MAC = Rule(
    "DS041-mac-address",
    "A MAC must be a NIC's own: 48 bits, unicast, not zero, and no other interface's.",
    Severity.ERROR,
    "No NIC answers to it, or the wrong one does: the node starts without its network configuration.",
    "nm-configurator src/apply_conf.rs (NICs are found by MAC); IEEE 802 section 8.2",
    firm=True,
)
NAME = Rule(
    "DS043-interface-name",
    "An interface's name must be one that Linux takes, and the node's only one of it.",
    Severity.ERROR,
    "The kernel refuses the name, or one interface silently replaces the other.",
    "Linux net/core/dev.c, dev_valid_name (15 characters, no slash, colon or white space)",
    firm=True,
)
VLAN = Rule(
    "DS045-vlan",
    "A VLAN must have an id from 1 to 4094, its own on an interface of its node.",
    Severity.ERROR,
    "The kernel makes no such interface, and its addresses are missing: nm-configurator does not look.",
    "IEEE 802.1Q; seen with nm-configurator 0.3.5",
    firm=True,
)
RULES = (ETHERNET, MAC, NAME, VLAN)

MOST_NAME = 15
DEFAULT_MTU = 1500
"""MTU of an ethernet interface or bond that names none."""
_OWN_MAC = "write the NIC's own MAC, as ip link shows it"


def mac_address(item: At[str]) -> Findings:
    """Judge one MAC."""
    text = item.value
    wrong = trouble(text)
    if wrong == "form":
        meant = with_colons(text)
        fix = f'write "{meant}"' if meant else _OWN_MAC
        yield MAC.at(item.path, f"{text!r} is no MAC of six pairs of hex digits with colons", fix)
    elif wrong == "zero":
        yield MAC.at(item.path, f"{text} is zero", _OWN_MAC)
    elif wrong is not None:
        what = "the broadcast address" if wrong == "broadcast" else "a multicast address"
        yield MAC.at(item.path, f"{text} is {what}", _OWN_MAC)


def macs_unique(items: Sequence[At[str]]) -> Findings:
    """Judge the MACs of several NICs together; upper and lower case mean the same."""
    seen: set[str] = set()
    for item in items:
        key = item.value.lower()
        if key and key in seen:
            yield MAC.at(item.path, f"{item.value} is another interface's, too", _OWN_MAC)
        seen.add(key)


def interface_names(items: Sequence[At[str]]) -> Findings:
    """Judge the names of one node's interfaces."""
    seen: set[str] = set()
    for item in items:
        name = item.value
        tidy = re.sub(r"[\s/:]", "-", name)[:MOST_NAME].strip(".") or "eth0"
        if tidy != name and (name in ("", ".", "..") or re.search(r"[\s/:]", name)):
            yield NAME.at(item.path, f"{name!r} is no name that Linux takes", write(tidy))
        elif len(name) > MOST_NAME:
            yield NAME.at(item.path, f"{name!r} has {len(name)} characters, over {MOST_NAME}", write(tidy))
        if name in seen:
            yield NAME.at(item.path, f"another interface has the name {name!r}, too", write(_free_name(name, items)))
        seen.add(name)


def _free_name(name: str, items: Sequence[At[str]]) -> str:
    taken = {item.value for item in items}
    stem = name.rstrip("0123456789")[: MOST_NAME - 3] or "eth"
    return next(free for free in (f"{stem}{number}" for number in range(len(taken) + 1)) if free not in taken)


def ethernet_macs(document: At[Mapping[str, Any]], links: Sequence[Link]) -> Findings:
    """Judge whether a node has ethernet interfaces, and each a MAC."""
    ethernet = [link for link in links if link.kind == "ethernet"]
    if not ethernet:
        fix = "add the NIC as an interface with its name and MAC"
        yield ETHERNET.at((*document.path, "interfaces"), "no interface is an ethernet one", fix)
    for link in ethernet:
        if link.body.get("mac-address") in (None, ""):
            fix = "add the NIC's own MAC here, as ip link shows it"
            yield ETHERNET.at((*link.path, "mac-address"), f"{link.name} has no MAC", fix)


def _vlan(link: Link, links: Sequence[Link], tags: dict[tuple[str, int], str]) -> Findings:
    by_name = {other.name: other for other in links}
    body = link.body.get("vlan")
    path = (*link.path, "vlan")
    given = body.get("id") if isinstance(body, Mapping) else None
    number = whole(given)
    if number is None or not 1 <= number <= 4094:
        message = f"{link.name} has the VLAN id {shown(given)}, outside 1 to 4094"
        yield VLAN.at((*path, "id"), message, "write an id from 1 to 4094, as the switch has it")
    base = link.base
    if base is None or base not in by_name or base == link.name:
        what = "no base" if base is None else f"the base {base}, which is no other interface of the node"
        fix = nearest(base or "the base", [other for other in links if other.kind != "vlan"])
        yield VLAN.at((*path, "base-iface"), f"{link.name} has {what}", fix)
        return
    if number is not None and (known := tags.setdefault((base, number), link.name)) != link.name:
        message = f"VLAN {number} on {base} is {known} already"
        yield VLAN.at((*path, "id"), message, "write the id that the switch has for this one")
    if _loops(link, by_name):
        fix = "name the ethernet interface or bond that carries the VLAN"
        yield VLAN.at((*path, "base-iface"), f"{link.name} rests on itself through {base}", fix)
    elif link.mtu is not None and link.mtu > (limit := by_name[base].mtu or DEFAULT_MTU):
        message = f"{link.name} has MTU {link.mtu}, its base {base} {limit}"
        yield MTU.at(
            (*link.path, "mtu"), message, write(limit, f", or set the mtu of {base} to {link.mtu}", guess=True)
        )


def _loops(link: Link, by_name: Mapping[str, Link]) -> bool:
    seen: set[str] = set()
    name: str | None = link.name
    while name is not None and name in by_name:
        if name in seen:
            return True
        seen.add(name)
        name = by_name[name].base
    return False


def nmstate_links(links: Sequence[Link]) -> Findings:
    """Judge names, MACs, bonds, bridges and VLANs of one node's interfaces."""
    yield from interface_names([At((*link.path, "name"), link.name) for link in links if link.name])
    for link in links:
        if link.name == "lo" and link.kind not in ("", "loopback"):
            message = f"lo is the kernel's loopback interface, here it is of type {link.kind}"
            yield NAME.at((*link.path, "name"), message, "write the NIC's own name, such as eth0")
        if isinstance(mac := link.body.get("mac-address"), str) and mac:
            yield from mac_address(At((*link.path, "mac-address"), mac))
    taken: dict[str, str] = {}
    tags: dict[tuple[str, int], str] = {}
    for link in links:
        if link.kind == "bond":
            yield from bond(link, links, taken)
        elif link.kind in ("linux-bridge", "vrf"):
            yield from ports_of(link, links, taken)
        elif link.kind == "vlan":
            yield from _vlan(link, links, tags)
    yield from controllers(links)


def nic_macs(links: Iterable[Link]) -> list[At[str]]:
    """Return the MACs of the ethernet interfaces; a bond or VLAN may lawfully repeat one."""
    return [
        At((*link.path, "mac-address"), mac)
        for link in links
        if link.kind == "ethernet" and isinstance(mac := link.body.get("mac-address"), str)
    ]
