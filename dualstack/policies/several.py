"""A cluster of several nodes, as an image directory and the resources beside it have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from dualstack.address.bmc import parse_bmc
from dualstack.address.family import IPAddress, IPNetwork
from dualstack.address.ranges import node_blocks
from dualstack.document.findings import At
from dualstack.document.holes import Unreadable
from dualstack.document.origins import Path
from dualstack.policies.balancers import POOL_TYPES, pool_takes
from dualstack.policies.charts import TYPES as CHART_TYPES
from dualstack.policies.charts import Chart, charts_of
from dualstack.policies.declare import policy
from dualstack.policies.directory import DEFINITION, NETWORK, file_path, loaded, names, read_yaml
from dualstack.policies.hosts import MANAGEMENT_NETWORK
from dualstack.policies.manifests import objects
from dualstack.policies.model import Check, Given, NotYet, Told, View, items, read, strangers
from dualstack.policies.ranges import ranges_of
from dualstack.rules.chart import site_manifests
from dualstack.rules.ironic import bmc_reach
from dualstack.rules.ironic.bmc_reach import REACH, has_way
from dualstack.rules.name.name_grammar import as_ip
from dualstack.rules.network.nmstate_view import read_links, read_routes
from dualstack.rules.server import several_nodes as several_rules
from dualstack.rules.server import several_parts as parts
from dualstack.rules.server.several_nodes import PER_NODE, TAKEN, TOO_MANY, of_one_node
from dualstack.tokens import DIRECTORY

_CONFIG: Final = "kubernetes/config/"
HOST_TYPES: Final = "kubernetes:metal3.io/*"
CHART_CONFIG: Final = "kubernetes:helm.cattle.io/*"


def _nodes(given: Given) -> At[Sequence[Mapping[str, Any]]]:
    """Return the nodes of the definition; none for the cluster of one.

    Raises:
        Unreadable: nobody can look at the definition.
    """
    path: Path = file_path(DEFINITION, "kubernetes", "nodes")
    found = read(read_yaml(given, DEFINITION) or {}, "kubernetes", "nodes", below=file_path(DEFINITION))
    listed = found if isinstance(found, list | tuple) else []
    return At(path, [node for node in listed if isinstance(node, Mapping)])


def _directories(view: View) -> Iterator[Given]:
    return (one for one in view.others if one.type == DIRECTORY)


def node_count(view: View) -> int:
    """Return how many nodes the stack's cluster has, as far as its resources tell."""
    most = 0
    for other in view.others:
        nodes = other.props.get("nodes") if other.type == MANAGEMENT_NETWORK else None
        most = max(most, len(nodes) if isinstance(nodes, Mapping) else 0)
        if other.type == DIRECTORY:
            try:
                most = max(most, len(_nodes(other).value), len(list(_documents(other))))
            except Unreadable:
                continue  # told at that resource
    return most


def _documents(given: Given) -> Iterator[tuple[str, At[Mapping[str, Any]]]]:
    """Give the network files of the nodes, by the node's name."""
    for name in names(given, NETWORK):
        data = read_yaml(given, name) if name.endswith((".yaml", ".yml")) else None
        if data is not None:
            yield name.removeprefix(NETWORK).rpartition(".")[0], At(file_path(name), data)


def _links(view: View) -> tuple[set[IPNetwork], dict[IPAddress, str]]:
    """Return the networks of the stack's nodes, and whose their addresses and gateways are."""
    networks: set[IPNetwork] = set()
    taken: dict[IPAddress, str] = {}
    for other in _directories(view):
        try:
            for node, document in _documents(other):
                for link in read_links(At((), document.value)):
                    for own in (own.value for ip in link.ips if ip.enabled for own in ip.addresses):
                        networks.add(own.network)
                        taken[own.ip] = f"{own.ip}, an address of {node}"
                for hop in read_routes(At((), document.value)):
                    if hop.gateway is not None and not hop.gateway.is_link_local:
                        taken[hop.gateway] = f"{hop.gateway}, a gateway of {node}"
        except Unreadable:
            continue  # told at that resource
    return networks, taken


