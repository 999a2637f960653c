"""Rules about load balancers and endpoints, on the objects of a cluster: what MetalLB makes of two families.

No check of a site runs them; the policies do, over a program's resources and over manifests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from dualstack.address.family import FAMILIES, LABEL, Family, family_of
from dualstack.address.parsing import AddressError, parse_address, parse_prefix
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import write
from dualstack.rules.chart.site_manifests import POOL
from dualstack.rules.name.name_grammar import as_ip, name_problem

ENDPOINT: Final = Rule(
    "DS207-endpoint-host",
    "The host of a cluster's endpoint must be a bare address or name.",
    Severity.ERROR,
    "Cluster API puts brackets and port around it: every URL of the cluster's API is broken.",
    "kubernetes-sigs/cluster-api api/core/v1beta1 (APIEndpoint.String: net.JoinHostPort), read",
)
POOLS: Final = Rule(
    "DS208-balancer-pools",
    "A Service of both families must find addresses of both in one pool.",
    Severity.ERROR,
    "Over two pools, one per family, a PreferDualStack Service gets one family without a word, and a RequireDualStack "
    "one stays pending.",
    "MetalLB 0.14.9's controller and allocator, run by hand with such pools (docs/ha.md); metallb issue 1156",
)
ADDRESSES: Final = Rule(
    "DS209-balancer-addresses",
    "A Service of both families must ask for an address of each family, or for none.",
    Severity.ERROR,
    "With an address of one family MetalLB gives the Service none at all, and it stays pending.",
    "MetalLB 0.14.9's controller and allocator, run by hand with such Services (docs/ha.md); metallb issue 1155",
)

RULES = (ENDPOINT, POOLS, ADDRESSES)

_POOL_FIX: Final = "write a prefix such as 192.168.100.20/32, or two addresses with a hyphen between them"
BOTH: Final = ("PreferDualStack", "RequireDualStack")


class Pool(NamedTuple):
    """A pool of addresses: its name, and the families that it has."""

    name: str
    families: frozenset[Family]


def pool_range(item: At[str]) -> Family | Findings:
    """Return the family of an entry of a pool, a prefix or ``FIRST-LAST``; findings tell why it has none."""
    first, dash, last = (part.strip() for part in item.value.partition("-"))
    try:
        if not dash:
            return parse_prefix(item.value.strip()).family
        ends = parse_address(first).ip, parse_address(last).ip
    except AddressError as error:
        return iter([POOL.at(item.path, f"{item.value!r}: {error.message}", _POOL_FIX)])
    if ends[0].version != ends[1].version or int(ends[0]) > int(ends[1]):
        return iter([POOL.at(item.path, f"{item.value!r} ends before it starts, or in the other family", _POOL_FIX)])
    return family_of(ends[0])


def one_pool(policy: At[str], pools: Sequence[Pool]) -> Findings:
    """Tell where no pool has both families that a Service wants; without any pool nothing is known."""
    if policy.value not in BOTH or not pools or any(len(pool.families) == len(FAMILIES) for pool in pools):
        return
    told = ", ".join(f"{pool.name} ({' and '.join(LABEL[one] for one in sorted(pool.families))})" for pool in pools)
    yield POOLS.at(
        policy.path, f"{policy.value}, but no pool has both families: {told}", "put both into one IPAddressPool"
    )


def both_addresses(policy: str | None, wanted: Sequence[At[str]]) -> Findings:
    """Tell where a Service of both families asks for addresses of one."""
    read = [(item, ip) for item in wanted if (ip := as_ip(item.value.strip())) is not None]
    families = {family_of(ip) for _, ip in read}
    if policy in BOTH and len(families) == 1:
        (family,) = families
        other = next(one for one in FAMILIES if one != family)
        message = f"{policy}, but {read[0][0].value} is {LABEL[family]} alone"
        fix = f"add an address of {LABEL[other]} in the annotation metallb.io/loadBalancerIPs, or ask for none"
        yield ADDRESSES.at(read[0][0].path, message, fix)


def endpoint_host(host: At[str]) -> Findings:
    """Tell what is wrong with the host of an endpoint; an empty one is filled in later."""
    if not host.value:
        return
    ip = as_ip(host.value.split("://", 1)[-1].partition("]")[0])
    if as_ip(host.value) is not None and not host.value.startswith("["):
        return
    if ip is not None:
        yield ENDPOINT.at(host.path, f"{host.value!r} is no bare host", write(str(ip)))
    elif problem := name_problem(host.value.lower()):
        yield ENDPOINT.at(host.path, *problem)
