"""Sites of several nodes for tests."""

from __future__ import annotations

import copy
from typing import Any

from dualstack.document.merge import overlay
from tests.sites import SECRETS, mapping

TOKEN = (*SECRETS, "rke2Token")


def node(number: int, **more: Any) -> dict[str, Any]:
    """Return a node as a person writes one where defaults say the rest."""
    nic = {
        "name": "eth0",
        "mac": f"34:8a:b1:4b:20:{number:02x}",
        "ipv4": {"address": f"192.168.100.{10 + number}"},
        "ipv6": {"address": f"fd00:100::{10 + number}"},
    }
    return {"name": f"mgmt-{number}", "interfaces": [nic], **more}


DEFAULTS = {
    "interfaces": [
        {
            "name": "eth0",
            "ipv4": {"prefixLength": 24, "gateway": "192.168.100.1"},
            "ipv6": {"prefixLength": 64, "gateway": "fe80::1"},
        }
    ]
}
CLUSTER = {
    "bootstrap": "mgmt-1",
    "api": {"ipv4": "192.168.100.20"},
    "apiHost": "api.lyon.example.com",
    "ingress": {"ipv4": "192.168.100.21", "ipv6": "fd00:100::21"},
}
VIP = {"ipv4": "192.168.100.22", "ipv6": "fd00:100::22"}


def several(mode: str = "address", count: int = 3, /, **changes: Any) -> dict[str, Any]:
    """Return the mapping of a good site of several nodes, changes merged over it."""
    data = mapping(mode, nodes=[node(number + 1) for number in range(count)], nodeDefaults=DEFAULTS)
    data["cluster"] = copy.deepcopy(CLUSTER)
    data.setdefault("provisioning", {})["vip"] = dict(VIP)
    if mode == "hostname":
        data["rancher"] = {"hostname": "rancher.lyon.example.com"}
    merged: dict[str, Any] = overlay(data, copy.deepcopy(changes))
    return merged
