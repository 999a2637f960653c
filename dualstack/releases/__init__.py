"""What each SUSE Telco Cloud release ships: one file a release, and what the versions in it mean."""

from __future__ import annotations

from dualstack.releases.catalogue import RELEASES
from dualstack.releases.model import CHARTS, ChartKey, ChartRelease, Release, Repository
from dualstack.releases.versions import (
    BITMAP_ADDRESSES,
    FIRST_DUAL_STACK_METAL3,
    IPV6_LIMIT,
    LAST_EMPTY_HOST_METAL3,
    any_service_range,
    default_ingress,
    empty_host_bug,
    kubernetes_minor,
    one_callback,
    rancher_below,
    service_range_limit,
    upstream_version,
)

__all__ = [
    "BITMAP_ADDRESSES",
    "CHARTS",
    "FIRST_DUAL_STACK_METAL3",
    "IPV6_LIMIT",
    "LAST_EMPTY_HOST_METAL3",
    "RELEASES",
    "ChartKey",
    "ChartRelease",
    "Release",
    "Repository",
    "any_service_range",
    "default_ingress",
    "empty_host_bug",
    "kubernetes_minor",
    "one_callback",
    "rancher_below",
    "service_range_limit",
    "upstream_version",
]
