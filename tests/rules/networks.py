"""Sites with one node, whose network is the matter; and the numbers of the rules about it."""

from __future__ import annotations

from typing import Any

from tests.sites import mapping

MAC, MAC2 = "34:8a:b1:4b:16:e7", "34:8a:b1:4b:16:e8"
V4 = {"address": "192.168.100.10/24", "gateway": "192.168.100.1"}
V6 = {"address": "fd00:100::10/64", "gateway": "fe80::1"}
AUTO4 = {"dhcp": True, "reservation": "192.168.100.10"}
AUTO6 = {"dhcp": True, "autoconf": True, "reservation": "fd00:100::10"}
NUMBERS = frozenset(f"DS{number:03}" for number in range(40, 60))


def eth(name: str = "eth0", mac: str | None = MAC, **more: Any) -> dict[str, Any]:
    return {"name": name, **({"mac": mac} if mac else {}), **more}


def node(*interfaces: dict[str, Any], **more: Any) -> dict[str, Any]:
    return mapping(nodes=[{"name": "mgmt-1", "interfaces": list(interfaces), **more}])


def raw(**nmstate: Any) -> dict[str, Any]:
    return node(eth(ipv4=V4, ipv6=V6), nmstate=nmstate)


def raw_eth0(**body: Any) -> dict[str, Any]:
    return raw(interfaces=[{"name": "eth0", **body}])


BOND = {"name": "bond0", "bond": {"ports": ["eth0", "eth1"]}}
PORTS = (eth(), eth("eth1", MAC2))


def vlan(**change: Any) -> dict[str, Any]:
    return {"name": "bond0.100", "vlan": {"id": 100, "base": "bond0"}, "ipv4": V4, "ipv6": V6, **change}