def _definition(given: Given, _view: View) -> Told:
    nodes = _nodes(given)
    yield from parts.initializers(nodes)
    network = read(read_yaml(given, DEFINITION) or {}, "kubernetes", "network", below=file_path(DEFINITION))
    path = file_path(DEFINITION, "kubernetes", "network")
    known = network if isinstance(network, Mapping) else {}
    yield from parts.joining_address(At(path, known), len(nodes.value) > 1)
    if len(nodes.value) > 1:
        servers = sum(node.get("type") == "server" for node in nodes.value)
        joins = {str(node.get("hostname")) for node in nodes.value} - {name for name, _ in _documents(given)}
        # The image that joins one node names a server that is no machine.
        yield from parts.even_servers(At(nodes.path, servers)) if not joins else ()
        yield from parts.same_twice(
            [(At(nodes.path, str(node.get("hostname"))), str(index)) for index, node in enumerate(nodes.value)], "name"
        )


def _keys(given: Given, _view: View) -> Told:
    for role in ("server", "agent"):
        name = f"{_CONFIG}{role}.yaml"
        data = read_yaml(given, name) or {}
        if data and len(_nodes(given).value) > 1:
            for key in data:
                if of_one_node(str(key)):
                    fix = "remove it; each node gets its own by config.yaml.d"
                    yield PER_NODE.at(file_path(name, str(key)), f"{key} would be the same on every {role}", fix)


def _twice(given: Given, _view: View) -> Told:
    macs: list[tuple[At[str], str]] = []
    addresses: list[tuple[At[str], str]] = []
    for node, document in _documents(given):
        for link in read_links(At((), document.value)):
            mac = link.body.get("mac-address")
            if isinstance(mac, str) and link.kind == "ethernet":
                macs.append((At(document.path, mac), node))
            own = [item.value.ip for ip in link.ips if ip.enabled for item in ip.addresses]
            # A link-local one is each link's own.
            addresses += [(At(document.path, str(ip)), node) for ip in own if not ip.is_link_local]
    yield from parts.same_twice(macs, "MAC")
    yield from parts.same_twice(addresses, "address")


def _blocks(given: Given, _view: View) -> Told:
    count, ranges = len(_nodes(given).value), ranges_of(given)
    for item in ranges.pods if ranges is not None and ranges.masks is not None and count > 1 else ():
        mask = (ranges.masks or {})[item.value.family].value if ranges is not None else 0
        room = node_blocks(item.value.prefix.network, mask)
        if 0 < room < count:
            message = f"{count} nodes, and room for {room} blocks of {item.value}"
            yield TOO_MANY.at(item.path, message, "write a shorter prefix, or a longer node mask")


def _api_place(given: Given, view: View) -> Told:
    network = read(read_yaml(given, DEFINITION) or {}, "kubernetes", "network", below=file_path(DEFINITION))
    ip = as_ip(str(network.get("apiVIP") or "")) if isinstance(network, Mapping) else None
    if ip is None:
        return
    networks, taken = _links(View(others=[given]))
    where = At(file_path(DEFINITION, "kubernetes", "network", "apiVIP"), ip)
    yield from parts.off_link(where, networks)
    if ip in taken:
        yield TAKEN.at(where.path, f"{taken[ip]}, already", "write an address that is free")


def _pool_place(given: Given, view: View) -> Told:
    if not given.type.endswith(":IPAddressPool"):
        return
    networks, taken = _links(view)
    yield from pool_takes(given, taken)
    everything = [one for other in view.others for one in objects(other)]
    if any(one.type.endswith(":BGPAdvertisement") for one in everything):
        return
    name = given.get("metadata", "name") or given.name
    announced = [one for one in everything if one.type.endswith(":L2Advertisement")]
    if any(_announces(one, name) for one in announced):
        listed = items(given, "spec", "addresses")
        yield from strangers(listed, str, "text")
        for item in listed:
            first = as_ip(str(item.value).partition("-")[0].partition("/")[0].strip())
            yield from parts.off_link(At(item.path, first), networks) if first is not None else ()


def _announces(advertisement: Given, pool: object) -> bool:
    named = advertisement.get("spec", "ipAddressPools")
    return pool in named if isinstance(named, list | tuple) and named else named is None


def _metal3(given: Given) -> Iterator[Chart]:
    return (chart for chart in charts_of(given) if chart.chart == "metal3")


