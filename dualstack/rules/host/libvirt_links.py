"""Rules about what a VM of libvirt has between its NICs and the virtual network: VLANs, and reservations."""

from __future__ import annotations

from ipaddress import ip_network

from dualstack.address.family import VERSION
from dualstack.address.ranges import in_same_family
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.document.origins import Path
from dualstack.plan.network import asks_for_addresses, management_interface
from dualstack.rules.base import Subject
from dualstack.rules.network.nmstate_paths import site_path
from dualstack.rules.network.nmstate_view import read_links

VLAN = Rule(
    "DS318-libvirt-vlan",
    "On a virtual network of libvirt's own the management interface must not be a VLAN.",
    Severity.ERROR,
    "The network's bridge answers frames without a tag alone: the VM has no gateway, no resolver and no DHCP.",
    "libvirt 9.0, run: its bridge answers no ARP request with a tag (tests/plugins/test_libvirt_several.py); resolver "
    "and DHCP follow from that",
)
LEASES = Rule(
    "DS319-libvirt-leases",
    "The VMs of several nodes must not have their addresses from the virtual network.",
    Severity.WARNING,
    "A node that joins or leaves changes the network's reservations, which no network of libvirt's provider takes "
    "while it lives: the network is made anew, and every VM is stopped and started with it.",
    "pulumi-libvirt 0.5.4, run: another xml.xslt replaces the network (tests/plugins/test_libvirt_several.py)",
)

BOND = Rule(
    "DS324-libvirt-bond",
    "A bond in a VM of libvirt must be one that needs nothing of a switch: active-backup.",
    Severity.WARNING,
    "The VM's NICs end at one bridge of the hypervisor, which groups no ports and speaks no LACP: frames come twice, "
    "in another order or not at all, and the bond has no more than one NIC's speed.",
    "Linux Documentation/networking/bonding.rst, switch configuration (read)",
)
SECOND = Rule(
    "DS325-libvirt-second-network",
    "Every network of a VM's interfaces must be one that the virtual network has.",
    Severity.WARNING,
    "All NICs of the VM are on that one virtual network: on another one there are the site's own VMs, and no router, "
    "resolver or BMC.",
    "components/libvirt.py: one network, and a NIC on it for each ethernet interface",
)

RULES = (VLAN, LEASES, BOND, SECOND)


def _has_network(subject: Subject) -> bool:
    host = subject.site.host
    return host.kind == "libvirt" and host.libvirt.network.mode != "bridge"


def check_vlans(subject: Subject) -> Findings:
    """Judge what the management interfaces are."""
    if not _has_network(subject):
        return
    for node, plan in zip(subject.site.nodes, subject.plan.nodes, strict=True):
        for link in read_links(At((), plan.nmstate)):
            if link.name == plan.management and link.kind == "vlan" and link.up:
                message = f"{link.name} is a VLAN, and the virtual network's bridge is in none"
                fix = "give the addresses to the interface below it, or attach the VM to a bridge of the hypervisor's "
                fix += "(host.libvirt.network.mode: bridge)"
                yield VLAN.at(site_path(node, plan, link.path), message, fix)


def check_leases(subject: Subject) -> Findings:
    """Tell where nodes cannot come and go without a restart of all."""
    if not _has_network(subject) or not subject.plan.several:
        return
    for index, node in enumerate(subject.site.nodes):
        management = management_interface(node)
        if management is not None and asks_for_addresses(node):
            path = ("nodes", index, "interfaces", node.interfaces.index(management))
            message = f"{node.name} has its addresses from the network, which is made anew for each node of that kind"
            yield LEASES.at(path, message, "give it static addresses")


def check_bonds(subject: Subject) -> Findings:
    """Judge the modes of bonds."""
    for index, node in enumerate(subject.site.nodes if subject.site.host.kind == "libvirt" else ()):
        for number, interface in enumerate(node.interfaces):
            if interface.bond is not None and interface.bond.mode != "active-backup":
                path: Path = ("nodes", index, "interfaces", number, "bond", "mode")
                message = f"{interface.bond.mode} on a bridge of the hypervisor"
                yield BOND.at(path, message, write("active-backup", guess=True))


def check_networks(subject: Subject) -> Findings:
    """Tell networks of interfaces that the virtual network has not."""
    libvirt = subject.plan.libvirt
    if libvirt is None or not _has_network(subject):
        return
    have = [ip_network(text, strict=False) for text in libvirt.addresses]
    for index, node in enumerate(subject.site.nodes):
        for number, interface in enumerate(node.interfaces):
            for family, ip in interface.families.items():
                if not ip.enabled or ip.address is None or interface is management_interface(node):
                    continue
                network, same = ip.address.interface.network, [one for one in have if one.version == VERSION[family]]
                if same and not any(in_same_family(network, one) for one in same):
                    message = (
                        f"{interface.name} is in {network}, and the virtual network is {', '.join(map(str, same))}"
                    )
                    path: Path = ("nodes", index, "interfaces", number, family, "address")
                    fix = "attach the VM to a bridge of the hypervisor's that has both networks "
                    fix += "(host.libvirt.network.mode: bridge), or leave the interface out"
                    yield SECOND.at(path, message, fix)


CHECKS = (check_vlans, check_leases, check_bonds, check_networks)
