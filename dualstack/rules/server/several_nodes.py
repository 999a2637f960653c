"""Rules about a cluster of several nodes: who makes it, where it is reached, and how many carry it.

Sources: EIB ``pkg/image/validation/kubernetes.go`` and ``pkg/kubernetes/cluster.go``; etcd's documentation; MetalLB
``internal/allocator`` and ``internal/layer2``.
"""

from __future__ import annotations

from collections.abc import Iterator

from dualstack.address.bmc import parse_bmc
from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.address.pair import paired
from dualstack.address.parsing import Address
from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.document.origins import Path, format_path
from dualstack.plan.server import TOKEN_KEY
from dualstack.plan.topology import several
from dualstack.rules.base import Subject

BOOTSTRAP = Rule(
    "DS270-bootstrap-server",
    "With several nodes cluster.bootstrap must name the server that makes the cluster.",
    Severity.ERROR,
    "EIB takes the first server; one that is moved or replaced then makes a second cluster on the same addresses.",
    "edge-image-builder pkg/kubernetes/cluster.go (identifyInitialiserNode), issue 673",
    firm=True,
)
API = Rule(
    "DS271-api-address",
    "With several nodes cluster.api.ipv4 must give the API server's virtual address.",
    Severity.ERROR,
    "EIB refuses the definition: the other nodes have nobody to join.",
    "edge-image-builder pkg/image/validation/kubernetes.go (validateNetwork)",
    firm=True,
)
API6 = Rule(
    "DS272-api-ipv6",
    "The API server's virtual address must be IPv4 alone.",
    Severity.ERROR,
    "It would be announced and lead nowhere: endpoint-copier-operator copies the API server's one EndpointSlice, which "
    "is IPv4, and MetalLB announces a Service's address whatever its endpoints' family.",
    "endpoint-copier-operator internal/controller/endpoints_controller.go; metallb internal/layer2; KEP-2438 (read)",
    firm=True,
)
INGRESS = Rule(
    "DS273-ingress-addresses",
    "With several nodes cluster.ingress must give a virtual address of each family.",
    Severity.ERROR,
    "The ingress controller's Service stays pending, and Rancher is reached over one family or none.",
    "metallb internal/allocator/allocator.go: RequireDualStack wants one pool with both families",
    firm=True,
)
IRONIC = Rule(
    "DS274-ironic-addresses",
    "With several nodes provisioning.vip must give a virtual address of each family.",
    Severity.ERROR,
    "Ironic runs on one node at a time: by a node's own address machines find nobody once it moved.",
    "suse-edge/charts metal3 (one replica on the host's network; Service PreferDualStack)",
    firm=True,
)
ONE_NODE = Rule(
    "DS275-virtual-on-one-node",
    "Virtual addresses, labels, taints and agents must have several nodes.",
    Severity.ERROR,
    "Nothing would announce the addresses: a cluster of one node is reached by the node's own.",
    "dualstack's own: docs/ha.md",
    firm=True,
)
TAKEN = Rule(
    "DS276-virtual-address-taken",
    "A virtual address must belong to nothing else.",
    Severity.ERROR,
    "Two answer for it, and who is reached changes with each neighbour's cache.",
    "metallb documentation, layer 2 mode",
    firm=True,
)
OFF_LINK = Rule(
    "DS277-virtual-address-off-link",
    "A virtual address must lie in a network that the servers' interfaces are in.",
    Severity.ERROR,
    "MetalLB answers ARP and NDP on the nodes' own links only: nobody is told where the address is.",
    "metallb documentation, layer 2 mode",
)
QUORUM = Rule(
    "DS278-quorum",
    "The number of servers must be odd.",
    Severity.WARNING,
    "etcd needs more than half of them: a further even server makes an outage likelier, and none survivable.",
    "etcd documentation, FAQ: failure tolerance; edge-image-builder warns of two",
)
TOKEN = Rule(
    "DS279-join-token",
    "With several nodes the stack must have the secret dualstack:rke2Token.",
    Severity.WARNING,
    "EIB makes up another token at each build, so that no node of a later image could join: render and up refuse.",
    "edge-image-builder pkg/kubernetes/cluster.go (setClusterToken)",
)
NODE_TWICE = Rule(
    "DS280-node-twice",
    "Names, MACs and addresses of the nodes must differ.",
    Severity.ERROR,
    "A machine takes another one's network and name, or EIB refuses the definition.",
    "edge-image-builder pkg/image/validation/kubernetes.go (duplicates); nm-configurator identifies hosts by MAC",
    firm=True,
)
PER_NODE = Rule(
    "DS281-key-of-one-node",
    "server.yaml and agent.yaml must hold nothing that differs from node to node.",
    Severity.ERROR,
    "EIB gives every node of a role the same file: all of them take one node's address or name.",
    "edge-image-builder pkg/combustion/templates/rke2-multi-node-installer.sh.tpl",
    firm=True,
)
TOO_MANY = Rule(
    "DS282-more-nodes-than-blocks",
    "The pod CIDRs must have a block for each node.",
    Severity.ERROR,
    "A node for which either family has no block left gets none of both (event CIDRNotAvailable) and stays NotReady; "
    "it need not be the last one.",
    "kubernetes pkg/controller/nodeipam/ipam; kube-controller-manager 1.34.2, run: tests/truth/test_api_server.py",
    firm=True,
)
SERVICE = Rule(
    "DS283-ironic-service",
    "With several nodes Ironic's Service must be a LoadBalancer.",
    Severity.ERROR,
    "Only such a Service has the virtual address that machines are given.",
    "suse-edge/charts metal3 (service.type)",
    firm=True,
)
NOT_RUN = Rule(
    "DS284-hostname-mode-read-only",
    "Hostname mode with several nodes should be tried on machines that may fail.",
    Severity.WARNING,
    "It is computed from the charts' sources and was not run: the vendor's Ironic image is not public.",
    "dualstack's own: docs/ha.md",
)

