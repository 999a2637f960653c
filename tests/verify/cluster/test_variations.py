"""What a healthy cluster may have besides: none of it is a fault."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from dualstack.plan.model import Plan
from tests.verify.cluster.faults import Objects, condition, ingress, node
from tests.verify.cluster.further_faults import host, pool, router
from tests.verify.cluster.healthy import certificate, cluster, find, first, make, remove, service, time, webhook
from tests.verify.cluster.sites import demo, seen, wrong

Vary = Callable[[Objects, Plan], None]


def single_on_purpose(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "shop", "db", 50, single=True)


def headless_with_endpoints_by_hand(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "shop", "db", 50)
    spec = find(objects, "Service", "db")["spec"]
    spec |= {"clusterIP": "None", "clusterIPs": ["None"]}
    del spec["selector"]
    remove(objects, "EndpointSlice", "db-ipv6")


def external_name(objects: Objects, plan: Plan) -> None:
    spec = {"type": "ExternalName", "externalName": "db.example.com"}
    objects.append(make("Service", "v1", "elsewhere", "shop", spec=spec))


def users_pods_away(objects: Objects, plan: Plan) -> None:
    objects += service(plan, "shop", "off", 51)
    for name in ("off-ipv4", "off-ipv6"):
        remove(objects, "EndpointSlice", name)
    objects.append(make("Deployment", "apps/v1", "off", "shop", spec={"replicas": 3}, status={}))


def operator_switched_off(objects: Objects, plan: Plan) -> None:
    name = "endpoint-copier-operator"
    objects.append(make("Deployment", "apps/v1", name, name, spec={"replicas": 0}, status={}))


def no_metrics(objects: Objects, plan: Plan) -> None:
    objects.remove(first(objects, "APIService"))
    remove(objects, "Service", "rke2-metrics-server")


def local_traffic_alone(objects: Objects, plan: Plan) -> None:
    ingress(objects, plan)["spec"] |= {"externalTrafficPolicy": "Local", "healthCheckNodePort": 31000}


def more_addresses(objects: Objects, plan: Plan) -> None:
    more = [("InternalIP", "2001:db8:77::5"), ("ExternalIP", "203.0.113.9"), ("InternalDNS", "m.example.com")]
    node(objects, plan)["status"]["addresses"] += [{"type": kind, "address": text} for kind, text in more]


def another_pool(objects: Objects, plan: Plan) -> None:
    pool(objects, "more", "192.168.120.200-192.168.120.210", "fd00:120::200-fd00:120::210")


def taints_of_somebodys_will(objects: Objects, plan: Plan) -> None:
    keys = ("dedicated", "node-role.kubernetes.io/control-plane")
    node(objects, plan)["spec"]["taints"] = [{"key": key, "effect": "NoSchedule"} for key in keys]


def etcd_votes(objects: Objects, plan: Plan) -> None:
    condition(node(objects, plan), "EtcdIsVoter", "True")


def further_range(objects: Objects, plan: Plan) -> None:
    status = {"conditions": [{"type": "Ready", "status": "True"}]}
    api = "networking.k8s.io/v1"
    objects.append(make("ServiceCIDR", api, "more", spec={"cidrs": ["10.140.0.0/20"]}, status=status))


def same_ranges_written_otherwise(objects: Objects, plan: Plan) -> None:
    pod = copy.deepcopy(next(one for one in objects if one["kind"] == "Pod" and "apiserver" in one["metadata"]["name"]))
    pod["metadata"]["name"] += "-2"
    services = str(plan.server["service-cidr"]).upper()
    pod["spec"]["containers"][0]["args"] = [f"--service-cluster-ip-range={services}"]
    objects.append(pod)


def rancher_made(objects: Objects, plan: Plan) -> None:
    api, network = "cluster.x-k8s.io/v1beta1", {"pods": {"cidrBlocks": ["10.244.0.0/16"]}}
    objects += [
        make("Cluster", api, "local", "fleet-local", spec={"controlPlaneEndpoint": {"host": "", "port": 0}}),
        make(
            "Cluster", api, "c-m-1", "fleet-default", spec={"clusterNetwork": network}, status={"phase": "Provisioned"}
        ),
    ]


def soft_webhooks(objects: Objects, plan: Plan) -> None:
    by_url = webhook("url", "shop", "gone")
    by_url["webhooks"][0]["clientConfig"] = {"url": "https://hook.example.com/x"}
    objects += [webhook("soft", "shop", "gone", policy="Ignore"), by_url]


def machines_of_all_kinds(objects: Objects, plan: Plan) -> None:
    broken_off = {"start": time(-80), "end": None}
    history = {
        "register": {"start": time(-90), "end": time(-89)},
        "inspect": {"start": time(-1), "end": None},
        "provision": broken_off,
    }
    host(objects, provisioning={"state": "inspecting"}, operationHistory=history)
    objects.append({**copy.deepcopy(objects[-1]), "status": {}})
    objects[-1]["metadata"]["name"] = "edge-10"
    bmc = objects[-1]["spec"]["bmc"] | {"address": "redfish-virtualmedia://bmc10.example.com/redfish/v1/Systems/1"}
    objects[-1]["spec"] = {**objects[-1]["spec"], "bmc": bmc, "bootMACAddress": "34:8a:b1:4b:aa:ab"}


def snapshot_that_failed_once(objects: Objects, plan: Plan) -> None:
    status = {"creationTime": time(-26), "readyToUse": False, "error": {"message": "S3 was away"}}
    spec = {"nodeName": plan.initializer.name, "snapshotName": "t", "location": ""}
    objects.append(make("ETCDSnapshotFile", "k3s.cattle.io/v1", "snapshot-0", spec=spec, status=status))


def strangers_variables(objects: Objects, plan: Plan) -> None:
    objects.append(make("ConfigMap", "v1", "ironic", "shop", data={"IRONIC_IP": "irony"}))


def certificates_of_users(objects: Objects, plan: Plan) -> None:
    objects.append(certificate("shop", "shop", hours=80 * 24))
    short = certificate("mesh", "shop", hours=20)
    short["status"]["renewalTime"] = time(12)
    objects.append(short)


def certificate_of_rancher(objects: Objects, plan: Plan) -> None:
    objects.append(certificate("tls-rancher-ingress", "cattle-system"))
    objects[-1]["spec"]["dnsNames"] = [plan.rancher_hostname.lower()]


def namespace_that_just_goes(objects: Objects, plan: Plan) -> None:
    objects.append(make("Namespace", "v1", "shop", metadata={"deletionTimestamp": time(-0.1)}))


def ironic_at_an_external_address(objects: Objects, plan: Plan) -> None:
    find(objects, "Service", "metal3-metal3-ironic")["spec"]["externalIPs"] = ["192.168.120.250", "fd00:120::250"]
    urls = find(objects, "ConfigMap", "baremetal-operator-ironic")["data"]
    urls["CACHEURL"] = "http://192.168.120.250:6180/images"


def by_routers(objects: Objects, plan: Plan) -> None:
    for name in [one["metadata"]["name"] for one in objects if one["kind"] in ("L2Advertisement", "ServiceL2Status")]:
        objects[:] = [one for one in objects if one["metadata"]["name"] != name]
    objects.append(make("BGPAdvertisement", "metallb.io/v1beta1", "all", "metallb-system", spec={}))
    router(objects, "one", nodeSelectors=[{"matchLabels": {"kubernetes.io/hostname": plan.nodes[0].name}}])


def through_one_interface(objects: Objects, plan: Plan) -> None:
    for one in [one for one in objects if one["kind"] == "L2Advertisement"]:
        one["spec"]["interfaces"] = ["bond0"]


def daemons_for_other_nodes(objects: Objects, plan: Plan) -> None:
    status = {"desiredNumberScheduled": 0, "currentNumberScheduled": 0, "numberReady": 0}
    objects.append(make("DaemonSet", "apps/v1", "calico-node-windows", "calico-system", spec={}, status=status))


def stateful_sets_of_users(objects: Objects, plan: Plan) -> None:
    objects.append(make("StatefulSet", "apps/v1", "db", "shop", spec={"replicas": 3}, status={}))
    objects.append(make("StatefulSet", "apps/v1", "off", "cattle-system", spec={"replicas": 0}, status={"replicas": 0}))


def harmless_kernel_arguments(objects: Objects, plan: Plan) -> None:
    for one in [one for one in objects if one["metadata"]["name"] == "ironic" and one["kind"] == "ConfigMap"]:
        one["data"]["IRONIC_KERNEL_PARAMS"] = "console=ttyS0 ipv6.autoconf=0 ip=dhcp"


VARIATIONS: tuple[Vary, ...] = (
    single_on_purpose, headless_with_endpoints_by_hand, external_name, users_pods_away, operator_switched_off,
    no_metrics, local_traffic_alone, more_addresses, another_pool, taints_of_somebodys_will, etcd_votes, further_range,
    same_ranges_written_otherwise, rancher_made, soft_webhooks, machines_of_all_kinds, snapshot_that_failed_once,
    strangers_variables, certificates_of_users, certificate_of_rancher, namespace_that_just_goes,
    ironic_at_an_external_address, by_routers, through_one_interface, daemons_for_other_nodes, stateful_sets_of_users,
    harmless_kernel_arguments,
)  # fmt: skip


@pytest.mark.parametrize("name", ["demo", "demo-hostname", "demo-ha"])
@pytest.mark.parametrize("vary", VARIATIONS, ids=lambda vary: vary.__name__)
def test_a_healthy_cluster_may_have_it(vary: Vary, name: str) -> None:
    plan, _ = demo(name)
    if vary is strangers_variables and plan.ironic is None:
        pytest.skip("without an Ironic of its own a ConfigMap of that kind is all there is")
    objects = copy.deepcopy(cluster(plan))
    vary(objects, plan)

    for site in (name, None):
        assert [(one.kind.value, one.at, one.asked, one.seen) for one in wrong(seen(objects, site))] == []


def test_a_metallb_that_tells_nothing_of_its_speakers_is_no_fault() -> None:
    plan, _ = demo("demo-ha")
    objects = [one for one in cluster(plan) if one["kind"] != "ServiceL2Status"]

    assert wrong(seen(objects, "demo-ha", absent=("l2-status",))) == []
