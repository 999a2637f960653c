"""RKE2: CIDRs, CNI and the keys of its configuration.

Sources: docs.rke2.io ``install/configuration.md`` (a changed file counts after a restart),
``reference/server_config.md`` (critical values, equal on all servers), ``upgrades/automated.md``; EIB
``rke2-single-node-installer.sh.tpl`` (server.yaml becomes ``/etc/rancher/rke2/config.yaml``). CIDRs are in the
objects of every node and Service: the API server refuses to change a node's ``podCIDRs`` (Kubernetes
``validation.go``, read). Read, not run.
"""

from __future__ import annotations

from typing import Final

from dualstack.day2.members import GROWN, ONE_AND_SEVERAL
from dualstack.day2.model import ANEW, CLUSTER, FOLLOW_ANEW, Consequence, Entry, by_hand, entry, outage, rebuild

CONFIG: Final = "/etc/rancher/rke2/config.yaml"
RESTART: Final = "`systemctl restart rke2-server`"
_API: Final = "the API server for a minute; pods run on"


def config(key: str, *, downstream: str = "", more: str = "") -> Consequence:
    """A key of RKE2's configuration that counts after a restart."""
    how = f"on each server {key} in `{CONFIG}`, then {RESTART}, one server after the other{more}"
    return by_hand(how, away=_API, downstream=downstream)


def _fixed(what: str) -> Consequence:
    return rebuild(f"{what}; {ANEW}", CLUSTER, downstream=FOLLOW_ANEW)


_PODS: Final = _fixed("fixed at the cluster's first start: every node and pod has addresses of it")
_SERVICES: Final = _fixed(
    "fixed at the cluster's first start: every Service, DNS and the API server's certificate have addresses of it"
)
_MASK: Final = _fixed("every node keeps the block that it was given when it joined")
_CNI: Final = _fixed("RKE2 has no way from one CNI plugin to another: the old one's state stays on every node")
_DNS: Final = _fixed("every pod that runs, and each certificate, names it")
_PATH: Final = _fixed("etcd, images and certificates lie in the old place")


def _equal(key: str, away: str = _API) -> Consequence:
    """A value that must be the same on all servers."""
    how = f"`{key}` in `{CONFIG}` on all servers while none runs (`systemctl stop rke2-server`), then start them"
    return outage(how, away)


_INGRESS: Final = "what comes in through the ingress controller: Rancher"

_SHARED: Final = "what is reached over the virtual address"
_VIP: Final = by_hand(
    "in MetalLB's pool, `kubectl -n metallb-system edit ipaddresspool api-ip`, and as `server` and `tls-san` in "
    f"`{CONFIG}` on each node, then {RESTART}, one after the other; docs/ha.md has the whole",
    away=f"{_SHARED}: API server and joining of nodes",
    downstream="kubeconfigs, DNS records, registered clusters that were given it",
)
_INGRESS_VIP: Final = by_hand(
    "in MetalLB's pool: `kubectl -n metallb-system edit ipaddresspool ingress-ippool`; docs/ha.md has the whole",
    away=f"{_SHARED}: Rancher",
    downstream="DNS of Rancher's name, registered clusters, clients of Rancher's URL",
)
_GROWS: Final = (ONE_AND_SEVERAL, GROWN)

ENTRIES: Final[tuple[Entry, ...]] = (
    entry(
        "cluster.bootstrap",
        _GROWS,
        outage(
            "refused (DS286): no effect on nodes that run; the one that is named begins a cluster of its own where it "
            "is installed from this image beside the others (EIB #673)",
            "the virtual addresses, when two clusters claim them",
        ),
    ),
    entry("cluster.api.ipv4", _GROWS, _VIP),
    entry("cluster.api.ipv6", _GROWS, _VIP),
    entry(
        "cluster.apiHost",
        _GROWS,
        config("`tls-san` and `/etc/hosts`", downstream="DNS records and kubeconfigs that name it"),
    ),
    entry("cluster.ingress.ipv4", _GROWS, _INGRESS_VIP),
    entry("cluster.ingress.ipv6", _GROWS, _INGRESS_VIP),
    entry(
        "cluster.agent",
        by_hand(
            f"on each agent the key in `{CONFIG}`, then `systemctl restart rke2-agent`, one after the other",
            away="what a pod asks of its node for a minute",
        ),
    ),
    entry("cluster.pods.ipv4", _PODS),
    entry("cluster.pods.ipv6", _PODS),
    entry("cluster.services.ipv4", _SERVICES),
    entry("cluster.services.ipv6", _SERVICES),
    entry("cluster.nodeMask.ipv4", _MASK),
    entry("cluster.nodeMask.ipv6", _MASK),
    entry("cluster.maxPods", config("`kubelet-arg: [max-pods=...]`")),
    entry("cluster.cni", _CNI),
    entry(
        "cluster.multus",
        outage(
            f"`cni` in `{CONFIG}` on each server, then {RESTART}; taking it out leaves its CNI configuration on the "
            "node (`/etc/cni/net.d/00-multus.conf`), so drain first",
            "pods that start meanwhile",
        ),
    ),
    entry(
        "cluster.tlsSan",
        config(
            "`tls-san`",
            more="; RKE2 then extends the API server's certificate",
            downstream="kubeconfigs that shall use the new name",
        ),
    ),
    entry("cluster.server", config("the key")),
    *(
        entry(f"cluster.server.{key}", told)
        for key, told in (
            ("cluster-cidr", _PODS),
            ("service-cidr", _SERVICES),
            ("cluster-dns", _DNS),
            ("cluster-domain", _DNS),
            ("cni", _CNI),
            ("data-dir", _PATH),
            ("node-ip", _fixed("the node's address is in etcd, in certificates and at every agent")),
            ("node-name", _fixed("the name is the node's in Kubernetes and etcd")),
            (
                "token",
                outage(
                    "`rke2 token rotate` on a server, then the new one in the configuration of the others",
                    "joining of nodes",
                    downstream="nodes that join later",
                ),
            ),
            ("agent-token", _equal("agent-token")),
            ("disable-cloud-controller", _equal("disable-cloud-controller")),
            ("disable-kube-proxy", _equal("disable-kube-proxy", "every Service")),
            ("egress-selector-mode", _equal("egress-selector-mode")),
            (
                "ingress-controller",
                outage(
                    f"`ingress-controller` in `{CONFIG}` on each server, then {RESTART}",
                    _INGRESS,
                    downstream="clients of Rancher's URL",
                ),
            ),
            (
                "disable",
                outage(
                    f"`disable` in `{CONFIG}` on each server, then {RESTART}: RKE2 uninstalls what is named",
                    "what is disabled, and who uses it",
                ),
            ),
        )
    ),
)
