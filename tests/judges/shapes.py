"""The shapes of a node's network that the demo sites have."""

from __future__ import annotations

from typing import Any

from tests.plan.plans import AUTO, one_node

MAC = "34:8a:b1:4b:16:e7"
V4 = {"address": "192.168.100.10/24", "gateway": "192.168.100.1"}
V6 = {"address": "fd00:100::10/64", "gateway": "fd00:100::1"}


def eth0(**more: Any) -> dict[str, Any]:
    """Return the ethernet interface of a shape."""
    return {"name": "eth0", "mac": MAC, **more}


SHAPES: dict[str, dict[str, Any]] = {
    "static": {"nodes": one_node(eth0(ipv4=V4, ipv6=V6))},
    "static, link-local gateway": {"nodes": one_node(eth0(ipv4=V4, ipv6={**V6, "gateway": "fe80::1"}))},
    "autoconfiguration": {"nodes": one_node(eth0(ipv4={"dhcp": True}, ipv6={"dhcp": True, "autoconf": True}))},
    "bond, VLAN, autoconfiguration": AUTO,
    "bond with its port's MAC": {
        "nodes": one_node(
            eth0(),
            {"name": "eth1", "mac": "34:8a:b1:4b:16:e8"},
            {"name": "bond0", "mac": MAC, "bond": {"ports": ["eth0", "eth1"]}, "ipv4": V4, "ipv6": V6},
        )
    },
    "VLAN with its NIC's MAC": {
        "nodes": one_node(eth0(), {"name": "v", "mac": MAC, "vlan": {"id": 5, "base": "eth0"}, "ipv4": V4, "ipv6": V6})
    },
    "static IPv4, autoconfiguration": {"nodes": one_node(eth0(ipv4=V4, ipv6={"dhcp": True, "autoconf": True}))},
    "second network": {
        "nodes": one_node(
            eth0(mtu=9000, ipv4=V4, ipv6=V6),
            {"name": "eth1", "mac": "34:8a:b1:4b:16:e8", "ipv4": {"address": "10.9.0.2/24"}},
            routes=[{"destination": "10.8.0.0/16", "gateway": "10.9.0.1", "interface": "eth1", "metric": 200}],
        )
    },
}
