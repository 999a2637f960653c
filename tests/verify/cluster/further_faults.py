"""More of what goes wrong in a living cluster, beside ``faults``: what was found by breaking healthy ones at random."""

from __future__ import annotations

import copy
from ipaddress import ip_network
from typing import Any

from dualstack.plan.model import Plan
from tests.verify.cluster.faults import Objects, condition, fault, ingress, node
from tests.verify.cluster.healthy import certificate, find, first, make, remove, service, time

TAINTS = {
    "network": "node.kubernetes.io/network-unavailable",
    "cilium": "node.cilium.io/agent-not-ready",
    "shut_down": "node.kubernetes.io/out-of-service",
}


def tainted(name: str, taint: str) -> None:
    def inject(objects: Objects, plan: Plan) -> None:
        node(objects, plan)["spec"]["taints"] = [{"key": taint, "effect": "NoExecute"}]

    inject.__name__ = f"taint_{name}"
    fault("nodes", "node mgmt-3")(inject)


for _name, _taint in TAINTS.items():
    tainted(_name, _taint)


@fault("nodes", "node mgmt-3")
def node_on_its_way_out(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["metadata"]["deletionTimestamp"] = time(-5)


@fault("nodes", "node mgmt-3")
def etcd_does_not_vote(objects: Objects, plan: Plan) -> None:
    condition(node(objects, plan), "EtcdIsVoter", "False")


@fault("nodes", "node mgmt-3")
def node_by_link_local(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["status"]["addresses"][1]["address"] = "fe80::1"


@fault("nodes", "node mgmt-1", demo="demo-hostname", others=("ironic", "helm"))
def node_by_loopback(objects: Objects, plan: Plan) -> None:
    node(objects, plan)["status"]["addresses"][0]["address"] = "127.0.0.1"


@fault("nodes", "node mgmt-3")
def one_machine_twice(objects: Objects, plan: Plan) -> None:
    for one in [one for one in objects if one["kind"] == "Node"]:
        one["spec"]["providerID"] = "metal3://the-same"


@fault("nodes", "node mgmt-3")
def blocks_overlap(objects: Objects, plan: Plan) -> None:
    wide = str(ip_network(find(objects, "Node", "mgmt-1")["spec"]["podCIDRs"][0]).supernet(new_prefix=22))
    spec = node(objects, plan)["spec"]
    spec |= {"podCIDR": wide, "podCIDRs": [wide, spec["podCIDRs"][1]]}


def another(objects: Objects, name: str, argument: str) -> None:
    """Add a control plane's pod of another server."""
    pod = copy.deepcopy(find(objects, "Pod", name))
    pod["metadata"]["name"] = name[:-1] + "2"
    pod["spec"]["containers"][0]["args"] = [argument]
    objects.append(pod)


@fault("ranges", "pods")
def servers_of_other_pods(objects: Objects, plan: Plan) -> None:
    another(objects, "kube-controller-manager-mgmt-1", "--cluster-cidr=10.50.0.0/16,fd50::/48")


@fault("ranges", "services")
def server_of_other_services(objects: Objects, plan: Plan) -> None:
    another(objects, "kube-apiserver-mgmt-1", "--service-cluster-ip-range=10.96.0.0/12")


@fault("cni", "ConfigMap kube-system/cilium-config")
def cilium_without_ipv6_pool(objects: Objects, plan: Plan) -> None:
    data = {"ipam": "cluster-pool", "cluster-pool-ipv4-cidr": "10.42.0.0/16"}
    find(objects, "ConfigMap", "cilium-config")["data"] |= data


def nobody_behind(objects: Objects, name: str) -> None:
    for one in [one for one in objects if one["kind"] == "EndpointSlice" and one["metadata"]["name"].startswith(name)]:
        one["endpoints"] = []


@fault("services", "Service cattle-system/rancher")
def nobody_behind_rancher(objects: Objects, plan: Plan) -> None:
    nobody_behind(objects, "rancher-ipv")


@fault("services", "Service default/kubernetes")
def nobody_behind_the_api(objects: Objects, plan: Plan) -> None:
    nobody_behind(objects, "kubernetes-ipv4")


@fault("services", "Service of Ironic", demo="demo-hostname", alone=False)
def ironic_without_service(objects: Objects, plan: Plan) -> None:
    remove(objects, "Service", "metal3-metal3-ironic")


@fault("services", "Service default/web")
def one_balancer_twice(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "default", "web", 40, type="LoadBalancer", lb=plan.serving.values())


def pool(objects: Objects, name: str, *addresses: str, namespace: str = "metallb-system") -> None:
    api = "metallb.io/v1beta1"
    objects += [
        make("IPAddressPool", api, name, namespace, spec={"addresses": list(addresses)}),
        make("L2Advertisement", api, name, namespace, spec={"ipAddressPools": [name]}),
    ]


@fault("pools", "IPAddressPool metallb-system/twice")
def pools_overlap(objects: Objects, plan: Plan) -> None:
    pool(objects, "twice", "192.168.120.20-192.168.120.25", "fd00:120::20-fd00:120::25")


@fault("pools", "IPAddressPool metallb-system/services")
def pool_of_the_services(objects: Objects, plan: Plan) -> None:
    cidr = first(objects, "ServiceCIDR")["spec"]["cidrs"][0]
    pool(objects, "services", str(next(ip_network(cidr).subnets(new_prefix=24))), "fd00:120::80-fd00:120::85")


@fault("pools", "IPAddressPool elsewhere/far")
def pool_elsewhere(objects: Objects, plan: Plan) -> None:
    speaker: Any = {"labels": {"app.kubernetes.io/name": "metallb"}}
    objects.append(make("DaemonSet", "apps/v1", "metallb-speaker", "metallb-system", metadata=speaker, spec={}))
    pool(objects, "far", "192.168.120.80-192.168.120.85", "fd00:120::80-fd00:120::85", namespace="elsewhere")


@fault("pools", "IPAddressPool metallb-system/ingress-ippool")
def nodes_excluded_from_balancers(objects: Objects, plan: Plan) -> None:
    for one in [one for one in objects if one["kind"] == "Node"]:
        one["metadata"]["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] = ""


@fault("ironic", "ConfigMap metal3-system/ironic")
def images_at_an_old_address(objects: Objects, plan: Plan) -> None:
    find(objects, "ConfigMap", "ironic")["data"]["IRONIC_EXTERNAL_HTTP_URL"] = "http://192.168.120.199:6180"


@fault("ironic", "ConfigMap metal3-system/baremetal-operator-ironic")
def operator_asks_an_old_address(objects: Objects, plan: Plan) -> None:
    find(objects, "ConfigMap", "baremetal-operator-ironic")["data"]["IRONIC_ENDPOINT"] = (
        "https://192.168.120.199:6385/v1/"
    )


@fault("ironic", "ConfigMap metal3-system/baremetal-operator-ironic")
def cache_at_an_old_address(objects: Objects, plan: Plan) -> None:
    find(objects, "ConfigMap", "baremetal-operator-ironic")["data"]["CACHEURL"] = "http://192.168.120.199:6180/images"


def host(objects: Objects, **status: Any) -> dict[str, Any]:
    bmc = {"address": "redfish-virtualmedia://192.168.120.150/redfish/v1/Systems/1", "credentialsName": "c",
           "disableCertificateVerification": True}  # fmt: skip
    spec = {"online": True, "bootMACAddress": "34:8a:b1:4b:aa:aa", "bmc": bmc}
    status = {"operationalStatus": "OK", "errorMessage": "", "provisioning": {"state": "available"}, **status}
    found = make("BareMetalHost", "metal3.io/v1alpha1", "edge-9", "metal3-system", spec=spec, status=status)
    objects.append(found)
    return found


@fault("hosts", "BareMetalHost metal3-system/edge-9")
def inspected_for_days(objects: Objects, plan: Plan) -> None:
    history = {"inspect": {"start": time(-50), "end": None}}
    host(objects, provisioning={"state": "inspecting"}, operationHistory=history)


@fault("hosts", "BareMetalHost metal3-system/edge-9")
def registered_for_days(objects: Objects, plan: Plan) -> None:
    host(objects, provisioning={"state": "registering"})["metadata"]["creationTimestamp"] = time(-50)


@fault("hosts", "BareMetalHost metal3-system/edge-9")
def removed_for_days(objects: Objects, plan: Plan) -> None:
    host(objects)["metadata"]["deletionTimestamp"] = time(-50)


@fault("hosts", "BareMetalHost metal3-system/edge-9", "DS063")
def image_without_a_host(objects: Objects, plan: Plan) -> None:
    host(objects)["spec"]["image"] = {"url": "http:///edge.raw", "checksum": "http://192.168.120.7/edge.raw.sha256"}


@fault("hosts", "BareMetalHost metal3-system/edge-9", "DS063")
def image_without_brackets(objects: Objects, plan: Plan) -> None:
    host(objects)["spec"]["image"] = {
        "url": "http://fd00:120::7/edge.raw",
        "checksum": "http://lab:sesame@[fd00:120::7]/edge.raw.sha256",
    }


@fault("hosts", "BareMetalHost metal3-system/edge-9")
def a_node_for_a_bmc(objects: Objects, plan: Plan) -> None:
    host(objects)["spec"]["bmc"]["address"] = "redfish-virtualmedia://[fd00:120::11]/redfish/v1/Systems/1"


@fault("rancher", "setting server-url")
def server_url_with_a_path(objects: Objects, plan: Plan) -> None:
    first(objects, "Setting")["value"] = f"https://{plan.rancher_hostname}/dashboard"


def broken_certificate(objects: Objects, hours: float = 24 * 60) -> dict[str, Any]:
    objects.append(certificate("shop", "cattle-system", hours=hours))
    status: dict[str, Any] = objects[-1]["status"]
    return status


@fault("certificates", "Certificate cattle-system/shop")
def certificate_ends_and_nobody_renews(objects: Objects, plan: Plan) -> None:
    del broken_certificate(objects, 30)["renewalTime"]


@fault("certificates", "Certificate cattle-system/shop")
def certificate_renewed_too_late(objects: Objects, plan: Plan) -> None:
    broken_certificate(objects, 24)["renewalTime"] = time(48)


@fault("certificates", "Certificate cattle-system/shop")
def certificate_to_come(objects: Objects, plan: Plan) -> None:
    broken_certificate(objects)["notBefore"] = time(30)


@fault("certificates", "Certificate cattle-system/shop")
def renewal_failed(objects: Objects, plan: Plan) -> None:
    issuing = {"type": "Issuing", "status": "False", "reason": "Failed", "message": "the issuer says no"}
    broken_certificate(objects)["conditions"].append(issuing)


@fault("webhooks", "APIService v1beta1.metrics.k8s.io")
def api_of_nobody_knows(objects: Objects, plan: Plan) -> None:
    condition(first(objects, "APIService"), "Available", "Unknown")


@fault("workloads", "Deployment cattle-system/rancher")
def rancher_switched_off(objects: Objects, plan: Plan) -> None:
    first(objects, "Deployment")["spec"]["replicas"] = 0
    first(objects, "Deployment")["status"] = {}


@fault("workloads", "Deployment cattle-system/rancher")
def change_stands_still(objects: Objects, plan: Plan) -> None:
    stuck = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"}
    first(objects, "Deployment")["status"]["conditions"] = [stuck]


@fault("workloads", "Deployment capm3-system/capm3-controller-manager")
def provider_of_machines_away(objects: Objects, plan: Plan) -> None:
    spec = {"replicas": 1, **{key: first(objects, "Deployment")["spec"][key] for key in ("selector", "template")}}
    objects.append(make("Deployment", "apps/v1", "capm3-controller-manager", "capm3-system", spec=spec, status={}))


@fault("etcd", "etcd snapshots")
def snapshot_to_come(objects: Objects, plan: Plan) -> None:
    first(objects, "ETCDSnapshotFile")["status"]["creationTime"] = time(24 * 9)


@fault("downstream", "Cluster default/edge-1")
def downstream_given_up(objects: Objects, plan: Plan) -> None:
    objects.append(make("Cluster", "cluster.x-k8s.io/v1beta1", "edge-1", "default", status={"phase": "Failed"}))


@fault("services", "Service kube-system/rke2-ingress-nginx", others=("services",))
def balancer_of_another_class(objects: Objects, plan: Plan) -> None:
    ingress(objects, plan)["spec"]["loadBalancerClass"] = "example.com/klipper"
    ingress(objects, plan)["status"] = {"loadBalancer": {}}


@fault("workloads", "Namespace cattle-fleet-system")
def namespace_does_not_go(objects: Objects, plan: Plan) -> None:
    gone = {"deletionTimestamp": time(-50)}
    objects.append(make("Namespace", "v1", "cattle-fleet-system", metadata=gone, status={"phase": "Terminating"}))


@fault("services", "Service kube-system/rke2-ingress-nginx", demo="demo-hostname")
def nobody_behind_the_ingress(objects: Objects, plan: Plan) -> None:
    nobody_behind(objects, "rke2-ingress-nginx")


@fault("certificates", "Certificate cattle-system/tls-rancher-ingress")
def certificate_of_another_name(objects: Objects, plan: Plan) -> None:
    objects.append(certificate("tls-rancher-ingress", "cattle-system"))
    objects[-1]["spec"]["dnsNames"] = ["rancher.elsewhere.example.com"]


@fault("release", "", others=("release",))
def kubernetes_of_no_release(objects: Objects, plan: Plan) -> None:
    for one in [one for one in objects if one["kind"] == "Node"]:
        one["status"]["nodeInfo"]["kubeletVersion"] = "v1.27.3+rke2r1"


@fault("downstream", "Metal3Cluster default/edge-1")
def downstream_nowhere(objects: Objects, plan: Plan) -> None:
    spec = {"controlPlaneEndpoint": {"host": "", "port": 6443}}
    objects.append(make("Metal3Cluster", "infrastructure.cluster.x-k8s.io/v1beta1", "edge-1", "default", spec=spec))


def adverts(objects: Objects, **spec: Any) -> None:
    """Announce the ingress controller's pool over BGP alone."""
    remove(objects, "L2Advertisement", "ingress-l2-adv")
    remove(objects, "ServiceL2Status", "l2-rke2-ingress-nginx")
    api = "metallb.io/v1beta1"
    spec = {"ipAddressPools": ["ingress-ippool"], **spec}
    objects.append(make("BGPAdvertisement", api, "ingress", "metallb-system", spec=spec))


def router(objects: Objects, name: str, **spec: Any) -> None:
    spec = {"myASN": 64512, "peerASN": 64513, "peerAddress": "192.168.120.1", **spec}
    objects.append(make("BGPPeer", "metallb.io/v1beta2", name, "metallb-system", spec=spec))


@fault("pools", "BGPAdvertisement metallb-system/ingress")
def no_router_hears(objects: Objects, plan: Plan) -> None:
    adverts(objects)


@fault("pools", "BGPAdvertisement metallb-system/ingress")
def the_router_meant_is_none(objects: Objects, plan: Plan) -> None:
    adverts(objects, peers=["left"])
    router(objects, "right")


@fault("pools", "BGPAdvertisement metallb-system/ingress")
def no_node_speaks_to_the_router(objects: Objects, plan: Plan) -> None:
    adverts(objects)
    router(objects, "right", nodeSelectors=[{"matchLabels": {"rack": "7"}}])


@fault("pools", "Service kube-system/rke2-ingress-nginx")
def interface_that_no_node_has(objects: Objects, plan: Plan) -> None:
    find(objects, "L2Advertisement", "ingress-l2-adv")["spec"]["interfaces"] = ["eth9"]
    remove(objects, "ServiceL2Status", "l2-rke2-ingress-nginx")


@fault("workloads", "StatefulSet cattle-fleet-local-system/fleet-agent")
def stateful_pods_away(objects: Objects, plan: Plan) -> None:
    first(objects, "StatefulSet")["status"] = {"replicas": 1}


@fault("workloads", "DaemonSet kube-system/cilium")
def network_for_no_node(objects: Objects, plan: Plan) -> None:
    first(objects, "DaemonSet")["status"] = dict.fromkeys(first(objects, "DaemonSet")["status"], 0)


@fault("services", "CoreDNS")
def names_at_another_address(objects: Objects, plan: Plan) -> None:
    spec = find(objects, "Service", "rke2-coredns-rke2-coredns")["spec"]
    other = str(ip_network(str(plan.server["service-cidr"]).split(",")[0])[99])
    spec |= {"clusterIP": other, "clusterIPs": [other, spec["clusterIPs"][1]]}


@fault("services", "CoreDNS")
def names_at_another_address_by_the_range(objects: Objects, plan: Plan) -> None:
    names_at_another_address(objects, plan)
    remove(objects, "HelmChart", "rke2-coredns")


@fault("ironic", "ConfigMap metal3-system/ironic", "DS141")
def ramdisk_without_ipv6(objects: Objects, plan: Plan) -> None:
    find(objects, "ConfigMap", "ironic")["data"]["IRONIC_KERNEL_PARAMS"] += " ipv6.disable=1 quiet"


@fault("nodes", "etcd", "DS278")
def members_of_an_even_number(objects: Objects, plan: Plan) -> None:
    remove(objects, "Node", "mgmt-3")


@fault("helm", "HelmChartConfig kube-system/rke2-traefik", "DS273")
def ingress_configured_for_one_family(objects: Objects, plan: Plan) -> None:
    spec = {"valuesContent": "service: {type: LoadBalancer, ipFamilyPolicy: SingleStack}"}
    objects.append(make("HelmChartConfig", "helm.cattle.io/v1", "rke2-traefik", "kube-system", spec=spec))
