"""Pod and service CIDRs, wherever a program states them: families, order, overlaps, sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dualstack.address.family import FAMILIES, Family
from dualstack.document.findings import At, Finding, Severity
from dualstack.document.fixes import write
from dualstack.document.holes import Hole, Unreadable
from dualstack.document.origins import Path
from dualstack.plan.server import KUBERNETES_MAX_PODS, KUBERNETES_NODE_MASK
from dualstack.policies.declare import policy
from dualstack.policies.directory import kubernetes_version, merged_server, server_path
from dualstack.policies.hosts import MANAGEMENT_NETWORK, networks_of
from dualstack.policies.model import Check, Given, NotYet, Told, View, holes, instead, items
from dualstack.policies.networks import prefix_text
from dualstack.releases import service_range_limit
from dualstack.rules.address import address_text
from dualstack.rules.blame import shown
from dualstack.rules.cidr import capacity, cidr_lists, cidrs, overlap
from dualstack.rules.cidr.capacity import MIN_ADDRESSES, Masked, at_least, max_pods, node_mask, service_size
from dualstack.rules.cidr.cidr_lists import Cidr, Cidrs, in_order, read_each, read_joined
from dualstack.rules.cidr.cidrs import both_families, ipv4_first
from dualstack.rules.cidr.free_ranges import Room
from dualstack.rules.cidr.overlap import cluster_range_overlap, pod_service_overlap
from dualstack.rules.cidr.surroundings import Named
from dualstack.site.cluster import DEFAULT_PODS, DEFAULT_SERVICES
from dualstack.tokens import DIRECTORY, NETWORK

CAPI_CLUSTER: Final = "kubernetes:cluster.x-k8s.io/*"
SERVICE_CIDR: Final = "kubernetes:networking.k8s.io/*"
TYPES: Final = (MANAGEMENT_NETWORK, DIRECTORY, CAPI_CLUSTER, SERVICE_CIDR)

_MASK: Final = re.compile(r"(?:--)?node-cidr-mask-size-(ipv4|ipv6)=([0-9]{1,3})")
_MAX_PODS: Final = re.compile(r"(?:--)?max-pods=([0-9]{1,9})")
_ANY_VERSION: Final = "v1.35.0"
"""Stands for a Kubernetes version that nobody tells: only what no version takes is then told."""


@dataclass(slots=True)
class Ranges:
    """What one resource says of a cluster's ranges.

    Attributes:
        pods: pod CIDRs, in order.
        services: service CIDRs, in order.
        told: what is wrong with the form, and what cannot be looked at yet.
        where: the paths of both lists; None where the resource has no such list.
        masks: node masks by family; None where the resource does not tell them.
        pods_limit: pods that kubelet allows on a node; None where the resource does not tell.
        kubernetes: version; None where the resource does not tell.
    """

    pods: list[At[Cidr]] = field(default_factory=list)
    services: list[At[Cidr]] = field(default_factory=list)
    told: list[Finding | NotYet] = field(default_factory=list)
    where: Mapping[str, Path] = field(default_factory=dict)
    masks: Mapping[Family, At[int]] | None = None
    pods_limit: At[int] | None = None
    kubernetes: str | None = None

    @property
    def complete(self) -> bool:
        """Whether every entry could be read."""
        return not self.told

    @property
    def not_yet(self) -> Iterator[NotYet]:
        """What cannot be looked at yet."""
        return (item for item in self.told if isinstance(item, NotYet))


def ranges_of(given: Given) -> Ranges | None:
    """Read what a resource says; None where it speaks of something else.

    Raises:
        Unreadable: nothing of it can be looked at yet.
    """
    if given.type == MANAGEMENT_NETWORK:
        return _pairs(given)
    if given.type == DIRECTORY:
        return _server(given)
    kind = given.type.rpartition(":")[2]
    if kind == "Cluster" and given.get("spec", "clusterNetwork") is not None:
        below = ("spec", "clusterNetwork")
        return _lists(given, {"pods": (*below, "pods", "cidrBlocks"), "services": (*below, "services", "cidrBlocks")})
    if kind == "ServiceCIDR":
        # Ranges beside the cluster's own: one family alone is fine.
        found = _lists(given, {"services": ("spec", "cidrs")})
        return replace(found, where={})
    return None


def _take(ranges: Ranges, role: str, found: Sequence[At[Any]]) -> None:
    ranges.told.extend(holes(found))
    read, problems = read_each([item for item in found if not isinstance(item.value, Hole)])
    getattr(ranges, role).extend(read)
    ranges.told.extend(problems)


def _pairs(given: Given) -> Ranges:
    ranges = Ranges(where={"pods": ("pods",), "services": ("services",)})
    for role in ("pods", "services"):
        values = given.get(role)
        if not isinstance(values, Mapping):
            ranges.told.append(_not_a("mapping", role, values))
            continue
        present = [family for family in FAMILIES if values.get(family) is not None]
        _take(ranges, role, [At((role, family), values[family]) for family in present])
    return ranges


def _not_a(wanted: str, role: str, value: Any) -> Finding:
    told = "nothing" if value is None else shown(value)
    return address_text.SYNTAX.at((role,), f"{told} stands where a {wanted} is wanted", "write CIDRs of both families")


def _lists(given: Given, where: Mapping[str, tuple[str, ...]]) -> Ranges:
    ranges = Ranges(where=where)
    for role, path in where.items():
        value = given.get(*path)
        if value is not None and (isinstance(value, str) or not isinstance(value, Sequence)):
            finding = _not_a("list", role, value)
            ranges.told.append(replace(finding, path=path))
        _take(ranges, role, items(given, *path))
    return ranges


def _server(given: Given) -> Ranges | None:
    server = merged_server(given)
    if server is None:
        return None
    where = {"pods": server_path("cluster-cidr"), "services": server_path("service-cidr")}
    ranges = Ranges(where=where)
    for role, key in (("pods", "cluster-cidr"), ("services", "service-cidr")):
        # Without the key RKE2 takes a range of IPv4 alone: an empty list, which is another rule's.
        if server.get(key) is None:
            continue
        read, problems = read_joined(At(server_path(key), server.get(key)))
        getattr(ranges, role).extend(read)
        # A YAML list is what RKE2 takes, too: its entries are judged, and EIB's silence is told of a site.
        ranges.told.extend(problem for problem in problems if problem.severity is not Severity.WARNING)
    ranges.masks = _masks(server, ranges)
    ranges.pods_limit = _pods_limit(server, ranges)
    ranges.kubernetes = kubernetes_version(given)
    return ranges


def _arguments(server: Mapping[str, Any], key: str, pattern: re.Pattern[str], ranges: Ranges) -> list[re.Match[str]]:
    value = server.get(key)
    given = value if isinstance(value, list | tuple) else [] if value is None else [value]
    for item in given:
        if not isinstance(item, str):
            ranges.told.append(NotYet(server_path(key), instead(item, "text")))
    return [found for item in given if isinstance(item, str) and (found := pattern.fullmatch(item))]


def _masks(server: Mapping[str, Any], ranges: Ranges) -> Mapping[Family, At[int]] | None:
    cni = server.get("cni")
    if "calico" in (cni if isinstance(cni, list | tuple) else (cni,)):
        return None  # it gives out pod addresses itself: node masks bound nothing
    key = "kube-controller-manager-arg"
    said = {found[1]: int(found[2]) for found in _arguments(server, key, _MASK, ranges)}
    path = server_path(key)
    return {family: At(path, said.get(family, KUBERNETES_NODE_MASK[family])) for family in FAMILIES}


def _pods_limit(server: Mapping[str, Any], ranges: Ranges) -> At[int]:
    said = _arguments(server, "kubelet-arg", _MAX_PODS, ranges)
    return At(server_path("kubelet-arg"), int(said[-1][1]) if said else KUBERNETES_MAX_PODS)


def _over(tell: Callable[[Given, Ranges, View], Told]) -> Check:
    """Make a check of a function over what a resource says of its ranges."""

    def run(given: Given, view: View) -> Told:
        ranges = ranges_of(given)
        if ranges is not None:
            yield from tell(given, ranges, view)

    return Check(TYPES, run)


def _tell_texts(_given: Given, ranges: Ranges, _view: View) -> Told:
    yield from ranges.told
    for item in (*ranges.pods, *ranges.services):
        for finding in prefix_text(At(item.path, item.value.prefix)):
            whole = item.value.whole
            yield finding.with_fix(write(item.value.write(item.value.prefix.canonical))) if whole else finding


def _tell_families(given: Given, ranges: Ranges, _view: View) -> Told:
    yield from ranges.not_yet
    named = {item.value.family for item in (*ranges.pods, *ranges.services)}
    # A downstream cluster may have one family on purpose; half of it may not.
    whole = given.type in (MANAGEMENT_NETWORK, DIRECTORY) or len(named) > 1
    for role, defaults in (("pods", DEFAULT_PODS), ("services", DEFAULT_SERVICES)):
        found: Cidrs = getattr(ranges, role)
        have = {item.value.family: str(item.value) for item in found}
        for finding in ipv4_first(found):
            yield _in_its_form(finding, given, in_order(found, "ipv4").split(","))
        if role in ranges.where and ranges.complete and whole:
            wanted = {family: have.get(family, defaults[family]) for family in FAMILIES}
            for finding in both_families(found, ranges.where[role], defaults):
                form = wanted if given.type == MANAGEMENT_NETWORK else list(wanted.values())
                yield _in_its_form(finding, given, form)


def _in_its_form(finding: Finding, given: Given, wanted: object) -> Finding:
    """Word the fix in the form that the resource has; server.yaml's is joined text, as in the rule itself."""
    return finding if given.type == DIRECTORY else finding.with_fix(write(wanted))


