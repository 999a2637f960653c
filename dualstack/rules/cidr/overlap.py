"""Rules about networks that share addresses: pods and services with each other and with what the node must reach.

Nobody upstream checks these (EIB, RKE2, kubeadm): the cluster comes up, and some addresses are never reached. Each fix
names a free network, found among all that the site states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from dualstack.address.family import IPInterface, IPNetwork
from dualstack.address.ranges import in_same_family
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, write
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.cidr.cidr_lists import Cidr, Cidrs, cluster_lists
from dualstack.rules.cidr.free_ranges import BRIDGES, Room
from dualstack.rules.cidr.surroundings import Link, Named, attached, node_networks, room_for, surroundings
from dualstack.rules.network.nmstate_addresses import usual

PODS_SERVICES = Rule(
    "DS012-pod-service-overlap",
    "Pod and service CIDRs must not overlap.",
    Severity.ERROR,
    "kube-controller-manager gives no node a block that lies in the services, so nodes stay NotReady; where the "
    "network plugin gives out addresses itself, a service gets a pod's, and traffic to one goes to the other.",
    "openshift/installer pkg/types/validation/installconfig.go; k3s issues 9016 and 8911; kube-controller-manager "
    "1.34.2, run: tests/truth/test_api_server.py",
    firm=True,
)
CLUSTER_RANGE = Rule(
    "DS030-cluster-range-overlap",
    "Pod and service CIDRs must hold no address that the node itself, or what it must reach, has.",
    Severity.ERROR,
    "The node and the pods look for that address inside the cluster and never reach it.",
    "openshift/installer pkg/types/validation/installconfig.go; microshift's cluster-to-cluster configuration",
    firm=True,
)
INTERFACES = Rule(
    "DS031-interface-overlap",
    "Interfaces of one node must not have overlapping networks.",
    Severity.ERROR,
    "The kernel sends through one of them whatever is meant for the other.",
    "assisted-service internal/host/validator.go",
)
RESERVED = Rule(
    "DS032-reserved-range",
    "Networks should stay clear of the ranges that container tools take for themselves.",
    Severity.WARNING,
    "As soon as the tool makes its bridge on the node, addresses of the range are not reached any more.",
    "openshift/installer pkg/types/validation/installconfig.go; containers/common libnetwork",
)
OUTSIDE = Rule(
    "DS034-outside-network",
    "A node's address must lie in the network that the node is attached to.",
    Severity.ERROR,
    "Hypervisor and node do not reach each other.",
    "assisted-service internal/network (IsHostInAllMachineNetworksCidr)",
)

RULES = (PODS_SERVICES, CLUSTER_RANGE, INTERFACES, RESERVED, OUTSIDE)


def _move(item: At[Cidr], room: Room) -> AnyFix:
    network = item.value.prefix.network
    free = room.take((item.path, item.value.index), network)
    if free is None:
        return "choose a smaller range, one that overlaps no network of the site"
    return write(item.value.write(str(free)), guess=True)


def _always(_path: Path) -> bool:
    return True


def pod_service_overlap(
    pods: Cidrs, services: Cidrs, room: Room, written: Callable[[Path], bool] = _always
) -> Findings:
    """Tell pod and service CIDRs that share addresses; the finding stands at the one that somebody wrote.

    Args:
        pods: pod CIDRs.
        services: service CIDRs.
        room: free space, see ``room_for``.
        written: tells whether the value at a path is somebody's own, in contrast to a default.
    """
    for service in services:
        for pod in pods:
            if not in_same_family(pod.value.prefix.network, service.value.prefix.network):
                continue
            moved, kept, names = service, pod, ("services", "pods")
            if written(pod.path) and not written(service.path):
                moved, kept, names = pod, service, ("pods", "services")
            message = f"{moved.value} ({names[0]}) overlaps {kept.value} ({names[1]})"
            yield PODS_SERVICES.at(moved.path, message, _move(moved, room))


def cluster_range_overlap(ranges: Cidrs, others: Sequence[Named], room: Room) -> Findings:
    """Tell pod or service CIDRs that share addresses with networks and hosts around them."""
    wide_first = sorted(others, key=lambda other: other.network.prefixlen)
    for item in ranges:
        network = item.value.prefix.network
        told: list[IPNetwork] = []
        for other in wide_first:
            if not in_same_family(network, other.network):
                continue
            if other.route and other.network.prefixlen < network.prefixlen:
                continue
            if any(other.network.network_address in known for known in told):
                continue
            told.append(other.network)
            verb = "holds" if other.network.num_addresses == 1 else "overlaps"
            message = f"{network} {verb} {other.shown}, {other.label}"
            yield CLUSTER_RANGE.at(item.path, message, _move(item, room))


_WIDEST = {4: 16, 6: 64}
"""Prefix lengths from which on a link may be a real one; shorter ones are most often somebody's whole plan."""


