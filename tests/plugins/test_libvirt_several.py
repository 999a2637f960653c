"""Several nodes on a real libvirt host: a VM each, with the NICs of its bond, and nodes that come and go."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.lab import arp, dhcp
from tests.lab.libvirtd import GUEST
from tests.lab.standins.project import STACK
from tests.plugins.libvirt import NAME, NET, Lab
from tests.several import several

pytestmark = pytest.mark.plugins

GATEWAYS = {"ipv4": "192.168.100.1", "ipv6": "fd00:100::1"}
NAMES = ["lab-mgmt-1", "lab-mgmt-2", "lab-mgmt-3"]
JOINED = "lab-mgmt-4"


@pytest.fixture
def lab(lab: Lab) -> Lab:
    lab.lean()
    return lab


def mac(node: int, port: int) -> str:
    return f"34:8a:b1:4b:2{port}:{node:02x}"


def bonded(node: int, ports: int = 2, **more: Any) -> dict[str, Any]:
    """A node with a bond of all its NICs; the interfaces stand in no helpful order."""
    names = [f"eth{port}" for port in range(ports)]
    nics = [{"name": name, "mac": mac(node, port)} for port, name in enumerate(names)]
    bond = {
        "name": "bond0",
        "bond": {"mode": "active-backup", "ports": names},
        "ipv4": {"address": f"192.168.100.{10 + node}/24", "gateway": GATEWAYS["ipv4"]},
        "ipv6": {"address": f"fd00:100::{10 + node}/64", "gateway": GATEWAYS["ipv6"]},
    }
    return {"name": f"mgmt-{node}", "interfaces": [bond, *nics], **more}


def leased(node: int, **more: Any) -> dict[str, Any]:
    """A node whose addresses the network gives, by its MAC and its name."""
    nic = {
        "name": "eth0",
        "mac": mac(node, 0),
        "ipv4": {"dhcp": True, "reservation": f"192.168.100.{10 + node}"},
        "ipv6": {"dhcp": True, "autoconf": True, "reservation": f"fd00:100::{10 + node}"},
    }
    return {"name": f"mgmt-{node}", "interfaces": [nic], **more}


def site(lab: Lab, nodes: list[dict[str, Any]], **network: Any) -> dict[str, Any]:
    settings = lab.settings(network=network) if network else lab.settings()
    host = {"kind": "libvirt", "libvirt": settings, "readiness": "off"}
    made = several(nodes=nodes, host=host, image={"type": "raw", "diskSize": "60G"})
    del made["nodeDefaults"]
    return made


def machine(node: int) -> tuple[str, str]:
    """Names of a node's disk and VM."""
    return f"management-host-mgmt-{node}-disk", f"management-host-mgmt-{node}-vm"


def nics(lab: Lab, name: str) -> list[tuple[str, str]]:
    """MAC and bridge of each NIC of a VM that runs, in the VM's order."""
    found = []
    for interface in lab.libvirtd.domain(name).iterfind("devices/interface"):
        address, source = interface.find("mac"), interface.find("source")
        assert address is not None
        assert source is not None
        found.append((address.attrib["address"], source.attrib["bridge"]))
    return found


def living(lab: Lab) -> dict[str, str]:
    """Process of each VM: the same one as long as nobody stops it."""
    server = lab.libvirtd
    return {name: server.run("cat", f"/run/libvirt/qemu/{name}.pid").strip() for name in server.names("vm")}


def test_nodes_with_bonds_that_come_and_go(lab: Lab) -> None:
    three = [bonded(number) for number in (1, 2, 3)]
    lab.first(site(lab, three))
    server = lab.libvirtd
    assert (server.names("net"), server.names("vm")) == ([STACK], NAMES)
    bridge = server.bridge(STACK)
    for number, name in enumerate(NAMES, 1):
        assert nics(lab, name) == [(mac(number, 0), bridge), (mac(number, 1), bridge)]
    assert [name for name in server.names("vol") if "disk" in name] == [f"{name}-disk" for name in NAMES]
    assert server.dig("api.lyon.example.com", "AAAA", GATEWAYS["ipv4"]) == [f"fd00:100::{i}" for i in (11, 12, 13)]
    before = living(lab)
    assert lab.apply(site(lab, three)).steps == []
    lab.expect_no_changes("--refresh")

    # Among the others, so that nobody's place in the list is what he is known by.
    four = [three[0], bonded(4, role="agent"), *three[1:]]
    disk, vm = machine(4)
    assert sorted(lab.apply(site(lab, four)).steps) == [f"create {disk}", f"create {vm}", f"update {NET}"]
    after = living(lab)
    assert {name: pid for name, pid in after.items() if name != JOINED} == before
    assert nics(lab, JOINED) == [(mac(4, 0), bridge), (mac(4, 1), bridge)]
    assert server.dig("mgmt-4", "AAAA", GATEWAYS["ipv6"]) == ["fd00:100::14"]
    lab.expect_no_changes("--refresh")

    assert sorted(lab.apply(site(lab, three)).steps) == [f"delete {disk}", f"delete {vm}", f"update {NET}"]
    assert living(lab) == before
    assert server.dig("mgmt-4", "AAAA", GATEWAYS["ipv6"]) == []
    lab.expect_no_changes("--refresh")
    lab.destroy()


