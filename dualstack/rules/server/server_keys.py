"""Rules about the keys of server.yaml themselves: their names, and a cluster without a network plugin."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import Fix, remove, rename, write
from dualstack.document.origins import Path
from dualstack.rules.base import Subject
from dualstack.rules.chart.override_values import SERVER_FIELDS

MISSPELLED = Rule(
    "DS134-server-key-misspelled",
    "A key of server.yaml must be spelled as RKE2 spells it.",
    Severity.WARNING,
    "RKE2 stops at a flag that it does not know, or goes on without what was meant.",
    "rke2-docs docs/reference/server_config.md",
)
NO_CNI = Rule(
    "DS133-no-cni",
    "A cluster must have a network plugin.",
    Severity.WARNING,
    "The node never becomes Ready, and no pod starts.",
    "rke2-docs docs/networking/basic_network_options.md (cni: none); edge-image-builder pkg/kubernetes/cni.go",
)

DROPPED = Rule(
    "DS180-server-key-of-k3s",
    "A key of server.yaml must be one that RKE2 has, not one that only K3s has.",
    Severity.WARNING,
    "RKE2 passes over it with a line in its log, and what was meant does not come about.",
    "rancher/rke2 pkg/cli/cmds/server.go (dropFlag, the same in 1.33.6 to 1.36); k3s pkg/configfilearg (unknown flag, "
    "skipping)",
)
PLUS = Rule(
    "DS181-server-key-plus",
    "A plus may follow a key of server.yaml only where RKE2 takes a list of any length.",
    Severity.ERROR,
    "RKE2 gets the computed value and this one, and stops or takes the last; the image builder sees no such key.",
    "k3s pkg/configfilearg/parser.go (a key with a plus is added to what the key has); edge-image-builder "
    "pkg/image/validation/kubernetes.go",
    firm=True,
)

DROP_IN = Rule(
    "DS289-drop-in-unreadable",
    "A file in RKE2's config.yaml.d must be a YAML mapping.",
    Severity.ERROR,
    "RKE2 stops at its start.",
    "k3s pkg/configfilearg/parser.go (readConfigFileData and dotDFiles); read",
)

RULES = (NO_CNI, MISSPELLED, DROPPED, PLUS, DROP_IN)

_COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd")
KNOWN_KEYS = frozenset(
    """
    debug data-dir bind-address advertise-address tls-san tls-san-security cluster-cidr service-cidr
    service-node-port-range cluster-dns cluster-domain egress-selector-mode servicelb-namespace cni write-kubeconfig
    write-kubeconfig-mode write-kubeconfig-group helm-job-image token token-file agent-token agent-token-file server
    cluster-reset cluster-reset-restore-path etcd-expose-metrics etcd-disable-snapshots etcd-snapshot-name
    etcd-snapshot-schedule-cron etcd-snapshot-retention etcd-snapshot-dir etcd-snapshot-compress etcd-s3
    etcd-s3-endpoint etcd-s3-endpoint-ca etcd-s3-skip-ssl-verify etcd-s3-access-key etcd-s3-secret-key
    etcd-s3-session-token etcd-s3-bucket etcd-s3-bucket-lookup-type etcd-s3-region etcd-s3-folder etcd-s3-retention
    etcd-s3-proxy etcd-s3-config-secret etcd-s3-insecure etcd-s3-timeout etcd-arg etcd-snapshot-reconcile-interval
    write-kubeconfig-name helm-controller-arg airgap-extra-registry secrets-encryption disable-agent config log v
    vmodule alsologtostderr prime node-name-from-cloud-provider-metadata disable disable-scheduler
    disable-cloud-controller disable-kube-proxy disable-apiserver disable-controller-manager disable-etcd
    enable-servicelb control-plane-resource-requests control-plane-resource-limits control-plane-probe-configuration
    ingress-controller pause-image runtime-image cloud-provider-name cloud-provider-config profile audit-policy-file
    pod-security-admission-config-file secrets-encryption-provider embedded-registry enable-pprof supervisor-metrics
    kubelet-path node-name with-node-id node-label node-taint image-credential-provider-bin-dir
    image-credential-provider-config protect-kernel-defaults selinux lb-server-port container-runtime-endpoint
    default-runtime nonroot-devices snapshotter private-registry system-default-registry
    disable-default-registry-endpoint node-ip node-external-ip node-internal-dns node-external-dns resolv-conf
    kubelet-arg kube-cloud-controller-manager-arg cloud-controller-manager-image
    cloud-controller-manager-extra-mount cloud-controller-manager-extra-env datastore-endpoint datastore-cafile
    datastore-certfile datastore-keyfile
    """.split()  # noqa: SIM905
) | {f"{component}-{what}" for component in _COMPONENTS for what in ("arg", "image", "extra-mount", "extra-env")}
"""RKE2's configuration keys (rancher/rke2 ``pkg/cli/cmds`` 1.33.6 to 1.36); a trailing ``+`` adds to a list."""
OF_K3S: Mapping[str, Fix] = {
    **dict.fromkeys(
        ("flannel-backend", "flannel-iface", "flannel-conf", "flannel-cni-conf", "flannel-ipv6-masq"),
        remove(", and set cluster.cni"),
    ),
    "flannel-external-ip": remove(", and set cluster.cni"),
    "disable-network-policy": remove(": each network plugin brings its own network policy"),
    "cluster-init": remove(": RKE2 has etcd from its first server on"),
    "kube-controller-arg": rename("kube-controller-manager-arg"),
    "kube-cloud-controller-arg": rename("kube-cloud-controller-manager-arg"),
    "docker": remove(", and set container-runtime-endpoint where another runtime is meant"),
    "default-local-storage-path": remove(": RKE2 has no local-path provisioner"),
    **dict.fromkeys(
        (
            *("https-listen-port", "supervisor-port", "apiserver-port", "apiserver-bind-address", "advertise-port"),
            *("vpn-auth", "vpn-auth-file", "kine-tls", "image-service-endpoint", "rootless", "prefer-bundled-bin"),
            *("disable-helm-controller", "disable-apiserver-lb"),
        ),
        remove(),
    ),
}
"""K3s' keys that RKE2 drops, each with what to do instead."""
_LISTS = frozenset(
    """
    tls-san disable node-label node-taint node-external-ip node-internal-dns node-external-dns private-registry
    image-credential-provider-config airgap-extra-registry control-plane-resource-requests
    control-plane-resource-limits control-plane-probe-configuration
    """.split()  # noqa: SIM905
)
"""Keys that take a list of any length, beside the arguments, mounts and variables of components."""
_LIST_ENDS = ("-arg", "-extra-mount", "-extra-env")
NEAR = 0.85
"""How alike two keys are that one must be taken for the other; lower, and RKE2's own pairs would be."""