def _tell_overlap(_given: Given, ranges: Ranges, _view: View) -> Told:
    yield from ranges.not_yet
    yield from pod_service_overlap(ranges.pods, ranges.services, _room(ranges))


def _room(ranges: Ranges, others: Sequence[Named] = ()) -> Room:
    taken = [item.value.prefix.network for item in (*ranges.pods, *ranges.services)]
    return Room([*taken, *(other.network for other in others)])


def _tell_sizes(_given: Given, ranges: Ranges, view: View) -> Told:
    yield from ranges.not_yet
    least = view.settings.get("minimum", MIN_ADDRESSES)
    # A range beside the cluster's own (ServiceCIDR) may be as small as anybody likes.
    if isinstance(least, int | float) and ranges.where:
        yield from at_least([*ranges.pods, *ranges.services], int(least), _room(ranges))
    if ranges.masks is None:
        return
    masked = [Masked(item, ranges.masks[item.value.family]) for item in ranges.pods]
    for item in masked:
        yield from node_mask(item)
    if ranges.pods_limit is not None:
        yield from max_pods(masked, ranges.pods_limit)


def _tell_services(given: Given, ranges: Ranges, view: View) -> Told:
    yield from ranges.not_yet
    version = view.settings.get("kubernetesVersion") or ranges.kubernetes
    if given.type == DIRECTORY and version is None:
        version = _told_version(view)
    limit = service_range_limit(str(version or _ANY_VERSION))
    yield from service_size(ranges.services, limit, str(version or ""))


