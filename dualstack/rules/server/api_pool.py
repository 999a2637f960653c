"""The rule about the pool that EIB makes for the API server's virtual address."""

from __future__ import annotations

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.plan.topology import several
from dualstack.rules.base import Subject

LAST = Rule(
    "DS309-api-address-avoided",
    "The API server's virtual address must not end in .0 or .255.",
    Severity.ERROR,
    "EIB's pool avoids such addresses (avoidBuggyIPs): the Service kubernetes-vip gets none, and no node joins.",
    "edge-image-builder pkg/combustion/templates/k8s-vip.yaml.tpl; MetalLB 0.14.9's allocator, run by hand with such "
    "a pool; that no node joins is read",
    firm=True,
)
RULES = (LAST,)


def check_api(subject: Subject) -> Findings:
    """Judge the address where nodes join; a network shorter than a /24 has hosts with such an end."""
    address = subject.site.cluster.api.ipv4
    if several(subject.site) and address is not None and (last := address.ip.packed[-1]) in (0, 255):
        message = f"{address} ends in .{last}"
        yield LAST.at(("cluster", "api", "ipv4"), message, "write another free address of the nodes' network")


CHECKS = (check_api,)
