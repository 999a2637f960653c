"""Bonds and VLANs of our network files on a real NetworkManager and a kernel that has them: user-mode Linux.

One machine takes the cases one after the other, all before the first test. At the other ends of the NICs is a bond
that speaks LACP, or a bridge, and on it the VLAN with the router.
"""

from __future__ import annotations

import re
import shutil
from typing import Any

import pytest

from dualstack.document.frozen import thaw
from tests.lab.uml import answered
from tests.truth import planned
from tests.truth.keyfiles import OWN, keyfiles, mac, node

KERNEL = {"ens3": mac(2), "ens30": mac(1)}
"""The NICs as the kernel calls them: not as the site does, nor in its order, and one name a part of the other."""
ROUTER = ["192.168.100.1", "fd00:100::1", "fe80::1"]
DHCP = (
    "--dhcp-range=192.168.100.100,192.168.100.150",
    f"--dhcp-host={OWN},192.168.100.10",
    "--dhcp-range=fd00:100::1000,fd00:100::1fff",
    f"--dhcp-host=id:00:03:00:01:{OWN},[fd00:100::10]",
    "--dhcp-option=3,192.168.100.1",
)
UNMARKED = (
    "--dhcp-range=192.168.100.100,192.168.100.150",
    f"--dhcp-host={mac(1)},192.168.100.10",
    f"--dhcp-host={mac(2)},192.168.100.20",
    "--dhcp-range=fd00:100::1000,fd00:100::1fff",
    f"--dhcp-host=id:00:03:00:01:{mac(1)},[fd00:100::10]",
    f"--dhcp-host=id:00:03:00:01:{mac(2)},[fd00:100::20]",
    "--dhcp-option=3,192.168.100.1",
)
FOUND_FIRST = {"ipv4": ["192.168.100.20/24"], "ipv6": ["fd00:100::20/128"]}
RESERVED = {"ipv4": ["192.168.100.10/24"], "ipv6": ["fd00:100::10/128"]}
CASES: dict[str, dict[str, Any]] = {
    "bond": {"router": {"vlan": 120}, "dhcp": DHCP, "near": {"mgmt": ROUTER}},
    "unmarked": {"router": {"vlan": 120}, "dhcp": UNMARKED, "near": {}, "of": "bond"},
    "lacp": {
        "router": {"vlan": 120, "lacp": list(KERNEL), "mtu": 9000},
        "dhcp": (),
        "near": {"bond0.120": ROUTER},
    },
    "names": {"router": {}, "dhcp": (), "near": {}},
}
SECONDS = 300.0
"""For all cases; one takes 15 on an idle machine."""


def expected(case: str) -> dict[str, dict[str, list[str]]]:
    """Give the addresses of a case: static ones as planned, and what DHCP reserves."""
    static = planned.addresses(nmstate(case))
    dynamic = {"bond": {"mgmt": RESERVED}, "unmarked": {"mgmt": FOUND_FIRST}}
    return {**static, **dynamic.get(case, {})}


def nmstate(case: str) -> Any:
    return thaw(node(CASES[case].get("of", case)).nmstate)


def names(case: str) -> dict[str, str]:
    """Give the site's names by the kernel's."""
    by_mac = {one["mac-address"].lower(): one["name"] for one in nmstate(case)["interfaces"] if "mac-address" in one}
    return {kernel: by_mac[address] for kernel, address in KERNEL.items()}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    request = {}
    for name, case in CASES.items():
        files = keyfiles(case.get("of", name), tmp_path_factory.mktemp(name))
        if name == "unmarked":
            files = {path: re.sub(r"cloned-mac-address=.*\n", "", text) for path, text in files.items()}
        known = {site: kernel for kernel, site in names(name).items()}
        # nm-configurator renames what is called after a NIC; the files kept here are taken as they are.
        wanted = {kernel_name(key, known): value for key, value in expected(name).items()}
        request[name] = {**case, "nics": KERNEL, "keyfiles": files, "expected": wanted}
    seen: dict[str, Any] = answered(
        tmp_path_factory.mktemp("uml"), "tests.lab.hostnet_inside", request, timeout=SECONDS
    )
    return seen


def kernel_name(site: str, known: dict[str, str]) -> str:
    """Give what an interface is called on the node: a NIC by the kernel, ``eth1.130`` after it."""
    base, dot, rest = site.partition(".")
    if site in known:
        return known[site]
    return f"{known[base]}.{rest}" if dot and base in known and shutil.which("nmc") else site


@pytest.mark.parametrize("case", ["bond", "lacp", "names"])
def test_bonds_and_vlans_addresses_routes_and_resolvers_are_the_plans(case: str, machine: dict[str, Any]) -> None:
    seen = machine[case]
    assert "failed" not in seen, seen["failed"]
    known = names(case)
    back = {kernel_name(site, {site: kernel for kernel, site in known.items()}): site for site in expected(case)}
    assert seen["online"] is not None, seen["log"]
    assert {back[name]: found for name, found in seen["addresses"].items()} == expected(case), seen["log"]
    wanted = nmstate(case)
    assert planned.kernel_links(seen["links"], wanted, {**back, **known}) == planned.links(wanted)
    assert planned.kernel_routes(seen["routes"], known) == planned.routes(wanted)
    assert seen["resolvers"] == planned.resolvers(wanted)
    assert all(seen["reached"].values()), seen["reached"]


def test_a_bond_without_a_mac_of_its_own_is_known_by_the_port_that_the_kernel_finds_first(
    machine: dict[str, Any],
) -> None:
    """DS308: the site's first port is not it here, and the address reserved for that one is not the node's."""
    assert machine["unmarked"]["addresses"] == expected("unmarked"), machine["unmarked"]


def test_both_ports_are_in_one_aggregate_with_the_switch_and_have_the_bonds_mtu(machine: dict[str, Any]) -> None:
    links = machine["lacp"]["links"]
    ports = [links[name]["linkinfo"]["info_slave_data"] for name in KERNEL]
    assert len({port["ad_aggregator_id"] for port in ports}) == 1, ports
    assert all("distributing" in port["ad_actor_oper_port_state_str"] for port in ports), ports
    assert links["bond0"]["linkinfo"]["info_data"]["ad_info"]["num_ports"] == len(KERNEL)
    assert {links[name]["mtu"] for name in KERNEL} == {9000}
