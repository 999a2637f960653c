"""Addresses that Services ask for, beside the ranges of the cluster that the stack makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dualstack.address.family import IPNetwork
from dualstack.document.findings import At
from dualstack.document.holes import Unreadable
from dualstack.policies.declare import policy
from dualstack.policies.hosts import MANAGEMENT_NETWORK
from dualstack.policies.model import Check, Given, NotYet, Told, View, items, strangers, texts
from dualstack.policies.ranges import SERVICE_CIDR, ranges_of
from dualstack.policies.services import SERVICE
from dualstack.rules.cidr import cluster_ips as cluster_ip_rules
from dualstack.rules.cidr.cluster_ips import cluster_ip
from dualstack.tokens import DIRECTORY

_SAY: Final = (MANAGEMENT_NETWORK, DIRECTORY)


def cluster_addresses(given: Given) -> Iterator[At[str]]:
    """Give the cluster addresses that a Service asks for, each once; none of the DNS server's own Service.

    Raises:
        Unreadable: they cannot be looked at.
    """
    if "coredns" in str(given.get("metadata", "name") or given.name):
        return
    listed = texts(items(given, "spec", "clusterIPs"))
    yield from listed
    single = given.text("spec", "clusterIP")
    if single is not None and single not in {item.value for item in listed}:
        yield At(("spec", "clusterIP"), single)


def _ranges(view: View) -> Iterator[IPNetwork | NotYet]:
    for other in view.others:
        if other.type in _SAY or other.type.startswith(SERVICE_CIDR[:-1]):
            try:
                known = ranges_of(other)
            except Unreadable as error:
                yield NotYet((), f"the services' range of {other.name}, {error}")
                continue
            yield from (item.value.prefix.network for item in (known.services if known else ()))


def _cluster_ip(given: Given, view: View) -> Told:
    yield from strangers(items(given, "spec", "clusterIPs"), str, "text")
    asked = list(cluster_addresses(given))
    # Whose range it is nobody can tell where a stack speaks to several clusters.
    clusters = {one.provider for one in (*view.others, given) if one.type.startswith("kubernetes:") and one.provider}
    if not asked or len(clusters) > 1:
        return
    found = list(_ranges(view))
    unread = [item for item in found if isinstance(item, NotYet)]
    yield from unread
    networks = [item for item in dict.fromkeys(found) if not isinstance(item, NotYet)]
    for item in asked if not unread else ():
        yield from cluster_ip(item, networks)


CLUSTER_IP = Check((SERVICE,), _cluster_ip)


POLICIES: Final = (
    policy(
        cluster_ip_rules.CLUSTER_IP,
        "Leave clusterIP out, or write a free address of the service CIDRs.",
        CLUSTER_IP,
        whole=True,
    ),
)
