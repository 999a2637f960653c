"""Rules about values of server.yaml that RKE2 cannot turn into its arguments, and a cluster without kube-proxy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import remove, write
from dualstack.rules.base import Subject
from dualstack.rules.blame import as_text, shown
from dualstack.rules.server.own_server import own_values, switched_on
from dualstack.rules.server.server_keys import KNOWN_KEYS

KIND = Rule(
    "DS300-server-value-kind",
    "A value of server.yaml must be text, a number, or a list of such; a switch must be true or false.",
    Severity.ERROR,
    "RKE2 stops at its start: a mapping becomes an argument such as map[bind-address:...], and a switch takes no other "
    "word.",
    "k3s pkg/configfilearg/parser.go (every value becomes --key=value); Go strconv.ParseBool: read",
    firm=True,
)
KUBE_PROXY = Rule(
    "DS301-kube-proxy",
    "kube-proxy must stay on, unless the CNI takes its place.",
    Severity.ERROR,
    "No Service has an address that answers, the API server's own neither: no pod starts that asks for it.",
    "docs.rke2.io, basic network options (Cilium with kubeProxyReplacement wants a HelmChartConfig beside "
    "disable-kube-proxy): read",
)

RULES = (KIND, KUBE_PROXY)

_READ_ELSEWHERE = (
    *("cluster-cidr", "service-cidr", "cluster-dns", "node-ip", "advertise-address", "bind-address"),
    *("cni", "ingress-controller"),
)
"""Keys whose form other rules tell."""
_SWITCHES = (
    *("debug", "alsologtostderr", "disable-scheduler", "disable-cloud-controller", "disable-kube-proxy"),
    *("disable-apiserver", "disable-controller-manager", "disable-etcd", "disable-default-registry-endpoint"),
    *("etcd-disable-snapshots", "etcd-expose-metrics", "etcd-snapshot-compress", "etcd-s3", "etcd-s3-skip-ssl-verify"),
    *("etcd-s3-insecure", "enable-servicelb", "embedded-registry", "enable-pprof", "supervisor-metrics", "selinux"),
    *("with-node-id", "protect-kernel-defaults", "cluster-reset", "tls-san-security", "nonroot-devices"),
)
_DOUBTFUL = ("disable-cloud-controller", "disable-kube-proxy")
_PAIRS = ("-arg", "-label", "-taint", "-extra-env", "-extra-mount")
"""Ends of keys whose entries are key=value."""
_TRUE, _FALSE = ("1", "t", "T", "TRUE", "true", "True"), ("0", "f", "F", "FALSE", "false", "False")


def _arguments(value: object) -> str:
    """Write a mapping as the texts that were meant; empty where that is not clear."""
    if not isinstance(value, Mapping) or any(isinstance(item, Mapping | list | tuple) for item in value.values()):
        return ""
    return ", ".join(f"{key}={as_text(item)}" for key, item in value.items())


def value_kind(key: str, item: At[object]) -> Findings:
    """Tell a value, or an entry of a list, that is no text, number or truth value.

    Args:
        key: the key, without a plus.
        item: the value.
    """
    if not isinstance(item.value, Mapping | list | tuple):
        return
    meant = _arguments(item.value) if key.endswith(_PAIRS) else ""
    what = "a mapping" if isinstance(item.value, Mapping) else "a list within a list"
    fix = remove(f", or write it as text: {meant}" if meant else "", guess=True)
    yield KIND.at(item.path, f"{what} stands where text is wanted", fix)


def switch(key: str, item: At[object]) -> Findings:
    """Tell a switch that is neither true nor false to RKE2."""
    if isinstance(item.value, Mapping | list | tuple) or as_text(item.value) in (*_TRUE, *_FALSE):
        return
    word = as_text(item.value).strip().lower()
    on, off = word in ("yes", "y", "on", "true", "enabled"), word in ("no", "n", "off", "false", "disabled")
    # Other rules want to know why these are on.
    fix = write(on) if off or (on and key not in _DOUBTFUL) else remove(guess=True)
    yield KIND.at(item.path, f"{shown(item.value)} is neither true nor false", fix)


def check_kinds(subject: Subject) -> Findings:
    """Judge the values of the site's own keys that RKE2 has."""
    for name, value in subject.site.cluster.server.items():
        key = name.removesuffix("+")
        if key not in KNOWN_KEYS or key in _READ_ELSEWHERE:
            continue
        for item in _entries(name, value):
            yield from value_kind(key, item)
            if key in _SWITCHES and item.value is not None:
                yield from switch(key, item)


def _entries(name: str, value: object) -> Iterator[At[object]]:
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield At(("cluster", "server", name, index), item)
    else:
        yield At(("cluster", "server", name), value)


def check_kube_proxy(subject: Subject) -> Findings:
    """Tell where kube-proxy is off and nothing of the site could tell the CNI so."""
    site = subject.site
    if not switched_on(site, "disable-kube-proxy") or site.manifests or site.image.files or site.charts.extra:
        return
    path = next(iter(own_values(site, "disable-kube-proxy"))).path
    message = "kube-proxy is off, and no manifest configures the CNI to take its place"
    fix = remove(", or add a HelmChartConfig of the CNI (kubeProxyReplacement: true) to manifests", guess=True)
    yield KUBE_PROXY.at(path, message, fix)


CHECKS = (check_kinds, check_kube_proxy)
