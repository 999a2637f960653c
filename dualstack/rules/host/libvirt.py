"""Rules about the management host as a libvirt VM: its network, its size, its disk."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from dualstack.address.family import FAMILIES, LABEL, Family, IPAddress, IPNetwork
from dualstack.address.pair import of
from dualstack.address.parsing import Address, Prefix
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, write
from dualstack.document.origins import Path
from dualstack.plan.network import asks_for_addresses, management_interface
from dualstack.rules.base import Subject
from dualstack.rules.network.nmstate_paths import site_path
from dualstack.rules.network.nmstate_view import read_routes
from dualstack.rules.program.program_resources import dhcp_prefixes, tight_prefixes

NETWORK = Rule(
    "DS123-libvirt-network",
    "The virtual network must have a prefix of each family, whose first address is left to libvirt's own bridge.",
    Severity.ERROR,
    "The VM has no way to its gateway, or takes the address that libvirt gives its own bridge.",
    "libvirt formatnetwork; the provider gives the bridge the first address of each prefix",
    firm=True,
)
SLAAC_PREFIX = Rule(
    "DS124-libvirt-autoconf-prefix",
    "An IPv6 prefix from which a node makes its own address must be a /64.",
    Severity.ERROR,
    "The kernel ignores the advertised prefix, and the node has no IPv6 address.",
    "RFC 4862 section 5.5.3; RFC 7421",
    firm=True,
)
SIZE = Rule(
    "DS125-libvirt-size",
    "The VM must have room for the management cluster: 16 GiB, 4 CPUs and 60 GiB of disk at the very least.",
    Severity.WARNING,
    "Pods are evicted or stay pending, and the cluster comes up in part.",
    "estimate of dualstack: half of the defaults (32 GiB, 8 CPUs, 100 GiB)",
)
DISK_IMAGE = Rule(
    "DS126-libvirt-image",
    "The VM must have an image to boot from.",
    Severity.ERROR,
    "The VM's disk is empty, and it boots nothing.",
    "dualstack's own",
)
BACKEND = Rule(
    "DS127-libvirt-dns",
    "DNS backend libvirt must have a virtual network to hold the records.",
    Severity.ERROR,
    "The records are written nowhere.",
    "dualstack's own",
    firm=True,
)
UNUSED = Rule(
    "DS136-libvirt-unused",
    "It must be known which settings of a virtual host have no effect.",
    Severity.INFO,
    "No VM is created: the host is a machine of another kind.",
    "dualstack's own",
)
GATEWAY = Rule(
    "DS143-libvirt-gateway",
    "On a virtual network of libvirt's own the gateway must be the bridge: the first address of each prefix.",
    Severity.ERROR,
    "Nobody answers at the gateway's address, and the VM reaches nothing outside its network.",
    "libvirt formatnetwork; the provider gives the bridge the first address of each prefix, and no fe80::1",
)
RESOLVER = Rule(
    "DS155-libvirt-resolver",
    "With DNS backend libvirt the node's resolvers must be the virtual network's bridge: it alone has the records.",
    Severity.WARNING,
    "Another resolver answers that the site's names do not exist, and the node, which asks no further, finds neither "
    "Rancher nor Ironic.",
    "libvirt formatnetwork: the records are rows of the network's own server, which asks the hypervisor's resolvers "
    "for all else; resolv.conf(5): the next server is asked only where one is silent",
)

RULES = (NETWORK, SLAAC_PREFIX, SIZE, DISK_IMAGE, BACKEND, UNUSED, GATEWAY, RESOLVER)

LEAST_MEMORY_MIB = 16 * 1024
LEAST_CPUS = 4
LEAST_DISK_GIB = 60
_PREFIX: Path = ("host", "libvirt", "network")


EXAMPLES: dict[Family, str] = {"ipv4": "192.168.100.0/24", "ipv6": '"fd00:100::/64"'}


def no_prefix(family: At[Family], fix: AnyFix, beside: str = "") -> Finding:
    """Make the finding for a virtual network that lacks a family.

    Args:
        family: the family, and where its prefix would stand.
        fix: what to do.
        beside: why nothing stands in for it.
    """
    message = f"the virtual network has no {LABEL[family.value]} prefix"
    return NETWORK.at(family.path, f"{message}, and {beside}" if beside else message, fix)


def left_to_bridge(prefix: At[IPNetwork], address: Address) -> Findings:
    """Tell where a node has the address that libvirt gives its own bridge: the first one of the prefix."""
    network = prefix.value
    if network.num_addresses > 1 and int(address.ip) == int(network.network_address) + 1 and address.ip in network:
        message = f"{address} is the first address of {network}, which libvirt gives its own bridge"
        yield NETWORK.at(prefix.path, message, "give the node another address of the prefix")


def bridge_gateway(gateway: At[IPAddress], network: IPNetwork) -> Findings:
    """Tell a gateway that is not the address which libvirt gives its own bridge.

    Args:
        gateway: next hop of a default route.
        network: the virtual network's prefix of that family.
    """
    bridge = network.network_address + 1
    if network.num_addresses > 1 and gateway.value != bridge:
        message = f"{gateway.value} is nobody on the virtual network {network}, whose bridge has {bridge}"
        yield GATEWAY.at(gateway.path, message, write(bridge, guess=True))


def slaac_prefix(prefix: At[IPNetwork]) -> Findings:
    """Tell where no node can make an address of its own from a prefix."""
    if prefix.value.version == 6 and prefix.value.prefixlen != 64:
        better = ipaddress.ip_network(f"{prefix.value.network_address}/64", strict=False)
        yield SLAAC_PREFIX.at(prefix.path, f"{prefix.value} is no /64", write(better))


def _prefixes(subject: Subject) -> Iterator[tuple[Family, At[IPNetwork] | None]]:
    """Give the virtual network's prefix of each family: the site's, else the management interface's own."""
    site = subject.site
    first = subject.plan.initializer.index
    management = management_interface(site.nodes[first])
    for family in FAMILIES:
        given = of(site.host.libvirt.network, family)
        ip = management.families.of(family) if management else None
        if given is not None:
            yield family, At((*_PREFIX, family), given.network)
        elif management is not None and ip is not None and ip.address is not None:
            index = site.nodes[first].interfaces.index(management)
            yield family, At(("nodes", first, "interfaces", index, family, "address"), ip.address.interface.network)
        else:
            yield family, None


