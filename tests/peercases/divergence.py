"""Where the product is stricter or laxer than peers on purpose: by rule and shape, never by case."""

from __future__ import annotations

from typing import NamedTuple

from dualstack.document.findings import Finding, Severity

ADDRESS_TEXT = "address text"
INSTALL_PLAN = "install plan"
CLUSTER_LISTS = "cluster lists"
KUBEADM = "kubeadm texts"
API_SERVER = "API server's service ranges"
ONE_LIST = "one list alone"
MACHINES = "machine networks"
BY_RELEASE = "a release's dual-stack rules"
NODE_BLOCKS = "blocks for nodes"
DUAL_QUESTION = "is it dual-stack"
NODE_IP = "node-ip"

DUAL_DECLARED = "dual-stack is declared"
IPV6_ONLY_REFUSED = "single-stack IPv6 is refused"
PODS_ALONE = "services are left out"
IPV6_FIRST_ALLOWED = "IPv6 first is allowed"
NAME_IS_ADDRESS = "a name that is an address"
MASKED_LISTS = "cluster lists with host bits"
MULTI_CIDR = "multi-CIDR allocator"
MASK_GIVEN = "a node mask is given"
LISTS_ONLY = "pods and services, nothing else"


class Divergence(NamedTuple):
    """One rule that counts otherwise than its severity says, in one shape."""

    number: str
    shape: str
    because: str
    unless: str = ""
    """A trait of the case with which the rule counts as it is."""
    part: str = ""
    """The list to whose entries this is confined; an empty list counts as it is."""


_LISTS = (INSTALL_PLAN, CLUSTER_LISTS, KUBEADM, API_SERVER, ONE_LIST, NODE_BLOCKS, NODE_IP)

STRICTER: tuple[Divergence, ...] = (
    *(
        Divergence("DS023", shape, "the product makes dual-stack clusters only", unless)
        for shape in _LISTS
        for unless in ((DUAL_DECLARED,) if shape != CLUSTER_LISTS else (f"{DUAL_DECLARED}|{IPV6_ONLY_REFUSED}",))
    ),
    *(
        Divergence("DS024", shape, "SUSE supports IPv4 as the primary family only; peers take either, in one order")
        for shape in (*_LISTS, DUAL_QUESTION)
    ),
    *(
        Divergence("DS014", shape, "kubeadm, Cluster API, EIB, MicroShift and the API server mask host bits silently")
        for shape in (KUBEADM, CLUSTER_LISTS, API_SERVER, DUAL_QUESTION)
    ),
    *(
        Divergence("DS012", shape, "what masks host bits silently (kubeadm, Cluster API) only parses: no overlaps")
        for shape in (KUBEADM, MASKED_LISTS)
    ),
    *(
        Divergence("DS038", shape, "these peers want no 128 addresses; the charts of the product do")
        for shape in (INSTALL_PLAN, CLUSTER_LISTS, API_SERVER)
    ),
    *(
        Divergence(
            rule, shape, "more than one range of a family can be had with other CNI plugins", part="clusterNetwork"
        )
        for rule in ("DS021", "DS022")
        for shape in (INSTALL_PLAN, NODE_BLOCKS)
    ),
    *(
        Divergence(rule, DUAL_QUESTION, "a longer list is dual-stack too, but RKE2 takes two entries")
        for rule in ("DS021", "DS022")
    ),
    Divergence("DS022", PODS_ALONE, "Cluster API counts families, not entries"),
    Divergence("DS027", LISTS_ONLY, "Cluster API lets dual-stack pods have services of one family; RKE2 does not"),
    Divergence("DS035", NODE_BLOCKS, "assisted-service has no limit between prefix and node mask; Kubernetes has"),
    Divergence(
        "DS036", CLUSTER_LISTS, "without a mask given, k0s and Cluster API do not apply Kubernetes' own", MASK_GIVEN
    ),
    Divergence("DS018", INSTALL_PLAN, "OpenShift's installer takes multicast ranges, as ffd0::/48, for networks"),
    Divergence(
        "DS037", MULTI_CIDR, "the API server's own options take it; the allocator behind refuses IPv6 below /64"
    ),
    *(
        Divergence(rule, NAME_IS_ADDRESS, "1.2.3.4 is made of legal labels, but resolvers never look it up")
        for rule in ("DS080", "DS082")
    ),
    Divergence("DS024", IPV6_FIRST_ALLOWED, "assisted-service takes IPv6 first from 4.12 on"),
)

# Laxer than peers without a rule that could count: an empty `proxy: {}` is no proxy, hosts of noProxy are compared
# without case, and `*` beside other entries is a warning: readers take it, the others are idle.
LAXER: tuple[Divergence, ...] = (
    Divergence("DS015", ADDRESS_TEXT, "Kubernetes' newer fields refuse what is not canonical; the product warns"),
)


def _applies(item: Divergence, finding: Finding, traits: frozenset[str]) -> bool:
    return (
        finding.rule.id.startswith(item.number + "-")
        and item.shape in traits
        and not traits & set(item.unless.split("|"))
        and (not item.part or (finding.path[:1] == (item.part,) and len(finding.path) > 1))
    )


def deciding(findings: list[Finding], traits: frozenset[str]) -> list[Finding]:
    """Return the findings that make a case invalid.

    Args:
        findings: what the product's predicates found.
        traits: the case's shape, and what else is known of it.
    """
    errors = [
        finding
        for finding in findings
        if finding.severity is Severity.ERROR and not any(_applies(item, finding, traits) for item in STRICTER)
    ]
    return errors + [
        finding
        for finding in findings
        if finding.severity is Severity.WARNING and any(_applies(item, finding, traits) for item in LAXER)
    ]
