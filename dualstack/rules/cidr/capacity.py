"""Rules about sizes: node blocks, service ranges, and whether both families have room for what shall run.

Sources: kubernetes ``pkg/controller/nodeipam`` and ``cmd/kube-apiserver/app/options/validation.go``; counts as
``dualstack.address`` makes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dualstack.address.family import BITS, FAMILIES, LABEL, Family, IPNetwork
from dualstack.address.pair import of
from dualstack.address.ranges import node_blocks, usable_pods
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, Fix, Set, write
from dualstack.document.frozen import thaw
from dualstack.document.origins import Path
from dualstack.plan.capacity import own_ipam
from dualstack.plan.server import KUBERNETES_MAX_PODS, KUBERNETES_NODE_MASK
from dualstack.releases import IPV6_LIMIT, service_range_limit
from dualstack.rules.base import Subject
from dualstack.rules.cidr.cidr_lists import Cidr, Cidrs, ClusterList, cluster_lists
from dualstack.rules.cidr.free_ranges import Room
from dualstack.rules.cidr.surroundings import room_for, surroundings
from dualstack.rules.server.own_server import own_values

GAP = Rule(
    "DS035-node-mask-gap",
    "The IPv6 node mask must be at most 16 bits longer than the pod CIDR's prefix.",
    Severity.ERROR,
    'kube-controller-manager stops with "the node CIDR size is too big".',
    "kubernetes pkg/controller/nodeipam/ipam/cidrset/cidr_set.go (clusterSubnetMaxDiff); k3s issue 7888; run: "
    "tests/truth/test_api_server.py",
    firm=True,
)
NODE_MASK = Rule(
    "DS036-node-mask",
    "A node mask must be a prefix length no shorter than the pod CIDR's, one for each family.",
    Severity.ERROR,
    "kube-controller-manager stops, and no node gets addresses for pods.",
    "kubernetes cmd/kube-controller-manager/app/core.go; openshift/installer pkg/types/validation/installconfig.go",
    firm=True,
)
TOO_LARGE = Rule(
    "DS037-service-range-too-large",
    "A service CIDR must not be larger than Kubernetes can use: 20 bits before 1.34, IPv6 /65 up to 1.34.7, /64 later.",
    Severity.ERROR,
    'The API server stops with "specified service-cluster-ip-range is too large".',
    "kubernetes cmd/kube-apiserver/app/options/validation.go and pkg/registry/core/service/ipallocator; kubernetes "
    "issue 138374 and pull request 138385 (/64); the API server 1.34.2 was run with /63",
    firm=True,
)
TOO_SMALL = Rule(
    "DS038-range-too-small",
    "Pod and service CIDRs must have room for the nodes and for at least 128 addresses.",
    Severity.ERROR,
    "Nodes, pods or services stay without an address, a management cluster's own charts bring some 100 services.",
    "assisted-service internal/network/cidr_validations.go; kubernetes "
    "cmd/kubeadm/app/apis/kubeadm/validation/validation.go",
)
MAX_PODS = Rule(
    "DS039-max-pods",
    "A node's block must have an address for each pod that kubelet allows, in both families.",
    Severity.ERROR,
    "Pods beyond the block's addresses hang in ContainerCreating.",
    "kubespray roles/validate_inventory; kubernetes.io: cluster networking, max-pods",
)

RULES = (GAP, NODE_MASK, TOO_LARGE, TOO_SMALL, MAX_PODS)

MAX_GAP = 16
"""``clusterSubnetMaxDiff`` of kube-controller-manager."""
ENOUGH_IPV6 = 112
"""Prefix length to propose for IPv6 services: 65,535 addresses, which every Kubernetes uses in full."""
FULL = 'The API server starts, and each Service of two families fails with "range is full".'
OUTSIDE = "Services get IPv6 addresses outside of the range, which nothing in the cluster routes (an int64 overflow)."
MASK_KEY = "kube-controller-manager-arg"
PODS_KEY = "kubelet-arg"
MIN_ADDRESSES = 128
"""What assisted-service wants of a pod or service network."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A pod CIDR and the node mask that divides it."""

    pods: At[Cidr]
    mask: At[int]

    @property
    def network(self) -> IPNetwork:
        """The pod CIDR."""
        return self.pods.value.prefix.network

    @property
    def family(self) -> Family:
        """Family of both."""
        return self.pods.value.family


