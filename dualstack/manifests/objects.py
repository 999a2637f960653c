"""What is worth a warning in a manifest, and nothing in a program, where a policy would stop for it: address pools."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dualstack.addresses import FAMILIES, LABEL, Family, parse_prefix
from dualstack.findings import At
from dualstack.policies.model import Check, Given, Told, View, items, texts
from dualstack.rules.balancers import pool_range
from dualstack.rules.manifests import POOL
from dualstack.rules.overrides import softened
from dualstack.rules.text import host_bits

_NETWORKS: Final = {"ipv4": "192.168.100.20/32", "ipv6": "fd00:100::20/128"}


def _pool(given: Given, _view: View) -> Told:
    entries = items(given, "spec", "addresses")
    families: set[Family] = set()
    unread = False
    for item in texts(entries):
        family = pool_range(item)
        if not isinstance(family, str):
            unread = True  # the policy tells why
            continue
        families.add(family)
        if "/" in item.value:
            # MetalLB masks it: it works, and says another network than the one that is meant.
            yield from map(softened, host_bits(At(item.path, parse_prefix(item.value))))
    for family in FAMILIES if families and not unread else ():
        if family not in families:
            message = f"the pool has no {LABEL[family]} addresses"
            finding = POOL.at(("spec", "addresses"), message, f"add addresses such as {_NETWORKS[family]}")
            # A pool for Services of one family is fine.
            yield softened(finding)


def _of(group: str, kind: str, run: Callable[[Given, View], Told]) -> Check:
    """Make a check of a kind in any version of its group."""

    def tell(given: Given, view: View) -> Told:
        if given.type.endswith(f":{kind}"):
            yield from run(given, view)

    return Check((f"kubernetes:{group}/*",), tell)


CHECKS: Final = (_of("metallb.io", "IPAddressPool", _pool),)
