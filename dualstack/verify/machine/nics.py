"""The interfaces of a node's network file (nmstate), each with what the machine has for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dualstack.address.family import Family

_NICS: Final = ("", "veth")
"""Kinds of link that stand for a NIC: none is told of one (``ip -d``), and the tests' are veths."""


@dataclass(frozen=True)
class Nic:
    """One interface.

    Attributes:
        wanted: as nmstate has it.
        name: on the machine; None where it has none.
        addresses: those that it has, as ``ip -j address`` gives them.
        down: whether it carries nothing.
    """

    wanted: Mapping[str, Any]
    name: str | None
    addresses: Sequence[Mapping[str, Any]]
    down: bool = False

    def of(self, family: Family) -> Mapping[str, Any]:
        """Give what the plan says of a family; empty where the interface has none of it."""
        found = self.wanted.get(family)
        return found if isinstance(found, Mapping) and found.get("enabled", True) else {}

    def learns(self, family: Family) -> bool:
        """Tell whether the network gives it addresses, routes and resolvers of a family."""
        return bool(self.of(family).get("dhcp") or self.of(family).get("autoconf"))


def shown(value: Any) -> str:
    """Give a text that a machine said, in a form that a terminal does nothing with."""
    return ascii(str(value))[1:-1][:100]


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """Give the mappings of a list; what comes from a machine, or from raw nmstate, may be anything."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def plain(address: Any) -> str:
    """Give an address in its canonical form; empty where it is none."""
    try:
        return str(ipaddress.ip_address(str(address).partition("%")[0]))
    except ValueError:
        return ""


def find_nic(wanted: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> Nic:
    """Find an interface: by its MAC where the profile goes by that, as nm-configurator's do, else by name."""
    mac = str(wanted.get("mac-address", "")).lower()
    # A port of a bond has the bond's MAC, and its own beside it; bonds, bridges and VLANs share those of their NICs.
    by_mac = [
        link
        for link in links
        if mac and mac == str(link.get("permaddr") or link.get("address") or "").lower() and _kind(link) in _NICS
    ]
    by_name = [link for link in links if link.get("ifname") == wanted.get("name")]
    # What is made on a machine has the name that it is made with.
    found = by_mac or by_name if wanted.get("type") == "ethernet" else by_name or by_mac
    link = next(iter(found), None)
    if link is None:
        return Nic(wanted, None, ())
    have = mappings(link.get("addr_info"))
    # UNKNOWN is what interfaces say that have no carrier to look at (linux Documentation/networking/operstates.rst).
    return Nic(wanted, shown(link.get("ifname")), have, link.get("operstate") in ("DOWN", "LOWERLAYERDOWN"))


def _kind(link: Mapping[str, Any]) -> str:
    info = link.get("linkinfo")
    return str(info.get("info_kind", "")) if isinstance(info, Mapping) else ""
