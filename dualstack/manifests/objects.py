"""What only manifests are judged by: address pools, the network plugin's own configuration, secrets in clear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.address.parsing import parse_prefix
from dualstack.document.findings import At
from dualstack.document.frozen import dig
from dualstack.manifests.place import configures_packaged
from dualstack.policies.directory import loaded
from dualstack.policies.model import Check, Given, Told, View, items, texts
from dualstack.rules.address.address_text import host_bits
from dualstack.rules.blame import softened
from dualstack.rules.chart.balancers import pool_range
from dualstack.rules.chart.site_manifests import POOL, calico_families, cilium_families
from dualstack.rules.secret.clear_secrets import SECRET_LIKE

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


def _config(given: Given, _view: View) -> Told:
    name = str(dig(given.props, "metadata", "name", default=""))
    content = dig(given.props, "spec", "valuesContent")
    values = loaded(content) if isinstance(content, str) and configures_packaged(given.props) else None
    at = ("spec", "valuesContent")
    if name == "rke2-cilium":
        yield from cilium_families({one: At((*at, f"{one}.enabled"), dig(values, one, "enabled")) for one in FAMILIES})
    pools = dig(values, "installation", "calicoNetwork", "ipPools") if name == "rke2-calico" else None
    listed = pools if isinstance(pools, list | tuple) else ()
    yield from calico_families([str(pool.get("cidr", "")) for pool in listed if isinstance(pool, Mapping)], at)


def _secret(given: Given, _view: View) -> Told:
    for key in ("stringData", "data"):
        held = given.props.get(key)
        names = [str(name) for name, value in held.items() if value] if isinstance(held, Mapping) else []
        if names:
            message = f"{', '.join(names)} of a Secret: in clear text, base64 hides nothing"
            fix = "remove the Secret and make it on the cluster, and change what it held: it was in the file"
            yield SECRET_LIKE.at((key,), message, fix)


CHECKS: Final = (
    _of("metallb.io", "IPAddressPool", _pool),
    _of("helm.cattle.io", "HelmChartConfig", _config),
    _of("core", "Secret", _secret),
)
