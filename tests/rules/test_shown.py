"""What findings say of odd values is in YAML's words, never in Python's."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sites import checked, mapping

ODD: tuple[Any, ...] = ([[]], {}, [{}], True, None, 1.5, [None], {"a": [True]}, [[[{"b": None}]]])
PYTHON = re.compile(r"\(\(|,\)|\(\)|mappingproxy|FrozenDict|\bNone\b|\bTrue\b|\bFalse\b|<class|<object|\{'")


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything in a tree."""
    yield from [path] if path else []
    for key, item in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from places(item, (*path, key))


def put(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy with another value at a path."""
    made = copy.deepcopy(tree)
    here = made
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    return made


NMSTATE: dict[str, Any] = {
    "interfaces": [
        {"name": "eth0", "type": "ethernet", "state": "up", "mtu": 1500,
         "ipv4": {"enabled": True, "address": [{"ip": "192.168.100.10", "prefix-length": 24}]},
         "ipv6": {"enabled": True, "autoconf": False, "address": [{"ip": "fd00:100::10", "prefix-length": 64}]}},
        {"name": "eth0.7", "type": "vlan", "state": "up", "vlan": {"base-iface": "eth0", "id": 7}},
    ],
    "dns-resolver": {"config": {"server": ["fd00:100::53"], "options": ["rotate"]}},
    "routes": {"config": [{"destination": "::/0", "next-hop-address": "fe80::1", "next-hop-interface": "eth0"}]},
}  # fmt: skip
SERVER: dict[str, Any] = {
    "cluster-cidr": "10.42.0.0/16,fd12:4567:789b::/48",
    "node-ip": "192.168.100.10,fd00:100::10",
    "tls-san": ["a.example.com"],
    "cni": "cilium",
    "kubelet-arg": ["max-pods=200"],
    "ingress-controller": "traefik",
    "bind-address": "::",
}
METAL3: dict[str, Any] = {
    "global": {"ironicIP": "192.168.100.10", "provisioningIP": "x"},
    "metal3-ironic": {"listenOnAll": True},
}


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("part", ["nmstate", "server", "metal3"])
def test_odd_values_are_told_in_yaml(part: str, odd: Any) -> None:
    site = mapping()
    tree = {"nmstate": NMSTATE, "server": SERVER, "metal3": METAL3}[part]
    for path in places(tree):
        changed = put(tree, path, odd)
        if part == "nmstate":
            site["nodes"][0]["nmstate"] = changed
        elif part == "server":
            site.setdefault("cluster", {})["server"] = changed
        else:
            site.setdefault("charts", {})["metal3"] = {"values": changed}
        for finding in checked(copy.deepcopy(site)).findings:
            for words in (finding.message, finding.fix, finding.consequence):
                assert not PYTHON.search(words), f"{path}: {words}"