def _too_wide(own: IPInterface, ranges: Cidrs) -> bool:
    """True for a link that holds ranges of the cluster just because its prefix is that of a whole plan."""
    net = own.network
    held = [item for item in ranges if in_same_family(net, item.value.prefix.network)]
    narrow = usual(own).network
    return (
        bool(held)
        and net.prefixlen < _WIDEST[net.version]
        and not any(in_same_family(narrow, item.value.prefix.network) for item in held)
    )


def wide_link(item: At[IPInterface], ranges: Cidrs) -> Findings:
    """Tell a link that holds ranges of the cluster just because its prefix is that of a whole plan."""
    held = [str(one.value) for one in ranges if in_same_family(item.value.network, one.value.prefix.network)]
    message = f"{item.value.network} is no link: {', '.join(held)} of the cluster lie in it"
    yield CLUSTER_RANGE.at(item.path, message, write(str(usual(item.value)), ", or what the link has", guess=True))


def interface_overlap(links: Sequence[Link], room: Room) -> Findings:
    """Tell two interfaces of one node with overlapping networks; single addresses (/32, /128) do not count."""
    nets = [(name, item) for name, item in links if item.value.network.num_addresses > 1]
    for index, (name, item) in enumerate(nets):
        for other_name, other in nets[:index]:
            network = item.value.network
            if name == other_name or not in_same_family(network, other.value.network):
                continue
            free = room.take(item.path, network)
            fix: AnyFix = f"give {name} a network of its own"
            if free is not None:
                offset = int(item.value.ip) - int(network.network_address)
                moved = f"{free[offset % free.num_addresses]}/{free.prefixlen}"
                fix = write(moved, f", or what {name}'s own network has", guess=True)
            message = f"{network} of {name} overlaps {other.value.network} of {other_name}"
            yield INTERFACES.at(item.path, message, fix)


def reserved_range(item: Named, fix: Callable[[], AnyFix]) -> Findings:
    """Tell a network in the ranges that Docker and Podman take by default.

    Args:
        item: the network.
        fix: words the fix, asked for only where there is something to mend.
    """
    for what, bridge in BRIDGES.items():
        if in_same_family(item.network, bridge):
            yield RESERVED.at(item.path, f"{item.network}, {item.label}, overlaps {bridge}, {what}", fix())


def outside_network(addresses: Sequence[At[IPInterface]], networks: Sequence[Named]) -> Findings:
    """Tell networks in which a host has no address, although it is attached to them.

    Args:
        addresses: the host's addresses.
        networks: the networks that the host is attached to, at most one of a family in most cases.
    """
    for named in networks:
        own = [item for item in addresses if item.value.version == named.network.version]
        if any(item.value.ip in named.network for item in own):
            continue
        if own:
            fix = write(str(own[0].value.network)) if named.made else "write an address of it"
            yield OUTSIDE.at(named.path, f"{own[0].value.ip} lies outside {named.network}, {named.label}", fix)
        else:
            message = f"the host has no address in {named.network}, {named.label}"
            yield OUTSIDE.at(named.path, message, f"give it an IPv{named.network.version} address there")


def _written(subject: Subject) -> Callable[[Path], bool]:
    cluster = subject.site.cluster

    def written(path: Path) -> bool:
        if path[:2] == ("cluster", "server"):
            return True
        role, family = str(path[1]), str(path[2])
        return role in cluster.model_fields_set and family in getattr(cluster, role).model_fields_set

    return written


def check_overlaps(subject: Subject) -> Findings:
    """Judge every network that the site names against every other one."""
    pods, services = (found.items for found in cluster_lists(subject))
    others = surroundings(subject)
    room = room_for([*pods, *services], others)
    yield from pod_service_overlap(pods, services, room, _written(subject))
    links = node_networks(subject)
    wide = [item for _, (_, item) in links if _too_wide(item.value, [*pods, *services])]
    for link in wide:
        yield from wide_link(link, [*pods, *services])
    told = {link.path for link in wide}
    yield from cluster_range_overlap([*pods, *services], [other for other in others if other.path not in told], room)
    for index in range(len(subject.site.nodes)):
        own = [link for place, link in links if place == index]
        yield from interface_overlap(own, room)
        if index == subject.plan.initializer.index:
            management = [item for name, item in own if name == subject.plan.initializer.management]
            yield from outside_network(management, attached(subject) if management else [])
    for item in (*pods, *services):
        named = Named(item.path, item.value.prefix.network, "a range of the cluster")
        yield from reserved_range(named, partial(_move, item, room))
    for _, (name, address) in links:
        named = Named(address.path, address.value.network, f"the network of {name}")
        yield from reserved_range(named, lambda: "move the node to another network, or keep Docker and Podman off it")


CHECKS = (check_overlaps,)