def check_network(subject: Subject) -> Findings:
    """Judge the virtual network."""
    site = subject.site
    if site.host.kind != "libvirt":
        return
    network = site.host.libvirt.network
    if network.mode == "bridge":
        if network.bridge is None:
            fix = "set host.libvirt.network.bridge to the name of the hypervisor's bridge, such as br0"
            yield NETWORK.at((*_PREFIX, "bridge"), "mode bridge without a bridge", fix)
        return
    managements = [management_interface(node) for node in site.nodes]
    for family, prefix in _prefixes(subject):
        if prefix is None:
            fix = f"set host.libvirt.network.{family} to {EXAMPLES[family]}"
            yield no_prefix(At((*_PREFIX, family), family), fix, "no static address tells one")
            continue
        for node in subject.plan.nodes:
            address = node.address(family)
            if address is not None:
                yield from left_to_bridge(prefix, address)
        if any(item is not None and item.ipv6 is not None and item.ipv6.autoconf for item in managements):
            yield from slaac_prefix(prefix)


def check_dhcp(subject: Subject) -> Findings:
    """Judge the prefixes themselves, and those from which the network gives the node its addresses."""
    site = subject.site
    if site.host.kind != "libvirt" or site.host.libvirt.network.mode == "bridge":
        return
    prefixes = [
        At(prefix.path, Prefix(str(prefix.value), prefix.value))
        for _, prefix in _prefixes(subject)
        if prefix is not None
    ]
    yield from tight_prefixes(prefixes)
    if any(asks_for_addresses(node) for node in site.nodes):
        yield from dhcp_prefixes(prefixes, "give the node static addresses")