def _ironic(given: Given, view: View) -> Told:
    if node_count(view) < 2:
        return
    _, taken = _links(view)
    nodes = {ip for ip, owner in taken.items() if "an address of" in owner}
    for chart in _metal3(given):
        for keys in parts.HOSTS:
            ip = as_ip(chart.text(*keys))
            if ip is not None:
                fix = "write the virtual address, which Ironic's Service has"
                yield from parts.stays_at_a_node(At((*chart.path, *keys), ip), nodes, fix)
        kind = At((*chart.path, *parts.SERVICE_TYPE), chart.text(*parts.SERVICE_TYPE))
        yield from parts.balanced(kind, "write LoadBalancer, or remove it")


def _ingress(given: Given, view: View) -> Told:
    if not given.type.endswith(":HelmChartConfig") or given.get("metadata", "name") not in _INGRESS:
        return
    content = given.text("spec", "valuesContent") or ""
    values = loaded(content)
    if values is None and content.strip():
        yield NotYet(("spec", "valuesContent"), "it is no YAML mapping")
    elif values is not None:
        yield from parts.ingress_families(At(("spec", "valuesContent"), values))


_INGRESS: Final = ("rke2-ingress-nginx", "rke2-traefik")


def _reach(given: Given, view: View) -> Told:
    """Compare a machine's BMC with the ways of each node that Ironic may run on."""
    if not given.type.endswith(":BareMetalHost"):
        return
    parsed = parse_bmc(given.text("spec", "bmc", "address") or "")
    for directory in _directories(view) if parsed.ip is not None else ():
        try:
            documents = list(_documents(directory))
        except Unreadable as error:
            yield NotYet((), f"the network of {directory.name}, {error}")
            continue
        lacking = [node for node, document in documents if parsed.ip and has_way(document, parsed.ip.ip) is False]
        if lacking and len(documents) > 1:
            who = ", ".join(lacking)
            fix = f"give {who} a route to it, or a taint that keeps pods off"
            yield REACH.at(("spec", "bmc", "address"), f"{who} has no way to {parsed.host}", fix)


DEFINITIONS = Check((DIRECTORY,), _definition)
KEYS = Check((DIRECTORY,), _keys)
TWICE = Check((DIRECTORY,), _twice)
BLOCKS = Check((DIRECTORY,), _blocks)
API_PLACE = Check((DIRECTORY,), _api_place)
POOL_PLACE = Check((POOL_TYPES,), _pool_place)
IRONIC = Check(CHART_TYPES, _ironic)
INGRESS = Check((CHART_CONFIG,), _ingress)
REACHES = Check((HOST_TYPES,), _reach)

_VIRTUAL: Final = "Write a free address of the nodes' network."
_OWN: Final = "Write each node's own name, MAC and addresses."

POLICIES: Final = (
    policy(several_rules.BOOTSTRAP, "Write initializer: true at one server.", DEFINITIONS),
    policy(several_rules.API, _VIRTUAL, DEFINITIONS),
    policy(several_rules.API6, "Remove apiVIP6; for IPv6 give apiHost the servers' AAAA.", DEFINITIONS),
    policy(several_rules.INGRESS, "Set the Service's ipFamilyPolicy to RequireDualStack.", INGRESS),
    policy(several_rules.IRONIC, "Write the virtual addresses of Ironic's Service.", IRONIC, whole=True),
    policy(several_rules.ONE_NODE, "Remove the virtual address, or give further nodes.", DEFINITIONS),
    policy(several_rules.TAKEN, _VIRTUAL, API_PLACE),
    policy(several_rules.OFF_LINK, _VIRTUAL, API_PLACE, POOL_PLACE, whole=True),
    policy(several_rules.QUORUM, "Make it one server more, or one less.", DEFINITIONS),
    policy(several_rules.NODE_TWICE, _OWN, DEFINITIONS, TWICE),
    policy(several_rules.PER_NODE, "Remove the key; config.yaml.d has what is one node's.", KEYS),
    policy(several_rules.TOO_MANY, "Write a shorter prefix, or a longer node mask.", BLOCKS),
    policy(several_rules.SERVICE, "Write LoadBalancer, or remove it.", IRONIC, whole=True),
    policy(bmc_reach.REACH, "Give each node a route to every BMC.", REACHES, whole=True),
    policy(site_manifests.POOL_TAKEN, "Write addresses that nobody has.", POOL_PLACE, whole=True),
)
