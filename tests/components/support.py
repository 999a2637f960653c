"""Records the project's own program for sites of the tests."""

from __future__ import annotations

import json
from typing import Any

from dualstack.offline import Recording, Resource, record
from tests import PROJECT, sites

CANARY = "canary-0f1e2d3c"
"""Part of every secret that is used here."""
KEYS = ("rancherBootstrapPassword", "appsToken", "sccRegistrationCode", "tsigSecret", "kubeconfig")
SECRETS = {key: f"{CANARY}-{key}" for key in KEYS}
STACK = "urn:pulumi:test::dualstack::pulumi:pulumi:Stack::dualstack-test"

RELEASE = "kubernetes:helm.sh/v3:Release"
NETWORK = "libvirt:index/network:Network"
DOMAIN = "libvirt:index/domain:Domain"
VOLUME = "libvirt:index/volume:Volume"


def run(
    data: dict[str, Any],
    *,
    stack: str = "test",
    preview: bool = True,
    secrets: dict[str, str] | None = None,
    config: dict[str, str] | None = None,
) -> Recording:
    """Record the program for a mapping of ``dualstack:site``; secrets are keys without the namespace."""
    given = {f"dualstack:{key}": value for key, value in (SECRETS if secrets is None else secrets).items()}
    full = {"dualstack:site": json.dumps(data), **given, **(config or {})}
    return record(
        PROJECT / "__main__.py", project="dualstack", stack=stack, config=full, secret_keys=list(given), preview=preview
    )


def libvirt_site(mode: str = "address", /, **settings: Any) -> dict[str, Any]:
    """A site on a libvirt host; settings go below ``host.libvirt``."""
    libvirt = {"image": "images/site.raw", **settings}
    site = sites.mapping(mode, host={"kind": "libvirt", "libvirt": libvirt}, image={"type": "raw", "diskSize": "60G"})
    # The bridge of a virtual network is its gateway.
    return sites.put(site, "fd00:100::1", "nodes", 0, "interfaces", 0, "ipv6", "gateway")


def rfc2136_site() -> dict[str, Any]:
    """Hostname mode; two zones with servers and keys of their own, forward and IPv4, and IPv6 without a key."""
    key = {"name": "site-key", "algorithm": "hmac-sha512", "secretKey": "tsigSecret"}
    zones = [
        {"name": "paris.example.com", "server": "192.168.100.53", "key": key},
        {"name": "100.168.192.in-addr.arpa", "server": "192.168.100.54", "port": 5353, "key": key},
        {"name": "0.0.0.0.0.0.0.0.0.0.1.0.0.0.d.f.ip6.arpa", "server": "fd00:100::55"},
    ]
    site = sites.mapping("hostname", dns={"backend": "rfc2136", "zones": zones, "ttl": 600})
    site["rancher"] = {"hostname": "rancher.paris.example.com"}
    return site


def every_site() -> dict[str, dict[str, Any]]:
    """Sites that together make every kind of resource."""
    full = libvirt_site(network={"domain": "paris.example.com"})
    full["host"]["production"] = True
    full["image"]["build"] = "local"
    built = libvirt_site()
    del built["host"]["libvirt"]["image"]
    built["image"]["build"] = "local"
    return {
        "address": sites.mapping(),
        "hostname": sites.mapping("hostname"),
        "rfc2136": rfc2136_site(),
        "libvirt": libvirt_site(),
        "libvirt-pulumi": {**libvirt_site(), "delivery": "pulumi"},
        "production": full,
        "built": {**built, "delivery": "pulumi"},
        "pulumi": sites.mapping("hostname", delivery="pulumi"),
    }


def under(recording: Recording, urn: str) -> list[Resource]:
    """The children of a resource."""
    return [resource for resource in recording.resources if resource.parent == urn]
