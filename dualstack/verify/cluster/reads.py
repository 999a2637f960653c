"""What is read of a cluster: one table, of which the requests are made, and the role that allows exactly them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Read:
    """Objects of one kind.

    Attributes:
        name: what checks call them.
        group: API group; empty for the core.
        versions: that are tried, in this order.
        plural: of the kind, as in URLs and roles.
        kind: of each object.
        query: selects what is listed.
        names: where given, only objects of these names are read, each for itself.
        namespace: of these.
        secret: True for what a role without Secrets leaves out.
    """

    name: str
    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    query: str = ""
    names: tuple[str, ...] = ()
    namespace: str = ""
    secret: bool = False

    @property
    def permission(self) -> str:
        """What a role must allow, in words."""
        verb = "get" if self.names else "get and list" if self.secret else "list"
        what = f"{self.plural}.{self.group}" if self.group else self.plural
        named = f" {', '.join(self.names)}" if self.names else ""
        return f"{verb} {what}{named}" + (f" in {self.namespace}" if self.namespace else "")

    def paths(self, version: str) -> tuple[str, ...]:
        """Give the URL's paths that are asked."""
        root = f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"
        place = f"{root}/namespaces/{self.namespace}" if self.namespace else root
        return tuple(f"{place}/{self.plural}/{name}" for name in self.names) or (f"{place}/{self.plural}",)


_CAPI: Final = ("v1beta2", "v1beta1")
_STATIC: Final = "labelSelector=component%20in%20(kube-apiserver,kube-controller-manager)"

READS: Final = {
    read.name: read
    for read in (
        Read("kube-system", "", ("v1",), "namespaces", "Namespace", names=("kube-system",)),
        Read("namespaces", "", ("v1",), "namespaces", "Namespace"),
        Read("nodes", "", ("v1",), "nodes", "Node"),
        Read("services", "", ("v1",), "services", "Service"),
        Read("configmaps", "", ("v1",), "configmaps", "ConfigMap"),
        Read("static-pods", "", ("v1",), "pods", "Pod", query=_STATIC, namespace="kube-system"),
        Read("releases", "", ("v1",), "secrets", "Secret", query="labelSelector=owner%3Dhelm", secret=True),
        Read("endpoints", "discovery.k8s.io", ("v1",), "endpointslices", "EndpointSlice"),
        Read("service-ranges", "networking.k8s.io", ("v1", "v1beta1"), "servicecidrs", "ServiceCIDR"),
        Read("deployments", "apps", ("v1",), "deployments", "Deployment"),
        Read("daemonsets", "apps", ("v1",), "daemonsets", "DaemonSet"),
        Read("statefulsets", "apps", ("v1",), "statefulsets", "StatefulSet"),
        Read("helm-jobs", "batch", ("v1",), "jobs", "Job", query="labelSelector=helmcharts.helm.cattle.io%2Fchart",
             namespace="kube-system"),
        Read("validating", "admissionregistration.k8s.io", ("v1",), "validatingwebhookconfigurations",
             "ValidatingWebhookConfiguration"),
        Read("mutating", "admissionregistration.k8s.io", ("v1",), "mutatingwebhookconfigurations",
             "MutatingWebhookConfiguration"),
        Read("apiservices", "apiregistration.k8s.io", ("v1",), "apiservices", "APIService"),
        Read("pools", "metallb.io", ("v1beta1",), "ipaddresspools", "IPAddressPool"),
        Read("l2", "metallb.io", ("v1beta1",), "l2advertisements", "L2Advertisement"),
        Read("bgp", "metallb.io", ("v1beta1",), "bgpadvertisements", "BGPAdvertisement"),
        Read("bgp-peers", "metallb.io", ("v1beta2", "v1beta1"), "bgppeers", "BGPPeer"),
        Read("l2-status", "metallb.io", ("v1beta1",), "servicel2statuses", "ServiceL2Status"),
        Read("charts", "helm.cattle.io", ("v1",), "helmcharts", "HelmChart"),
        Read("chart-configs", "helm.cattle.io", ("v1",), "helmchartconfigs", "HelmChartConfig"),
        Read("snapshots", "k3s.cattle.io", ("v1",), "etcdsnapshotfiles", "ETCDSnapshotFile"),
        Read("server-url", "management.cattle.io", ("v3",), "settings", "Setting", names=("server-url",)),
        Read("hosts", "metal3.io", ("v1alpha1",), "baremetalhosts", "BareMetalHost"),
        Read("certificates", "cert-manager.io", ("v1",), "certificates", "Certificate"),
        Read("calico-pools", "crd.projectcalico.org", ("v1",), "ippools", "IPPool"),
        Read("clusters", "cluster.x-k8s.io", _CAPI, "clusters", "Cluster"),
        Read("rke2-planes", "controlplane.cluster.x-k8s.io", _CAPI, "rke2controlplanes", "RKE2ControlPlane"),
        Read("metal3-clusters", "infrastructure.cluster.x-k8s.io", _CAPI, "metal3clusters", "Metal3Cluster"),
    )
}  # fmt: skip
"""By name."""
