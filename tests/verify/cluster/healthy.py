"""A living cluster as data: what a healthy site of a plan shows through its API."""

from __future__ import annotations

import base64
import datetime
import gzip
import json
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

from dualstack.document.frozen import thaw
from dualstack.document.yamlio import dump
from dualstack.eib.balancer import ingress_config, ingress_values, pools
from dualstack.plan.ironic_env import extra_env
from dualstack.plan.model import ChartPlan, NodePlan, Plan

Object = dict[str, Any]
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
UID = "11111111-2222-3333-4444-555555555555"


def time(hours: float = 0) -> str:
    return (NOW + datetime.timedelta(hours=hours)).isoformat().replace("+00:00", "Z")


def make(kind: str, api: str, name: str, namespace: str = "", /, **parts: Any) -> Object:
    metadata: Object = {"name": name, **({"namespace": namespace} if namespace else {}), **parts.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}


def cluster(plan: Plan, secrets: bool = True) -> list[Object]:
    """Give the objects of a healthy cluster."""
    found = [make("Namespace", "v1", "kube-system", metadata={"uid": UID})]
    found += [_node(plan, node) for node in plan.nodes]
    found += [make("ServiceCIDR", "networking.k8s.io/v1", "kubernetes", spec={"cidrs": ranges(plan, "service-cidr")})]
    found += _control_plane(plan)
    found += _cni(plan)
    found += _services(plan)
    found += pools(plan)
    if plan.several:
        found += [ingress_config(plan, dump(ingress_values(plan.release.ingress_values)))]
        found += [
            make("IPAddressPool", "metallb.io/v1beta1", "api-ip", "metallb-system",
                 spec={"addresses": [f"{plan.api.ipv4}/32"], "avoidBuggyIPs": True}),
            make("L2Advertisement", "metallb.io/v1beta1", "api-ip-l2-adv", "metallb-system",
                 spec={"ipAddressPools": ["api-ip"]}),
        ]  # fmt: skip
    found += _ironic(plan)
    found += [_host(bmc.name, bmc.address, number) for number, bmc in enumerate(plan.bmcs)]
    for chart in plan.charts:
        found += [helm_record(chart)] if secrets else []
        found += [helm_chart(chart)] if chart.delivery == "image" else []
    found += [packaged("rke2-coredns", str(ip_network(ranges(plan, "service-cidr")[0])[10])), packaged("rke2-cilium")]
    found += [
        make("Setting", "management.cattle.io/v3", "server-url", value=f"https://{plan.rancher_hostname}"),
        make("ETCDSnapshotFile", "k3s.cattle.io/v1", "snapshot-1",
             spec={"nodeName": plan.initializer.name, "snapshotName": "s", "location": "file:///var/lib"},
             status={"creationTime": time(-2), "readyToUse": True, "size": "1Mi"}),
        certificate("ironic-cacert", "metal3-system"),
        webhook("rancher.cattle.io", "cattle-system", "rancher-webhook"),
        make("APIService", "apiregistration.k8s.io/v1", "v1beta1.metrics.k8s.io",
             spec={"service": {"name": "rke2-metrics-server", "namespace": "kube-system"}, "group": "metrics.k8s.io",
                   "version": "v1beta1", "groupPriorityMinimum": 100, "versionPriority": 100},
             status={"conditions": [{"type": "Available", "status": "True"}]}),
        make("StatefulSet", "apps/v1", "fleet-agent", "cattle-fleet-local-system",
             spec={"replicas": 1, "serviceName": "fleet-agent", **_template("fleet-agent")},
             status={"replicas": 1, "readyReplicas": 1}),
        make("Deployment", "apps/v1", "rancher", "cattle-system", spec={"replicas": 1, **_template("rancher")},
             status={"replicas": 1, "availableReplicas": 1, "readyReplicas": 1}),
    ]  # fmt: skip
    return found


def ranges(plan: Plan, key: str) -> list[str]:
    return str(plan.server[key]).split(",")


