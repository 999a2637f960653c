"""Our network files on a real NetworkManager: what the plan says is what the node gets, and the boot waits for it.

NetworkManager, radvd and dnsmasq run in namespaces of the test's own. What is claimed of NetworkManager in rules and
docs is here: waiting for families, router advertisements and accept_ra, sysctl files, interfaces that belong to a CNI.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualstack.document.findings import At
from dualstack.document.frozen import thaw
from dualstack.eib import build_tree
from dualstack.rules.network.nics_found import found_nics
from dualstack.rules.network.nmstate_view import read_links
from tests.lab.hostnet import HostNetwork
from tests.lab.plugins import needed_namespaces
from tests.lab.router import LINK_LOCAL, ROUTER4
from tests.plan.plans import one_node, plan
from tests.truth import planned
from tests.truth.keyfiles import KEPT, NODES, V4, V6, generated, keep, keyfiles, mac, made_of, node, read

ONE = {"ens3": mac(0)}
"""The NIC as the kernel calls it: not as the site does."""
DUID = f"id:00:03:00:01:{mac(0)}"
"""What nmstate has DHCPv6 clients say: a DUID of the MAC, so that a reservation can be written beforehand."""
DHCP4 = ("--dhcp-range=192.168.100.100,192.168.100.150", f"--dhcp-host={mac(0)},192.168.100.10")
DHCP6 = ("--dhcp-range=fd00:100::1000,fd00:100::1fff", f"--dhcp-host={DUID},[fd00:100::10]")
ADDRESSES = {"ipv4": ["192.168.100.10/24"], "ipv6": ["fd00:100::10/64"]}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[HostNetwork]:
    folder = tmp_path / "lab"
    folder.mkdir()
    made = HostNetwork(folder)
    yield made
    made.stop()


def unwaited(files: dict[str, str]) -> dict[str, str]:
    """Give key files as they are without ``wait-ip``."""
    return {path: text.replace("may-fail=false\n", "") for path, text in files.items()}


@pytest.mark.parametrize("case", NODES)
def test_kept_key_files_are_what_nm_configurator_makes(case: str, tmp_path: Path) -> None:
    made = generated(case, tmp_path)
    if made is None:
        pytest.skip("nmc is not on PATH, so the key files kept here are taken as they are")
    made.pop("host_config.yaml")
    if os.environ.get("DUALSTACK_GOLDEN") == "write":
        keep(case, made)
    assert made == read(KEPT / case)


def test_static_addresses_routes_and_resolvers_are_the_plans(lab: HostNetwork, tmp_path: Path) -> None:
    lab.start(keyfiles("static", tmp_path), ONE)
    assert lab.online(30) is not None
    of_plan = node("static")
    assert lab.until(lambda: lab.addresses("ens3") == ADDRESSES, 10), lab.addresses("ens3")
    assert (str(of_plan.ipv4), str(of_plan.ipv6)) == ("192.168.100.10", "fd00:100::10")
    assert lab.gateways("ens3") == {"ipv4": [ROUTER4], "ipv6": [LINK_LOCAL]}
    assert lab.resolvers() == ["192.168.100.53", "fd00:100::53"]


def test_a_static_node_ignores_advertisements(lab: HostNetwork, tmp_path: Path) -> None:
    lab.start(keyfiles("static", tmp_path), ONE)
    lab.advertise(managed=False)
    assert lab.online(30) is not None
    assert not lab.until(lambda: len(lab.addresses("ens3")["ipv6"]) > 1, 5)
    assert lab.gateways("ens3")["ipv6"] == [LINK_LOCAL]


def test_the_boot_waits_for_both_families_and_gets_the_reserved_addresses(lab: HostNetwork, tmp_path: Path) -> None:
    lab.start(keyfiles("dynamic", tmp_path), ONE)
    lab.serve_dhcp(*DHCP4, *DHCP6, f"--dhcp-option=3,{ROUTER4}")
    # IPv4 alone, and nobody may take the node for online.
    assert lab.online(4) is None
    assert lab.addresses("ens3") == {"ipv4": ["192.168.100.10/24"], "ipv6": []}
    lab.advertise()
    assert lab.online(30) is not None
    found = lab.addresses("ens3")
    assert found["ipv4"] == ["192.168.100.10/24"]
    assert "fd00:100::10/128" in found["ipv6"], "DHCPv6 gives a bare address, beside the one that SLAAC makes"
    assert lab.gateways("ens3")["ipv4"] == [ROUTER4]
    assert [gateway[:6] for gateway in lab.gateways("ens3")["ipv6"]] == ["fe80::"]
    assert lab.resolvers()[:2] == ["192.168.100.53", "fd00:100::53"]


@pytest.mark.parametrize(
    ("case", "first", "missing"), [("static-ipv4", "ipv4", "ipv6"), ("static-ipv6", "ipv6", "ipv4")]
)
def test_the_boot_waits_where_one_family_alone_comes_from_the_network(
    lab: HostNetwork, tmp_path: Path, case: str, first: str, missing: str
) -> None:
    lab.start(keyfiles(case, tmp_path), ONE)
    assert lab.online(4) is None
    assert (lab.addresses("ens3")[first], lab.addresses("ens3")[missing]) == (ADDRESSES[first], [])
    lab.serve_dhcp(*DHCP4)
    lab.advertise(managed=False)
    assert lab.online(90) is not None
    assert lab.addresses("ens3")[missing]


@pytest.mark.parametrize(("case", "first", "missing"), [("dynamic", "ipv4", "ipv6"), ("static-ipv4", "ipv4", "ipv6"),
                                                         ("static-ipv6", "ipv6", "ipv4")])  # fmt: skip
def test_without_wait_ip_the_boot_goes_on_with_one_family(
    lab: HostNetwork, tmp_path: Path, case: str, first: str, missing: str
) -> None:
    """Why it is written."""
    lab.start(unwaited(keyfiles(case, tmp_path)), ONE)
    if first == "ipv4":
        lab.serve_dhcp(*DHCP4)
    assert lab.online(30) is not None
    assert (lab.addresses("ens3")[first], lab.addresses("ens3")[missing]) == (ADDRESSES[first], [])


def test_a_forwarding_node_keeps_the_route_while_a_router_advertises(lab: HostNetwork, tmp_path: Path) -> None:
    """NetworkManager reads advertisements itself: accept_ra, and that the node forwards, have no say."""
    forwards = ["sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.forwarding=1"]
    lab.start(keyfiles("static-ipv4", tmp_path), ONE, before=forwards)
    lab.advertise(lifetime=12, managed=False)
    assert lab.online(30) is not None
    assert lab.run("cat", "/proc/sys/net/ipv6/conf/ens3/accept_ra").strip() == "0"
    assert not lab.until(lambda: not lab.gateways("ens3")["ipv6"], 16), "the route went within its lifetime"
    # What does take it away: nobody advertises.
    lab.silence()
    assert lab.until(lambda: not lab.gateways("ens3")["ipv6"], 30)


def test_nics_are_found_by_their_macs_where_the_kernel_names_them_otherwise(lab: HostNetwork, tmp_path: Path) -> None:
    files = keyfiles("names", tmp_path)
    # Swapped, and one name a part of the other.
    lab.start(files, {"eth10": mac(1), "eth1": mac(2)})
    assert lab.until(lambda: lab.addresses("eth1")["ipv4"] == ["10.9.0.2/24"], 30)
    assert lab.until(lambda: lab.addresses("eth10") == ADDRESSES, 30)


def test_static_routes_are_the_plans(lab: HostNetwork, tmp_path: Path) -> None:
    lab.start(keyfiles("routes", tmp_path), {"ens3": mac(0), "ens4": mac(2)})
    assert lab.online(30) is not None
    wanted, known = thaw(node("routes").nmstate), {"ens3": "eth0", "ens4": "eth2"}

    def found() -> set[tuple[str, str, str]]:
        seen = {flag: json.loads(lab.run("ip", "-j", flag, "route")) for flag in ("-4", "-6")}
        return planned.kernel_routes(seen, known)

    assert lab.until(lambda: found() == planned.routes(wanted), 10), found()
    assert "metric 300" in lab.run("ip", "-6", "route", "show", "fd00:230::/64")


@pytest.mark.parametrize("case", ["names", "bond"])
def test_what_rests_on_a_nic_names_its_connection(case: str, tmp_path: Path) -> None:
    """A free name of a VLAN is not found by text, so its parent is a UUID; a bond keeps its name."""
    files = keyfiles(case, tmp_path)
    parents = {
        path.rpartition("/")[2].removesuffix(".nmconnection"): text.partition("\nparent=")[2].split("\n")[0]
        for path, text in files.items()
        if "\nparent=" in text
    }
    uuid = {path: text.partition("\nuuid=")[2].split("\n")[0] for path, text in files.items()}
    expected = {
        "names": {
            "storage": uuid["mgmt-1/eth10.nmconnection"],
            "eth1.130": uuid["mgmt-1/eth1.nmconnection"],
        },
        "bond": {"mgmt": "bond0"},
    }
    assert parents == expected[case]
    for path, text in files.items():
        if "type=802-3-ethernet" in text:
            assert "interface-name=" not in text, path
            assert "mac-address=34:8A:B1:4B:16:E" in text, path


def test_vlans_of_any_name_come_up(lab: HostNetwork, tmp_path: Path) -> None:
    needed_namespaces()
    probe = ["unshare", "--net", "ip", "link", "add", "link", "lo", "name", "probe", "type", "vlan", "id", "5"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this kernel has no VLANs (8021q)")
    lab.start(keyfiles("names", tmp_path), {"ens1f1": mac(1), "ens1f2": mac(2)})
    # nm-configurator renames by text what is called after the NIC.
    other = "ens1f1.130" if shutil.which("nmc") else "eth1.130"
    names = ("ens1f2", "storage", other)
    assert lab.until(lambda: all(lab.has(name) and lab.addresses(name)["ipv4"] for name in names), 30)
    assert [lab.addresses(name)["ipv4"] for name in names] == [["10.9.0.2/24"], ["10.120.0.2/24"], ["10.130.0.2/24"]]


@pytest.mark.parametrize(
    ("name", "below", "broken"),
    [("eth", "mgmt", "802-3-ens3ernet"), ("lan", "lan.5", "[vens3]"), ("eth0", "mgmt", None)],
)
def test_a_name_inside_words_of_the_key_file_breaks_it(
    lab: HostNetwork, tmp_path: Path, name: str, below: str, broken: str | None
) -> None:
    """DS176: nm-configurator replaces the NIC's name as text."""
    vlan = {"name": below, "vlan": {"id": 5, "base": name}, "ipv4": {"address": "10.5.0.2/24"}}
    made = plan(nodes=one_node({"name": name, "mac": mac(0), "ipv4": V4, "ipv6": V6}, vlan))
    files = made_of(thaw(made.nodes[0].nmstate), tmp_path)
    if files is None:
        pytest.skip("nmc is not on PATH")
    lab.start(files, ONE)
    written = lab.run("sh", "-c", "cat /etc/NetworkManager/system-connections/*")
    assert (broken is None) or broken in written
    assert (broken is not None) or ("type=802-3-ethernet" in written and "[vlan]" in written)
    links = read_links(At((), made.nodes[0].nmstate))
    assert bool([item for item in found_nics(links) if item.rule.id.startswith("DS176")]) == (broken is not None)


