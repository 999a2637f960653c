"""What depends on the version of Kubernetes or of a chart, whatever release it comes with."""

from __future__ import annotations

import re


def kubernetes_minor(version: str) -> int | None:
    """Return the Kubernetes minor version in an RKE2 version such as ``v1.34.4+rke2r1``, or None."""
    match = re.match(r"v?1\.([0-9]{1,9})(?:[.+].*)?$", version)
    return int(match[1]) if match else None


def upstream_version(version: str) -> tuple[int, ...] | None:
    """Return the upstream version in a chart version: ``305.0.23+up0.13.1`` gives ``(0, 13, 1)``, or None."""
    text = version.rsplit("+up", maxsplit=1)[-1].lstrip("v")
    match = re.match(r"([0-9]{1,9})\.([0-9]{1,9})\.([0-9]{1,9})", text)
    return tuple(int(part) for part in match.groups()) if match else None


_RANCHER_BELOW_MINOR = {12: 34, 13: 35, 14: 36}
"""First Kubernetes minor version that a Rancher minor version's chart refuses (``kubeVersion: < 1.35.0-0``)."""


def rancher_below(rancher: str) -> int | None:
    """Return the first Kubernetes minor version that Rancher's chart refuses; None where nobody knows."""
    found = upstream_version(rancher)
    return _RANCHER_BELOW_MINOR.get(found[1]) if found is not None and found[0] == 2 else None


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


FIRST_BOTH_CALLBACKS_METAL3 = (0, 15, 0)
"""First chart known to bring an Ironic whose ``external_callback_url`` moves the inspection's callback, too.

Ironic 29.0.4 (chart 0.12.9) and 32.0.0 (0.13.1) move ``ipa-api-url`` alone, 33.0.0 and later both, so 35.0.0 (0.15.0);
``drivers/modules/image_utils.py`` (override_api_url). Run were 32.0.0 and 39.0.0.
"""


def one_callback(metal3_version: str) -> bool:
    """Tell whether a metal3 chart's Ironic leaves inspection where it was when the agent's callback is moved.

    Where nobody knows, it does: the plan then says both URLs.
    """
    found = upstream_version(metal3_version)
    return found is None or found < FIRST_BOTH_CALLBACKS_METAL3


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
