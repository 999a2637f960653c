"""The nodes: ready, of both families, and those of the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import ip_network
from typing import Final

from dualstack.address.family import FAMILIES, LABEL, IPNetwork
from dualstack.address.parsing import Address
from dualstack.document.findings import At
from dualstack.document.frozen import dig
from dualstack.plan.model import NodePlan, Plan
from dualstack.rules.cidr.cidr_lists import read_each
from dualstack.rules.cidr.cidrs import BOTH_FAMILIES, both_families, ipv4_first
from dualstack.rules.name.name_grammar import as_ip
from dualstack.rules.server.several_parts import even_servers
from dualstack.site.cluster import DEFAULT_PODS
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.node_state import state
from dualstack.verify.cluster.ranges import planned
from dualstack.verify.cluster.view import (
    Place,
    View,
    families_in,
    internal_ips,
    is_server,
    listed,
    name_of,
    shown,
)
from dualstack.verify.model import Kind, Result

_MEMBER: Final = "node-role.kubernetes.io/etcd"


def run(view: View) -> Iterator[Result]:
    """Check the nodes."""
    if not view.nodes:
        place = Place(Kind.NODES, "nodes", "there")
        yield place.failed(
            "the cluster has no node", "nothing runs on it", "look at the servers: systemctl status rke2-server"
        )
    wanted = {node.name.lower(): node for node in view.plan.nodes} if view.plan else {}
    for node in view.nodes:
        yield from state(node)
        yield from _addresses(node, wanted.get(name_of(node)))
        yield from _pods(view, node)
        yield from _role(node, wanted.get(name_of(node)))
    yield from _twice(view.nodes)
    yield from _members(view)
    yield from _names(view.plan, wanted, view.nodes) if view.plan else ()


def _addresses(node: Object, own_plan: NodePlan | None) -> Iterator[Result]:
    found = internal_ips(node)
    at = f"node {name_of(node)}"
    have = families_in(found)
    for family in FAMILIES:
        place = Place(Kind.NODES, at, "InternalIP", family)
        own = [text for text in found if families_in([text]) == {family}]
        wanted = own_plan.address(family) if own_plan is not None else None
        if family not in have:
            yield place.failed(
                f"it has no {LABEL[family]} address; it has {', '.join(map(shown, found)) or 'none'}",
                BOTH_FAMILIES.consequence,
                "look at the node's addresses (ip addr), and at node-ip in /etc/rancher/rke2; restart RKE2 then",
                BOTH_FAMILIES.id,
            )
        elif not any(_reached(text) for text in own):
            yield place.failed(
                f"{', '.join(map(shown, own))}: no other machine reaches that",
                "API server, kubelet and pods of this node are not reached over this family",
                "write the address of the node's network as node-ip in /etc/rancher/rke2, and restart RKE2",
            )
        elif wanted is not None and str(wanted) not in own:
            yield place.failed(
                f"it is {', '.join(map(shown, own))}, planned is {wanted}",
                "certificates, DNS records and Ironic's URLs name the planned address, which this node does not have",
                "look at the node's network; or write its address into the site",
            )
        else:
            yield place.ok(", ".join(own))
    addresses = [At(("status", "addresses"), Address(text, ip)) for text in found if (ip := as_ip(text)) is not None]
    for finding in ipv4_first(addresses):
        told = Place(Kind.NODES, at, "InternalIP: order").finding(finding)
        yield replace(told, fix="write node-ip with the IPv4 address first, and restart RKE2")


def _members(view: View) -> Iterator[Result]:
    """Judge the number of etcd's members by the rule for servers; RKE2 and k3s label the nodes that have one."""
    members = [node for node in view.nodes if dig(node, "metadata", "labels", _MEMBER) is not None]
    for finding in even_servers(At((), len(members))):
        if finding.rule.id not in view.accepted:
            told = Place(Kind.NODES, "etcd", "members").finding(finding)
            names = ", ".join(map(name_of, members))
            fix = "join a server, or remove one (docs/ha.md): kubectl delete node takes its member out of etcd, too"
            yield replace(told, seen=f"{told.seen} ({names})", fix=fix)


def _reached(text: str) -> bool:
    """Tell whether others reach an address: link-local and loopback ones mean another machine on each of them."""
    ip = as_ip(text)
    return ip is not None and not (ip.is_link_local or ip.is_loopback or ip.is_unspecified or ip.is_multicast)