RULES = (
    BOOTSTRAP, API, API6, INGRESS, IRONIC, ONE_NODE, TAKEN, OFF_LINK, QUORUM, TOKEN, NODE_TWICE, PER_NODE, TOO_MANY,
    SERVICE, NOT_RUN,
)  # fmt: skip

_OF_ONE_NODE = (
    "node-ip", "node-external-ip", "node-internal-dns", "node-external-dns", "node-name", "with-node-id", "node-label",
    "node-taint", "advertise-address",
)  # fmt: skip
_VIRTUAL: dict[str, Path] = {
    "api": ("cluster", "api"),
    "ingress": ("cluster", "ingress"),
    "vip": ("provisioning", "vip"),
}


def given_virtual(subject: Subject) -> Iterator[tuple[Path, Family, Address]]:
    """Yield the virtual addresses with their paths."""
    site = subject.site
    for role, pair in (("api", site.cluster.api), ("ingress", site.cluster.ingress), ("vip", site.provisioning.vip)):
        for family, address in paired(pair).items():
            yield (*_VIRTUAL[role], family), family, address


def of_one_node(key: str) -> bool:
    """Tell whether a key of server.yaml or agent.yaml is one node's own."""
    return key.removesuffix("+") in _OF_ONE_NODE


def check_bootstrap(subject: Subject) -> Findings:
    """Judge who makes the cluster, and by which secret the others join."""
    site, path = subject.site, ("cluster", "bootstrap")
    named = site.cluster.bootstrap
    own = [node.name for node in site.nodes if node.role == "server"]
    if not own:
        message = "every node is an agent, so nobody runs the control plane"
        yield BOOTSTRAP.at(("nodes", 0, "role"), message, write("server"))
    elif several(site) and named is None:
        message = "several nodes, and none is named that makes the cluster"
        yield BOOTSTRAP.at(path, message, f"write the name of the server that is installed first, such as {own[0]}")
    elif named is not None and named not in own:
        what = "an agent" if named in {node.name for node in site.nodes} else "no node of the site"
        yield BOOTSTRAP.at(path, f"{named!r} is {what}", f"write one of {', '.join(own)}")
    if several(site) and TOKEN_KEY not in subject.plan.secrets:
        fix = f"run: dualstack secret set {subject.plan.name} {TOKEN_KEY} --generate"
        yield TOKEN.at(("cluster",), f"several nodes, and the stack has no secret {TOKEN_KEY}", fix)


def check_blocks(subject: Subject) -> Findings:
    """Judge whether each node gets a block of pod addresses."""
    blocks = subject.plan.capacity.nodes
    for family in FAMILIES:
        room = blocks.ipv4 if family == "ipv4" else blocks.ipv6
        if 0 < room < len(subject.site.nodes):
            message = f"{len(subject.site.nodes)} nodes, and room for {room} blocks of {LABEL[family]}"
            fix = f"write a shorter prefix there, or a longer cluster.nodeMask.{family}"
            yield TOO_MANY.at(("cluster", "pods", family), message, fix)


def check_virtual(subject: Subject) -> Findings:
    """Judge which virtual addresses are given."""
    site, plan = subject.site, subject.plan
    if not several(site):
        yield from _on_one_node(subject)
        return
    free = "write a free address of the nodes' network"
    if site.cluster.api.ipv4 is None:
        yield API.at((*_VIRTUAL["api"], "ipv4"), "several nodes, and no address at which they join", free)
    if site.cluster.api.ipv6 is not None:
        fix = remove("; for IPv6 set cluster.apiHost to a name, whose AAAA records are the servers' own addresses")
        yield API6.at((*_VIRTUAL["api"], "ipv6"), f"{site.cluster.api.ipv6} would have no backend", fix)
    wanted = [(INGRESS, "ingress", plan.entry)]
    if plan.chart("metal3") is not None:
        wanted.append((IRONIC, "vip", plan.serving))
    for rule, role, pair in wanted:
        for family in FAMILIES:
            if pair.of(family) is None:
                message = f"no virtual {LABEL[family]} address"
                yield rule.at((*_VIRTUAL[role], family), message, free)
    if site.mode == "hostname" and plan.chart("metal3") is not None:
        message = "hostname mode with several nodes is rendered as it was read"
        yield NOT_RUN.at(("mode",), message, "try it first where machines may fail, or set mode to address")