def _set_mask(item: Masked, mask: int) -> AnyFix:
    """Make the fix for a node mask, a field of its own or one of a component's arguments."""
    argument = f"write node-cidr-mask-size-{item.family}={mask} there"
    return argument if item.mask.path[-1:] == (MASK_KEY,) else write(mask)


def _first_part(network: IPNetwork, length: int) -> str:
    return f"{network.network_address}/{length}"


def node_mask(item: Masked) -> Findings:
    """Judge a node mask against its pod CIDR."""
    mask, length, family = item.mask.value, item.network.prefixlen, item.family
    default = KUBERNETES_NODE_MASK[family]
    if not 0 < mask <= BITS[family]:
        fix = _set_mask(item, max(default, length))
        yield NODE_MASK.at(item.mask.path, f"{mask} is no prefix length of an {LABEL[family]} block", fix)
    elif mask < length:
        message = f"a block of /{mask} does not fit into the pod CIDR {item.network}"
        yield NODE_MASK.at(item.mask.path, message, _set_mask(item, max(default, length)))
    elif family == "ipv6" and mask - length > MAX_GAP:
        message = f"{item.network} with blocks of /{mask} is {mask - length} bits apart, {MAX_GAP} are allowed"
        yield GAP.at(item.pods.path, message, write(item.pods.value.write(_first_part(item.network, mask - 16))))


def one_mask(items: Sequence[Masked]) -> Findings:
    """Tell two node masks of one family: kube-controller-manager takes one."""
    masks: dict[Family, int] = {}
    for item in items:
        first = masks.setdefault(item.family, item.mask.value)
        if item.mask.value != first:
            message = f"{LABEL[item.family]} has node masks /{first} and /{item.mask.value}"
            yield NODE_MASK.at(item.mask.path, message, _set_mask(item, first))


def room_for_nodes(item: Masked, nodes: int) -> Findings:
    """Tell a pod CIDR that has fewer blocks than there are nodes; a mask that fits nowhere is another rule's."""
    blocks = node_blocks(item.network, item.mask.value)
    if 0 < blocks < nodes:
        message = f"{item.network} has {blocks} blocks of /{item.mask.value}, there are {nodes} nodes"
        longer = item.network.prefixlen + (nodes - 1).bit_length()
        yield TOO_SMALL.at(item.mask.path, message, _set_mask(item, min(longer, BITS[item.family])))


def service_size(items: Cidrs, limit: Mapping[str, int], kubernetes: str = "") -> Findings:
    """Tell service CIDRs that are larger than Kubernetes can use.

    Args:
        items: service CIDRs.
        limit: shortest prefix length of each family, see ``service_range_limit``.
        kubernetes: version that the limit is of; named in the message where it is known.
    """
    for item in items:
        network, family = item.value.prefix.network, item.value.family
        if network.prefixlen >= limit[family]:
            continue
        shortest = max(limit[family], ENOUGH_IPV6) if family == "ipv6" else limit[family]
        follows = ""
        if family == "ipv6" and limit[family] <= IPV6_LIMIT + 1:
            follows = OUTSIDE if network.prefixlen == IPV6_LIMIT else FULL
        told = f"Kubernetes {kubernetes}" if kubernetes else "Kubernetes"
        message = f"{network} is larger than /{limit[family]}, the largest that {told} can use"
        fix = write(item.value.write(_first_part(network, shortest)))
        yield TOO_LARGE.at(item.path, message, fix, consequence=follows)