def _block(plan: Plan, family: str, index: int) -> str:
    network = next(ip_network(one) for one in ranges(plan, "cluster-cidr") if (":" in one) == (family == "ipv6"))
    mask = getattr(plan.site.cluster.node_mask, family)
    step = int(network.network_address) + (index << (network.max_prefixlen - mask))
    return f"{type(network.network_address)(step)}/{mask}"


def _node(plan: Plan, node: NodePlan) -> Object:
    blocks = [_block(plan, family, node.index) for family in ("ipv4", "ipv6")]
    labels = {"kubernetes.io/hostname": node.name}
    if node.role == "server":
        labels |= {"node-role.kubernetes.io/control-plane": "true", "node-role.kubernetes.io/etcd": "true"}
    addresses = [{"type": "InternalIP", "address": str(address)} for address in node.addresses.values()]
    if not addresses:  # by DHCP: nobody states them
        addresses = [{"type": "InternalIP", "address": address} for address in ("192.168.120.30", "fd00:120::30")]
    return make(
        "Node", "v1", node.name.lower(),
        metadata={"labels": labels},
        spec={"podCIDR": blocks[0], "podCIDRs": blocks},
        status={
            "addresses": [*addresses, {"type": "Hostname", "address": node.name}],
            "conditions": [
                {"type": "MemoryPressure", "status": "False", "reason": "x", "message": "x"},
                {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "posting ready"},
            ],
            "nodeInfo": {
                "kubeletVersion": plan.kubernetes_version, "architecture": "amd64", "bootID": "x",
                "containerRuntimeVersion": "containerd://2", "kernelVersion": "6", "kubeProxyVersion": "",
                "machineID": "x", "operatingSystem": "linux", "osImage": "x", "systemUUID": "x",
            },
        },
    )  # fmt: skip


def _control_plane(plan: Plan) -> list[Object]:
    made = []
    for component, words in (
        ("kube-apiserver", ["kube-apiserver", f"--service-cluster-ip-range={plan.server['service-cidr']}"]),
        ("kube-controller-manager", ["kube-controller-manager", f"--cluster-cidr={plan.server['cluster-cidr']}"]),
    ):
        name = f"{component}-{plan.initializer.name.lower()}"
        spec = {"containers": [{"name": component, "image": "x", "command": words[:1], "args": words[1:]}]}
        labels = {"component": component, "tier": "control-plane"}
        made.append(make("Pod", "v1", name, "kube-system", metadata={"labels": labels}, spec=spec))
    return made


def _template(name: str) -> Object:
    labels = {"app": name}
    containers = [{"name": "one", "image": "x"}]
    return {
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
    }


def _cni(plan: Plan) -> list[Object]:
    status = {"currentNumberScheduled": 1, "desiredNumberScheduled": 1, "numberAvailable": 1, "numberReady": 1,
              "numberMisscheduled": 0}  # fmt: skip
    cni = plan.site.cluster.cni
    name = {"cilium": "cilium", "canal": "rke2-canal", "calico": "calico-node"}[cni]
    found = [make("DaemonSet", "apps/v1", name, "kube-system", spec=_template(name), status=status)]
    pods = ranges(plan, "cluster-cidr")
    if cni == "cilium":
        data = {"enable-ipv4": "true", "enable-ipv6": "true", "ipam": "kubernetes"}
        found.append(make("ConfigMap", "v1", "cilium-config", "kube-system", data=data))
    if cni == "canal":
        config = {"Network": pods[0], "EnableIPv6": True, "IPv6Network": pods[1], "Backend": {"Type": "vxlan"}}
        data = {"net-conf.json": json.dumps(config)}
        found.append(make("ConfigMap", "v1", "rke2-canal-config", "kube-system", data=data))
    if cni == "calico":
        found += [
            make("IPPool", "crd.projectcalico.org/v1", f"default-{number}", spec={"cidr": cidr})
            for number, cidr in enumerate(pods)
        ]
    return found


