"""Rules about the metal3 chart itself: its version, CAs, volume and Service, and the interface that serves machines."""

from __future__ import annotations

import re

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import AnyFix, write
from dualstack.document.frozen import dig
from dualstack.document.origins import Path
from dualstack.releases import FIRST_DUAL_STACK_METAL3, Release, upstream_version
from dualstack.rules.base import Subject
from dualstack.rules.blame import blame, shown, undo
from dualstack.rules.ironic.ironic_hosts import NO_EFFECT
from dualstack.site.network import Node

TOO_OLD = Rule(
    "DS071-metal3-too-old",
    "The metal3 chart must be 0.12.6 or later.",
    Severity.ERROR,
    "Earlier charts know none of the keys for two families: the cluster provisions over IPv4 alone.",
    "suse-edge/charts metal3 0.11.7 and 0.12.7 values.yaml, and commit f0deae4 (0.12.6, for dual-stack)",
    firm=True,
)
CA_KEY = Rule(
    "DS072-trusted-ca-key",
    "Further CAs must be given under the key that the metal3 chart's version reads.",
    Severity.ERROR,
    "Helm ignores the key without a word, and Ironic does not trust the CAs.",
    "suse-edge/charts metal3 values.yaml; SUSE Telco Cloud guide, dual-stack chapter (trustedCAs)",
)
VOLUME = Rule(
    "DS073-ironic-volume",
    "Ironic's volume must have a size that Kubernetes reads and a storage class that somebody provides.",
    Severity.ERROR,
    "The volume claim stays pending, and Ironic never starts.",
    "suse-edge/charts metal3 values.yaml; kubernetes apimachinery pkg/api/resource/quantity.go",
)
PENDING = Rule(
    "DS074-service-pending",
    "A Service of type LoadBalancer must have a load balancer with addresses of both families.",
    Severity.WARNING,
    "The Service stays pending, and a Helm release that waits for it fails; Ironic itself is on the node's network.",
    "suse-edge/charts ironic chart (its Service); metallb issues 1156, 1339 and 2482",
)
UNKNOWN_INTERFACE = Rule(
    "DS075-unknown-interface",
    "An interface that the site names must be one of the node's.",
    Severity.ERROR,
    "The node's own addresses are not known, so nothing that is computed from them has a value.",
    "dualstack's own",
    firm=True,
)

RULES = (TOO_OLD, CA_KEY, VOLUME, PENDING, UNKNOWN_INTERFACE)

_QUANTITY = re.compile(r"\+?([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|[munkMGTPE]?|[eE][+-]?[0-9]+)")
_SIZE = ("metal3-ironic", "persistence", "ironic", "size")
_CLASS = ("metal3-ironic", "persistence", "ironic", "storageClass")
_FIRST_CONFIG_MAP_METAL3 = (0, 15, 0)
_LAST_SECRET_METAL3 = (0, 13, 1)
FIXED_CA_SECRET = "tls-ca-additional"  # noqa: S105  the name of a secret, not one


def quantity(size: At[str]) -> Findings:
    """Tell what is wrong with a Kubernetes quantity that says how large a volume is."""
    match = _QUANTITY.fullmatch(size.value)
    if match and float(match[1]) > 0 and match[2] not in ("m", "u", "n"):
        return
    number = re.match(r"\s*([0-9]+)\s*([KMGTP])?", size.value, re.IGNORECASE)
    better = f"{number[1]}{(number[2] or 'G').upper()}i" if number and int(number[1]) > 0 else "5Gi"
    yield VOLUME.at(size.path, f"{size.value!r} is no size that Kubernetes reads", write(better))


def old_version(version: At[str], fix: AnyFix) -> Findings:
    """Tell a metal3 chart that is older than its dual-stack keys; a version that cannot be read is another rule's."""
    found = upstream_version(version.value)
    if found is not None and found < FIRST_DUAL_STACK_METAL3:
        yield TOO_OLD.at(version.path, f"metal3 {version.value} knows IPv4 only", fix)


def check_version(subject: Subject) -> Findings:
    """Judge the metal3 chart's version."""
    chart = subject.plan.chart("metal3")
    if chart is not None:
        own = next(item.version for item in subject.plan.release.charts if item.key == "metal3")
        fix: AnyFix = f"remove charts.metal3.version (release {subject.plan.release.name} has {own})"
        yield from old_version(At(("charts", "metal3", "version"), chart.version), fix)


def trusted_cas_key(version: str, release: Release) -> str:
    """Return the key for further CAs that a metal3 chart reads; by the release where the version tells nothing."""
    found = upstream_version(version)
    if found is not None and found <= _LAST_SECRET_METAL3:
        return "additionalTrustedCAs"
    if found is not None and found >= _FIRST_CONFIG_MAP_METAL3:
        return "trustedCAs"
    return release.trusted_cas_key


