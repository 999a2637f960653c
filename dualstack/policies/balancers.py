"""MetalLB's pools and the Services that want addresses of them; BareMetalHosts and endpoints of Cluster API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Final

from dualstack.address.family import FAMILIES, Family, IPAddress
from dualstack.document.findings import At, Findings
from dualstack.document.holes import Unreadable
from dualstack.document.origins import Path
from dualstack.policies.charts import charts_of
from dualstack.policies.declare import policy
from dualstack.policies.manifests import objects
from dualstack.policies.model import Check, Given, NotYet, Told, View, items, strangers, text_of, texts
from dualstack.policies.services import SERVICE
from dualstack.rules.address import address_text
from dualstack.rules.chart import balancers as balancer_rules
from dualstack.rules.chart import site_manifests
from dualstack.rules.chart.balancers import Pool, both_addresses, endpoint_host, one_pool, pool_range
from dualstack.rules.chart.site_manifests import POOL_TAKEN
from dualstack.rules.ironic import bmc_addresses
from dualstack.rules.ironic.bmc_addresses import bmc_address, boot_mac, needed_mac, unique_addresses, unique_macs
from dualstack.rules.name import names as name_rules
from dualstack.rules.name.names import certificate_san
from dualstack.tokens import RELEASE

POOL_TYPES: Final = "kubernetes:metallb.io/*"
HOST_TYPES: Final = "kubernetes:metal3.io/*"
PLANE_TYPES: Final = "kubernetes:controlplane.cluster.x-k8s.io/*"
INFRASTRUCTURE: Final = "kubernetes:infrastructure.cluster.x-k8s.io/*"
_PREFIXES: Final = ("metallb.io", "metallb.universe.tf")


def _is(given: Given, kind: str) -> bool:
    return given.type.rpartition(":")[2] == kind


def _pool(given: Given, _view: View) -> Told:
    if not _is(given, "IPAddressPool"):
        return
    listed = items(given, "spec", "addresses")
    yield from strangers(listed, str, "text")
    for item in texts(listed):
        found = pool_range(item)
        if not isinstance(found, str):
            yield from found


def pool_takes(given: Given, taken: Mapping[IPAddress, str]) -> Findings:
    """Tell addresses of others in a pool.

    Args:
        given: an IPAddressPool.
        taken: addresses that somebody has, each with who.
    """
    with suppress(Unreadable):
        for item in texts(items(given, "spec", "addresses")):
            if not isinstance(pool_range(item), str):
                continue
            first, last = pool_ends(item.value)
            held = [who for ip, who in taken.items() if ip.version == first.version and first <= ip <= last]  # type: ignore[operator]
            if held:
                message = f"{item.value!r} holds {', '.join(dict.fromkeys(held))}"
                yield POOL_TAKEN.at(item.path, message, "write addresses that nobody has")


def pool_ends(text: str) -> tuple[IPAddress, IPAddress]:
    """Give first and last address of a pool's entry that ``pool_range`` can read."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    if dash:
        return ip_address(first), ip_address(last)
    network = ip_network(first, strict=False)
    return network[0], network[-1]


def _pools(others: View) -> Iterator[Pool]:
    for other in others.others:
        for one in objects(other):
            if not (one.type.startswith(POOL_TYPES[:-1]) and _is(one, "IPAddressPool")):
                continue
            families: set[Family] = set()
            for item in texts(items(one, "spec", "addresses")):
                found = pool_range(item)
                # What is no range is told at the pool; until it is mended it may be of either family.
                families |= {found} if isinstance(found, str) else set(FAMILIES)
            name = one.get("metadata", "name")
            yield Pool(str(name or one.name), frozenset(families))


def _annotation(given: Given, name: str) -> At[str] | None:
    for prefix in _PREFIXES:
        path = ("metadata", "annotations", f"{prefix}/{name}")
        value = text_of(given.get(*path), path)
        if value:
            return At(path, value)
    return None


def _one_pool(given: Given, view: View) -> Told:
    """Compare a Service of both families with the pools of the stack; Ironic's is the chart's own."""
    try:
        pools = list(_pools(view))
    except Unreadable as error:
        yield NotYet((), f"a pool of the stack, {error}")
        return
    path = ("spec", "ipFamilyPolicy")
    if given.type == SERVICE:
        policy = given.text(*path)
        if policy is None or given.text("spec", "type") != "LoadBalancer":
            return
        named = _annotation(given, "address-pool")
        chosen = [pool for pool in pools if named is None or pool.name == named.value]
        yield from one_pool(At(path, policy), chosen)
        return
    for chart in charts_of(given):
        if (
            chart.chart == "metal3"
            and (chart.text("metal3-ironic", "service", "type") or "LoadBalancer") == "LoadBalancer"
        ):
            where = (*chart.path, "metal3-ironic", "service", "type")
            yield from one_pool(At(where, "PreferDualStack"), pools)


