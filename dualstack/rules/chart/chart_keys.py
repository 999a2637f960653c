"""A rule about misspelt Helm values: against what is computed, and what the release's charts are known to read."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.fixes import Fix, Remove, Set, rename
from dualstack.document.origins import Path, format_path
from dualstack.plan.charts import chart_settings
from dualstack.rules.base import Subject

VALUE_NAME = Rule(
    "DS188-chart-value-misspelt",
    "A chart's value must be spelt and placed as the chart reads it.",
    Severity.WARNING,
    "Helm takes any key without a word, and the chart goes on without what was meant.",
    "values.yaml of metal3 0.13.1 with its subcharts (suse-edge/charts) and of rancher (release/v2.12 to v2.14)",
)

RULES = (VALUE_NAME,)

NEAR = 0.88
"""How alike two names are that one must be taken for the other."""
_DISTINCT = 8
"""Letters of a name that means the same wherever it stands."""

_METAL3 = """
    global.additionalTrustedCAs global.trustedCAs global.auth.ironicPassword global.auth.ironicUsername
    global.databaseServiceName global.dhcpRange global.dnsmasqDNSServer global.dnsmasqDefaultRouter
    global.enable_basicAuth global.enable_dnsmasq global.enable_mariadb global.enable_metal3_media_server
    global.enable_pxe_boot global.enable_tls global.enable_vmedia_tls global.externalHttpHost global.ironicIP
    global.nodeSelector global.provisioningHostname global.provisioningIP global.provisioningInterface
    global.vmediaTLSPort
    metal3-baremetal-operator.baremetaloperator.externalHttpIPv6 metal3-baremetal-operator.baremetaloperator.httpPort
    metal3-baremetal-operator.replicaCount metal3-baremetal-operator.service.port
    metal3-baremetal-operator.service.type metal3-baremetal-operator.resources
    metal3-ironic.baremetaloperator.ironichostNetwork metal3-ironic.debug.ironicRamdiskSshKey
    metal3-ironic.global.databaseServiceName metal3-ironic.global.dhcpRange metal3-ironic.global.dnsPolicy
    metal3-ironic.global.dnsmasqDNSServer metal3-ironic.global.dnsmasqDefaultRouter
    metal3-ironic.global.enable_dnsmasq metal3-ironic.global.enable_pxe_boot metal3-ironic.global.ironicKernelParams
    metal3-ironic.global.nodeSelector metal3-ironic.global.predictableNicNames
    metal3-ironic.global.provisioningHostname metal3-ironic.global.provisioningIP
    metal3-ironic.global.provisioningInterface metal3-ironic.ironicExtraEnv metal3-ironic.ipa.useHauler
    metal3-ironic.ipa.httpProxy metal3-ironic.ipa.httpsProxy metal3-ironic.ipa.noProxy metal3-ironic.ipa.tlsInsecure
    metal3-ironic.ipa.trustedCA metal3-ironic.listenOnAll metal3-ironic.persistence.ironic.accessMode
    metal3-ironic.persistence.ironic.keep metal3-ironic.persistence.ironic.size
    metal3-ironic.persistence.ironic.storageClass metal3-ironic.replicaCount metal3-ironic.service.annotations
    metal3-ironic.service.externalIPs metal3-ironic.service.ports metal3-ironic.service.type
    metal3-ironic.resources metal3-ironic.tolerations metal3-mariadb.resources
    metal3-mariadb.persistence.storageClass metal3-media.mediaVolume.hostPath
"""
_RANCHER = """
    hostname bootstrapPassword replicas systemDefaultRegistry proxy noProxy tls privateCA additionalTrustedCAs
    agentTLSMode antiAffinity topologyKey extraEnv extraObjects auditLog.level auditLog.destination
    global.cattle.systemDefaultRegistry global.cattle.psp.enabled imagePullSecrets rancherImage rancherImageTag
    rancherImagePullPolicy ingress.enabled ingress.ingressClassName ingress.tls.source ingress.tls.secretName
    ingress.extraAnnotations ingress.includeDefaultExtraAnnotations ingress.configurationSnippetAnnotation ingress.path
    ingress.pathType ingress.servicePort letsEncrypt.email letsEncrypt.environment letsEncrypt.ingress.class
    networkExposure.type service.type service.annotations resources priorityClassName useBundledSystemChart
    nameOverride fullnameOverride tolerations startupProbe livenessProbe readinessProbe
