"""Bonds and VLANs of our network files on a real NetworkManager and a kernel that has them: user-mode Linux.

One machine takes the cases one after the other, all before the first test. At the other ends of the NICs is a bond
that speaks LACP, or a bridge, and on it the VLAN with the router.
"""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from dualstack.frozen import thaw
from tests.lab.uml import answered
from tests.truth import planned
from tests.truth.keyfiles import keyfiles, mac, node

KERNEL = {"ens3": mac(2), "ens30": mac(1)}
"""The NICs as the kernel calls them: not as the site does, nor in its order, and one name a part of the other."""
ROUTER = ["192.168.100.1", "fd00:100::1", "fe80::1"]
# Which port's MAC a bond has is the kernel's order, so a reservation is for either.
DHCP = (
    "--dhcp-range=192.168.100.100,192.168.100.150",
    f"--dhcp-host={mac(1)},{mac(2)},192.168.100.10",
    "--dhcp-range=fd00:100::1000,fd00:100::1fff",
    *(f"--dhcp-host=id:00:03:00:01:{mac(port)},[fd00:100::10]" for port in (1, 2)),
    "--dhcp-option=3,192.168.100.1",
)
RESERVED = {"ipv4": ["192.168.100.10/24"], "ipv6": ["fd00:100::10/128"]}
CASES: dict[str, dict[str, Any]] = {
    "bond": {"router": {"vlan": 120}, "dhcp": DHCP, "near": {"mgmt": ROUTER}},
    "names": {"router": {}, "dhcp": (), "near": {}},
}
SECONDS = 300.0
"""For all cases; one takes 15 on an idle machine."""


def expected(case: str) -> dict[str, dict[str, list[str]]]:
    """Give the addresses of a case: static ones as planned, and what DHCP reserves."""
    static = planned.addresses(nmstate(case))
    return {**static, "mgmt": RESERVED} if CASES[case]["dhcp"] else static


def nmstate(case: str) -> Any:
    return thaw(node(case).nmstate)


def names(case: str) -> dict[str, str]:
    """Give the site's names by the kernel's."""
    by_mac = {one["mac-address"].lower(): one["name"] for one in nmstate(case)["interfaces"] if "mac-address" in one}
    return {kernel: by_mac[address] for kernel, address in KERNEL.items()}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    request = {}
    for name, case in CASES.items():
        files = keyfiles(name, tmp_path_factory.mktemp(name))
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


@pytest.mark.parametrize("case", CASES)
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
