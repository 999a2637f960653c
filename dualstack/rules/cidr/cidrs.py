"""Rules about pod and service CIDRs as lists: how many, of which families, in which order, from which space.

They judge the lists of the merged server.yaml, so that a site's own ``cluster.server`` keys count. Sources: EIB
``pkg/image/validation/kubernetes.go``, k3s ``pkg/agent/run.go``, kubernetes ``cmd/kube-apiserver/app/options``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from ipaddress import IPv6Address, ip_network

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.address.parsing import Address
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.document.origins import Path
from dualstack.rules.address import address_text
from dualstack.rules.base import Subject
from dualstack.rules.cidr.capacity import mended
from dualstack.rules.cidr.cidr_lists import Cidr, Cidrs, cluster_lists, families, in_order
from dualstack.rules.cidr.surroundings import room_for, surroundings
from dualstack.site.cluster import DEFAULT_PODS, DEFAULT_SERVICES

COUNT = Rule(
    "DS021-cidr-count",
    "A list of pod or service CIDRs must have one or two entries.",
    Severity.ERROR,
    "RKE2 and the API server refuse to start, EIB refuses to build.",
    "kubernetes cmd/kube-apiserver/app/options/validation.go; edge-image-builder pkg/image/validation/kubernetes.go",
    firm=True,
)
ONE_PER_FAMILY = Rule(
    "DS022-one-per-family",
    "Two entries of one list must be one IPv4 and one IPv6.",
    Severity.ERROR,
    "RKE2 and the API server refuse to start, EIB refuses to build.",
    "edge-image-builder pkg/image/validation/kubernetes.go; assisted-service "
    "internal/network/dual_stack_validations.go",
    firm=True,
)
BOTH_FAMILIES = Rule(
    "DS023-both-families",
    "Pods, services and nodes must each have a network of both families.",
    Severity.ERROR,
    "The cluster comes up with one family only, and cannot be made dual-stack later.",
    "rke2-docs docs/networking/basic_network_options.md; openshift/installer pkg/types/validation/installconfig.go",
    firm=True,
)
IPV4_FIRST = Rule(
    "DS024-ipv4-first",
    "IPv4 must stand first in every list of both families.",
    Severity.ERROR,
    "SUSE Telco Cloud supports IPv4 as the primary family only; etcd and the API server use the first one alone.",
    "SUSE Telco Cloud guide, dual-stack chapter (list IPv4 first); k3s issue 13022",
)
SERVICE_ONLY = Rule(
    "DS026-service-family-without-pods",
    "Services must not have a family that pods lack.",
    Severity.ERROR,
    "Services of that family would have no endpoint; RKE2 refuses to start.",
    "k3s pkg/agent/run.go; cluster-api GetIPFamily",
    firm=True,
)
POD_ONLY = Rule(
    "DS027-pod-family-without-services",
    "Pods must not have a family that services lack.",
    Severity.ERROR,
    'RKE2 stops with "must share the same IP version (IPv4, IPv6 or dual-stack)".',
    "k3s pkg/agent/run.go; microshift pkg/config/config.go",
    firm=True,
)
PUBLIC = Rule(
    "DS029-public-range",
    "Pod and service CIDRs should lie in private space.",
    Severity.WARNING,
    "Pods and nodes cannot reach the hosts on the internet that own these addresses.",
    "RFC 1918, RFC 4193; nobody upstream checks it",
)

RULES = (
    COUNT,
    ONE_PER_FAMILY,
    BOTH_FAMILIES,
    IPV4_FIRST,
    SERVICE_ONLY,
    POD_ONLY,
    PUBLIC,
)


def cidr_count(items: Cidrs, where: Path) -> Findings:
    """Tell a list of no CIDR, or of more than two; ``where`` is the list's own path."""
    if not items:
        yield COUNT.at(where, "the list is empty", "write one CIDR of each family")
    elif len(items) > 2:
        keep = ",".join(str(item.value) for item in items[:2])
        yield COUNT.at(items[2].path, f"the list has {len(items)} CIDRs", f"keep two, one of each family: {keep}")


def one_per_family(items: Cidrs | Sequence[At[Address]], rule: Rule = ONE_PER_FAMILY) -> Findings:
    """Tell the second entry of a family."""
    seen: dict[Family, str] = {}
    for item in items:
        if (first := seen.get(item.value.family)) is not None:
            message = f"{first} and {item.value} are both {LABEL[item.value.family]}"
            other = "IPv6" if item.value.family == "ipv4" else "IPv4"
            yield rule.at(item.path, message, f"keep one of them; the other one must be {other}")
        else:
            seen[item.value.family] = str(item.value)


