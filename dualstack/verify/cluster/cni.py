"""The network plugin's own configuration: both families, by the rules for manifests that set it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.document.findings import At, Finding
from dualstack.document.frozen import dig
from dualstack.plan.server import cni_plugins
from dualstack.rules.chart.site_manifests import calico_families, canal_families, cilium_families
from dualstack.verify.cluster.live import Object
from dualstack.verify.cluster.policy import judged
from dualstack.verify.cluster.view import Place, View, name_of, place_of
from dualstack.verify.model import Kind, Result

_BY_DAEMON: Final = {"cilium": "cilium", "rke2-canal": "canal", "canal": "canal", "calico-node": "calico"}
"""DaemonSets by which a plugin is known; Calico's own is canal's, too, under another name."""
_FLANNEL: Final[dict[Family, tuple[str, str]]] = {
    "ipv4": ("Network", "EnableIPv4"),
    "ipv6": ("IPv6Network", "EnableIPv6"),
}
"""flannel ``pkg/subnet/config.go``: a network's key and its switch; IPv4 is on where nobody says so."""
CONFIGS: Final = ("rke2-cilium", "rke2-calico")
"""HelmChartConfigs that switch families."""


def run(view: View) -> Iterator[Result]:
    """Check the plugin that runs, and what configures it."""
    found = plugins(view)
    place = Place(Kind.CNI, "network plugin", "which")
    wanted = (
        [name for name in cni_plugins(view.plan.server.get("cni")) if name not in ("multus", "none")]
        if view.plan
        else []
    )
    if wanted and found and not set(wanted) & set(found):
        yield place.failed(
            f"{', '.join(found)} runs, planned is {', '.join(wanted)}",
            "policies, masquerading and node blocks work otherwise than planned",
            "the plugin of a living cluster never changes: write it into the site as cluster.cni, or rebuild",
        )
    elif found:
        yield place.ok(", ".join(found))
    else:
        yield place.unknown(
            "no DaemonSet of Cilium, Canal or Calico is seen", "it may be another plugin, or not run yet"
        )
    told = list(_configured(view))
    yield from told
    if found and not told:
        yield Place(Kind.CNI, "network plugin", "families").ok("nothing that is seen switches a family off")


def plugins(view: View) -> list[str]:
    """Give the plugins whose DaemonSets are there."""
    have = {name_of(one) for one in view.objects("daemonsets")}
    return list(dict.fromkeys(name for daemon, name in _BY_DAEMON.items() if daemon in have))


def _configured(view: View) -> Iterator[Result]:
    for one in view.objects("configmaps"):
        if name_of(one) == "cilium-config":
            switches = {family: f"enable-{family}" for family in FAMILIES}
            # Without the key the agent takes its own default: IPv4 on, IPv6 on (cilium pkg/option, EnableIPv6).
            enabled = {
                family: At(("data", key), dig(one, "data", key, default="true")) for family, key in switches.items()
            }
            yield from _told(one, cilium_families(enabled))
            yield from _cilium_pools(one)
        elif isinstance(dig(one, "data", "net-conf.json"), str):
            yield from _flannel(one)
    pools = view.objects("calico-pools")
    cidrs = [str(dig(pool, "spec", "cidr", default="")) for pool in pools if dig(pool, "spec", "disabled") is not True]
    for finding in calico_families(cidrs, ("spec", "cidr")):
        yield Place(Kind.CNI, "IPPools of Calico", "families").finding(finding)
    configs = [one for one in view.objects("chart-configs") if name_of(one) in CONFIGS]
    yield from judged(view, Kind.CNI, configs)


def _cilium_pools(one: Object) -> Iterator[Result]:
    """Tell a family that is on, and for which Cilium's operator has no range (its IPAM ``cluster-pool``)."""
    if dig(one, "data", "ipam") != "cluster-pool":
        return
    for family in FAMILIES:
        on = str(dig(one, "data", f"enable-{family}", default="true")).lower() == "true"
        if on and not dig(one, "data", f"cluster-pool-{family}-cidr"):
            yield Place(Kind.CNI, place_of(one), "families").failed(
                f"enable-{family} is true, and there is no cluster-pool-{family}-cidr",
                f"Cilium's operator gives no node a range, and its agents wait for one of {LABEL[family]}",
                "set ipam.mode: kubernetes in the HelmChartConfig rke2-cilium, or clusterPool"
                f"{'IPv4' if family == 'ipv4' else 'IPv6'}PodCIDRList",
            )


def _flannel(one: Object) -> Iterator[Result]:
    try:
        config: Any = json.loads(str(dig(one, "data", "net-conf.json")))
    except ValueError:
        config = None
    if not isinstance(config, dict):
        yield Place(Kind.CNI, place_of(one), "net-conf.json").failed(
            "net-conf.json is no JSON mapping", "flannel does not start, and pods get no network", "mend the ConfigMap"
        )
        return
    path = ("data", "net-conf.json")
    networks: dict[Family, At[object]] = {}
    for family, (network, switch) in _FLANNEL.items():
        off = config.get(switch, family == "ipv4") is False
        networks[family] = At(path, None if off else config.get(network))
    yield from _told(one, canal_families(networks))


def _told(one: Object, findings: Iterator[Finding]) -> Iterator[Result]:
    for finding in findings:
        yield Place(Kind.CNI, place_of(one), "families").finding(finding)