"""
KNOWN: Mapping[str, frozenset[tuple[str, ...]]] = {
    chart: frozenset(tuple(key.split(".")) for key in keys.split())
    for chart, keys in {"metal3": _METAL3, "rancher": _RANCHER}.items()
}
"""Values that a chart reads, by the chart's key; not all of them."""

Name = tuple[str, ...]
Names = dict[str, "Names"]


def _tree(keys: Iterator[tuple[str, ...]]) -> Names:
    tree: Names = {}
    for key in keys:
        place = tree
        for name in key:
            place = place.setdefault(name, {})
    return tree


def _paths(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(tree, Mapping) and tree:
        for name, item in tree.items():
            yield from _paths(item, (*path, str(name)))
    elif path:
        yield path


def _bare(name: str) -> str:
    return re.sub(r"[_.-]", "", name).lower()


def misspelt(values: Mapping[str, object], known: Names, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Give the path of each key that is not known and reads like one that is, with that one.

    Args:
        values: the site's own.
        known: names at the same place.
        path: where the values stand.
    """
    for name, item in values.items():
        if name in known:
            if isinstance(item, Mapping):
                yield from misspelt(item, known[name], (*path, name))
            continue
        # The same letters in another order are a slip of the hand, however short the name is.
        same = [other for other in known if _bare(other) == _bare(name)] or [
            other for other in known if sorted(_bare(other)) == sorted(_bare(name)) and other not in values
        ]
        near = same or [
            other for other in difflib.get_close_matches(name, sorted(known), 1, NEAR) if other not in values
        ]
        if near:
            yield (*path, name), near[0]


def _elsewhere(
    values: Mapping[str, object], known: frozenset[tuple[str, ...]]
) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Give the values that the chart reads under another parent only."""
    parents = {key[:length] for key in known for length in range(1, len(key))}
    places: dict[str, list[tuple[str, ...]]] = {}
    for key in known:
        places.setdefault(_bare(key[-1]), []).append(key)
    for path in _paths(values):
        if path in known:
            continue
        if skipped := _one_level_off(path, known):
            yield path, skipped
            continue
        if path[:-1] not in {(), *parents} or len(path[-1]) < _DISTINCT:
            continue
        found = sorted(places.get(_bare(path[-1]), []), key=len)  # a subchart's own come after the whole chart's
        if found and found[0][:-1] != path[:-1] and all(len(found[0]) < len(other) for other in found[1:]):
            yield path, found[0]


def _one_level_off(path: tuple[str, ...], known: frozenset[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the one known key that has a parent more than a path: none before it, unless its last name is distinct."""
    distinct = len(path[-1]) >= _DISTINCT
    found = [
        key
        for key in known
        if len(key) == len(path) + 1 > 2
        and (key[0] == path[0] or distinct)
        and any((*key[:gone], *key[gone + 1 :]) == path for gone in range(len(path)))
    ]
    return found[0] if len(found) == 1 else None


def check_names(subject: Subject) -> Findings:
    """Judge the names of the site's own values of the release's charts."""
    told: set[str] = set()
    for chart in subject.plan.charts:
        if chart.key == "extra" or chart.key in told:
            continue
        told.add(chart.key)
        values = chart_settings(subject.site, chart.key).values
        known = KNOWN.get(chart.key, frozenset()) | set(_paths(chart.computed))
        here: Path = ("charts", chart.key, "values")
        slips = dict(misspelt(values, _tree(iter(known))))
        for path, name in slips.items():
            yield VALUE_NAME.at((*here, *path), f"{chart.chart} reads no {format_path(path)}", rename(name))
        for path, place in _elsewhere(values, known):
            if path in slips:
                continue
            message = f"{chart.chart} reads {path[-1]} in another place"
            value: Any = values
            for step in path:
                value = value[step]
            fix = Fix((Set(value, (*here, *place)), Remove((*here, *path))))
            yield VALUE_NAME.at((*here, *path), message, fix)


CHECKS = (check_names,)