def _on_one_node(subject: Subject) -> Findings:
    site = subject.site
    paths = [path for path, _, _ in given_virtual(subject)]
    paths += [("cluster", "apiHost")] if site.cluster.api_host else []
    for index, node in enumerate(site.nodes):
        paths += [("nodes", index, key) for key, value in (("labels", node.labels), ("taints", node.taints)) if value]
    for path in paths:
        yield ONE_NODE.at(path, f"one node, and {format_path(path)} is given", remove(", or give further nodes"))


def check_places(subject: Subject) -> Findings:
    """Judge whose the virtual addresses are, and on which links."""
    if not several(subject.site):
        return
    taken = dict(addresses_taken(subject))
    taken |= {bmc.host: f"the BMC of {bmc.name}" for bmc in subject.plan.bmcs}
    for node in subject.site.nodes:
        if node.bmc is not None and (ip := parse_bmc(node.bmc.address).ip) is not None:
            taken[str(ip)] = f"the BMC of {node.name}"
    for path, family, address in given_virtual(subject):
        if (owner := taken.get(str(address))) is not None:
            yield TAKEN.at(path, f"{address} is {owner} already", "write an address that is free")
        taken.setdefault(str(address), format_path(path))
        yield from _linked(subject, path, family, address)


def addresses_taken(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield the addresses of nodes, routers and resolvers, each with whose it is."""
    for node in subject.site.nodes:
        for interface in node.interfaces:
            for ip in interface.families.values():
                owners = ((ip.address and ip.address.address, "the"), (ip.reservation, "the reserved"))
                for own, word in owners:
                    if own is not None:
                        yield str(own), f"{word} address of {node.name}"
                if ip.gateway is not None:
                    yield str(ip.gateway), f"a gateway of {node.name}"
    for resolver in subject.site.dns.resolvers:
        yield str(resolver), "a resolver"


def _linked(subject: Subject, path: Path, family: Family, address: Address) -> Findings:
    links = {
        node.name: [
            ip.address.interface
            for interface in node.interfaces
            for ip in (interface.ipv4 if family == "ipv4" else interface.ipv6,)
            if ip is not None and ip.enabled and ip.address is not None
        ]
        for node in subject.site.nodes
        if node.role == "server"
    }
    stated = {name: found for name, found in links.items() if found}
    on = [name for name, found in stated.items() if any(address.ip in link.network for link in found)]
    if stated and not on:
        networks = ", ".join(dict.fromkeys(str(link.network) for found in stated.values() for link in found))
        yield OFF_LINK.at(path, f"{address} is in no network of a server: {networks}", "write a free address of one")
        return
    for link in (link for found in stated.values() for link in found if address.ip in link.network):
        network = link.network
        edges = {network.network_address, *([network.broadcast_address] if network.version == 4 else [])}
        if network.prefixlen < network.max_prefixlen - 1 and address.ip in edges:
            yield OFF_LINK.at(path, f"{address} is the network's own address, no host's", "write a free address of it")
            return


def check_nodes(subject: Subject) -> Findings:
    """Judge what the nodes have in common, and must not."""
    site = subject.site
    seen: dict[tuple[str, str], str] = {}
    for index, node in enumerate(site.nodes):
        facts: list[tuple[Path, str, str]] = [(("nodes", index, "name"), node.name.lower(), f"name {node.name}")]
        for place, interface in enumerate(node.interfaces):
            here: Path = ("nodes", index, "interfaces", place)
            if interface.mac is not None and interface.kind == "ethernet":
                facts.append(((*here, "mac"), interface.mac.lower(), f"MAC {interface.mac}"))
            for family, ip in interface.families.items():
                # A link-local one is each link's own.
                if ip.address is not None and not ip.address.address.ip.is_link_local:
                    own = str(ip.address.address)
                    facts.append(((*here, family, "address"), own, f"address {own}"))
        for path, key, shown in facts:
            # A node without a name of its own is told by its place.
            own = f"nodes[{index}]" if path[-1] == "name" else node.name
            other = seen.setdefault((shown.partition(" ")[0], key), own)
            if other != own:
                yield NODE_TWICE.at(path, f"{other} has the {shown}, too", "write this node's own")
    if not several(site):
        return
    for name, keys in (("server", site.cluster.server), ("agent", site.cluster.agent)):
        for key in keys:
            if of_one_node(key):
                fix = remove("; each node gets its own addresses, and has labels and taints under nodes")
                yield PER_NODE.at(("cluster", name, key), f"{key} would be the same on every {name}", fix)


CHECKS = (check_bootstrap, check_blocks, check_virtual, check_places, check_nodes)
