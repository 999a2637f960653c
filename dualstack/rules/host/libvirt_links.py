"""Rules about what a VM of libvirt has between its NICs and the virtual network: VLANs, and reservations."""

from __future__ import annotations

from dualstack.document.findings import At, Findings, Rule, Severity
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

RULES = (VLAN, LEASES)


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


CHECKS = (check_vlans, check_leases)