def test_a_nic_more_or_less_or_another_replaces_its_vm_alone(lab: Lab) -> None:
    nodes = [bonded(1), bonded(2), bonded(3)]
    lab.first(site(lab, nodes))
    bridge = lab.libvirtd.bridge(STACK)
    _, vm = machine(2)
    replaced = [f"delete {vm}", f"create {vm}"]
    before = living(lab)

    nodes[1] = bonded(2, ports=3)
    assert lab.apply(site(lab, nodes)).steps == replaced
    assert nics(lab, NAMES[1]) == [(mac(2, port), bridge) for port in range(3)]

    nodes[1]["interfaces"][2]["mac"] = mac(2, 9)
    assert lab.apply(site(lab, nodes)).steps == replaced
    assert nics(lab, NAMES[1])[1] == (mac(2, 9), bridge)

    nodes[1] = bonded(2)
    assert lab.apply(site(lab, nodes)).steps == replaced
    assert nics(lab, NAMES[1]) == [(mac(2, port), bridge) for port in range(2)]
    lab.expect_no_changes("--refresh")
    after = living(lab)
    assert (after[NAMES[0]], after[NAMES[2]]) == (before[NAMES[0]], before[NAMES[2]])


@pytest.mark.parametrize("bridge", [False, True])
def test_one_node_that_becomes_several_and_one_again(lab: Lab, bridge: bool) -> None:
    """A rebuild, which ends: what has the same name on the hypervisor goes before its successor comes."""
    server = lab.libvirtd
    network = {"mode": "bridge", "bridge": "br-lab"} if bridge else {}
    nets = ([], []) if bridge else ([NAME], [STACK])
    server.run("ip", "link", "add", "br-lab", "up", "type", "bridge")
    try:
        one = lab.small(network=network)
        lab.first(one)
        lab.apply(site(lab, [bonded(number) for number in (1, 2, 3)], **network))
        assert (server.names("net"), server.names("vm")) == (nets[1], NAMES)
        assert len(server.names("vol")) == 4
        lab.expect_no_changes("--refresh")

        lab.apply(one)
        assert (server.names("net"), server.names("vm")) == (nets[0], [NAME])
        assert len(server.names("vol")) == 2
        lab.expect_no_changes("--refresh")
        lab.destroy()
    finally:
        server.run("ip", "link", "delete", "br-lab")


def test_the_networks_bridge_is_in_no_vlan(lab: Lab) -> None:
    """What DS318 says."""
    lab.first(lab.small())
    server = lab.libvirtd
    server.attach_guest(NAME, "192.168.100.77", "fd00:100::77")

    def asked(*tag: str) -> str:
        return server.run("ip", "netns", "exec", GUEST, sys.executable, arp.__file__, GATEWAYS["ipv4"], *tag).strip()

    assert (asked(), asked("81000078")) == ("answered", "silent")


def test_reservations_make_the_network_anew_for_a_node_more(lab: Lab) -> None:
    """What DS319 says: every VM is stopped and started with it, and every disk stays."""
    prefixes = {"ipv4": "192.168.100.0/24", "ipv6": "fd00:100::/64"}
    three = [leased(number) for number in (1, 2, 3)]
    lab.first(site(lab, three, **prefixes))

    def reserved() -> list[dict[str, str]]:
        return [item.attrib for item in lab.libvirtd.network(STACK).findall("ip/dhcp/host")]

    assert reserved() == [
        *({"mac": mac(i, 0), "name": f"mgmt-{i}", "ip": f"192.168.100.{10 + i}"} for i in (1, 2, 3)),
        *({"name": f"mgmt-{i}", "ip": f"fd00:100::{10 + i}"} for i in (1, 2, 3)),
    ]
    lab.expect_no_changes("--refresh")
    server = lab.libvirtd
    server.attach_guest(STACK, "192.168.100.77", "fd00:100::77")
    for number in (1, 2, 3):
        asked = server.run("ip", "netns", "exec", GUEST, sys.executable, dhcp.__file__, mac(number, 0))
        assert asked.strip() == f"192.168.100.{10 + number}"
    # The provider reads leases back as the VMs' addresses.
    assert server.virsh("net-dhcp-leases", STACK).count("192.168.100.") == 3
    lab.expect_no_changes("--refresh")

    steps = lab.apply(site(lab, [*three, leased(4, role="agent")], **prefixes)).steps
    stopped = [f"delete {machine(number)[1]}" for number in (1, 2, 3)]
    started = [f"create {machine(number)[1]}" for number in (1, 2, 3, 4)]
    assert sorted(steps) == sorted(
        [*stopped, f"delete {NET}", f"create {NET}", *started, f"create {machine(4)[0]}"],
    )
    assert len(reserved()) == 8
    lab.expect_no_changes("--refresh")


def test_vms_that_do_not_start(lab: Lab) -> None:
    """Each of them is told by its own name."""
    several_vms = site(lab, [bonded(number) for number in (1, 2, 3)])
    several_vms["host"]["libvirt"]["firmware"] = "/nowhere/firmware.fd"
    lab.site(several_vms)
    lab.init()
    failed = lab.dualstack("up", "lab", "--engine", "built", "--yes")
    assert failed.code == 1
    for name in NAMES:
        assert f"undefine {name} --nvram" in failed.told