def _given_addresses(given: Given, _view: View) -> Told:
    path = ("spec", "loadBalancerIP")
    single = given.text(*path)
    wanted = [At[str](path, single)] if single else []
    listed = _annotation(given, "loadBalancerIPs")
    if listed is not None:
        wanted += [At(listed.path, part) for part in listed.value.split(",")]
    yield from both_addresses(given.text("spec", "ipFamilyPolicy"), wanted)


def _bare_metal_host(given: Given, view: View) -> Told:
    if not _is(given, "BareMetalHost"):
        return
    path = ("spec", "bmc", "address")
    address, mac = given.text(*path), given.text("spec", "bootMACAddress")
    before = [one for other in view.others for one in objects(other) if _is(one, "BareMetalHost")]
    if address:
        yield from bmc_address(At(path, address))
        yield from _own(unique_addresses([*_known(before, *path), At(path, address)]), path)
    where = ("spec", "bootMACAddress")
    if address and not mac:
        yield from needed_mac(At(path, address), where)
    if mac:
        yield from boot_mac(At(where, mac))
        yield from _own(unique_macs([*_known(before, *where), At(where, mac)]), where)


def _own(found: Findings, path: Path) -> Findings:
    """Leave what is told of the machines before out: it was told of them."""
    return (finding for finding in found if finding.path == path)


def _known(hosts: list[Given], *path: str) -> Iterator[At[str]]:
    for host in hosts:
        try:
            value = host.text(*path)
        except Unreadable:
            continue  # told at that resource
        if value:
            yield At((host.name, *path), value)


def _sans(given: Given, _view: View) -> Told:
    if not _is(given, "RKE2ControlPlane"):
        return
    listed = items(given, "spec", "serverConfig", "tlsSan")
    yield from strangers(listed, str, "text")
    for item in texts(listed):
        yield from certificate_san(item)


def _endpoint(given: Given, _view: View) -> Told:
    paths: Mapping[str, tuple[tuple[str, ...], ...]] = {
        "Metal3Cluster": (("spec", "controlPlaneEndpoint", "host"),),
        "RKE2ControlPlane": (("spec", "registrationAddress"),),
    }
    for path in paths.get(given.type.rpartition(":")[2], ()):
        host = given.text(*path)
        yield from endpoint_host(At(path, host or ""))


POOL = Check((POOL_TYPES,), _pool)
ONE_POOL = Check((SERVICE, RELEASE), _one_pool)
GIVEN_ADDRESSES = Check((SERVICE,), _given_addresses)
BARE_METAL_HOST = Check((HOST_TYPES,), _bare_metal_host)
SANS = Check((PLANE_TYPES,), _sans)
ENDPOINT = Check((INFRASTRUCTURE, PLANE_TYPES), _endpoint)

_ADDRESS: Final = "Write the BMC's address as the operator reads it; docs/fields.md has the form."

POLICIES: Final = (
    policy(bmc_addresses.LINK_LOCAL, "Write an address of global or unique local scope.", BARE_METAL_HOST),
    policy(bmc_addresses.ADDRESS, _ADDRESS, BARE_METAL_HOST),
    policy(bmc_addresses.IDENTITY, "Give each machine its own BMC and boot MAC.", BARE_METAL_HOST),
    policy(balancer_rules.ENDPOINT, "Write a bare address or name: no scheme, brackets or port.", ENDPOINT),
    policy(site_manifests.POOL, "Write prefixes, or first and last address with a hyphen between them.", POOL),
    policy(balancer_rules.POOLS, "Put addresses of both families into one IPAddressPool.", ONE_POOL, whole=True),
    policy(
        balancer_rules.ADDRESSES,
        "Ask for an address of each family (metallb.io/loadBalancerIPs), or for none.",
        GIVEN_ADDRESSES,
    ),
    policy(name_rules.CERTIFICATE_SAN, "Write bare addresses and names.", SANS),
)
ALSO: Final = {
    address_text.MAPPED: (BARE_METAL_HOST,),
}
"""Further checks for policies whose words stand in another module."""