def service(plan: Plan, namespace: str, name: str, number: int, /, app: str = "", **spec: Any) -> list[Object]:
    """A Service of both families with its two EndpointSlices; ``lb`` are its load balancer's addresses."""
    balancer = [{"ip": str(address)} for address in spec.pop("lb", ())]
    single = spec.pop("single", False)
    ips = [str(ip_network(cidr).network_address + number) for cidr in ranges(plan, "service-cidr")][
        : 1 if single else 2
    ]
    labels = {"app.kubernetes.io/name": app or name, **spec.pop("labels", {})}
    whole = {
        "ports": [{"port": 443, "protocol": "TCP"}],
        "selector": {"app": name},
        "clusterIP": ips[0],
        "clusterIPs": ips,
        "ipFamilies": ["IPv4", "IPv6"][: len(ips)],
        "ipFamilyPolicy": "SingleStack" if single else "PreferDualStack",
        "type": "ClusterIP",
        **spec,
    }
    slices = [
        make(
            "EndpointSlice", "discovery.k8s.io/v1", f"{name}-{family.lower()}", namespace,
            metadata={"labels": {"kubernetes.io/service-name": name}},
            addressType=family,
            endpoints=[{"addresses": [address], "conditions": {"ready": True}}],
            ports=[{"port": 443, "protocol": "TCP"}],
        )
        for family, address in (("IPv4", "10.42.0.9"), ("IPv6", "fd12:4567:789b::9"))[: len(ips)]
    ]  # fmt: skip
    status = {"loadBalancer": {"ingress": balancer}} if balancer else {"loadBalancer": {}}
    found = [make("Service", "v1", name, namespace, metadata={"labels": labels}, spec=whole, status=status), *slices]
    if balancer:
        said = {"node": plan.initializer.name, "serviceName": name, "serviceNamespace": namespace}
        found.append(make("ServiceL2Status", "metallb.io/v1beta1", f"l2-{name}", "metallb-system", status=said))
    return found


def _services(plan: Plan) -> Iterator[Object]:
    yield from service(plan, "default", "kubernetes", 1, single=True)
    yield from service(plan, "kube-system", "rke2-coredns-rke2-coredns", 10, labels={"k8s-app": "kube-dns"})
    yield from service(plan, "kube-system", "rke2-metrics-server", 11, single=True)
    yield from service(plan, "cert-manager", "cert-manager", 12, single=True)
    yield from service(plan, "cattle-system", "rancher", 13)
    yield from service(plan, "cattle-system", "rancher-webhook", 14, single=True)
    if plan.several:
        yield from service(plan, "default", "kubernetes-vip", 15, single=True, type="LoadBalancer", lb=[plan.api.ipv4])
        yield from service(
            plan, "kube-system", plan.release.ingress_chart, 16, type="LoadBalancer", lb=plan.entry.values()
        )
        yield from service(
            plan, "metal3-system", "metal3-metal3-ironic", 17, app="metal3-ironic", type="LoadBalancer",
            lb=plan.serving.values(),
        )  # fmt: skip
    else:
        yield from service(plan, "kube-system", plan.release.ingress_chart, 16)
        yield from service(plan, "metal3-system", "metal3-metal3-ironic", 17, app="metal3-ironic", type="NodePort")


def _ironic(plan: Plan) -> list[Object]:
    ironic, chart = plan.ironic, plan.chart("metal3")
    if ironic is None or chart is None:
        return []
    env = {
        "IRONIC_EXTERNAL_HTTP_URL": ironic.rendered_url,
        "LISTEN_ALL_INTERFACES": str(ironic.listen_on_all).lower(),
        "PREDICTABLE_NIC_NAMES": "true",
        "IRONIC_KERNEL_PARAMS": "console=ttyS0",
        **{
            name: value
            for name, value in (
                ("IRONIC_IP", ironic.ironic_ip),
                ("PROVISIONING_IP", ironic.provisioning_ip),
                ("IRONIC_URL_HOSTNAME", ironic.hostname),
            )
            if value
        },
        **extra_env(chart.values),
    }
    operator = {"IRONIC_ENDPOINT": ironic.endpoint, "CACHEURL": f"{ironic.rendered_url}/images"}
    if ironic.external_url_v6:
        operator["IRONIC_EXTERNAL_URL_V6"] = ironic.external_url_v6
    return [
        make("ConfigMap", "v1", "ironic", "metal3-system", data=env),
        make("ConfigMap", "v1", "baremetal-operator-ironic", "metal3-system", data=operator),
    ]