def _told_version(view: View) -> str | None:
    """Return the version that the management cluster's component told before."""
    for other in view.others:
        if other.type == "dualstack:index:ManagementCluster":
            said = other.get("kubernetesVersion")
            if isinstance(said, str):
                return said
    return None


def _tell_surroundings(given: Given, view: View) -> Told:
    """Compare a cluster's ranges with networks and hosts, whichever of the two the engine comes to later."""
    ranges = ranges_of(given) if given.type != NETWORK else None
    if ranges is not None:
        yield from ranges.not_yet
        around = [named for other in (*view.others, given) for named in _around(other)]
        yield from cluster_range_overlap([*ranges.pods, *ranges.services], around, _room(ranges, around))
        return
    yield from holes(items(given, "addresses"))
    around = list(networks_of(given))
    for other in view.others:
        try:
            known = ranges_of(other)
        except Unreadable:
            continue  # told at that resource
        for item in (*known.pods, *known.services) if known else ():
            for named in around:
                for finding in cluster_range_overlap([item], [named], Room(())):
                    fix = f"move this network, or the pods and services of {other.name}"
                    yield replace(finding, path=named.path).with_fix(fix)


def _around(other: Given) -> list[Named]:
    try:
        return [replace(named, label=f"{named.label} ({other.name})") for named in networks_of(other)]
    except Unreadable:
        return []  # told at that resource


TEXTS = _over(_tell_texts)
FAMILIES_CHECK = _over(_tell_families)
OVERLAP = _over(_tell_overlap)
SIZES = _over(_tell_sizes)
SERVICES = _over(_tell_services)
SURROUNDINGS = Check((*TYPES, NETWORK), _tell_surroundings)

_BOTH: Final = "Give one prefix of each family, IPv4 first."
_SMALLER: Final = "Choose another prefix length; docs/rules.md has the limits and where they come from."
_VERSION: Final = {"kubernetesVersion": {"type": "string", "description": "Version that decides the limit."}}
_MINIMUM: Final = {"minimum": {"type": "integer", "minimum": 1, "description": "Addresses that a range must have."}}

POLICIES: Final = (
    policy(cidr_lists.LIST_FORM, "Write one text, joined by commas without spaces, IPv4 first.", TEXTS),
    policy(cidrs.BOTH_FAMILIES, _BOTH, FAMILIES_CHECK),
    policy(overlap.PODS_SERVICES, "Move one of the two ranges.", OVERLAP),
    policy(overlap.CLUSTER_RANGE, "Move the range, or the network; both are told.", SURROUNDINGS),
    policy(capacity.GAP, _SMALLER, SIZES),
    policy(capacity.NODE_MASK, _SMALLER, SIZES),
    policy(capacity.TOO_LARGE, _SMALLER, SERVICES, settings=_VERSION),
    policy(capacity.TOO_SMALL, _SMALLER, SIZES, settings=_MINIMUM),
    policy(capacity.MAX_PODS, "Allow fewer pods a node, or give each node a larger block.", SIZES),
)
ALSO: Final = {
    address_text.SYNTAX: (TEXTS,),
    address_text.MAPPED: (TEXTS,),
    address_text.HOST_BITS: (TEXTS,),
    address_text.CANONICAL: (TEXTS,),
    cidrs.IPV4_FIRST: (FAMILIES_CHECK,),
}
"""Further checks for policies whose words stand in another module."""
