"""Faults of a living cluster, each with what must find it."""

from __future__ import annotations

import base64
import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dualstack.plan.model import Plan
from tests.verify.cluster.healthy import (
    certificate,
    find,
    first,
    helm_record,
    make,
    remove,
    service,
    time,
    values,
    webhook,
)

Objects = list[dict[str, Any]]
Break = Callable[[Objects, Plan], None]


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes:
        name: of the test.
        inject: changes the objects.
        kind: kind of the check that finds it.
        at: begin of the object's name in the result.
        rule: number of the rule that is named; empty for none.
        demo: the site.
        alone: found without a site, too.
        others: further kinds that rightly tell of the same fault.
    """

    name: str
    inject: Break
    kind: str
    at: str
    rule: str = ""
    demo: str = "demo-ha"
    alone: bool = True
    others: tuple[str, ...] = ()


FAULTS: list[Fault] = []


def fault(kind: str, at: str, rule: str = "", **more: Any) -> Callable[[Break], Break]:
    def add(inject: Break) -> Break:
        FAULTS.append(Fault(inject.__name__, inject, kind, at, rule, **more))
        return inject

    return add


def node(objects: Objects, plan: Plan) -> dict[str, Any]:
    return find(objects, "Node", plan.nodes[-1].name)


def condition(one: dict[str, Any], kind: str, status: str) -> None:
    held = [item for item in one["status"]["conditions"] if item["type"] != kind]
    one["status"]["conditions"] = [*held, {"type": kind, "status": status, "reason": "r", "message": "said so"}]


@fault("nodes", "node mgmt-3")
def node_not_ready(objects: Objects, plan: Plan) -> None:
    condition(node(objects, plan), "Ready", "False")


@fault("nodes", "node mgmt-3")
def node_unknown(objects: Objects, plan: Plan) -> None:
    condition(node(objects, plan), "Ready", "Unknown")


@fault("nodes", "node mgmt-3")
def disk_pressure(objects: Objects, plan: Plan) -> None:
    condition(node(objects, plan), "DiskPressure", "True")


@fault("nodes", "node mgmt-3")
def cordoned(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["spec"]["unschedulable"] = True


@fault("nodes", "node mgmt-3")
def uninitialized(objects: Objects, plan: Plan) -> None:
    taint = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "effect": "NoSchedule", "value": "true"}
    node(objects, plan)["spec"]["taints"] = [taint]


@fault("nodes", "node mgmt-3", "DS023")
def node_without_ipv6(objects: Objects, plan: Plan) -> None:
    status = node(objects, plan)["status"]
    status["addresses"] = [item for item in status["addresses"] if ":" not in item["address"]]


@fault("nodes", "node mgmt-3", "DS024")
def node_ipv6_first(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["status"]["addresses"].reverse()


@fault("nodes", "node mgmt-3", alone=False)
def node_other_address(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["status"]["addresses"][1]["address"] = "fd00:120::99"


@fault("nodes", "node mgmt-3", "DS023")
def one_block(objects: Objects, plan: Plan) -> None:
    spec = node(objects, plan)["spec"]
    spec["podCIDRs"] = spec["podCIDRs"][:1]


@fault("nodes", "node mgmt-3", "DS023")
def no_block(objects: Objects, plan: Plan) -> None:
    spec = node(objects, plan)["spec"]
    del spec["podCIDRs"], spec["podCIDR"]


@fault("nodes", "node mgmt-3", alone=False)
def block_elsewhere(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["spec"] |= {"podCIDR": "10.99.0.0/24", "podCIDRs": ["10.99.0.0/24", "fd99::/64"]}


@fault("nodes", "node mgmt-3", alone=False)
def node_missing(objects: Objects, plan: Plan) -> None:
    objects.remove(node(objects, plan))


@fault("nodes", "node stranger", alone=False)
def node_strange(objects: Objects, plan: Plan) -> None:
    found = dict(node(objects, plan))
    addresses = [{"type": "InternalIP", "address": "192.168.120.77"}, {"type": "InternalIP", "address": "fd00:120::77"}]
    found["metadata"] = {**found["metadata"], "name": "stranger"}
    found["status"] = {**found["status"], "addresses": addresses}
    objects.append(found)


@fault("nodes", "node mgmt-3", alone=False)
def node_of_another_role(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["metadata"]["labels"] = {}


@fault("nodes", "nodes", others=("release", "nodes"))
def no_nodes(objects: Objects, plan: Plan) -> None:
    objects[:] = [one for one in objects if one["kind"] != "Node"]


@fault("ranges", "services", "DS023", others=("services",))
def services_of_one_family(objects: Objects, plan: Plan) -> None:
    spec = first(objects, "ServiceCIDR")["spec"]
    spec["cidrs"] = spec["cidrs"][:1]


@fault("ranges", "services", "DS024")
def services_ipv6_first(objects: Objects, plan: Plan) -> None:
    first(objects, "ServiceCIDR")["spec"]["cidrs"].reverse()


@fault("ranges", "services", alone=False, others=("ranges",))
def other_services(objects: Objects, plan: Plan) -> None:
    first(objects, "ServiceCIDR")["spec"]["cidrs"] = ["10.200.0.0/16", "fd12:4567:789c::/112"]


@fault("ranges", "services", "DS037", others=("ranges",))
def services_of_64(objects: Objects, plan: Plan) -> None:
    first(objects, "ServiceCIDR")["spec"]["cidrs"][1] = "fd12:4567:789c::/64"


@fault("ranges", "Service cattle-system/rancher")
def address_in_no_range(objects: Objects, plan: Plan) -> None:
    find(objects, "Service", "rancher")["spec"]["clusterIPs"][1] = "fd12:4567:789d::5"


@fault("ranges", "pods", "DS023")
def pods_of_one_family(objects: Objects, plan: Plan) -> None:
    pod = find(objects, "Pod", "kube-controller-manager-mgmt-1")
    pod["spec"]["containers"][0]["args"] = ["--cluster-cidr=" + str(plan.server["cluster-cidr"]).split(",")[0]]


@fault("ranges", "pods", "DS030")
def pods_hold_a_node(objects: Objects, plan: Plan) -> None:
    pod = find(objects, "Pod", "kube-controller-manager-mgmt-1")
    pod["spec"]["containers"][0]["args"] = ["--cluster-cidr=192.168.0.0/16,fd12:4567:789b::/48"]


@fault("ranges", "services", "DS012")
def pods_in_services(objects: Objects, plan: Plan) -> None:
    pod = find(objects, "Pod", "kube-controller-manager-mgmt-1")
    pod["spec"]["containers"][0]["args"] = ["--cluster-cidr=10.96.0.0/16,fd12:4567:789b::/48"]


@fault("cni", "ConfigMap kube-system/cilium-config", "DS302")
def cilium_without_ipv6(objects: Objects, plan: Plan) -> None:
    find(objects, "ConfigMap", "cilium-config")["data"]["enable-ipv6"] = "false"


@fault("cni", "HelmChartConfig kube-system/rke2-cilium", "DS302")
def cilium_configured_without_ipv6(objects: Objects, plan: Plan) -> None:
    spec = {"valuesContent": "ipv6: {enabled: false}\n"}
    objects.append(make("HelmChartConfig", "helm.cattle.io/v1", "rke2-cilium", "kube-system", spec=spec))


@fault("cni", "ConfigMap kube-system/rke2-canal-config", "DS302")
def canal_without_ipv6(objects: Objects, plan: Plan) -> None:
    data = {"net-conf.json": '{"Network": "10.42.0.0/16", "Backend": {"Type": "vxlan"}}'}
    objects.append(make("ConfigMap", "v1", "rke2-canal-config", "kube-system", data=data))


@fault("cni", "IPPools of Calico", "DS302")
def calico_without_ipv6(objects: Objects, plan: Plan) -> None:
    objects.append(make("IPPool", "crd.projectcalico.org/v1", "default-ipv4", spec={"cidr": "10.42.0.0/16"}))


@fault("cni", "network plugin", alone=False)
def another_plugin(objects: Objects, plan: Plan) -> None:
    first(objects, "DaemonSet")["metadata"]["name"] = "rke2-canal"


def ingress(objects: Objects, plan: Plan) -> dict[str, Any]:
    return find(objects, "Service", plan.release.ingress_chart)


@fault("services", "Service kube-system/rke2-ingress-nginx", "DS164", others=("services",))
def ingress_of_one_family(objects: Objects, plan: Plan) -> None:
    spec = ingress(objects, plan)["spec"]
    spec |= {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"], "clusterIPs": spec["clusterIPs"][:1]}


@fault("services", "Service kube-system/rke2-ingress-nginx", others=("services",))
def ingress_got_one_family(objects: Objects, plan: Plan) -> None:
    spec = ingress(objects, plan)["spec"]
    spec |= {"ipFamilies": ["IPv4"], "clusterIPs": spec["clusterIPs"][:1]}


@fault("services", "Service kube-system/rke2-ingress-nginx", others=("services",))
def ingress_pending(objects: Objects, plan: Plan) -> None:
    ingress(objects, plan)["status"] = {"loadBalancer": {}}


@fault("services", "Service kube-system/rke2-ingress-nginx", "DS208", others=("services",))
def ingress_without_ipv6_address(objects: Objects, plan: Plan) -> None:
    status = ingress(objects, plan)["status"]["loadBalancer"]
    status["ingress"] = status["ingress"][:1]


@fault("services", "Service of ingress controller", alone=False, others=("pools",))
def ingress_at_another_address(objects: Objects, plan: Plan) -> None:
    ingress(objects, plan)["status"]["loadBalancer"]["ingress"][1]["ip"] = "fd00:120::2f"


@fault("services", "Service of ingress controller", alone=False)
def no_ingress(objects: Objects, plan: Plan) -> None:
    remove(objects, "Service", plan.release.ingress_chart)


@fault("services", "Service kube-system/rke2-ingress-nginx", "DS209")
def ingress_asks_for_one_address(objects: Objects, plan: Plan) -> None:
    ingress(objects, plan)["metadata"]["annotations"] = {"metallb.io/loadBalancerIPs": "192.168.120.21"}


@fault("services", "Service kube-system/rke2-ingress-nginx", "DS024")
def ingress_ipv6_first(objects: Objects, plan: Plan) -> None:
    spec = ingress(objects, plan)["spec"]
    spec["ipFamilies"] = ["IPv6", "IPv4"]
    spec["clusterIPs"].reverse()
    spec["clusterIP"] = spec["clusterIPs"][0]


@fault("services", "Service default/web", "DS164")
def balanced_service_of_one_family(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "default", "web", 40, single=True, type="LoadBalancer", lb=["192.168.120.21"])


@fault("services", "Service default/web", "DS164")
def node_port_of_one_family(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "default", "web", 40, single=True, type="NodePort")


@fault("services", "Service default/web", "DS164")
def external_address_of_one_family(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "default", "web", 40, single=True, externalIPs=["192.168.120.90"])


@fault("services", "Service kube-system/rke2-coredns-rke2-coredns", "DS164")
def dns_of_one_family(objects: Objects, plan: Plan) -> None:
    spec = find(objects, "Service", "rke2-coredns-rke2-coredns")["spec"]
    spec |= {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"], "clusterIPs": spec["clusterIPs"][:1]}


@fault("services", "CoreDNS")
def no_dns(objects: Objects, plan: Plan) -> None:
    remove(objects, "Service", "rke2-coredns-rke2-coredns")


@fault("services", "Service cattle-system/rancher", "DS164", demo="demo-hostname", alone=False)
def rancher_of_one_family(objects: Objects, plan: Plan) -> None:
    spec = find(objects, "Service", "rancher")["spec"]
    spec |= {"ipFamilyPolicy": "SingleStack", "ipFamilies": ["IPv4"], "clusterIPs": spec["clusterIPs"][:1]}


@fault("services", "Service default/kubernetes-vip", others=("services",))
def api_address_of_both_families(objects: Objects, plan: Plan) -> None:
    spec = find(objects, "Service", "kubernetes-vip")["spec"]
    spec |= {"ipFamilyPolicy": "RequireDualStack", "ipFamilies": ["IPv4", "IPv6"]}


@fault("services", "Service metal3-system/metal3-metal3-ironic")
def endpoints_of_one_family(objects: Objects, plan: Plan) -> None:
    remove(objects, "EndpointSlice", "metal3-metal3-ironic-ipv6")


@fault("services", "Service cattle-system/rancher")
def endpoint_not_ready(objects: Objects, plan: Plan) -> None:
    find(objects, "EndpointSlice", "rancher-ipv6")["endpoints"][0]["conditions"]["ready"] = False


@fault("services", "Service kube-system/rke2-ingress-nginx")
def nobody_behind(objects: Objects, plan: Plan) -> None:
    for family in ("ipv4", "ipv6"):
        find(objects, "EndpointSlice", f"{plan.release.ingress_chart}-{family}")["endpoints"] = []


@fault("pools", "IPAddressPool metallb-system/ingress-ippool", "DS199", others=("pools",))
def pool_of_one_family(objects: Objects, plan: Plan) -> None:
    spec = find(objects, "IPAddressPool", "ingress-ippool")["spec"]
    spec["addresses"] = spec["addresses"][:1]


@fault("pools", "IPAddressPool metallb-system/ingress-ippool", "DS199", others=("pools", "services"))
def pool_that_nobody_reads(objects: Objects, plan: Plan) -> None:
    find(objects, "IPAddressPool", "ingress-ippool")["spec"]["addresses"] = ["192.168.120.300/32"]


@fault("pools", "IPAddressPool metallb-system/ingress-ippool", "DS303")
def pool_with_a_node(objects: Objects, plan: Plan) -> None:
    find(objects, "IPAddressPool", "ingress-ippool")["spec"]["addresses"].append("192.168.120.10-192.168.120.13")


@fault("pools", "IPAddressPool metallb-system/ingress-ippool")
def pool_not_announced(objects: Objects, plan: Plan) -> None:
    remove(objects, "L2Advertisement", "ingress-l2-adv")


@fault("pools", "pool of Ironic", alone=False)
def pool_gone(objects: Objects, plan: Plan) -> None:
    remove(objects, "IPAddressPool", "ironic-ip-pool")


def ironic(objects: Objects) -> dict[str, str]:
    found: dict[str, str] = find(objects, "ConfigMap", "ironic")["data"]
    return found


def operator(objects: Objects) -> dict[str, str]:
    found: dict[str, str] = find(objects, "ConfigMap", "baremetal-operator-ironic")["data"]
    return found


IRONIC = "ConfigMap metal3-system/ironic"
OPERATOR = "ConfigMap metal3-system/baremetal-operator-ironic"


@fault("ironic", IRONIC, "DS063", demo="demo-metal")
def empty_image_host(objects: Objects, plan: Plan) -> None:
    ironic(objects)["IRONIC_EXTERNAL_HTTP_URL"] = "http://:6180"


@fault("ironic", OPERATOR, "DS063", demo="demo-metal")
def empty_cache_host(objects: Objects, plan: Plan) -> None:
    operator(objects)["CACHEURL"] = "http://:6180/images"


@fault("ironic", IRONIC, "DS060")
def two_hosts(objects: Objects, plan: Plan) -> None:
    ironic(objects)["IRONIC_URL_HOSTNAME"] = "ironic.example.com"


@fault("ironic", IRONIC, "DS060")
def no_host(objects: Objects, plan: Plan) -> None:
    del ironic(objects)["IRONIC_IP"]


@fault("ironic", IRONIC, "DS065")
def ironic_at_another_address(objects: Objects, plan: Plan) -> None:
    ironic(objects)["IRONIC_IP"] = "192.168.120.99"


@fault("ironic", IRONIC, "DS069")
def ironic_listens_on_one(objects: Objects, plan: Plan) -> None:
    ironic(objects)["LISTEN_ALL_INTERFACES"] = "false"


@fault("ironic", IRONIC, "DS202")
def address_without_brackets(objects: Objects, plan: Plan) -> None:
    ironic(objects)["IRONIC_EXTERNAL_IP"] = "fd00:120::22"


@fault("ironic", IRONIC, "DS203", others=("ironic",))
def callback_elsewhere(objects: Objects, plan: Plan) -> None:
    ironic(objects)["IRONIC_EXTERNAL_CALLBACK_URL"] = "https://[fd00:120::22]:6385"


@fault("ironic", OPERATOR, "DS202")
def operator_without_a_host(objects: Objects, plan: Plan) -> None:
    operator(objects)["IRONIC_ENDPOINT"] = "https://:6385/v1/"


@fault("ironic", OPERATOR, alone=False)
def operator_at_another_ironic(objects: Objects, plan: Plan) -> None:
    operator(objects)["IRONIC_ENDPOINT"] = "https://192.168.120.23:6385/v1/"


@fault("ironic", OPERATOR, alone=False)
def operator_without_ipv6_url(objects: Objects, plan: Plan) -> None:
    del operator(objects)["IRONIC_EXTERNAL_URL_V6"]


@fault("ironic", "ConfigMap of Ironic", alone=False)
def no_ironic(objects: Objects, plan: Plan) -> None:
    remove(objects, "ConfigMap", "ironic")


def host(objects: Objects) -> dict[str, Any]:
    return first(objects, "BareMetalHost")


@fault("hosts", "BareMetalHost metal3-system/rack1-01", "DS076", demo="demo", others=("hosts",))
def bmc_without_brackets(objects: Objects, plan: Plan) -> None:
    host(objects)["spec"]["bmc"]["address"] = "redfish-virtualmedia://fd00:200::11/redfish/v1/Systems/1"


@fault("hosts", "BareMetalHost metal3-system/rack1-01", demo="demo", alone=False)
def another_bmc(objects: Objects, plan: Plan) -> None:
    host(objects)["spec"]["bmc"]["address"] = "redfish-virtualmedia://[fd00:200::99]/redfish/v1/Systems/1"


@fault("hosts", "BareMetalHost metal3-system/rack1-02", "DS078", demo="demo", others=("hosts",))
def one_bmc_twice(objects: Objects, plan: Plan) -> None:
    address = host(objects)["spec"]["bmc"]["address"]
    find(objects, "BareMetalHost", "rack1-02")["spec"]["bmc"]["address"] = address


@fault("hosts", "BareMetalHost metal3-system/rack1-01", demo="demo")
def host_in_trouble(objects: Objects, plan: Plan) -> None:
    host(objects)["status"] = {
        "operationalStatus": "error",
        "errorType": "registration error",
        "errorMessage": "MAC address conflict",
    }


@fault("hosts", "BareMetalHost metal3-system/rack1-01", "DS067", demo="demo", others=("ironic",))
def media_of_the_other_family(objects: Objects, plan: Plan) -> None:
    del operator(objects)["IRONIC_EXTERNAL_URL_V6"]


def again(objects: Objects, plan: Plan, name: str, **how: Any) -> None:
    chart = plan.chart(name)
    assert chart is not None
    objects.append(helm_record(chart, revision=2, **how))


@fault("helm", "release metal3-system/metal3")
def release_stuck(objects: Objects, plan: Plan) -> None:
    again(objects, plan, "metal3", status="pending-upgrade")


@fault("helm", "release metal3-system/metal3")
def release_failed(objects: Objects, plan: Plan) -> None:
    again(objects, plan, "metal3", status="failed")


@fault("helm", "release metal3-system/metal3", "DS162")
def release_of_another_version(objects: Objects, plan: Plan) -> None:
    again(objects, plan, "metal3", version="305.0.22+up0.13.0")


@fault("helm", "release metal3-system/metal3", alone=False)
def release_with_other_values(objects: Objects, plan: Plan) -> None:
    chart = plan.chart("metal3")
    assert chart is not None
    given = values(chart)
    given["metal3-ironic"]["persistence"]["ironic"]["size"] = "1Gi"
    again(objects, plan, "metal3", given=given)


@fault("helm", "release metal3-system/metal3", "DS060", others=("helm",))
def release_with_two_hosts(objects: Objects, plan: Plan) -> None:
    chart = plan.chart("metal3")
    assert chart is not None
    given = values(chart)
    given["global"]["provisioningHostname"] = "ironic.example.com"
    again(objects, plan, "metal3", given=given)


@fault("helm", "release cert-manager/cert-manager", alone=False)
def release_missing(objects: Objects, plan: Plan) -> None:
    remove(objects, "Secret", "sh.helm.release.v1.cert-manager.v1")
    remove(objects, "HelmChart", "cert-manager")


@fault("helm", "release metal3-system/metal3")
def chart_fails(objects: Objects, plan: Plan) -> None:
    status = {"conditions": [{"type": "Failed", "status": "True", "message": "job failed"}]}
    find(objects, "HelmChart", "metal3")["status"] = status


@fault("helm", "release metal3-system/metal3")
def job_fails(objects: Objects, plan: Plan) -> None:
    labels = {"helmcharts.helm.cattle.io/chart": "metal3"}
    spec = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "helm", "image": "x"}]}}}
    job = make("Job", "batch/v1", "helm-install-metal3", "kube-system", metadata={"labels": labels}, spec=spec)
    objects.append({**job, "status": {"failed": 4}})


@fault("helm", "release cattle-system/rancher", "DS161", others=("helm",))
def bootstrap_password_of_everybody(objects: Objects, plan: Plan) -> None:
    chart = plan.chart("rancher")
    assert chart is not None
    again(objects, plan, "rancher", given={**values(chart), "bootstrapPassword": "adminadmin"})


@fault("release", "node mgmt-3", alone=False)
def node_of_another_version(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["status"]["nodeInfo"]["kubeletVersion"] = "v1.33.6+rke2r1"


@fault("release", "Kubernetes", demo="none", alone=True)
def nodes_of_two_versions(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["status"]["nodeInfo"]["kubeletVersion"] = "v1.33.6+rke2r1"


@fault("rancher", "setting server-url")
def rancher_by_another_name(objects: Objects, plan: Plan) -> None:
    first(objects, "Setting")["value"] = "https://rancher.elsewhere.example.com"


@fault("rancher", "setting server-url", "DS089", others=("rancher",))
def rancher_at_another_address(objects: Objects, plan: Plan) -> None:
    first(objects, "Setting")["value"] = "https://rancher-192-168-9-9.fd00-9--9.sslip.io"


@fault("rancher", "setting server-url", "DS090", others=("rancher",))
def rancher_of_one_record(objects: Objects, plan: Plan) -> None:
    first(objects, "Setting")["value"] = "https://rancher-192.168.120.21.sslip.io"


@fault("rancher", "setting server-url")
def rancher_over_http(objects: Objects, plan: Plan) -> None:
    first(objects, "Setting")["value"] = "http://rancher.example.com"


@fault("rancher", "setting server-url")
def rancher_never_started(objects: Objects, plan: Plan) -> None:
    first(objects, "Setting")["value"] = ""


@fault("certificates", "Certificate metal3-system/ironic-cacert")
def certificate_ended(objects: Objects, plan: Plan) -> None:
    remove(objects, "Certificate", "ironic-cacert")
    objects.append(certificate("ironic-cacert", "metal3-system", hours=-3))


@fault("certificates", "Certificate metal3-system/ironic-cacert")
def certificate_not_issued(objects: Objects, plan: Plan) -> None:
    remove(objects, "Certificate", "ironic-cacert")
    objects.append(certificate("ironic-cacert", "metal3-system", ready="False"))


@fault("certificates", "Certificate metal3-system/ironic-cacert")
def certificate_not_renewed(objects: Objects, plan: Plan) -> None:
    first(objects, "Certificate")["status"]["renewalTime"] = time(-5)


@fault("webhooks", "ValidatingWebhookConfiguration gone")
def webhook_of_nobody(objects: Objects, plan: Plan) -> None:
    objects.append(webhook("gone", "cattle-system", "gone"))


@fault("webhooks", "ValidatingWebhookConfiguration rancher.cattle.io")
def webhook_without_pods(objects: Objects, plan: Plan) -> None:
    remove(objects, "EndpointSlice", "rancher-webhook-ipv4")


@fault("webhooks", "ValidatingWebhookConfiguration old")
def webhook_with_an_old_authority(objects: Objects, plan: Plan) -> None:
    objects.append(webhook("old", "cattle-system", "rancher-webhook", bundle=base64.b64encode(authority(-1)).decode()))


@fault("webhooks", "APIService v1beta1.metrics.k8s.io")
def api_of_nobody(objects: Objects, plan: Plan) -> None:
    condition(first(objects, "APIService"), "Available", "False")


@fault("workloads", "Deployment cattle-system/rancher")
def deployment_without_pods(objects: Objects, plan: Plan) -> None:
    first(objects, "Deployment")["status"] = {"replicas": 1, "unavailableReplicas": 1}


@fault("workloads", "DaemonSet kube-system/cilium")
def daemons_missing(objects: Objects, plan: Plan) -> None:
    first(objects, "DaemonSet")["status"] |= {"desiredNumberScheduled": 3, "numberAvailable": 2}


@fault("etcd", "etcd snapshots")
def old_snapshot(objects: Objects, plan: Plan) -> None:
    first(objects, "ETCDSnapshotFile")["status"]["creationTime"] = time(-40)


@fault("etcd", "etcd snapshots")
def no_snapshot(objects: Objects, plan: Plan) -> None:
    objects.remove(first(objects, "ETCDSnapshotFile"))


@fault("etcd", "ETCDSnapshotFile snapshot-2")
def broken_snapshot(objects: Objects, plan: Plan) -> None:
    status = {"creationTime": time(-1), "readyToUse": False, "error": {"message": "no space left on device"}}
    spec = {"nodeName": "mgmt-1", "snapshotName": "t", "location": ""}
    objects.append(make("ETCDSnapshotFile", "k3s.cattle.io/v1", "snapshot-2", spec=spec, status=status))


@fault("downstream", "RKE2ControlPlane default/edge-1", "DS095")
def downstream_certificate(objects: Objects, plan: Plan) -> None:
    spec = {"serverConfig": {"tlsSan": ["https://fd00:9::1.sslip.io"]}}
    objects.append(make("RKE2ControlPlane", "controlplane.cluster.x-k8s.io/v1beta1", "edge-1", "default", spec=spec))


@fault("downstream", "Cluster default/edge-1", "DS012")
def downstream_overlap(objects: Objects, plan: Plan) -> None:
    network = {"pods": {"cidrBlocks": ["10.0.0.0/8"]}, "services": {"cidrBlocks": ["10.96.0.0/12"]}}
    objects.append(make("Cluster", "cluster.x-k8s.io/v1beta1", "edge-1", "default", spec={"clusterNetwork": network}))


@fault("nodes", "node mgmt-3")
def one_block_twice(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["spec"]["podCIDRs"] = find(objects, "Node", "mgmt-1")["spec"]["podCIDRs"]


@fault("nodes", "node mgmt-3")
def one_address_twice(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["status"]["addresses"][1]["address"] = "fd00:120::11"


@fault("pools", "IPAddressPool metallb-system/ingress-ippool")
def pool_announced_by_no_node(objects: Objects, plan: Plan) -> None:
    spec = find(objects, "L2Advertisement", "ingress-l2-adv")["spec"]
    spec["nodeSelectors"] = [{"matchLabels": {"kubernetes.io/hostname": "gone"}}]


@fault("pools", "Service default/web")
def address_of_no_pool(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "default", "web", 40, type="LoadBalancer", lb=["192.168.120.77", "fd00:120::77"])


@fault("helm", "HelmChartConfig kube-system/rke2-coredns", "DS195")
def values_that_nobody_reads(objects: Objects, plan: Plan) -> None:
    spec = {"valuesContent": "replicas: [1"}
    objects.append(make("HelmChartConfig", "helm.cattle.io/v1", "rke2-coredns", "kube-system", spec=spec))


@fault("helm", "HelmChartConfig default/rke2-coredns", "DS197")
def chart_configured_elsewhere(objects: Objects, plan: Plan) -> None:
    spec = {"valuesContent": "replicas: 2"}
    objects.append(make("HelmChartConfig", "helm.cattle.io/v1", "rke2-coredns", "default", spec=spec))


def authority(days: float) -> bytes:
    """A certificate authority in PEM that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)
