"""Hypothesis strategies: sites that are right, with every choice that a person has."""

from __future__ import annotations

import copy
import ipaddress
from typing import Any

from hypothesis import strategies as st

from dualstack.releases import RELEASES
from tests.sites import FQDN, SSH_KEY

octet = st.integers(1, 250)
STORAGE = {"ipv4": {"address": "172.31.255.10/24"}, "ipv6": {"address": "fd1f:ff::10/64"}}
"""A network without a gateway, for a second NIC; off every address that ``node_pairs`` gives."""
BONDS: tuple[dict[str, Any], ...] = (
    {},
    {"options": {"miimon": "100", "fail_over_mac": "active"}},
    {"mode": "802.3ad", "options": {"lacp_rate": "fast", "xmit_hash_policy": "layer3+4"}},
    {"mode": "balance-xor", "options": {"arp_interval": "100", "arp_ip_target": "192.168.100.1"}},
)
"""Modes and options of a bond that fit each other."""
PROXY = {"http": "http://172.31.0.80:3128", "https": "http://172.31.0.80:3128", "noProxy": [".corp.example.com"]}


@st.composite
def node_pairs(draw: st.DrawFn) -> tuple[ipaddress.IPv4Interface, ipaddress.IPv6Interface]:
    """An address of each family, off the default pod and service networks, neither first nor last on its link."""
    v4 = ipaddress.ip_interface(f"192.168.{draw(octet)}.{draw(st.integers(10, 250))}/24")
    host = draw(st.integers(16, 0xFFFE))
    v6 = ipaddress.ip_interface(f"fd{draw(st.integers(0x20, 0xFF)):02x}:{draw(st.integers(1, 0xFFFF)):x}::{host:x}/64")
    assert isinstance(v4, ipaddress.IPv4Interface)
    assert isinstance(v6, ipaddress.IPv6Interface)
    return v4, v6


@st.composite
def macs(draw: st.DrawFn) -> str:
    """A unicast MAC."""
    tail = draw(st.lists(st.integers(0, 255), min_size=5, max_size=5))
    return ":".join(f"{byte:02x}" for byte in [0x34, *tail])


@st.composite
def interfaces(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A plain interface, or a VLAN on a bond of two, maybe with another NIC; each family static or from the network."""
    v4, v6 = draw(node_pairs())
    gateway6 = draw(st.sampled_from(["fe80::1", str(v6.network.network_address + 1)]))
    static4 = {"address": str(v4), "gateway": str(v4.network.network_address + 1)}
    static6 = {"address": str(v6), "gateway": gateway6}
    families: dict[str, Any] = {
        "ipv4": draw(st.sampled_from([static4, {"dhcp": True, "reservation": str(v4.ip)}])),
        "ipv6": draw(st.sampled_from([static6, {"dhcp": True, "autoconf": True, "reservation": str(v6.ip)}])),
    }
    mtu = draw(st.sampled_from([{}, {"mtu": 1500}, {"mtu": 9000}]))
    first, second, third = draw(st.lists(macs(), min_size=3, max_size=3, unique=True))
    more = draw(st.sampled_from([[], [{"name": "eth2", "mac": third, **STORAGE}]]))
    if draw(st.booleans()):
        return [{"name": "eth0", "mac": first, **mtu, **families}, *more]
    tag = draw(st.integers(1, 4094))
    # Of its own where an address is reserved for it: a bond else has the MAC of the port that comes first.
    reserved = any("reservation" in section for section in families.values())
    own = {"mac": f"36{first[2:]}"} if reserved or draw(st.booleans()) else {}
    return [
        {"name": "eth0", "mac": first, **mtu},
        {"name": "eth1", "mac": second, **mtu},
        {"name": "bond0", **own, "bond": {"ports": ["eth0", "eth1"], **draw(st.sampled_from(BONDS))}, **mtu},
        {"name": f"bond0.{tag}", "vlan": {"base": "bond0", "id": tag}, **mtu, **families},
        *more,
    ]


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    """A right site in either mode and any release."""
    mode = draw(st.sampled_from(["address", "hostname"]))
    version4 = draw(st.integers(16, 22))
    nics = draw(interfaces())
    routes = [{"destination": "fd99::/48", "gateway": "fe80::9", "metric": draw(st.integers(1, 4000))}]
    if nics[-1]["name"] == "eth2":
        routes.append({"destination": "172.30.0.0/16", "gateway": "172.31.255.1", "interface": "eth2"})
    site: dict[str, Any] = {
        "schema": 1,
        "release": draw(st.sampled_from(RELEASES.names)),
        "mode": mode,
        "nodes": [
            {
                "name": draw(st.sampled_from(["mgmt-1", "a", "node-7.example.com"])),
                "interfaces": nics,
                "routes": draw(st.sampled_from([[], routes])),
            }
        ],
        "dns": {"resolvers": ["172.31.0.53", "fd01::53"], "pointers": draw(st.booleans())},
        "cluster": {
            "pods": {"ipv4": f"10.42.0.0/{version4}", "ipv6": "fd12:4567:789b::/48"},
            "cni": draw(st.sampled_from(["cilium", "canal", "calico"])),
        },
        "rancher": {"hostname": "dual" if mode == "address" else "auto"},
        "delivery": draw(st.sampled_from(["image", "pulumi"])),
        "charts": {"storage": {"login": {"username": "robot", "passwordKey": "appsToken"}}},
        "image": {
            "users": [{"username": "root", "sshKeys": [SSH_KEY]}],
            "packages": {"sccRegistrationCodeKey": "sccRegistrationCode"},
            **draw(st.sampled_from([{}, {"proxy": PROXY}])),
        },
    }
    if mode == "hostname":
        site["provisioning"] = {"hostname": FQDN}
    return copy.deepcopy(site)  # the samples above are shared, and tests put junk into a site
