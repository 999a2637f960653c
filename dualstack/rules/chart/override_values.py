"""Rules about the site's own values where dualstack computes one: overrides of chart values and of server.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dualstack.document.findings import Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.document.frozen import Secret, dig, thaw
from dualstack.document.hiding import names_a_secret
from dualstack.document.origins import Path, format_path
from dualstack.plan.charts import chart_settings
from dualstack.rules.base import Subject
from dualstack.rules.blame import leaves, override_path, shown, stated_path, within
from dualstack.site import Site

CONTRADICTS = Rule(
    "DS100-override-contradicts",
    "An override must not contradict a value that is computed from the site.",
    Severity.WARNING,
    "The cluster gets the override; records, capacities, URLs and whatever else follows from the field do not change.",
    "dualstack's own: each value has one place",
)
REGISTRY_KEY = Rule(
    "DS103-rancher-registry-key",
    "Rancher's registry must be given where its chart reads it.",
    Severity.WARNING,
    "The chart ignores global.cattle.systemDefaultRegistry, and images come from another registry than meant.",
    "rancher/rancher chart/templates",
)
SERVER_KEY = Rule(
    "DS112-server-key",
    "A key of server.yaml must have a value that RKE2 and the image builder take.",
    Severity.ERROR,
    "The image build stops, or RKE2 does.",
    "edge-image-builder pkg/kubernetes/cni.go and cluster.go",
    firm=True,
)
CLUSTER_DNS = Rule(
    "DS113-cluster-dns",
    "cluster-dns should be left to RKE2, which takes the tenth address of each service CIDR.",
    Severity.WARNING,
    'Some versions of RKE2 stop with "dual-stack cluster-dns is not supported".',
    "k3s pkg/cli/server/server.go",
)
OWN_DEFAULT = Rule(
    "DS128-override-replaces-default",
    "It must be known which of dualstack's own defaults a site replaces.",
    Severity.INFO,
    "The cluster gets the override.",
    "dualstack's own: a site may add any value, and sees which of dualstack's it replaces",
)
INGRESS = Rule(
    "DS129-ingress-controller",
    "The ingress controller must be the release's.",
    Severity.WARNING,
    "Charts and manifests of the release are made for its ingress controller, whose images are in the image.",
    "SUSE Telco Cloud release notes (ingress-controller: traefik); edge-image-builder pkg/kubernetes",
)

RULES = (CONTRADICTS, REGISTRY_KEY, SERVER_KEY, CLUSTER_DNS, OWN_DEFAULT, INGRESS)

_FIELDS: dict[str, dict[tuple[str, ...], str]] = {
    "metal3": {
        ("global", "provisioningHostname"): "provisioning.hostname",
        ("global", "externalHttpHost"): "provisioning.externalHttpHost",
        ("global", "enable_vmedia_tls"): "provisioning.vmediaTls",
        ("global", "additionalTrustedCAs"): "provisioning.trustedCas",
        ("global", "trustedCAs"): "provisioning.trustedCas",
        ("metal3-ironic", "global", "predictableNicNames"): "provisioning.predictableNicNames",
        ("metal3-ironic", "persistence", "ironic", "size"): "provisioning.persistence.size",
        ("metal3-ironic", "persistence", "ironic", "storageClass"): "provisioning.persistence.storageClass",
        ("metal3-ironic", "service", "type"): "provisioning.serviceType",
    },
    "rancher": {
        ("hostname",): "rancher.hostname",
        ("replicas",): "rancher.replicas",
        ("systemDefaultRegistry",): "rancher.systemDefaultRegistry",
        ("proxy",): "image.proxy.https",
        ("noProxy",): "image.proxy.noProxy",
    },
    "storage": {("privateRegistry", "registryUser"): "charts.storage.login.username"},
}
_ADDRESS_KEYS: dict[tuple[str, ...], str] = {
    ("global", "ironicIP"): "ipv4",
    ("metal3-baremetal-operator", "baremetaloperator", "externalHttpIPv6"): "ipv6",
}
_OTHER_RULES = {
    ("metal3", ("metal3-ironic", "listenOnAll")),
    ("rancher", ("global", "cattle", "systemDefaultRegistry")),
}
"""Values for which a rule of their own says more."""
SERVER_FIELDS = {
    "cluster-cidr": "cluster.pods",
    "service-cidr": "cluster.services",
    "cni": "cluster.cni",
    "tls-san": "cluster.tlsSan",
    "kube-controller-manager-arg": "cluster.nodeMask",
    "kubelet-arg": "cluster.maxPods",
    "selinux": "image.selinux",
    "node-ip": "nodes",
}
"""Keys that are computed from fields of the site."""
PACKAGED_CNI = ("none", "cilium", "canal", "calico")
"""What EIB can package; multus may stand before one of them."""


def same(a: Any, b: Any) -> bool:
    """Tell whether two values mean the same to a chart, which writes most of them into text."""
    return bool(a == b) or (
        not isinstance(a, Mapping | list | tuple | Secret)
        and not isinstance(b, Mapping | list | tuple | Secret)
        and str(a).lower() == str(b).lower()
    )


def _field(site: Site, chart: str, keys: tuple[str, ...]) -> str | None:
    family = _ADDRESS_KEYS.get(keys) if chart == "metal3" else None
    if family is not None:
        return format_path(stated_path(site, "ipv4" if family == "ipv4" else "ipv6"))
    return _FIELDS.get(chart, {}).get(keys)


def _culprit(site: Site, chart: str, keys: tuple[str, ...]) -> Path | None:
    """Return the deepest path of an override that decides a value."""
    for length in range(len(keys), 0, -1):
        if path := override_path(site, chart, *keys[:length]):
            return path
    return None


def check_charts(subject: Subject) -> Findings:
    """Tell which computed chart values the site overrides with others."""
    site = subject.site
    for chart in subject.plan.charts:
        if chart.key == "extra" or not chart_settings(site, chart.key).values:
            continue
        for path, computed in leaves(chart.computed):
            keys = tuple(str(step) for step in path)
            over = _culprit(site, chart.key, keys)
            merged = dig(chart.values, *keys)
            if over is None or (chart.key, keys) in _OTHER_RULES or names_a_secret(keys[-1]) or same(computed, merged):
                continue
            value = dig(chart_settings(site, chart.key).values, *(str(step) for step in over[3:]))
            message = f"{shown(value)} replaces {shown(computed)}"
            if field := _field(site, chart.key, keys):
                fix = remove(f", and set {field} to what it should be")
                yield CONTRADICTS.at(over, f"{message}, which comes from {field}", fix)
            else:
                yield OWN_DEFAULT.at(over, message, remove(", if that was not meant"))


def check_registry(subject: Subject) -> Findings:
    """Tell where only the registry key that Rancher's chart ignores is overridden."""
    values = subject.site.charts.rancher.values
    keys = ("global", "cattle", "systemDefaultRegistry")
    if not within(values, *keys) or within(values, "systemDefaultRegistry") or subject.plan.chart("rancher") is None:
        return
    wanted = dig(values, *keys)
    if not same(wanted, subject.site.rancher.system_default_registry):
        path: Path = ("charts", "rancher", "values", *keys)
        fix = remove(f", and set rancher.systemDefaultRegistry to {wanted}")
        yield REGISTRY_KEY.at(path, f"{shown(wanted)} is read by no template of the Rancher chart", fix)