def check_trusted_cas(subject: Subject) -> Findings:
    """Tell where the CAs stand under a key that the chart ignores, or under a name that it does not use."""
    site, chart = subject.site, subject.plan.chart("metal3")
    if chart is None:
        return
    read = trusted_cas_key(chart.version, subject.plan.release)
    ignored = "trustedCAs" if read == "additionalTrustedCAs" else "additionalTrustedCAs"
    if dig(chart.values, "global", ignored):
        path = blame(site, "metal3", ("global", ignored), ("provisioning", "trustedCas"))
        fix: AnyFix = f"remove charts.metal3.values.global.{ignored} and set provisioning.trustedCas"
        if path[0] != "charts":
            fix = f"set charts.metal3.values.global.{read}, or use the release's own metal3 version"
        yield CA_KEY.at(path, f"metal3 {chart.version} reads global.{read}, not global.{ignored}", fix)
    elif read == "additionalTrustedCAs" and site.provisioning.trusted_cas not in (None, FIXED_CA_SECRET):
        message = f"{site.provisioning.trusted_cas!r} is not looked for: metal3 {chart.version} wants a fixed name"
        fix = write(
            FIXED_CA_SECRET,
            f", and make the secret of that name (key ca-additional.crt) in {chart.namespace}",
            guess=True,
        )
        yield NO_EFFECT.at(("provisioning", "trustedCas"), message, fix)


def check_volume(subject: Subject) -> Findings:
    """Judge Ironic's volume: its size, and who could make it."""
    site, chart = subject.site, subject.plan.chart("metal3")
    if chart is None:
        return
    size, storage_class = dig(chart.values, *_SIZE), dig(chart.values, *_CLASS)
    size_path = blame(site, "metal3", _SIZE, ("provisioning", "persistence", "size"))
    class_path = blame(site, "metal3", _CLASS, ("provisioning", "persistence", "storageClass"))
    given_class = storage_class or site.provisioning.persistence.storage_class
    if not size:
        if given_class:
            message = f"storage class {shown(given_class)} without a volume"
            yield NO_EFFECT.at(class_path, message, undo(class_path, "set provisioning.persistence.enabled to true"))
        return
    yield from quantity(At(size_path, str(size)))
    brings_its_own = bool(site.charts.extra or site.manifests)
    if not storage_class and site.charts.storage.enabled is False and not brings_its_own:
        path = ("provisioning", "persistence", "enabled")
        message = "Ironic wants a volume, but the storage chart is off and no storage class is named"
        yield VOLUME.at(
            path, message, "set provisioning.persistence.enabled to false, or charts.storage.enabled to true"
        )


def check_service(subject: Subject) -> Findings:
    """Tell where Ironic's Service asks for a load balancer that the site does not have."""
    site, chart = subject.site, subject.plan.chart("metal3")
    kind = dig(chart.values, "metal3-ironic", "service", "type") if chart else None
    # Another chart or a manifest may bring MetalLB, and RKE2 has a load balancer of its own that is off by default.
    somebody = bool(site.charts.extra or site.manifests or site.cluster.server.get("enable-servicelb"))
    if kind != "LoadBalancer" or somebody or subject.plan.several:
        return
    path = blame(site, "metal3", ("metal3-ironic", "service", "type"), ("provisioning", "serviceType"))
    fix = undo(path, "set provisioning.serviceType to NodePort")
    yield PENDING.at(path, "LoadBalancer, but no chart of the site brings a load balancer", fix)


def check_interfaces(subject: Subject) -> Findings:
    """Tell where the site names an interface that the node does not have."""
    site = subject.site
    named: list[tuple[Path, str | None, Node]] = [
        (("nodes", i, "management"), node.management, node) for i, node in enumerate(site.nodes)
    ]
    serving = site.nodes[subject.plan.initializer.index]
    named.append((("provisioning", "interface"), site.provisioning.interface, serving))
    for path, name, node in named:
        known = [interface.name for interface in node.interfaces]
        if name is not None and name not in known:
            fix = write(known[0]) if len(known) == 1 else f"write one of {', '.join(known)}"
            yield UNKNOWN_INTERFACE.at(path, f"{node.name} has no interface {name!r}", fix)


def check_unused(subject: Subject) -> Findings:
    """Tell where the mode makes a setting idle."""
    hostname = subject.site.provisioning.hostname
    if subject.site.mode == "address" and hostname:
        fix = "set mode to hostname, or remove provisioning.hostname"
        yield NO_EFFECT.at(("provisioning", "hostname"), f"address mode does not use the name {hostname!r}", fix)


CHECKS = (
    check_version,
    check_trusted_cas,
    check_volume,
    check_service,
    check_interfaces,
    check_unused,
)
