"""Checks of objects that stand in manifests rather than in a program: machines, address pools, downstream clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dualstack.addresses import FAMILIES, LABEL, AddressError, Family, Prefix, parse_address, parse_prefix
from dualstack.findings import At, Finding
from dualstack.policies.model import Check, Given, Told, View, items, texts
from dualstack.rules.bmc import bmc_address, boot_mac
from dualstack.rules.manifests import POOL
from dualstack.rules.names import certificate_san
from dualstack.rules.overrides import softened
from dualstack.rules.text import host_bits

_NETWORKS: Final = {"ipv4": "192.168.100.20/32", "ipv6": "fd00:100::20/128"}


def _machine(given: Given, _view: View) -> Told:
    address, mac = given.get("spec", "bmc", "address"), given.get("spec", "bootMACAddress")
    if isinstance(address, str):
        yield from bmc_address(At(("spec", "bmc", "address"), address))
    if isinstance(mac, str):
        yield from boot_mac(At(("spec", "bootMACAddress"), mac))


def _pool(given: Given, _view: View) -> Told:
    entries = items(given, "spec", "addresses")
    families: set[Family] = set()
    unread = False
    for item in entries:
        read = _range(item)
        if isinstance(read, Finding):
            yield read
            unread = True
            continue
        families.add(read[0])
        if read[1] is not None:
            # MetalLB masks it: it works, and says another network than the one that is meant.
            yield from map(softened, host_bits(At(item.path, read[1])))
    for family in FAMILIES if families and not unread else ():
        if family not in families:
            message = f"the pool has no {LABEL[family]} addresses"
            finding = POOL.at(("spec", "addresses"), message, f"add addresses such as {_NETWORKS[family]}")
            # A pool for Services of one family is fine.
            yield softened(finding)


def _range(item: At[Any]) -> tuple[Family, Prefix | None] | Finding:
    """Read an entry of a pool: a prefix, or the first and the last address."""
    text = str(item.value)
    example = "write a prefix such as 192.168.100.20/32, or two addresses with a hyphen between them"
    try:
        if "/" in text:
            prefix = parse_prefix(text)
            return prefix.family, prefix
        first, _, last = (part.strip() for part in text.partition("-"))
        low, high = parse_address(first), parse_address(last)
    except AddressError as error:
        return POOL.at(item.path, f"{text!r}: {error.message}", example)
    if low.family != high.family or int(low.ip) > int(high.ip):
        return POOL.at(item.path, f"{text!r} ends before it starts, or in the other family", example)
    return low.family, None


def _names(given: Given, _view: View) -> Told:
    for item in texts(items(given, "spec", "serverConfig", "tlsSan")):
        yield from certificate_san(item)


def _of(group: str, kind: str, run: Callable[[Given, View], Told]) -> Check:
    """Make a check of a kind in any version of its group."""

    def tell(given: Given, view: View) -> Told:
        if given.type.endswith(f":{kind}"):
            yield from run(given, view)

    return Check((f"kubernetes:{group}/*",), tell)


CHECKS: Final = (
    _of("metal3.io", "BareMetalHost", _machine),
    _of("metallb.io", "IPAddressPool", _pool),
    _of("controlplane.cluster.x-k8s.io", "RKE2ControlPlane", _names),
)
