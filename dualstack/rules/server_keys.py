"""Rules about the keys of server.yaml themselves: misspelled ones, and a cluster without a network plugin."""

from __future__ import annotations

import difflib

from dualstack.findings import At, Findings, Rule, Severity
from dualstack.origins import Path
from dualstack.rules.base import Subject

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

RULES = (NO_CNI, MISSPELLED)

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
    etcd-s3-proxy etcd-s3-config-secret etcd-s3-insecure etcd-s3-timeout etcd-arg disable disable-scheduler
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
    datastore-certfile datastore-keyfile kine-tls vpn-auth vpn-auth-file
    """.split()  # noqa: SIM905
) | {f"{component}-{what}" for component in _COMPONENTS for what in ("arg", "image", "extra-mount", "extra-env")}
"""RKE2's configuration keys; a trailing ``+`` adds to a list."""
NEAR = 0.85
"""How alike two keys are that one must be taken for the other; lower, and RKE2's own pairs would be."""


def server_key(key: At[str]) -> Findings:
    """Tell where a key is none of RKE2's and reads like one of them; what nobody knows is left alone."""
    text = key.value.removesuffix("+")
    if text in KNOWN_KEYS:
        return
    spelled = text.strip().lower().replace("_", "-")
    near = [spelled] if spelled in KNOWN_KEYS else difflib.get_close_matches(spelled, sorted(KNOWN_KEYS), 1, NEAR)
    if near:
        yield MISSPELLED.at(key.path, f"RKE2 has no key {text!r}", f"write {near[0]}")
    elif "_" in text:
        yield MISSPELLED.at(
            key.path, f"RKE2 has no key {text!r}: its keys have hyphens", f"write {spelled}, or remove it"
        )


def check_keys(subject: Subject) -> Findings:
    """Judge the spelling of the site's own keys."""
    for key in subject.site.cluster.server:
        path: Path = ("cluster", "server", key)
        yield from server_key(At(path, key))


def check_cni(subject: Subject) -> Findings:
    """Tell a cluster without a network plugin, where nothing of the site's own could bring one."""
    cni = subject.plan.server.get("cni")
    plugins = list(cni) if isinstance(cni, list | tuple) else [cni]
    if "none" not in plugins or subject.site.charts.extra or subject.site.manifests:
        return
    written = "cni" in subject.site.cluster.server
    path: Path = ("cluster", "server", "cni") if written else ("cluster", "cni")
    fix = "remove it" if written else "write cilium"
    message = "cni is none, and no chart or manifest of the site brings a network plugin"
    yield NO_CNI.at(path, message, f"{fix}, or add the plugin to charts.extra or manifests")


CHECKS = (check_keys, check_cni)
