"""Rules about addresses that a Service asks for inside the cluster."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dualstack.address.family import IPNetwork
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.rules.name.name_grammar import as_ip

CLUSTER_IP: Final = Rule(
    "DS287-cluster-ip",
    "A Service's own cluster address must be a free one of the service CIDRs.",
    Severity.ERROR,
    'The API server refuses the Service: "the provided network does not match the current range", or the address is '
    "allocated already.",
    "kube-apiserver 1.34, run; kubernetes pkg/registry/core/service/ipallocator; rke2-docs: cluster-dns is the tenth "
    "address",
)
RULES = (CLUSTER_IP,)

_FIX: Final = "leave it out, or write a free address of {range}"
_TAKEN: Final = {1: "the API server's own Service", 10: "the cluster's DNS server"}
"""Who has an address of the first range, by its place."""


def cluster_ip(item: At[str], ranges: Sequence[IPNetwork]) -> Findings:
    """Judge one address of a Service; a text that is none, such as ``None``, asks for none.

    Args:
        item: the address.
        ranges: all service CIDRs, the first of a family first; of a family without any nothing is known.
    """
    ip = as_ip(item.value)
    same = [one for one in ranges if ip is not None and one.version == ip.version]
    if ip is None or not same:
        return
    fix = _FIX.format(range=same[0])
    if not any(ip in one for one in same):
        told = " and ".join(map(str, same))
        yield CLUSTER_IP.at(item.path, f"{ip} is outside of the services' range {told}", fix)
    elif ip in same[0] and (owner := _TAKEN.get(int(ip) - int(same[0].network_address))):
        yield CLUSTER_IP.at(item.path, f"{ip} is the address of {owner}", fix)
