"""What a VM of libvirt has between its NICs and the virtual network."""

from __future__ import annotations

from typing import Any

import pytest

from dualstack.document.origins import format_path
from tests.several import TOKEN, several
from tests.sites import found, told

NIC = {"name": "eth0", "mac": "34:8a:b1:4b:20:01"}
BRIDGE = "fd00:100::1"
GIVEN = {
    "ipv4": {"dhcp": True, "reservation": "192.168.100.11"},
    "ipv6": {"dhcp": True, "autoconf": True, "reservation": "fd00:100::11"},
}
PREFIXES = {"ipv4": "192.168.100.0/24", "ipv6": "fd00:100::/64"}


def static(number: int) -> dict[str, Any]:
    return {
        "ipv4": {"address": f"192.168.100.{10 + number}/24", "gateway": "192.168.100.1"},
        "ipv6": {"address": f"fd00:100::{10 + number}/64", "gateway": BRIDGE},
    }


def plain(number: int) -> dict[str, Any]:
    nic = {"name": "eth0", "mac": f"34:8a:b1:4b:20:{number:02x}", **static(number)}
    return {"name": f"mgmt-{number}", "interfaces": [nic]}


def site(first: dict[str, Any], **network: Any) -> dict[str, Any]:
    """Several nodes on libvirt, the bridge their gateway."""
    host = {"kind": "libvirt", "libvirt": {"image": "images/site.raw", "network": {**PREFIXES, **network}}}
    made = several(nodes=[first, plain(2), plain(3)], host=host, image={"type": "raw", "diskSize": "60G"})
    del made["nodeDefaults"]
    return made


def tagged() -> dict[str, Any]:
    """A node whose management interface is a VLAN of its NIC."""
    vlan = {"name": "eth0.120", "vlan": {"base": "eth0", "id": 120}, **static(1)}
    return {"name": "mgmt-1", "management": "eth0.120", "interfaces": [NIC, vlan]}


def test_static_addresses_on_nics_are_silent() -> None:
    assert told(site(plain(1)), TOKEN) == []


def places(site: dict[str, Any], number: str) -> list[tuple[str, str]]:
    return [(str(one.severity), format_path(one.path)) for one in found(site, number, TOKEN)]


def test_a_vlan_finds_no_gateway_on_libvirts_own_network() -> None:
    assert places(site(tagged()), "DS318") == [("error", "nodes[0].interfaces[1]")]
    assert places(site(tagged(), mode="bridge", bridge="br0"), "DS318") == []


def test_leases_make_the_network_anew_for_each_node() -> None:
    leased = {"name": "mgmt-1", "interfaces": [{**NIC, **GIVEN}]}
    assert places(site(leased), "DS319") == [("warning", "nodes[0].interfaces[0]")]
    assert places(site(leased, mode="bridge", bridge="br0"), "DS319") == []


def bonded(mode: str) -> dict[str, Any]:
    nics = [{"name": f"eth{index}", "mac": f"34:8a:b1:4b:21:0{index}"} for index in (0, 1)]
    bond = {"name": "bond0", "bond": {"mode": mode, "ports": ["eth0", "eth1"]}, **static(1)}
    return {"name": "mgmt-1", "management": "bond0", "interfaces": [*nics, bond]}


@pytest.mark.parametrize("mode", ["802.3ad", "balance-rr", "balance-xor", "broadcast", "balance-tlb", "balance-alb"])
@pytest.mark.parametrize("network", [{}, {"mode": "bridge", "bridge": "br0"}])
def test_a_bond_on_a_bridge_of_the_hypervisor_is_active_backup(mode: str, network: dict[str, Any]) -> None:
    assert places(site(bonded(mode), **network), "DS324") == [("warning", "nodes[0].interfaces[2].bond.mode")]
    assert places(site(bonded("active-backup"), **network), "DS324") == []


def test_a_machine_that_is_no_vm_may_have_any_bond() -> None:
    assert places({**site(bonded("802.3ad")), "host": {"kind": "existing"}}, "DS324") == []


def second(**sections: Any) -> dict[str, Any]:
    nic = {"name": "eth1", "mac": "34:8a:b1:4b:21:09", **sections}
    one = plain(1)
    return {**one, "interfaces": [*one["interfaces"], nic]}


@pytest.mark.parametrize(
    ("sections", "paths"),
    [
        ({"ipv4": {"address": "10.9.0.2/24"}}, ["nodes[0].interfaces[1].ipv4.address"]),
        (
            {"ipv4": {"address": "10.9.0.2/24"}, "ipv6": {"address": "fd00:9::2/64"}},
            ["nodes[0].interfaces[1].ipv4.address", "nodes[0].interfaces[1].ipv6.address"],
        ),
        ({"vlan": {"id": 7, "base": "eth0"}, "mac": None, "name": "eth0.7", "ipv4": {"address": "10.9.0.2/24"}},
         ["nodes[0].interfaces[1].ipv4.address"]),
        ({}, []),
        ({"ipv4": {"enabled": False}}, []),
    ],
)  # fmt: skip
def test_a_second_network_of_a_vm_is_told(sections: dict[str, Any], paths: list[str]) -> None:
    assert places(site(second(**sections)), "DS325") == [("warning", path) for path in paths]
    assert places(site(second(**sections), mode="bridge", bridge="br0"), "DS325") == []
