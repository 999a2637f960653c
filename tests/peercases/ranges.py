"""Shapes made of CIDR lists: pods, services, machine networks, node addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_interface

from dualstack.address.family import BITS, Family, IPInterface
from dualstack.address.parsing import Address, parse_address
from dualstack.document.findings import At, Finding
from dualstack.plan.server import KUBERNETES_NODE_MASK
from dualstack.releases import service_range_limit
from dualstack.rules.address import address_text
from dualstack.rules.cidr import capacity, cidrs, overlap
from dualstack.rules.cidr.cidr_lists import Cidr, Cidrs, families, read_joined
from dualstack.rules.cidr.surroundings import Named, room_for
from dualstack.rules.server import node_ips
from dualstack.site.cluster import DEFAULT_PODS, DEFAULT_SERVICES
from tests.peercases import divergence as d
from tests.peercases.reading import (
    Config,
    addresses,
    interfaces,
    items,
    judged_prefix,
    networks,
    number,
    version,
    wrong,
)

PODS, SERVICES, MACHINES = "clusterNetwork", "serviceNetwork", "machineNetwork"
OLD, NEW = service_range_limit("v1.33.0"), service_range_limit("v1.35.0")
USABLE_OF_128 = 126
"""Pods that assisted-service wants room for: 128 addresses without the block's first and last."""
MASKS = frozenset({"hostPrefix", "nodeMask"})
PRIMARY = {"ipv4": parse_address("127.0.0.1"), "ipv6": parse_address("::1")}
"""Stand-ins for a family that is declared first without any address."""
MASKED_PLUGINS = ("OVNKubernetes", "OpenShiftSDN")


def traits(config: Config) -> frozenset[str]:
    """Name the shape of a case made of lists, by its keys and the emptiness of its lists."""
    keys = config.keys()
    found: set[str] = set()
    if "release" in keys and keys & {PODS, SERVICES, MACHINES}:
        found.add(d.BY_RELEASE)
        if version(config["release"]) >= (4, 12):
            found.add(d.IPV6_FIRST_ALLOWED)
    elif MACHINES in keys:
        found.add(d.INSTALL_PLAN if keys & {PODS, SERVICES} else d.MACHINES)
        routed = [item for item in networks(config, MACHINES)[0] if not item.value.prefix.network.is_link_local]
        if len(families(routed)) == 2:
            found.add(d.DUAL_DECLARED)
    elif PODS in keys and "nodes" in keys:
        found.add(d.NODE_BLOCKS)
    elif keys & {"multiCIDRServiceAllocator", "maxBits"}:
        found |= {d.API_SERVER, d.MULTI_CIDR} if config.get("multiCIDRServiceAllocator") is True else {d.API_SERVER}
    elif keys in ({SERVICES}, {PODS}):
        found.add(d.ONE_LIST)
    elif keys & {PODS, SERVICES}:
        found |= {d.CLUSTER_LISTS} | _cluster_traits(config)
    elif keys & {"subnet", "podSubnet", "serviceSubnet"}:
        found.add(d.KUBEADM)
    elif "nodeIP" in keys:
        found.add(d.NODE_IP)
    return frozenset(found)


def _cluster_traits(config: Config) -> set[str]:
    """Tell what else decides how rules count for the lists of one cluster."""
    found: set[str] = set()
    if config.keys() == {PODS, SERVICES}:
        found.add(d.LISTS_ONLY)
        if not items(config, SERVICES):
            found.add(d.PODS_ALONE)
    if any(isinstance(item.value, Mapping) and item.value.keys() & MASKS for item in items(config, PODS)):
        found.add(d.MASK_GIVEN)
    if any(item.value.prefix.host_bits_set for key in (PODS, SERVICES) for item in networks(config, key)[0]):
        found.add(d.MASKED_LISTS)
    if config.get("nodeIPv6") or (config.get("apiVIP") and config.get("apiVIP6")):
        found.add(d.DUAL_DECLARED)
    if config.get("ipv6SingleStackGate") is False and families(networks(config, PODS)[0]) == ("ipv6",):
        found.add(d.IPV6_ONLY_REFUSED)
    return found


