"""Rules about the site's manifests: those that nobody can read, and those that come too late; reading is elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dualstack.address.family import FAMILIES, LABEL, Family
from dualstack.document.findings import At, Findings, Rule, Severity
from dualstack.document.fixes import Fix
from dualstack.document.origins import Path
from dualstack.rules.base import Subject

BROKEN = Rule(
    "DS195-manifest-unreadable",
    "A manifest must be YAML, each document an object of Kubernetes.",
    Severity.ERROR,
    "The image builder reads every manifest for images and stops, or kubectl refuses it at the first boot.",
    "edge-image-builder pkg/registry/manifests.go (readManifest) and pkg/combustion/templates/"
    "rke2-single-node-installer.sh.tpl (kubectl create)",
)
NO_VALUES = "Helm refuses the values, and the chart is not installed."
UNSEEN = Rule(
    "DS196-manifest-not-checked",
    "It must be known which manifests no rule has looked at.",
    Severity.INFO,
    "What is wrong in it shows at the first boot.",
    "dualstack's own: a manifest given by URL is fetched by the image builder; nothing is fetched for a check",
)
CONFIG_NAMESPACE = Rule(
    "DS197-chart-config-namespace",
    "The HelmChartConfig of a chart that RKE2 packages must be in kube-system.",
    Severity.ERROR,
    "RKE2's helm-controller looks for it beside the HelmChart, and goes on with the chart's own values.",
    "rke2-docs docs/add-ons/helm.md (HelmChartConfig: same name and namespace as the HelmChart)",
)
TOO_LATE = Rule(
    "DS198-chart-config-too-late",
    "The HelmChartConfig of a chart that RKE2 packages must be among RKE2's own manifests.",
    Severity.ERROR,
    "The image builder applies it after RKE2 has installed the chart: the node's network may already be another one.",
    "edge-image-builder issue 734; rke2 issue 8357; SUSE Telco Cloud release notes (HelmChartConfig through os-files)",
)

POOL = Rule(
    "DS199-address-pool",
    "A pool of MetalLB must have prefixes or ranges that it reads, of both families.",
    Severity.ERROR,
    "MetalLB refuses the pool, or gives a Service of two families one address and says nothing.",
    "metallb internal/config/config.go (ParseCIDR) and allocator.go (0.14.9); metallb issue 1156",
)

CNI_FAMILY = Rule(
    "DS302-cni-both-families",
    "The network plugin's own configuration must leave both families on.",
    Severity.ERROR,
    "Pods get no address of the family, or none at all, and RKE2 wants both.",
    "values of rke2-cilium (ipv4.enabled, ipv6.enabled) and rke2-calico (installation.calicoNetwork.ipPools): read",
)
POOL_TAKEN = Rule(
    "DS303-pool-holds-taken-address",
    "A pool of MetalLB must not hold an address that a node, its router, its resolver or the cluster itself has.",
    Severity.ERROR,
    "MetalLB gives the address to a Service and answers for it: whoever has it loses its traffic.",
    "metallb.io, configuration (addresses that nobody else has): read",
)

RULES = (BROKEN, UNSEEN, CONFIG_NAMESPACE, TOO_LATE, POOL, CNI_FAMILY, POOL_TAKEN)


def cilium_families(enabled: Mapping[Family, At[object]]) -> Findings:
    """Tell a family that Cilium has switched off.

    Args:
        enabled: by family the switch as it stands there, text or not; a family that is left out has its default, on.
    """
    for family, item in enabled.items():
        if str(item.value).lower() == "false":
            fix = f"remove {item.path[-1]}, or write true"
            yield CNI_FAMILY.at(item.path[:-1], f"{item.path[-1]} is false: Cilium gives pods no {LABEL[family]}", fix)


def calico_families(pools: Sequence[str], where: Path) -> Findings:
    """Tell a family that no pool of Calico's has.

    Args:
        pools: their CIDRs; without any Calico takes the cluster's own.
        where: where they stand.
    """
    for family, mark in zip(FAMILIES, ".:", strict=True):
        if pools and not any(mark in cidr for cidr in pools):
            fix = f"add a pool with the {LABEL[family]} CIDR of cluster.pods, or remove ipPools"
            yield CNI_FAMILY.at(where, f"ipPools has no {LABEL[family]} CIDR", fix)


def canal_families(networks: Mapping[Family, At[object]]) -> Findings:
    """Tell a family that flannel's configuration (``net-conf.json``) has no network of, or has switched off.

    Args:
        networks: by family its network; an empty one is none.
    """
    for family, item in networks.items():
        if not item.value:
            fix = f"look at cluster-cidr of the servers: flannel takes its {LABEL[family]} network from there"
            yield CNI_FAMILY.at(
                item.path, f"flannel has no {LABEL[family]} network, and pods get no address of it", fix
            )


def check_urls(subject: Subject) -> Findings:
    """Tell manifests that the image builder fetches."""
    for index, manifest in enumerate(subject.site.manifests):
        if manifest.startswith(("http://", "https://")):
            message = "the manifest is fetched when the image is built: no rule has looked at it"
            fix = Fix(words="put a copy into the project and name that, to have it checked")
            yield UNSEEN.at(("manifests", index), message, fix)


CHECKS = (check_urls,)
