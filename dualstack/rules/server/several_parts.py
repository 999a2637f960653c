"""What must hold of the parts of a cluster of several nodes, in a site or in a program's resources."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from dualstack.address.family import IPAddress, IPNetwork
from dualstack.document.findings import At, Findings
from dualstack.document.fixes import AnyFix, remove
from dualstack.document.frozen import dig
from dualstack.document.origins import Path, format_path
from dualstack.plan.topology import servers, several
from dualstack.rules.base import Subject
from dualstack.rules.blame import as_text, override_path
from dualstack.rules.name.name_grammar import as_ip
from dualstack.rules.server.several_nodes import (
    API,
    API6,
    BOOTSTRAP,
    INGRESS,
    IRONIC,
    NODE_TWICE,
    OFF_LINK,
    ONE_NODE,
    QUORUM,
    SERVICE,
)

BOTH: Final = ("PreferDualStack", "RequireDualStack")
HOSTS: Final = (("global", "ironicIP"), ("metal3-baremetal-operator", "baremetaloperator", "externalHttpIPv6"))
SERVICE_TYPE: Final = ("metal3-ironic", "service", "type")


def even_servers(count: At[int]) -> Findings:
    """Tell a number of servers of which one bears no loss."""
    if count.value and count.value % 2 == 0:
        message = f"{count.value} servers: etcd bears the loss of {(count.value - 1) // 2}, as with {count.value - 1}"
        yield QUORUM.at(count.path, message, f"make it {count.value + 1} or {count.value - 1}")


def initializers(nodes: At[Sequence[Mapping[str, Any]]]) -> Findings:
    """Judge who of the definition's nodes makes the cluster; one node does it by itself."""
    servers = [str(node.get("hostname")) for node in nodes.value if node.get("type") == "server"]
    named = [node for node in nodes.value if node.get("initializer") is True]
    if len(nodes.value) < 2:
        return
    if not servers:
        yield BOOTSTRAP.at(nodes.path, "every node is an agent, so nobody runs the control plane", "make one a server")
    elif not named:
        fix = f"write initializer: true at the server that is installed first, such as {servers[0]}"
        yield BOOTSTRAP.at(nodes.path, "several nodes, and none is named that makes the cluster", fix)
    elif len(named) > 1 or named[0].get("type") != "server":
        told = " and ".join(str(node.get("hostname")) for node in named)
        what = "both make the cluster" if len(named) > 1 else "is an agent"
        yield BOOTSTRAP.at(nodes.path, f"{told} {what}", f"write initializer: true at one of {', '.join(servers)}")


def joining_address(network: At[Mapping[str, Any]], several: bool) -> Findings:
    """Judge the API server's virtual addresses in the definition."""
    given = [key for key in ("apiVIP", "apiVIP6", "apiHost") if network.value.get(key)]
    if not several:
        for key in given:
            yield ONE_NODE.at((*network.path, key), f"one node, and {key} is given", remove(", or give further nodes"))
        return
    if "apiVIP" not in given:
        fix = "write a free address of the nodes' network"
        yield API.at((*network.path, "apiVIP"), "several nodes, and no address at which they join", fix)
    if "apiVIP6" in given:
        yield API6.at((*network.path, "apiVIP6"), f"{network.value['apiVIP6']} would have no backend", remove())


def off_link(item: At[IPAddress], networks: Collection[IPNetwork]) -> Findings:
    """Tell a virtual address that lies in no network of a node; without any network of its family nothing is known."""
    same = [network for network in networks if network.version == item.value.version]
    if same and not any(item.value in network for network in same):
        told = ", ".join(dict.fromkeys(map(str, same)))
        yield OFF_LINK.at(item.path, f"{item.value} is in no network of a node: {told}", "write a free address of one")


def same_twice(items: Sequence[tuple[At[str], str]], what: str) -> Findings:
    """Tell what two nodes have in common, and must not.

    Args:
        items: the values, each with its node.
        what: what they are.
    """
    seen: dict[str, str] = {}
    for item, node in items:
        other = seen.setdefault(item.value.lower(), node)
        if other != node:
            yield NODE_TWICE.at(item.path, f"{other} has the {what} {item.value}, too", "write this node's own")


def stays_at_a_node(item: At[IPAddress], nodes: Collection[IPAddress], fix: AnyFix) -> Findings:
    """Tell an address of Ironic that is one node's own, while Ironic runs on one of several."""
    if item.value in nodes:
        yield IRONIC.at(item.path, f"{item.value} is one node's own, and Ironic moves", fix)


def balanced(kind: At[str], fix: AnyFix) -> Findings:
    """Tell a type of Ironic's Service that has no virtual address; empty is the chart's own, which has."""
    if kind.value not in ("", "LoadBalancer"):
        yield SERVICE.at(kind.path, f"{kind.value} has no virtual address", fix)


def ingress_families(values: At[Mapping[str, Any]]) -> Findings:
    """Tell an ingress controller's LoadBalancer of one family; the forms are those of nginx, Traefik 39 and 40."""
    for keys in (("controller", "service"), ("service",), ("service", "spec")):
        service = dig(values.value, *keys)
        if isinstance(service, Mapping) and service.get("type") == "LoadBalancer":
            policy = service.get("ipFamilyPolicy")
            if policy not in BOTH:
                message = (
                    f"{format_path((*keys, 'ipFamilyPolicy'))} is {policy or 'not given'}: the Service has one family"
                )
                fix = "write RequireDualStack there, and ipFamilies: [IPv4, IPv6]"
                yield INGRESS.at(values.path, message, fix)


def check_ironic_values(subject: Subject) -> Findings:
    """Judge the site's own values of the metal3 chart: hosts of Ironic and its Service, with several nodes."""
    plan, site = subject.plan, subject.site
    if not plan.several or plan.chart("metal3") is None:
        return
    nodes = {address.ip for node in plan.nodes for address in node.addresses.values()}
    for keys in HOSTS:
        path: Path | None = override_path(site, "metal3", *keys)
        ip = as_ip(as_text(dig(plan.values("metal3"), *keys)) or "") if path is not None else None
        if path is not None and ip is not None:
            yield from stays_at_a_node(At(path, ip), nodes, remove())
    stated: Path = override_path(site, "metal3", *SERVICE_TYPE) or ("provisioning", "serviceType")
    yield from balanced(At(stated, as_text(dig(plan.values("metal3"), *SERVICE_TYPE, default=""))), remove())


def check_servers(subject: Subject) -> Findings:
    """Judge how many servers there are."""
    if several(subject.site):
        yield from even_servers(At(("nodes",), servers(subject.site)))


CHECKS = (check_ironic_values, check_servers)
