"""The interfaces of a node's network file (nmstate), each with what the machine has for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dualstack.address.family import Family


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


def find_nic(wanted: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> Nic:
    """Find an interface: by its MAC where the profile goes by that, as nm-configurator's do, else by name."""
    mac = str(wanted.get("mac-address", "")).lower()
    by_mac = [
        link
        for link in links
        if mac
        and mac in (str(link.get("address", "")).lower(), str(link.get("permaddr", "")).lower())
        # Ports, bonds and VLANs of a NIC share its MAC.
        and (wanted.get("type") != "ethernet" or not _kind(link) or _kind(link) == "veth")
    ]
    by_name = [link for link in links if link.get("ifname") == wanted.get("name")]
    link = next(iter(by_mac or by_name), None)
    if link is None:
        return Nic(wanted, None, ())
    have = [one for one in link.get("addr_info", ()) if isinstance(one, Mapping)]
    # UNKNOWN is what interfaces say that have no carrier to look at (linux Documentation/networking/operstates.rst).
    return Nic(wanted, str(link.get("ifname")), have, link.get("operstate") in ("DOWN", "LOWERLAYERDOWN"))


def _kind(link: Mapping[str, Any]) -> str:
    info = link.get("linkinfo")
    return str(info.get("info_kind", "")) if isinstance(info, Mapping) else ""