def _pods(view: View, node: Object) -> Iterator[Result]:
    """Judge the blocks that the node's pods get their addresses from, by the rules for lists of CIDRs."""
    texts = [str(text) for text in listed(dig(node, "spec", "podCIDRs"))]
    single = dig(node, "spec", "podCIDR")
    texts = texts or ([str(single)] if single else [])
    place = Place(Kind.NODES, f"node {name_of(node)}", "podCIDRs")
    if not texts and own_ipam(view):
        yield place.ok(f"none: {own_ipam(view)} gives pods their addresses itself")
        return
    cidrs, findings = read_each(At(("podCIDRs", index), text) for index, text in enumerate(texts))
    findings += both_families(cidrs, ("podCIDRs",), DEFAULT_PODS) if not findings else ()
    findings += ipv4_first(cidrs)
    for finding in findings:
        told = place.finding(finding, f"{', '.join(map(shown, texts)) or 'none'}: ")
        fix = (
            "look at cluster-cidr of the servers, and make the node anew: its blocks never change (kubectl delete node)"
        )
        yield replace(told, fix=fix)
    if findings:
        return
    outside = [text for text in texts if view.plan is not None and not _inside(text, planned(view.plan, "pods"))]
    if outside:
        yield place.failed(
            f"{', '.join(outside)} lies outside of the plan's pods",
            "rules, routes and firewalls are made for the planned range; its pods are not in it",
            "the range of a living cluster never changes: write it into the site as cluster.pods, or rebuild",
        )
    else:
        yield place.ok(", ".join(texts))


def _twice(nodes: tuple[Object, ...]) -> Iterator[Result]:
    """Tell addresses, blocks and machines (``spec.providerID``) that two nodes have, and blocks that overlap."""
    owners: dict[str, str] = {}
    blocks: list[tuple[IPNetwork, str]] = []
    for node in nodes:
        name = name_of(node)
        own = [*listed(dig(node, "spec", "podCIDRs")), *listed([dig(node, "spec", "providerID")])]
        texts = sorted({*internal_ips(node), *(str(item) for item in own if item)})
        for text in texts:
            first = owners.setdefault(text, name)
            if first != name:
                yield _both(node, text, f"{first} has it, too")
        networks = [network for text in texts if (network := _network(text)) is not None]
        for network in networks:
            for other, first in blocks:
                if str(other) != str(network) and network.version == other.version and network.overlaps(other):
                    yield _both(node, str(network), f"it overlaps {other} of {first}")
        blocks += [(network, name) for network in networks]


def _both(node: Object, text: str, seen: str) -> Result:
    return Place(Kind.NODES, f"node {name_of(node)}", f"{shown(text)} unique").failed(
        seen,
        "traffic to one of them reaches the other, or both are taken for one machine",
        "give one machine its own address, or make its node anew: kubectl delete node, restart RKE2",
    )


def _network(text: str) -> IPNetwork | None:
    """Read a block; None for what is none."""
    if "/" not in text:
        return None
    try:
        return ip_network(text)
    except ValueError:
        return None


def _inside(text: str, ranges: list[IPNetwork]) -> bool:
    network = _network(text)
    if network is None:
        return False
    return any(network.version == one.version and network.subnet_of(one) for one in ranges)  # type: ignore[arg-type]


def own_ipam(view: View) -> str:
    """Give the network plugin that does not take the nodes' blocks; empty where none is seen."""
    if view.objects("calico-pools"):
        return "Calico"
    for one in view.objects("configmaps"):
        if name_of(one) == "cilium-config" and str(dig(one, "data", "ipam")) in ("cluster-pool", "multi-pool"):
            return "Cilium"
    return ""


def _role(node: Object, own_plan: NodePlan | None) -> Iterator[Result]:
    if own_plan is None:
        return
    place = Place(Kind.NODES, f"node {name_of(node)}", "role")
    role = "server" if is_server(node) else "agent"
    if role != own_plan.role:
        yield place.failed(
            f"it is {_article(role)}, planned is {_article(own_plan.role)}",
            "the plan counts on another number of API servers and etcd members",
            f"make it anew as {_article(own_plan.role)} (docs/ha.md), or write role: {role} into the site",
        )
    else:
        yield place.ok(role)


def _article(role: str) -> str:
    return "an agent" if role == "agent" else "a server"


def _names(plan: Plan, wanted: Mapping[str, NodePlan], nodes: tuple[Object, ...]) -> Iterator[Result]:
    have = {name_of(node) for node in nodes}
    for name in wanted:
        if name not in have:
            place = Place(Kind.NODES, f"node {name}", "there")
            yield place.failed(
                "the cluster has no node of this name",
                "it carries none of the cluster's work, and as a server no copy of etcd",
                f"join it: dualstack render {plan.name} --join {name} (docs/ha.md)"
                if plan.several
                else "look at the machine's host name (hostnamectl), which must be the node's",
            )
    for name in sorted(have - wanted.keys()):
        place = Place(Kind.NODES, f"node {name}", "there")
        yield place.failed(
            "the site has no node of this name",
            "nothing that dualstack writes knows it: names, certificates, pools, images",
            "write it into nodes of the site; or where it is gone: kubectl delete node",
        )