def judge_lists(config: Config) -> Iterator[Finding]:
    """Judge the lists of pods, services and machines, alone and together."""
    shape = traits(config)
    pods, pod_problems = networks(config, PODS)
    services, service_problems = networks(config, SERVICES)
    machines, machine_problems = networks(config, MACHINES)
    yield from (*pod_problems, *service_problems, *machine_problems)
    declared = bool(config.get("apiVIP") and config.get("apiVIP6"))
    for key, found, defaults in ((PODS, pods, DEFAULT_PODS), (SERVICES, services, DEFAULT_SERVICES)):
        # In a cluster's own lists, one that is left out means the peer's default, as the product has defaults, too.
        if items(config, key) or declared or (key in config and d.CLUSTER_LISTS not in shape):
            yield from judge_list(found, key, defaults)
            yield from capacity.at_least(found)
    if MACHINES in config and not items(config, MACHINES):
        yield from cidrs.cidr_count(machines, (MACHINES,))
    if not pod_problems and not service_problems:
        yield from cidrs.families_agree(pods, services)
    yield from capacity.service_size(services, _limit(config))
    yield from judge_masks(config, pods)
    if MACHINES in config and not config.keys() & {PODS, SERVICES}:
        yield from judge_machines(config, machines)
    else:
        others = [Named(item.path, item.value.prefix.network, "a machine network") for item in machines]
        others += [
            Named(item.path, item.value.prefix.network, "reserved by the CNI plugin")
            for item in networks(config, "cniReserved")[0]
        ]
        room = room_for([*pods, *services], others)
        yield from overlap.pod_service_overlap(pods, services, room)
        yield from overlap.cluster_range_overlap([*pods, *services], others, room)
        for index, item in enumerate(pods):
            earlier = [
                Named(other.path, other.value.prefix.network, "an earlier pod network") for other in pods[:index]
            ]
            yield from overlap.cluster_range_overlap([item], earlier, room)
        links = [(str(item.path), At(item.path, _interface(item))) for item in machines]
        yield from overlap.interface_overlap(links, room)
    yield from judge_families(config, pods, services, machines)


def _interface(item: At[Cidr]) -> IPInterface:
    network = item.value.prefix.network
    return ip_interface(f"{network.network_address}/{network.prefixlen}")


def judge_list(found: Cidrs, key: str, defaults: Mapping[str, str]) -> Iterator[Finding]:
    """Judge one list of CIDRs."""
    yield from cidrs.cidr_count(found, (key,))
    yield from cidrs.one_per_family(found)
    yield from cidrs.both_families(found, (key,), defaults)
    yield from cidrs.ipv4_first(found)
    yield from cidrs.base_address(found)


def _limit(config: Config) -> Mapping[str, int]:
    bits = number(config, "maxBits")
    if bits is not None:
        return {family: max(0, length - bits) for family, length in BITS.items()}
    return NEW if config.get("multiCIDRServiceAllocator") is True else OLD


def judge_masks(config: Config, pods: Cidrs) -> Iterator[Finding]:
    """Judge node masks, given with each pod network, or Kubernetes' own."""
    plugin = config.get("networkType")
    if plugin is not None and plugin not in MASKED_PLUGINS:
        return
    masked: list[capacity.Masked] = []
    for item in pods:
        entry = config[PODS][item.path[1]] if isinstance(config[PODS], list) else {}
        key = "nodeMask" if isinstance(entry, Mapping) and "hostPrefix" not in entry else "hostPrefix"
        given = entry.get(key) if isinstance(entry, Mapping) else None
        path = (*item.path[:2], key)
        if given is not None and (not isinstance(given, int) or isinstance(given, bool)):
            yield wrong(path, given, "a whole number")
            continue
        masked.append(
            capacity.Masked(item, At(path, KUBERNETES_NODE_MASK[item.value.family] if given is None else given))
        )
    for pair in masked:
        yield from capacity.node_mask(pair)
    yield from capacity.one_mask(masked)
    nodes = number(config, "nodes")
    if nodes is not None:
        for pair in masked:
            yield from capacity.room_for_nodes(pair, nodes)
        yield from capacity.max_pods(masked, At(("nodes",), USABLE_OF_128))