def check_server(subject: Subject) -> Findings:
    """Tell which computed keys of server.yaml the site overrides with others."""
    over = subject.site.cluster.server
    for key, computed in subject.plan.server_computed.items():
        if key not in over or key == "ingress-controller" or _same_list(computed, over[key]):
            continue
        path: Path = ("cluster", "server", key)
        message = f"{shown(over[key])} replaces {shown(thaw(computed))}"
        if field := SERVER_FIELDS.get(key):
            fix = remove(f", and set {field} to what it should be")
            yield CONTRADICTS.at(path, f"{message}, which comes from {field}", fix)
        else:
            yield OWN_DEFAULT.at(path, message, remove(", if that was not meant"))


def _same_list(computed: Any, given: Any) -> bool:
    """Compare as RKE2 reads it: one value and a list of one are the same."""

    def items(value: Any) -> list[Any]:
        if isinstance(value, str) and "," in value:
            return [part.strip() for part in value.split(",")]
        return list(value) if isinstance(value, list | tuple) else [value]

    a, b = items(thaw(computed)), items(thaw(given))
    return len(a) == len(b) and all(same(one, other) for one, other in zip(a, b, strict=True))


def check_server_keys(subject: Subject) -> Findings:
    """Judge keys of server.yaml that RKE2 or EIB take only in one form."""
    over = subject.site.cluster.server
    path: Path = ("cluster", "server")
    if "cni" in over:
        given = over["cni"]
        plugins = list(given) if isinstance(given, list | tuple) else [given]
        last = plugins[1:] if plugins[:1] == ["multus"] else plugins
        if len(last) != 1 or last[0] not in PACKAGED_CNI:
            message = f"{shown(given)}: EIB packages {', '.join(PACKAGED_CNI)}, and multus before one of them"
            yield SERVER_KEY.at((*path, "cni"), message, remove(", and set cluster.cni and cluster.multus"))
    wanted = subject.plan.release.ingress_controller
    ingress = over.get("ingress-controller")
    if ingress is not None and not isinstance(ingress, str):
        fix = write(wanted) if wanted else remove()
        yield SERVER_KEY.at((*path, "ingress-controller"), f"{shown(ingress)} is no text, which EIB wants", fix)
    elif ingress is not None and wanted is not None and ingress != wanted:
        message = f"{ingress!r}, but release {subject.plan.release.name} has {wanted}"
        yield INGRESS.at((*path, "ingress-controller"), message, remove())
    if over.get("server") is not None:
        message = "server names the cluster to join, and the only node of a cluster has none"
        yield SERVER_KEY.at((*path, "server"), message, remove())
    dns = over.get("cluster-dns")
    entries = dns if isinstance(dns, list | tuple) else str(dns or "").split(",")
    if len([entry for entry in entries if entry]) > 1:
        yield CLUSTER_DNS.at((*path, "cluster-dns"), f"{shown(dns)} are two addresses", remove())


CHECKS = (check_charts, check_registry, check_server, check_server_keys)