def at_least(items: Cidrs, addresses: int = MIN_ADDRESSES, room: Room | None = None) -> Findings:
    """Tell CIDRs with fewer addresses than wanted.

    Args:
        items: the CIDRs.
        addresses: how many are wanted.
        room: free space, to propose a larger one.
    """
    for item in items:
        network = item.value.prefix.network
        if network.num_addresses >= addresses:
            continue
        message = f"{network} has {network.num_addresses} addresses, {addresses} are wanted at least"
        usual = {4: 16, 6: 112}[network.version]
        length = max(0, min(usual, network.max_prefixlen - (addresses - 1).bit_length()))
        free = room.grown((item.path, item.value.index), network, length) if room else None
        larger = write(item.value.write(str(free)), guess=True) if free else f"write a prefix of /{length} or shorter"
        yield TOO_SMALL.at(item.path, message, larger)


def max_pods(items: Sequence[Masked], limit: At[int]) -> Findings:
    """Tell where kubelet allows more pods than a node's block has addresses, in either family."""
    if limit.value < 1:
        yield MAX_PODS.at(limit.path, f"{limit.value} pods per node", write(KUBERNETES_MAX_PODS))
        return
    usable = [item for item in items if 0 < item.mask.value <= BITS[item.family]]
    rooms = {item.family: usable_pods(item.family, item.mask.value) for item in usable}
    least = min((room for room in rooms.values() if room > 0), default=KUBERNETES_MAX_PODS)
    for item in usable:
        mask, room = item.mask.value, rooms[item.family]
        if room >= limit.value:
            continue
        message = f"{limit.value} pods are allowed per node, an {LABEL[item.family]} block of /{mask} has {room}"
        if room > 0:
            argument = "max-pods=" if limit.path[-1] in (PODS_KEY, f"{PODS_KEY}+") else ""
            yield MAX_PODS.at(limit.path, message, f"write {argument}{least}")
        else:
            yield MAX_PODS.at(item.mask.path, message, _set_mask(item, KUBERNETES_NODE_MASK[item.family]))


_MASK_ARGUMENT = re.compile(r"(?:--)?node-cidr-mask-size-(ipv4|ipv6)=([0-9]{1,3})")
_PODS_ARGUMENT = re.compile(r"(?:--)?max-pods=([0-9]{1,9})")


def _arguments(subject: Subject, key: str) -> tuple[Path, list[str]] | None:
    """Return all arguments for a component, or None where the computed ones stand alone."""
    site = subject.site
    own = list(own_values(site, key))
    if not own and key not in site.cluster.server:
        return None
    replaced = key in site.cluster.server
    computed = () if replaced else thaw(subject.plan.server_computed.get(key, ()))
    path: Path = ("cluster", "server", key if replaced else f"{key}+")
    return path, [item for item in (*computed, *(each.value for each in own)) if isinstance(item, str)]


def effective_masks(subject: Subject) -> dict[Family, At[int]]:
    """Return the node masks as kube-controller-manager will get them."""
    own = _arguments(subject, MASK_KEY)
    masks: dict[Family, At[int]] = {}
    for family in FAMILIES:
        if own is None:
            masks[family] = At(("cluster", "nodeMask", family), of(subject.site.cluster.node_mask, family))
            continue
        given = [m for text in own[1] if (m := _MASK_ARGUMENT.fullmatch(text)) and m[1] == family]
        masks[family] = At(own[0], int(given[-1][2]) if given else KUBERNETES_NODE_MASK[family])
    return masks


def effective_max_pods(subject: Subject) -> At[int]:
    """Return the number of pods that kubelet will allow."""
    own = _arguments(subject, PODS_KEY)
    if own is None:
        return At(("cluster", "maxPods"), subject.site.cluster.max_pods)
    given = [m for text in own[1] if (m := _PODS_ARGUMENT.fullmatch(text))]
    return At(own[0], int(given[-1][1]) if given else KUBERNETES_MAX_PODS)


def _binding(items: Sequence[Masked]) -> Findings:
    """Tell, as information, where IPv6 of all families has room for fewer nodes."""
    blocks = {item.family: (node_blocks(item.network, item.mask.value), item) for item in items}
    if len(blocks) == 2 and 0 < blocks["ipv6"][0] < min(blocks["ipv4"][0], 1 << MAX_GAP):
        (six, item), (four, _) = blocks["ipv6"], blocks["ipv4"]
        message = f"IPv6 binds: room for {six} nodes, IPv4 has {four}"
        fix = "keep it if so many nodes are enough, else write a shorter prefix"
        yield replace(TOO_SMALL.at(item.pods.path, message, fix), severity=Severity.INFO)