def check_gateways(subject: Subject) -> Findings:
    """Judge the VMs' gateways on a virtual network of libvirt's own."""
    site = subject.site
    if site.host.kind != "libvirt" or site.host.libvirt.network.mode == "bridge":
        return
    prefixes = dict(_prefixes(subject))
    for node, plan in zip(site.nodes, subject.plan.nodes, strict=True):
        for hop in read_routes(At((), plan.nmstate)):
            prefix = prefixes[hop.family] if hop.family is not None else None
            if not hop.default or hop.gateway is None or prefix is None or hop.interface != plan.management:
                continue
            path = site_path(node, plan, hop.path)
            yield from bridge_gateway(At(path, hop.gateway), prefix.value)


def check_machine(subject: Subject) -> Findings:
    """Judge the VM's size and disk."""
    site = subject.site
    if site.host.kind != "libvirt":
        return
    libvirt = site.host.libvirt
    sizes = (
        ("memory", libvirt.memory, LEAST_MEMORY_MIB, "MiB", 32768),
        ("vcpus", libvirt.vcpus, LEAST_CPUS, "CPUs", 8),
        ("diskSize", libvirt.disk_size, LEAST_DISK_GIB, "GiB", 100),
    )
    for key, value, least, unit, better in sizes:
        if value < least:
            message = f"{value} {unit} are less than {least}"
            yield SIZE.at(("host", "libvirt", key), message, write(better))
    if libvirt.image is None and site.image.build == "none":
        fix = "set host.libvirt.image to the built image's path or URL, or image.build to local"
        yield DISK_IMAGE.at(("host", "libvirt", "image"), "no image is given, and none is built here", fix)


def check_backend(subject: Subject) -> Findings:
    """Tell where libvirt's DNS server is asked for without libvirt, or without a network of its own."""
    site = subject.site
    if site.dns.backend != "libvirt":
        return
    if site.host.kind != "libvirt":
        fix = "set dns.backend to existing, or host.kind to libvirt"
        yield BACKEND.at(("dns", "backend"), "libvirt holds the records, but the host is no VM of libvirt", fix)
    elif site.host.libvirt.network.mode == "bridge":
        message = "a bridge of the hypervisor has no DNS server of libvirt"
        yield BACKEND.at(("dns", "backend"), message, "set dns.backend to existing, or the network's mode to nat")


def bridge_resolver(resolver: At[IPAddress], bridges: Sequence[IPAddress]) -> Findings:
    """Tell a resolver that is not the virtual network's own server.

    Args:
        resolver: address of the resolver.
        bridges: addresses of the bridge.
    """
    if resolver.value not in bridges:
        told = " and ".join(map(str, bridges))
        message = f"{resolver.value} does not have the records, which are at {told}"
        yield RESOLVER.at(resolver.path, message, f"write {told} alone")


def check_resolvers(subject: Subject) -> Findings:
    """Judge whom the node asks where libvirt has the records."""
    site = subject.site
    if site.dns.backend != "libvirt" or site.host.kind != "libvirt" or site.host.libvirt.network.mode == "bridge":
        return
    bridges = [prefix.value.network_address + 1 for _, prefix in _prefixes(subject) if prefix is not None]
    for i, resolver in enumerate(site.dns.resolvers):
        if bridges:
            yield from bridge_resolver(At(("dns", "resolvers", i), resolver.ip), bridges)


def check_unused(subject: Subject) -> Findings:
    """Tell where a host that is no VM has settings of one."""
    host = subject.site.host
    if host.kind != "libvirt" and host.libvirt.model_fields_set:
        message = f"host.libvirt has no effect while host.kind is {host.kind}"
        yield UNUSED.at(("host", "libvirt"), message, "set host.kind to libvirt, or remove host.libvirt")


CHECKS = (check_network, check_dhcp, check_gateways, check_machine, check_backend, check_resolvers, check_unused)
