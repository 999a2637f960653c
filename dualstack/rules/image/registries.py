"""What stands before the names of images: a registry's host and path, wherever a site gives one; no rule of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dualstack.document.findings import At, Findings
from dualstack.document.fixes import write
from dualstack.document.logins import split_login
from dualstack.plan.charts import chart_settings
from dualstack.rules.base import Subject
from dualstack.rules.blame import leaves
from dualstack.rules.image.image_contents import REGISTRIES, REGISTRY
from dualstack.rules.name.name_grammar import as_ip
from dualstack.rules.server.own_server import own_values

_PORT = re.compile(r"443|[1-9][0-9]{3,4}")
"""What behind an address without brackets is more likely a port than its last group."""


def registry_host(registry: At[str]) -> Findings:
    """Tell where what stands before image names is no registry's host and path."""
    if registry.value and not REGISTRY.fullmatch(registry.value):
        url = split_login(registry.value.strip(), schemeless=True).bare
        told = "what stands here, with a login," if url != registry.value.strip() else repr(registry.value)
        bare = url.split("://", 1)[-1].strip("/")
        host, _, port = bare.rpartition(":")
        if (ip := as_ip(host)) is not None and ip.version == 6 and _PORT.fullmatch(port):
            bare = f"[{ip}]:{port}"
        elif (ip := as_ip(bare)) is not None:
            bare = f"[{ip}]"
        message = f"{told} is no registry's host"
        follows = "No image can be fetched: every name starts with this text."
        yield REGISTRIES.at(registry.path, message, write(bare), consequence=follows)


def _prefixes(subject: Subject) -> Iterator[At[str]]:
    """Give what charts and RKE2 put before the names of images."""
    site = subject.site
    yield At(("rancher", "systemDefaultRegistry"), site.rancher.system_default_registry)
    for key in ("system-default-registry", "airgap-extra-registry"):
        for item in own_values(site, key):
            yield At(item.path, str(item.value))
    told: set[str] = set()
    for chart in subject.plan.charts:
        if chart.key == "extra" or chart.key in told:
            continue
        told.add(chart.key)
        for path, value in leaves(chart_settings(site, chart.key).values):
            if path and path[-1] == "systemDefaultRegistry" and isinstance(value, str):
                yield At(("charts", chart.key, "values", *path), value)


def check_prefixes(subject: Subject) -> Findings:
    """Judge every registry that is put before images."""
    for prefix in _prefixes(subject):
        yield from registry_host(prefix)


CHECKS = (check_prefixes,)
