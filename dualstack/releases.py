"""What each SUSE Telco Cloud release ships: versions, charts, repositories, and the keys that differ.

Sources: suse-edge/suse-edge.github.io ``asciidoc/edge-book/versions.adoc``, ``releasenotes.adoc`` and
``asciidoc/product/atip-management-cluster.adoc`` at the branch of each release (3.4.2, 3.5.1, 3.6.0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

ChartKey = Literal["cert-manager", "storage", "metal3", "turtles", "neuvector", "rancher"]


@dataclass(frozen=True, slots=True)
class Repository:
    """A chart repository."""

    name: str
    url: str
    login: bool = False
    """True where it answers only with a login."""


@dataclass(frozen=True, slots=True)
class ChartRelease:
    """One Helm release that a SUSE Telco Cloud release consists of."""

    key: ChartKey
    """The name under ``charts`` in the site file."""
    chart: str
    version: str
    repository: Repository
    namespace: str
    release_name: str = ""

    @property
    def name(self) -> str:
        """Name of the Helm release."""
        return self.release_name or self.chart


@dataclass(frozen=True, slots=True)
class Release:
    """One SUSE Telco Cloud release."""

    name: str
    kubernetes: str
    eib: str
    eib_container: str
    eib_api: str
    base_image: str
    """File name pattern with ``{arch}`` and ``{kind}`` (``SelfInstall-GM.install.iso`` or ``GM.raw``)."""
    charts: tuple[ChartRelease, ...]
    trusted_cas_key: Literal["additionalTrustedCAs", "trustedCAs"]
    """Up to 3.5 a switch beside a secret of fixed name, from 3.6 on the name of a ConfigMap."""
    ingress_controller: str | None
    """Value for ``ingress-controller`` in server.yaml, where the release wants one."""
    ingress_values: Literal["nginx", "traefik-39", "traefik-40"]
    """Which form the values of RKE2's packaged ingress controller have."""
    tmpfs_cni: bool
    """True where /etc/cni must be a tmpfs (rke2 issue 8356, release notes 3.5 and 3.6)."""
    embedded_capi: bool = False
    """True where Rancher brings a Cluster API of its own, which must be off beside Turtles (Rancher 2.12)."""

    @property
    def ingress_chart(self) -> str:
        """RKE2's packaged chart of the ingress controller, which is the label of its Service, too."""
        return f"rke2-{self.ingress_controller or 'ingress-nginx'}"


JETSTACK = Repository("jetstack", "https://charts.jetstack.io")
RANCHER_CHARTS = Repository("rancher-charts", "https://charts.rancher.io")
EDGE_CHARTS = Repository("suse-edge-charts", "oci://registry.suse.com/edge/charts")
RANCHER_PRIME = Repository("rancher-prime", "https://charts.rancher.com/server-charts/prime")
APP_COLLECTION = Repository("rancher-application-collection", "oci://dp.apps.rancher.io/charts", login=True)


def _charts(
    cert_manager: str,
    storage: tuple[ChartRelease, ...],
    metal3: str,
    turtles: ChartRelease,
    neuvector: str,
    rancher: str,
) -> tuple[ChartRelease, ...]:
    return (
        ChartRelease("cert-manager", "cert-manager", cert_manager, JETSTACK, "cert-manager"),
        *storage,
        ChartRelease("metal3", "metal3", metal3, EDGE_CHARTS, "metal3-system"),
        turtles,
        ChartRelease("neuvector", "neuvector-crd", neuvector, RANCHER_CHARTS, "neuvector"),
        ChartRelease("neuvector", "neuvector", neuvector, RANCHER_CHARTS, "neuvector"),
        ChartRelease("rancher", "rancher", rancher, RANCHER_PRIME, "cattle-system"),
    )


def _suse_storage(version: str) -> tuple[ChartRelease, ...]:
    return (
        ChartRelease("storage", "suse-storage", version, APP_COLLECTION, "longhorn-system", release_name="longhorn"),
    )


def _turtles(version: str) -> ChartRelease:
    return ChartRelease("turtles", "rancher-turtles-providers", version, EDGE_CHARTS, "cattle-turtles-system")


_LONGHORN_34 = "107.1.1+up1.9.2"

RELEASES: dict[str, Release] = {
    "3.4": Release(
        name="3.4",
        kubernetes="v1.33.6+rke2r1",
        eib="1.3.1",
        eib_container="registry.suse.com/edge/3.4/edge-image-builder:1.3.1",
        eib_api="1.3",
        base_image="SL-Micro.{arch}-6.1-Base-{kind}",
        charts=_charts(
            "1.18.2",
            (
                ChartRelease("storage", "longhorn-crd", _LONGHORN_34, RANCHER_CHARTS, "longhorn-system"),
                ChartRelease("storage", "longhorn", _LONGHORN_34, RANCHER_CHARTS, "longhorn-system"),
            ),
            "304.0.19+up0.12.9",
            ChartRelease("turtles", "rancher-turtles", "304.0.8+up0.24.3", EDGE_CHARTS, "rancher-turtles-system"),
            "107.0.3+up2.8.10",
            "2.12.5",
        ),
        trusted_cas_key="additionalTrustedCAs",
        ingress_controller=None,
        ingress_values="nginx",
        tmpfs_cni=True,
        embedded_capi=True,
    ),
    "3.5": Release(
        name="3.5",
        kubernetes="v1.34.4+rke2r1",
        eib="1.3.3",
        eib_container="registry.suse.com/edge/3.5/edge-image-builder:1.3.3",
        eib_api="1.3",
        base_image="SL-Micro.{arch}-6.2-Base-{kind}",
        charts=_charts(
            "1.19.2",
            _suse_storage("1.10.2"),
            "305.0.23+up0.13.1",
            _turtles("305.0.5+up0.25.4"),
            "108.0.2+up2.8.11",
            "2.13.3",
        ),
        trusted_cas_key="additionalTrustedCAs",
        ingress_controller=None,
        ingress_values="nginx",
        tmpfs_cni=True,
    ),
    "3.6": Release(
        name="3.6",
        kubernetes="v1.35.3+rke2r3",
        eib="1.3.3.1",
        eib_container="registry.suse.com/edge/3.6/edge-image-builder:1.3.3.1",
        eib_api="1.3",
        base_image="SL-Micro.{arch}-6.2-Base-{kind}",
        charts=_charts(
            "1.20.1",
            _suse_storage("1.11.1"),
            "306.0.26+up0.15.0",
            _turtles("306.0.6+up0.26.1"),
            "109.0.1+up2.8.13",
            "2.14.1",
        ),
        trusted_cas_key="trustedCAs",
        ingress_controller="traefik",
        ingress_values="traefik-39",  # RKE2 1.35.3 has Traefik 3.6.10; the chart came to 40 with 3.7
        tmpfs_cni=True,
    ),
}