def judge_families(config: Config, pods: Cidrs, services: Cidrs, machines: Cidrs) -> Iterator[Finding]:
    """Judge what families the node has, and which stands first everywhere."""
    wanted = {*families(pods), *families(services)}
    lists: list[tuple[str, Cidrs | list[At[Address]]]] = []
    if (primary := PRIMARY.get(str(config.get("declaredPrimary", "")).lower())) is not None:
        lists.append(("the declared primary family", [At(("declaredPrimary",), primary)]))
    lists += [(SERVICES, services), (PODS, pods), (MACHINES, machines)]
    advertised, problems = addresses(config, "advertiseAddress")
    named, more = addresses(config, "nodeIP")
    second, last = addresses(config, "nodeIPv6", "ipv6")
    yield from (*problems, *more, *last)
    lists += [("advertiseAddress", advertised), ("nodeIP", named)]
    yield from node_ips.same_primary(lists)
    yield from node_ips.nodes_cover(families(machines), wanted, (MACHINES,))
    yield from node_ips.nodes_cover(families(named), wanted, ("nodeIP",))
    yield from node_ips.node_addresses([*named, *second], _servers(config))
    if config.get("hostHasIPv6") is False:
        only: tuple[Family, ...] = ("ipv4",)
        yield from node_ips.nodes_cover(only, wanted, ("hostHasIPv6",))


def _servers(config: Config) -> int:
    nodes = config.get("nodes")
    entries = nodes if isinstance(nodes, list) else []
    roles = [entry.get("role", entry.get("type")) for entry in entries if isinstance(entry, Mapping)]
    return sum(role == "server" for role in roles) if entries else 1


def judge_machines(config: Config, machines: Cidrs) -> Iterator[Finding]:
    """Judge machine networks without pods and services: their size, or both families, or a host's addresses in them."""
    if "release" in config:
        yield from judge_list(machines, MACHINES, DEFAULT_PODS)
    if config.keys() & {"singleNode", "userManagedLB"}:
        least = 2 if config.get("singleNode") is True else 4 if config.get("userManagedLB") is True else 16
        yield from capacity.at_least(machines, least)
    if "hostAddresses" in config:
        own, problems = interfaces(config, "hostAddresses")
        yield from problems
        attached = [Named(item.path, item.value.prefix.network, "a machine network") for item in machines]
        yield from overlap.outside_network([At(item.path, item.value.interface) for item in own], attached)


def judge_kubeadm(config: Config) -> Iterator[Finding]:
    """Judge comma-joined texts as server.yaml and kubeadm have them."""
    lists: dict[str, list[At[Cidr]]] = {}
    for key in ("subnet", "podSubnet", "serviceSubnet"):
        if key not in config:
            continue
        found, problems = read_joined(At((key,), config[key]))
        lists[key] = found
        yield from problems
        for item in found:
            yield from judged_prefix(item)
        yield from judge_list(found, key, DEFAULT_PODS)
        if key != "podSubnet":
            yield from capacity.at_least(found, number(config, "minimumAddresses") or 10)
    pods, services = lists.get("podSubnet", []), lists.get("serviceSubnet", [])
    yield from capacity.service_size(services, OLD)
    masks = {"ipv4": number(config, "nodeMaskV4"), "ipv6": number(config, "nodeMaskV6")}
    for item in pods:
        family = item.value.family
        given = masks[family]
        mask = At((f"nodeMaskV{family[-1]}",), KUBERNETES_NODE_MASK[family] if given is None else given)
        yield from capacity.node_mask(capacity.Masked(item, mask))
    yield from cidrs.families_agree(pods, services)
    yield from overlap.pod_service_overlap(pods, services, room_for([*pods, *services], []))
    advertised, problems = addresses(config, "advertiseAddress")
    yield from problems
    yield from node_ips.same_primary([("serviceSubnet", services), ("advertiseAddress", advertised)])


def judge_question(config: Config) -> Iterator[Finding]:
    """Judge whether a list has both families."""
    if "cidrs" in config:
        found, problems = networks(config, "cidrs")
        yield from problems
        yield from judge_list(found, "cidrs", DEFAULT_PODS)
        return
    ips, problems = addresses(config, "ips")
    yield from problems
    yield from cidrs.both_families(ips, ("ips",), {"ipv4": "192.168.100.10", "ipv6": "fd00:100::10"})
    yield from cidrs.one_per_family(ips)
    yield from cidrs.ipv4_first(ips)


def judge_pair(config: Config) -> Iterator[Finding]:
    """Judge whether two networks overlap."""
    first, problems = read_pair(config, "networkA")
    second, more = read_pair(config, "networkB")
    yield from (*problems, *more)
    yield from overlap.pod_service_overlap(first, second, room_for([*first, *second], []))


def read_pair(config: Config, key: str) -> tuple[list[At[Cidr]], list[Finding]]:
    """Read one network; its text is not judged beyond its syntax."""
    read = address_text.read_prefix(At((key,), config.get(key)))
    return ([], [read]) if isinstance(read, Finding) else ([At((key,), Cidr(read))], [])