def _host(name: str, address: str, number: int) -> Object:
    bmc = {"address": address, "credentialsName": f"{name}-bmc", "disableCertificateVerification": True}
    spec = {"online": True, "bootMACAddress": f"34:8a:b1:4b:99:{number:02x}", "bmc": bmc}
    status = {"operationalStatus": "OK", "errorMessage": "", "provisioning": {"state": "available"}}
    return make("BareMetalHost", "metal3.io/v1alpha1", name, "metal3-system", spec=spec, status=status)


def values(chart: ChartPlan) -> Any:
    return thaw(chart.values, lambda secret: f"the-{secret.key}-itself-9d2f")


def packed(release: Any) -> str:
    """Pack a release as Helm does (``pkg/storage/driver/util.go``), in base64 once more as the API shows a Secret."""
    content = base64.b64encode(gzip.compress(json.dumps(release).encode()))
    return base64.b64encode(content).decode()


def helm_record(
    chart: ChartPlan, status: str = "deployed", version: str = "", revision: int = 1, given: Any = None
) -> Object:
    release = {
        "name": chart.name,
        "namespace": chart.namespace,
        "version": revision,
        "info": {"status": status, "description": "Install complete"},
        "chart": {"metadata": {"name": chart.chart, "version": version or chart.version}},
        "config": values(chart) if given is None else given,
    }
    labels = {"owner": "helm", "name": chart.name, "status": status, "version": str(revision)}
    return make(
        "Secret", "v1", f"sh.helm.release.v1.{chart.name}.v{revision}", chart.namespace,
        metadata={"labels": labels}, type="helm.sh/release.v1", data={"release": packed(release)},
    )  # fmt: skip


def helm_chart(chart: ChartPlan) -> Object:
    spec = {
        "chart": f"oci://registry.example/{chart.chart}",
        "version": chart.version,
        "targetNamespace": chart.namespace,
        "valuesContent": dump(values(chart)),
    }
    return make("HelmChart", "helm.cattle.io/v1", chart.name, "kube-system", spec=spec, status={"jobName": "x"})


def packaged(name: str, dns: str = "10.96.0.10") -> Object:
    """What RKE2 brings itself: the archive is inside."""
    spec = {"chartContent": base64.b64encode(b"no archive").decode(), "set": {"global.clusterDNS": dns}}
    return make("HelmChart", "helm.cattle.io/v1", name, "kube-system", spec=spec)


def certificate(name: str, namespace: str, hours: float = 24 * 60, ready: str = "True") -> Object:
    status = {
        "conditions": [{"type": "Ready", "status": ready, "reason": "Ready", "message": "up to date"}],
        "notAfter": time(hours),
        "renewalTime": time(hours - 24),
    }
    return make(
        "Certificate", "cert-manager.io/v1", name, namespace, spec={"secretName": name, "issuerRef": {"name": "ca"}},
        status=status,
    )  # fmt: skip


def webhook(name: str, namespace: str, service_name: str, /, bundle: str = "", policy: str = "Fail") -> Object:
    client: Object = {"service": {"namespace": namespace, "name": service_name, "path": "/v1"}}
    client |= {"caBundle": bundle} if bundle else {}
    hook = {
        "name": name,
        "clientConfig": client,
        "failurePolicy": policy,
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "rules": [{"operations": ["CREATE"], "apiGroups": ["management.cattle.io"], "apiVersions": ["*"],
                   "resources": ["clusters"]}],
    }  # fmt: skip
    return make("ValidatingWebhookConfiguration", "admissionregistration.k8s.io/v1", name, webhooks=[hook])


def find(objects: list[Object], kind: str, name: str) -> Object:
    """Give one of the objects, to change it."""
    return next(one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name)


def first(objects: list[Object], kind: str) -> Object:
    return next(one for one in objects if one["kind"] == kind)


def remove(objects: list[Object], kind: str, name: str) -> None:
    objects.remove(find(objects, kind, name))