def kubernetes_minor(version: str) -> int | None:
    """Return the Kubernetes minor version in an RKE2 version such as ``v1.34.4+rke2r1``, or None."""
    match = re.match(r"v?1\.([0-9]{1,9})(?:[.+].*)?$", version)
    return int(match[1]) if match else None


def upstream_version(version: str) -> tuple[int, ...] | None:
    """Return the upstream version in a chart version: ``305.0.23+up0.13.1`` gives ``(0, 13, 1)``, or None."""
    text = version.rsplit("+up", maxsplit=1)[-1].lstrip("v")
    match = re.match(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})", text)
    return tuple(int(part) for part in match.groups()) if match else None


FIRST_TRAEFIK_MINOR = 36
"""From RKE2 1.36 on new clusters get Traefik (rke2-docs ``docs/reference/ingress_migration.md``)."""


def default_ingress(kubernetes_version: str) -> str:
    """Return the ingress controller that RKE2 deploys where nobody chooses one."""
    minor = kubernetes_minor(kubernetes_version)
    return "traefik" if minor is not None and minor >= FIRST_TRAEFIK_MINOR else "ingress-nginx"


FIRST_DUAL_STACK_METAL3 = (0, 12, 6)
"""First chart made for two families (suse-edge/charts f0deae4; SUSE's own dual-stack example pins it).

It could not be read; 0.12.7 was, and knows provisioningHostname, listenOnAll and externalHttpIPv6; 0.11.7 has none.
"""
LAST_EMPTY_HOST_METAL3 = (0, 13, 1)
"""Last chart seen to leave ironic's URL without a host in hostname mode; later ones could not be read."""


def empty_host_bug(metal3_version: str) -> bool | None:
    """Tell whether a metal3 chart needs ``global.externalHttpHost`` in hostname mode; None where nobody knows."""
    found = upstream_version(metal3_version)
    if found is None or found > LAST_EMPTY_HOST_METAL3:
        return None
    return found >= FIRST_DUAL_STACK_METAL3


MULTI_CIDR_ALLOCATOR_MINOR = 34
"""From Kubernetes 1.34 on service ranges may be larger than 20 bits (DisableAllocatorDualWrite is GA there)."""
IPV6_LIMIT = 64
"""Shortest IPv6 service prefix from then on (``ipallocator`` refuses to allocate from a shorter one)."""
FIRST_SOUND_64 = (34, 8)
"""First Kubernetes, minor and patch, that stays inside an IPv6 service range of /64 (the bug is in 1.34.0 to 1.34.7).

Source: kubernetes issue 138374 and pull requests 134193 (1.35.0) and 138385 (release-1.34); rke2 issue 10060.
"""
BITMAP_ADDRESSES = 1 << 16
"""Addresses of an IPv6 service range that the allocator before Kubernetes 1.34 uses, however large the range is.

Source: kubernetes ``pkg/registry/core/service/ipallocator/bitmap.go``; seen as "range is full" in cluster-api 11749.
"""


def kubernetes_patch(version: str) -> int | None:
    """Return the patch level in an RKE2 version: ``v1.34.4+rke2r1`` gives 4; None where it tells none."""
    match = re.match(r"v?1\.[0-9]{1,9}\.([0-9]{1,9})(?:[-.+].*)?$", version)
    return int(match[1]) if match else None


def any_service_range(kubernetes_version: str) -> bool:
    """Tell whether the API server allocates from the whole of a service range; False where nobody can tell."""
    minor = kubernetes_minor(kubernetes_version)
    return minor is not None and minor >= MULTI_CIDR_ALLOCATOR_MINOR


def service_range_limit(kubernetes_version: str) -> dict[str, int]:
    """Return the shortest service prefix length that works, for each family.

    Source: kubernetes ``cmd/kube-apiserver/app/options/validation.go`` (20 bits) and, from 1.34 on, the IPv6 limit of
    ``pkg/registry/core/service/ipallocator``. An unreadable version or patch level gets the stricter limit.
    """
    if not any_service_range(kubernetes_version):
        return {"ipv4": 12, "ipv6": 108}
    level = kubernetes_minor(kubernetes_version) or 0, kubernetes_patch(kubernetes_version) or 0
    return {"ipv4": 0, "ipv6": IPV6_LIMIT if level >= FIRST_SOUND_64 else IPV6_LIMIT + 1}
