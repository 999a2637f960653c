"""Rules about single addresses in server.yaml: ``node-ip``, ``advertise-address``, ``cluster-dns``.

Sources: k3s ``pkg/agent/run.go``, kubernetes ``cmd/kube-apiserver/app/options/validation.go``, EIB
``pkg/image/validation/kubernetes.go``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address

from dualstack.address.family import FAMILIES, LABEL, Family, IPAddress, family_of
from dualstack.address.parsing import Address
from dualstack.document.findings import At, Finding, Findings, Rule, Severity
from dualstack.document.fixes import Fix, Set, remove, write
from dualstack.document.origins import Path
from dualstack.rules.address import address_text
from dualstack.rules.base import Subject
from dualstack.rules.blame import softened
from dualstack.rules.cidr.capacity import mended
from dualstack.rules.cidr.cidr_lists import LIST_FORM, Cidrs, cluster_lists, families, in_order, split_list
from dualstack.rules.cidr.cidrs import ipv4_first, one_per_family
from dualstack.rules.cidr.surroundings import own_addresses

SAME_PRIMARY = Rule(
    "DS025-same-primary-family",
    "Pods, services, node-ip and advertise-address must all have the same family first.",
    Severity.ERROR,
    'The API server stops with "service IP family must match public address family"; EIB refuses mixed lists.',
    "kubernetes cmd/kube-apiserver/app/options/validation.go; k3s issue 13022; rancher issue 54944",
    firm=True,
)
NODE_IP = Rule(
    "DS028-node-ip",
    "node-ip must name one address of each family of the cluster, and only where there is one server.",
    Severity.ERROR,
    "RKE2 stops: cluster-cidr and node-ip must be of the same families.",
    "k3s pkg/agent/run.go; edge-image-builder pkg/image/validation/kubernetes.go; read",
    firm=True,
)
CLUSTER_DNS = Rule(
    "DS033-cluster-dns",
    "cluster-dns must lie in a service CIDR.",
    Severity.ERROR,
    "The DNS service cannot get its address, and no pod resolves a name.",
    "k3s pkg/cli/server/server.go (default: the tenth address of each service CIDR)",
    firm=True,
)

OWN_ADDRESS = Rule(
    "DS142-server-own-address",
    "node-ip, advertise-address and bind-address must be addresses of the node.",
    Severity.ERROR,
    'kubelet stops with "node IP not found in the host\'s network interfaces", or the API server is sought elsewhere.',
    "kubernetes pkg/kubelet/kubelet_node_status.go (validateNodeIP); k3s pkg/cli/cmds/server.go",
)

RULES = (SAME_PRIMARY, NODE_IP, CLUSTER_DNS, OWN_ADDRESS)


def same_primary(lists: Sequence[tuple[str, Cidrs | Sequence[At[Address]]]]) -> Findings:
    """Tell lists whose first entries are of different families, among those that have any.

    Args:
        lists: name and entries of each list; the first one that has entries sets the family.
    """
    filled = [(name, items) for name, items in lists if items]
    for name, items in filled[1:]:
        first_name, first = filled[0][0], filled[0][1][0].value.family
        if items[0].value.family != first:
            message = f"{name} has {LABEL[items[0].value.family]} first, {first_name} has {LABEL[first]}"
            reordered = write(in_order(items, first)) if first in families(items) else None
            if items[0].path[-1] in FAMILIES:
                # Fields have no order: the other list has to follow them; one without the family lacks an entry.
                if items[0].value.family not in families(filled[0][1]):
                    continue
                reordered = write(in_order(filled[0][1], items[0].value.family), path=filled[0][1][0].path)
            yield SAME_PRIMARY.at(items[0].path, message, reordered or f"put an {LABEL[first]} entry first")


def node_addresses(addresses: Sequence[At[Address]], servers: int = 1) -> Findings:
    """Judge the addresses of ``node-ip``: at most one of each family, unicast, and only with one server.

    Args:
        addresses: the entries.
        servers: number of server nodes that would read the same server.yaml.
    """
    if servers > 1 and addresses:
        message = f"node-ip is set for {servers} servers, which cannot all have the same address"
        yield NODE_IP.at(addresses[0].path, message, remove())
    yield from one_per_family(addresses, NODE_IP)
    for item in addresses:
        yield from address_text.unicast(item, fix="write the address of the node's own interface")


def nodes_cover(have: Collection[Family], wanted: Collection[Family], where: Path) -> Findings:
    """Tell a family of the cluster that the node's addresses lack.

    Args:
        have: families of the node's addresses; none at all means that RKE2 finds them itself, and nothing is told.
        wanted: families of pods and services.
        where: path for a finding about what is not there.
    """
    for family in FAMILIES:
        if have and family in wanted and family not in have:
            message = f"the cluster has {LABEL[family]}, the node's addresses have not"
            yield NODE_IP.at(where, message, f"add the node's {LABEL[family]} address, or remove node-ip")


def read_addresses(item: At[object], example: str) -> tuple[list[At[Address]], list[Finding]]:
    """Read the addresses of one comma-joined text, such as ``node-ip``."""
    entries, findings = split_list(item, example)
    read = [address_text.read_address(At(item.path, entry)) for entry in entries]
    findings += [_of_whole(found, entries, read) for found in read if isinstance(found, Finding)]
    return [At(item.path, found) for found in read if isinstance(found, Address)], findings


def _of_whole(finding: Finding, entries: Sequence[str], read: Sequence[Address | Finding]) -> Finding:
    """Return a finding about one entry with the whole text to write, IPv4 first, where every entry can be mended."""
    right = [str(found) if isinstance(found, Address) else _written(found) for found in read]
    if len(entries) == 1 or not all(right):
        return finding
    ordered = sorted(filter(None, right), key=lambda entry: family_of(ip_address(entry)) != FAMILIES[0])
    return finding.with_fix(write(",".join(ordered)))


def _written(finding: Finding) -> str | None:
    """Return the address that a finding's fix writes; None where it writes none."""
    for edit in finding.mend.edits:
        if isinstance(edit, Set):
            with suppress(ValueError):
                return str(ip_address(str(edit.value)))
    return None