def both_families(items: Cidrs | Sequence[At[Address]], where: Path, defaults: Mapping[str, str]) -> Findings:
    """Tell a family that a list lacks.

    Args:
        items: the CIDRs or addresses that could be read.
        where: path of the list, for a finding about what is not there.
        defaults: what could be added, by family.
    """
    have = {item.value.family: str(item.value) for item in items}
    for family in FAMILIES:
        if family not in have:
            joined = ",".join(have.get(each, defaults[each]) for each in FAMILIES)
            yield BOTH_FAMILIES.at(where, f"there is no {LABEL[family]} entry", write(joined))


def ipv4_first(items: Cidrs | Sequence[At[Address]]) -> Findings:
    """Tell a list of both families that starts with IPv6."""
    if families(items)[:1] == ("ipv6",) and len(families(items)) > 1:
        message = f"{items[0].value} stands first and is IPv6"
        yield IPV4_FIRST.at(items[0].path, message, write(in_order(items, "ipv4")))


def families_agree(pods: Cidrs, services: Cidrs) -> Findings:
    """Tell a family that only pods or only services have, at the list that lacks it; both must have an entry."""
    if not pods or not services:
        return
    yield from _lacking(SERVICE_ONLY, "pods", pods, services, DEFAULT_PODS)
    yield from _lacking(POD_ONLY, "services", services, pods, DEFAULT_SERVICES)


def _lacking(rule: Rule, name: str, items: Cidrs, others: Cidrs, defaults: Mapping[str, str]) -> Findings:
    have = {item.value.family: str(item.value) for item in items}
    for family in families(others):
        if family not in have:
            joined = ",".join(have.get(each, defaults[each]) for each in families([*others, *items]))
            yield rule.at(items[0].path, f"{name} lack {LABEL[family]}, which the other list has", write(joined))


def base_address(items: Cidrs) -> Findings:
    """Tell CIDRs of loopback, multicast or link-local space; the unspecified address is another rule's."""
    for item in items:
        if not item.value.prefix.network.network_address.is_unspecified:
            yield from address_text.unicast(
                At(item.path, item.value.prefix), fix="write a private range, such as 10.42.0.0/16"
            )


def public_range(items: Cidrs, instead: Callable[[At[Cidr]], str]) -> Findings:
    """Tell CIDRs in public space: an IPv4 one is somebody else's, an IPv6 one may be the site's own (info).

    Args:
        items: the CIDRs.
        instead: names a private network to take in the place of one.
    """
    for item in items:
        network = item.value.prefix.network
        first = network.network_address
        if not network.is_global or first.is_multicast or first.is_unspecified or first.is_link_local:
            continue
        if isinstance(first, IPv6Address) and first.is_site_local:
            continue
        message = f"{network} is public address space: hosts there become unreachable from the cluster"
        fix = write(item.value.write(instead(item)), guess=True)
        if network.version == 6:
            note = f"keep it if the prefix is the site's own and routed to it, else {fix}"
            yield replace(PUBLIC.at(item.path, message, note), severity=Severity.INFO)
        else:
            yield PUBLIC.at(item.path, message, fix)


def _private(subject: Subject, defaults: Mapping[str, str], item: At[Cidr]) -> str:
    """Return the default in place of a CIDR, or another free network where the site uses it already."""
    pods, services = (found.items for found in cluster_lists(subject))
    room = room_for([*pods, *services], surroundings(subject))
    preferred = ip_network(defaults[item.value.family])
    return str(room.take(item.path, preferred) or preferred)


def check_lists(subject: Subject) -> Findings:
    """Judge pods and services as server.yaml will have them."""
    pods, services = cluster_lists(subject)
    for found in (pods, services):
        yield from one_per_family(found.items)
        told = list(ipv4_first(found.items))
        if not found.unread:
            yield from cidr_count(found.items, found.path)
            told += both_families(found.items, found.path, found.defaults)
        yield from (mended(finding, subject, found) for finding in told)
        yield from base_address(found.items)
        yield from public_range(found.items, partial(_private, subject, found.defaults))
    if not pods.unread and not services.unread:
        for finding in families_agree(pods.items, services.items):
            yield mended(finding, subject, services if finding.path == services.path else pods)


CHECKS = (check_lists,)