def _swapped(pods: Cidrs, services: Cidrs, masks: Mapping[Family, At[int]], limit: Mapping[str, int]) -> Findings:
    """Tell ranges of which each has the other's size: services too large, and pods without room for a node's block."""
    by_family = {item.value.family: item for item in pods}
    edits: list[Set] = []
    found: list[tuple[At[Cidr], At[Cidr]]] = []
    for service in services:
        family = service.value.family
        pod = by_family.get(family)
        if pod is None or service.value.whole or pod.value.whole:
            return
        mine, other = service.value.prefix.network.prefixlen, pod.value.prefix.network.prefixlen
        if mine < limit[family] <= other and mine <= masks[family].value < other:
            found.append((service, pod))
        edits += [Set(str(pod.value), service.path), Set(str(service.value), pod.path)]
    if found:
        service, pod = found[0]
        message = f"{service.value} for services and {pod.value} for pods are swapped: each has the other's size"
        yield TOO_LARGE.at(service.path, message, Fix(tuple(edits), guess=True))


def mended(finding: Finding, subject: Subject, found: ClusterList) -> Finding:
    """Return a finding about a text of CIDRs with the fix for all of it: two fixes of one text undo each other."""
    written = {edit.path for edit in finding.mend.placed(finding.path)} or {finding.path}
    whole = _whole_list(subject, found) if written == {found.path} else None
    if whole is None:
        return finding
    return finding.with_fix(write(whole, path=None if finding.path == found.path else found.path))


def _whole_list(subject: Subject, found: ClusterList) -> str | None:
    """Return one text of CIDRs with all mended: order, families, and sizes that fit.

    None where each CIDR has a field of its own, or the text holds what nobody can read.
    """
    first = {item.value.family: item.value for item in reversed(found.items)}
    if not found.own or found.unread or len(found.items) > len(first):
        return None
    masks, limit = effective_masks(subject), service_range_limit(subject.plan.kubernetes_version)
    texts = []
    for family in FAMILIES:
        cidr = first.get(family)
        network = cidr.prefix.network if cidr is not None else None
        shortest = masks[family].value - MAX_GAP if family == "ipv6" else 0
        if found.key == "service-cidr":
            shortest = limit[family]
        if network is None:
            texts.append(found.defaults[family])
        elif network.prefixlen < shortest:
            to = max(shortest, ENOUGH_IPV6) if found.key == "service-cidr" and family == "ipv6" else shortest
            texts.append(_first_part(network, to))
        else:
            texts.append(str(cidr))
    return ",".join(texts)


def check_capacity(subject: Subject) -> Findings:
    """Judge the sizes of pods and services as server.yaml and the components' arguments have them."""
    lists = cluster_lists(subject)
    pods, services = (found.items for found in lists)
    masks = effective_masks(subject)
    masked = [Masked(item, masks[item.value.family]) for item in pods]
    divided = not own_ipam(subject.site)
    kubernetes = subject.plan.kubernetes_version
    swapped = list(_swapped(pods, services, masks, service_range_limit(kubernetes)))
    if swapped:
        yield from swapped
        return
    for item in masked:
        yield from (mended(finding, subject, lists[0]) for finding in node_mask(item))
        yield from room_for_nodes(item, len(subject.site.nodes)) if divided else ()
    for finding in service_size(services, service_range_limit(kubernetes), kubernetes):
        yield mended(finding, subject, lists[1])
    ranges = [*pods, *services]
    if any(item.value.prefix.network.num_addresses < MIN_ADDRESSES for item in ranges):
        yield from at_least(ranges, room=room_for(ranges, surroundings(subject)))
    if divided:
        yield from max_pods(masked, effective_max_pods(subject))
        yield from _binding(masked)


CHECKS = (check_capacity,)