@pytest.mark.parametrize("what", ["all", "default", "ens3"])
def test_disable_ipv6_does_not_hold_on_a_nic_of_networkmanager(lab: HostNetwork, tmp_path: Path, what: str) -> None:
    """It holds on the CNI's interfaces, where it comes from `all` or `default`: there pods lose IPv6."""
    off = [f"sysctl -qw net.ipv6.conf.{what}.disable_ipv6=1"]
    conf = {"cni.conf": "[keyfile]\nunmanaged-devices=interface-name:cali*\n"}
    lab.start(keyfiles("static", tmp_path), ONE, before=off, conf=conf)
    assert lab.online(30) is not None
    assert lab.until(lambda: lab.addresses("ens3") == ADDRESSES, 10)
    lab.run("ip", "link", "add", "cali1", "type", "veth", "peer", "name", "pod1")
    disabled = lab.run("cat", "/proc/sys/net/ipv6/conf/cali1/disable_ipv6").strip()
    assert disabled == ("0" if what == "ens3" else "1")


def test_networkmanager_leaves_the_interfaces_of_canal_alone(lab: HostNetwork, tmp_path: Path) -> None:
    file = build_tree(plan(cluster={"cni": "canal"})).files["os-files/etc/NetworkManager/conf.d/rke2-canal.conf"]
    lab.start(keyfiles("static", tmp_path), ONE, conf={"rke2-canal.conf": file.text})
    assert lab.online(30) is not None
    names = ("cali12345", "flannel.1", "flannel-v6.1", "tunl0x", "vxlan.calico", "vxlan-v6.calico", "other")
    for number, name in enumerate(names):
        lab.run("ip", "link", "add", name, "type", "veth", "peer", "name", f"peer{number}")

    def states() -> dict[str, str]:
        lines = lab.run("nmcli", "-t", "-f", "DEVICE,STATE", "device").splitlines()
        return dict(line.replace("\\:", ":").split(":", 1) for line in lines)

    assert lab.until(lambda: states().get("other") == "disconnected", 10), states()
    assert {states()[name] for name in names[:-1]} == {"unmanaged"}
    assert states()["ens3"] == "connected"