def cluster_dns(addresses: Sequence[At[Address]], services: Cidrs) -> Findings:
    """Tell a DNS address that lies in none of the service CIDRs, and one that is not the only one."""
    for item in addresses:
        networks = [service.value.prefix.network for service in services if service.value.family == item.value.family]
        if not any(item.value.ip in network for network in networks):
            usable = bool(networks) and networks[0].num_addresses > 10
            message = f"{item.value} lies in no service CIDR"
            yield CLUSTER_DNS.at(item.path, message, remove(f", which means {networks[0][10]}" if usable else ""))
    if len(addresses) > 1:
        message = "some RKE2 versions refuse a second address here"
        yield replace(CLUSTER_DNS.at(addresses[1].path, message, remove()), severity=Severity.WARNING)


def _with_whole(finding: Finding, key: str, addresses: Sequence[At[Address]], stated: str) -> Finding:
    """Return a finding about a list's form with the whole text to write, IPv4 first."""
    if finding.rule is not LIST_FORM:
        return finding
    if key == "cluster-dns" and len(addresses) != 1:
        return finding.with_fix(remove())
    own: dict[Family, str] = {item.value.family: str(item.value) for item in reversed(addresses)}
    if key == "node-ip":
        own = {family_of(ip_address(entry)): entry for entry in stated.split(",") if entry} | own
    whole = ",".join(own[family] for family in FAMILIES if family in own)
    if key == "advertise-address":
        whole = whole.split(",")[0]
    return finding.with_fix(write(whole)) if whole else finding


def own_address(address: At[Address], own: Collection[IPAddress], fix: Fix | str) -> Findings:
    """Tell an address that the node does not have."""
    if address.value.ip not in own:
        told = ", ".join(str(ip) for ip in sorted(own, key=int)) or f"no {LABEL[address.value.family]} address"
        yield OWN_ADDRESS.at(address.path, f"{address.value} is not the node's; it has {told}", fix)


def check_own_addresses(subject: Subject) -> Findings:
    """Judge whose the addresses are that a site writes into server.yaml itself."""
    server, node = subject.site.cluster.server, subject.plan.initializer
    for key in ("node-ip", "advertise-address", "bind-address"):
        value = server.get(key)
        if value is None:
            continue
        path: Path = ("cluster", "server", key)
        stated = [str(ip) for ip in node.addresses.values()]
        wanted = ",".join(stated if key == "node-ip" else stated[:1])
        complete = wanted and key != "bind-address" and (len(stated) == 2 or key != "node-ip")
        fix = write(wanted) if complete else remove()
        for address in read_addresses(At(path, value), wanted or "192.168.100.10")[0]:
            ip = address.value.ip
            own = own_addresses(subject, address.value.family)
            if own is None or (key == "bind-address" and (ip.is_unspecified or ip.is_loopback)):
                continue
            for finding in own_address(address, own, fix):
                yield softened(finding) if key == "bind-address" else finding


def check_addresses(subject: Subject) -> Findings:
    """Judge the addresses that a site writes into server.yaml itself; the computed ones follow the CIDRs."""
    site, plan = subject.site, subject.plan
    pods, services = cluster_lists(subject)
    wanted = {*families(pods.items), *families(services.items)}
    named: list[tuple[str, Cidrs | Sequence[At[Address]]]] = [
        ("service-cidr", services.items),
        ("cluster-cidr", pods.items),
    ]
    stated = ",".join(map(str, plan.initializer.addresses.values()))
    for key in ("node-ip", "advertise-address", "cluster-dns"):
        value = plan.server.get(key)
        if key not in site.cluster.server or value is None:
            continue
        path: Path = ("cluster", "server", key)
        addresses, findings = read_addresses(At(path, value), stated or "192.168.100.10,fd00:100::10")
        for finding in findings:
            yield _with_whole(finding, key, addresses, stated)
        if key == "cluster-dns":
            yield from cluster_dns(addresses, services.items)
            continue
        named.append((key, addresses))
        if key == "node-ip":
            yield from node_addresses(addresses, len(site.nodes))
            if all(finding.rule is LIST_FORM for finding in findings):
                yield from nodes_cover(families(addresses), wanted, path)
            yield from ipv4_first(addresses)
    if not pods.unread and not services.unread:
        for finding in same_primary(named):
            yield mended(mended(finding, subject, pods), subject, services)


CHECKS = (check_addresses, check_own_addresses)