def server_key(key: At[str]) -> Findings:
    """Tell where a key is none of RKE2's and reads like one of them; what nobody knows is left alone."""
    text = key.value.removesuffix("+")
    if text in KNOWN_KEYS:
        return
    if text in OF_K3S:
        yield DROPPED.at(key.path, f"{text} is a key of K3s, which RKE2 drops", OF_K3S[text])
        return
    spelled = text.strip().lower().replace("_", "-")
    near = [spelled] if spelled in KNOWN_KEYS else difflib.get_close_matches(spelled, sorted(KNOWN_KEYS), 1, NEAR)
    if near:
        yield MISSPELLED.at(key.path, f"RKE2 has no key {text!r}", rename(near[0]))
    elif "_" in text:
        yield MISSPELLED.at(
            key.path, f"RKE2 has no key {text!r}: its keys have hyphens", rename(spelled, ", or remove it")
        )


def plus_key(key: At[str], instead: str = "") -> Findings:
    """Tell a plus behind a key that takes one value, or a list of a length of its own.

    Args:
        key: the key, with its plus.
        instead: where the value belongs; the key without its plus where empty.
    """
    text = key.value.removesuffix("+")
    if text == key.value or text not in KNOWN_KEYS or text in _LISTS or text.endswith(_LIST_ENDS):
        return
    fix = remove(f", and set {instead} to what it should be") if instead else rename(text)
    yield PLUS.at(key.path, f"{text} is no list that something can be added to", fix)


def check_keys(subject: Subject) -> Findings:
    """Judge the names of the site's own keys."""
    for key in subject.site.cluster.server:
        path: Path = ("cluster", "server", key)
        yield from server_key(At(path, key))
        yield from plus_key(At(path, key), SERVER_FIELDS.get(key.removesuffix("+"), ""))


def check_cni(subject: Subject) -> Findings:
    """Tell a cluster without a network plugin, where nothing of the site's own could bring one."""
    cni = subject.plan.server.get("cni")
    plugins = list(cni) if isinstance(cni, list | tuple) else [cni]
    if "none" not in plugins or subject.site.charts.extra or subject.site.manifests:
        return
    written = "cni" in subject.site.cluster.server
    path: Path = ("cluster", "server", "cni") if written else ("cluster", "cni")
    fix = remove() if written else write("cilium")
    message = "cni is none, and no chart or manifest of the site brings a network plugin"
    yield NO_CNI.at(path, message, f"{fix}, or add the plugin to charts.extra or manifests")


CHECKS = (check_keys, check_cni)
