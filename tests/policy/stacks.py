"""A stack of somebody's program that keeps every policy, and for each policy a change that breaks it."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dualstack.document.holes import SECRET, UNKNOWN
from dualstack.policies.model import Given
from tests.policy import several_nodes

STACK = "dev"
PROJECT = "lab"
NETWORK = "libvirt:index/network:Network"
DOMAIN = "libvirt:index/domain:Domain"
VOLUME = "libvirt:index/volume:Volume"
RELEASE = "kubernetes:helm.sh/v3:Release"
SERVICE = "kubernetes:core/v1:Service"
DIRECTORY = "dualstack:image:Directory"

Resource = dict[str, Any]
"""``type``, ``name``, ``props``; where set ``component``, ``parent``, ``protect`` and ``deleteBeforeReplace``."""

PASSWORD = "zq7-Vb2-mK9-Lw4-Tx"

SERVER = """\
cluster-cidr: "10.42.0.0/16,fd12:4567:789b::/48"
service-cidr: "10.96.0.0/12,fd12:4567:789c::/112"
cni: [cilium]
"""
DEFINITION = """\
apiVersion: "1.3"
kubernetes:
  version: v1.34.4+rke2r1
  helm:
    charts:
    - {name: cert-manager, version: "1.19.2", targetNamespace: cert-manager}
"""
NMSTATE = """\
interfaces:
- name: eth0
  type: ethernet
  state: up
  ipv4: {enabled: true, address: [{ip: 192.168.50.10, prefix-length: 24}]}
  ipv6: {enabled: true, address: [{ip: "fd00:50::10", prefix-length: 64}]}
"""


def resource(type_: str, name: str, props: dict[str, Any], **more: Any) -> Resource:
    """Describe one resource."""
    return {"type": type_, "name": name, "props": props, **more}


def good() -> list[Resource]:
    """Give the stack; other people's resources and ours side by side."""
    pods = {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"}
    services = {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/112"}
    cluster = "dualstack:index:ManagementCluster"
    return [
        resource(cluster, "cluster", {"release": "3.5", "kubernetesVersion": "v1.34.4+rke2r1"}, component=True),
        resource(
            "dualstack:index:ManagementNetwork",
            "management",
            {
                "nodes": {"mgmt": {"ipv4": "192.168.50.10", "ipv6": "fd00:50::10"}},
                "pods": pods,
                "services": services,
            },
            component=True,
        ),
        resource("dualstack:index:ManagementHost", "host", {"production": False}, component=True),
        resource(
            NETWORK,
            "net",
            {
                "name": "net",
                "mode": "nat",
                "addresses": ["192.168.50.0/24", "fd00:50::/64"],
                "dhcp": {"enabled": True},
                "dns": {
                    "enabled": True,
                    "hosts": [
                        {"hostname": "mgmt", "ip": "192.168.50.10"},
                        {"hostname": "mgmt", "ip": "fd00:50::10"},
                    ],
                },
            },
            deleteBeforeReplace=True,
        ),
        resource(
            VOLUME, "disk", {"name": "disk", "pool": "default", "size": 1}, deleteBeforeReplace=True, parent="host"
        ),
        resource(
            DOMAIN,
            "vm",
            {"name": "vm", "networkInterfaces": [{"addresses": []}]},
            deleteBeforeReplace=True,
            parent="host",
        ),
        resource(
            DIRECTORY,
            "image",
            {
                "path": "build/lab",
                "files": {
                    "kubernetes/config/server.yaml": {"mode": "0644", "content": SERVER},
                    "definition.yaml": {"mode": "0600", "content": DEFINITION},
                    "network/mgmt.yaml": {"mode": "0644", "content": NMSTATE},
                    "kubernetes/helm/values/own.yaml": {"mode": "0644", "content": "hostname: rancher.example.com\n"},
                },
            },
        ),
        resource(
            "kubernetes:cluster.x-k8s.io/v1beta1:Cluster",
            "edge",
            {
                "metadata": {"name": "edge"},
                "spec": {
                    "clusterNetwork": {
                        "pods": {"cidrBlocks": ["10.52.0.0/16", "fd12:4567:889b::/48"]},
                        "services": {"cidrBlocks": ["10.112.0.0/16", "fd12:4567:889c::/112"]},
                    }
                },
            },
        ),
        resource("kubernetes:networking.k8s.io/v1:ServiceCIDR", "more", {"spec": {"cidrs": ["10.113.0.0/24"]}}),
        resource(
            "dualstack:dns:RecordSet",
            "records",
            {"record": "rancher.example.com", "ipv4": ["192.168.50.10"], "ipv6": ["fd00:50::10"]},
        ),
        resource(
            "kubernetes:externaldns.k8s.io/v1alpha1:DNSEndpoint",
            "endpoint",
            {
                "spec": {
                    "endpoints": [
                        {"dnsName": "ironic.example.com", "recordType": "A", "targets": ["192.168.50.10"]},
                        {"dnsName": "ironic.example.com", "recordType": "AAAA", "targets": ["fd00:50::10"]},
                    ]
                }
            },
        ),
        resource(
            RELEASE,
            "metal3",
            {
                "chart": "oci://registry.suse.com/edge/charts/metal3",
                "name": "metal3",
                "namespace": "metal3-system",
                "version": "305.0.23+up0.13.1",
                "values": {
                    "global": {"ironicIP": "192.168.50.10", "enable_vmedia_tls": False},
                    "metal3-ironic": {"listenOnAll": True},
                    "metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": "fd00:50::10"}},
                },
            },
        ),
        resource(
            RELEASE,
            "rancher",
            {
                "chart": "rancher",
                "name": "rancher",
                "namespace": "cattle-system",
                "version": "2.13.3",
                "values": {
                    "hostname": "rancher-192-168-50-10.fd00-50--10.sslip.io",
                    "bootstrapPassword": PASSWORD,
                },
            },
        ),
        resource(
            SERVICE,
            "rancher-service",
            {
                "metadata": {"name": "rancher", "namespace": "cattle-system"},
                "spec": {"type": "ClusterIP", "ipFamilyPolicy": "PreferDualStack", "ipFamilies": ["IPv4", "IPv6"]},
            },
        ),
        resource(
            SERVICE,
            "own-address",
            {
                "metadata": {"name": "own-address", "namespace": "default"},
                "spec": {"clusterIP": "10.96.7.7", "clusterIPs": ["10.96.7.7", "fd12:4567:789c::77"]},
            },
        ),
        resource(
            "kubernetes:metallb.io/v1beta1:IPAddressPool",
            "pool",
            {
                "metadata": {"name": "both"},
                "spec": {"addresses": ["192.168.50.100-192.168.50.110", "fd00:50::100/120"]},
            },
        ),
        resource(
            SERVICE,
            "ingress",
            {
                "metadata": {"name": "ingress", "namespace": "kube-system"},
                "spec": {"type": "LoadBalancer", "ipFamilyPolicy": "RequireDualStack"},
            },
        ),
        resource(
            "kubernetes:metal3.io/v1alpha1:BareMetalHost",
            "machine",
            {
                "metadata": {"name": "machine"},
                "spec": {
                    "bootMACAddress": "34:8a:b1:4b:16:00",
                    "bmc": {"address": "redfish-virtualmedia://[fd00:60::11]/redfish/v1/Systems/1"},
                },
            },
        ),
        resource(
            "kubernetes:controlplane.cluster.x-k8s.io/v1beta1:RKE2ControlPlane",
            "plane",
            {"spec": {"registrationAddress": "192.168.60.5", "serverConfig": {"tlsSan": ["fd00:60::5"]}}},
        ),
        resource(
            "kubernetes:infrastructure.cluster.x-k8s.io/v1beta1:Metal3Cluster",
            "metal",
            {"spec": {"controlPlaneEndpoint": {"host": "fd00:60::5", "port": 6443}}},
        ),
        resource(
            "kubernetes:core/v1:ServicePatch",
            "patch",
            {
                "metadata": {"name": "ironic", "namespace": "metal3-system"},
                "spec": {"ipFamilyPolicy": "RequireDualStack"},
            },
        ),
    ]


def at(stack: Sequence[Resource], name: str) -> Resource:
    """Return one resource of a stack."""
    return next(one for one in stack if one["name"] == name)


def put(one: Resource, value: Any, *path: str | int) -> None:
    """Write a value into a resource's properties."""
    place: Any = one["props"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value


@dataclass(frozen=True)
class Case:
    """How one policy is broken.

    Attributes:
        policy: its number.
        name: the resource that breaks it.
        path: the property.
        value: what is written there; for an option, its value.
        option: the resource option, where it is one.
        also: numbers of other mandatory policies that the same change breaks.
        place: where the policy finds it, if elsewhere.
        hidden: the property whose value must be known, if another one; None where no value is needed.
        wrong: values of a wrong type, which some policy must tell.
    """

    policy: str
    name: str
    path: tuple[str | int, ...]
    value: Any
    option: str = ""
    also: tuple[str, ...] = ()
    place: str = ""
    hidden: tuple[str | int, ...] | None = ()
    wrong: tuple[Any, ...] = ()
    several: bool = False
    """Whether the good stack is that of several nodes."""

    @property
    def unknown_at(self) -> tuple[str | int, ...] | None:
        """The property that cannot be looked at, in the test of that."""
        return self.path if self.hidden == () else self.hidden


ADDRESSES = ("addresses",)
SERVER_FILE = ("files", "kubernetes/config/server.yaml", "content")
V6 = ("values", "metal3-baremetal-operator", "baremetaloperator", "externalHttpIPv6")
HOSTNAME = ("values", "hostname")
BMC = ("spec", "bmc", "address")
POOL = ("spec", "addresses")
ENV = ("values", "metal3-ironic", "ironicExtraEnv")


def _server(old: str, new: str) -> str:
    assert old in SERVER
    return SERVER.replace(old, new)


CASES: tuple[Case, ...] = (
    Case("DS010", "net", (*ADDRESSES, 0), "192.168.50.0", wrong=(5, True, None, {}, [])),
    Case("DS011", "net", (*ADDRESSES, 1), "::ffff:192.168.50.0/120"),
    Case("DS012", "management", ("services", "ipv4"), "10.42.0.0/17", wrong=(5, True)),
    Case("DS014", "net", (*ADDRESSES, 0), "192.168.50.1/24"),
    Case("DS015", "net", (*ADDRESSES, 1), "FD00:50::/64"),
    Case("DS020", "image", SERVER_FILE, _server("10.42.0.0/16,fd12", "10.42.0.0/16, fd12")),
    Case("DS023", "edge", ("spec", "clusterNetwork", "pods", "cidrBlocks"), ["10.52.0.0/16"], wrong=(5, "text", [5])),
    Case("DS024", "net", ADDRESSES, ["fd00:50::/64", "192.168.50.0/24"], wrong=(5, "text", {}, [5])),
    Case("DS030", "net", (*ADDRESSES, 0), "10.42.7.0/24"),
    Case("DS035", "image", SERVER_FILE, _server("fd12:4567:789b::/48", "fd13:4500::/40"), wrong=(5, "no: [yaml")),
    Case("DS036", "image", SERVER_FILE, SERVER + "kube-controller-manager-arg: [node-cidr-mask-size-ipv4=12]\n"),
    Case("DS037", "management", ("services", "ipv6"), "fd12:4567:789c::/48", wrong=(5,)),
    Case("DS038", "edge", ("spec", "clusterNetwork", "services", "cidrBlocks", 0), "10.112.0.0/26", wrong=(5, {})),
    Case("DS039", "image", SERVER_FILE, SERVER + "kubelet-arg: [max-pods=500]\n"),
    Case("DS060", "metal3", ("values", "global", "provisioningHostname"), "ironic.example.com"),
    Case(
        "DS063",
        "metal3",
        ("values", "global"),
        {"provisioningHostname": "ironic.example.com", "enable_vmedia_tls": False},
        wrong=(5, "text", []),
    ),
    Case("DS064", "metal3", V6, "[fd00:50::10]", wrong=(5, True)),
    Case("DS065", "metal3", V6, "fd00:50::99"),
    Case("DS069", "metal3", ("values", "metal3-ironic", "listenOnAll"), False),
    Case("DS070", "metal3", ("values", "global", "enable_vmedia_tls"), True),
    Case("DS071", "metal3", ("version",), "302.0.0+up0.11.7"),
    Case("DS200", "metal3", ("values", "global", "enable_dnsmasq"), "false", wrong=(5, "text", [], {})),
    Case("DS201", "metal3", ENV, {"HTTP_PORT": 6180}, wrong=(5, "text", [])),
    Case("DS202", "metal3", ENV, {"IRONIC_EXTERNAL_IP": "fd00:50::10"}, wrong=(5, "text", [])),
    Case("DS203", "metal3", ENV, {"IRONIC_EXTERNAL_CALLBACK_URL": "https://[fd00:50::10]:6385"}),
    Case("DS204", "metal3", ENV, {"HTTP_PORT": "8080"}),
    Case("DS205", "metal3", ENV, {"IRONIC_IP": "192.168.50.11"}),
    Case("DS068", "machine", BMC, "redfish-virtualmedia://[fe80::11]/redfish/v1/Systems/1"),
    Case("DS076", "machine", BMC, "redfish-virtualmedia:/192.168.60.11/redfish/v1/Systems/1", wrong=(5, [], {}, True)),
    Case("DS078", "machine", ("spec", "bootMACAddress"), "01:8a:b1:4b:16:00", wrong=(5, [], {}, True)),
    Case("DS095", "plane", ("spec", "serverConfig", "tlsSan"), ["[fd00:60::5]"], wrong=(5, "text", {}, [5])),
    Case("DS199", "pool", POOL, ["192.168.50.9-192.168.50.1", "fd00:50::100/120"], wrong=(5, "text", {}, [5])),
    Case("DS207", "metal", ("spec", "controlPlaneEndpoint", "host"), "[fd00:60::5]", wrong=(5, [], {}, True)),
    Case("DS208", "pool", POOL, ["192.168.50.100-192.168.50.110"], place="ingress", wrong=(5, "text", {}, [5])),
    Case("DS287", "own-address", ("spec", "clusterIPs", 0), "10.200.7.7", hidden=("spec", "clusterIPs")),
    Case("DS209", "ingress", ("spec", "loadBalancerIP"), "192.168.50.100", wrong=(5, [], {}, True)),
    Case("DS080", "rancher", HOSTNAME, "Rancher_1.example.com", wrong=(5, True)),
    Case("DS083", "records", ("ipv6",), [], wrong=(5, "text", {})),
    Case("DS088", "rancher", HOSTNAME, "rancher-ironic.example.com.sslip.io", wrong=([], {})),
    Case("DS089", "rancher", HOSTNAME, "rancher-192-168-50-99.fd00-50--10.sslip.io"),
    Case("DS090", "rancher", HOSTNAME, "rancher-192-168-50-10.sslip.io"),
    Case("DS123", "net", ADDRESSES, ["192.168.50.0/24"]),
    Case("DS160", "net", (*ADDRESSES, 1), "fd00:50::/48"),
    Case("DS161", "rancher", ("values", "bootstrapPassword"), "Password-2024", wrong=(5, True)),
    Case("DS162", "metal3", ("version",), "305.0.99+up0.13.1"),
    Case(
        "DS163",
        "image",
        ("files", "definition.yaml", "content"),
        DEFINITION + '    - {name: rancher, version: "2.13.3", targetNamespace: cattle-system, valuesFile: own.yaml}\n',
        place="rancher",
    ),
    Case("DS164", "rancher-service", ("spec", "ipFamilyPolicy"), "SingleStack", wrong=(5, True, [])),
    Case("DS165", "net", (), None, option="deleteBeforeReplace", hidden=None),
    Case("DS166", "host", ("production",), True, place="vm"),
    Case(
        "DS275",
        "image",
        ("files", "definition.yaml", "content"),
        DEFINITION + "  network: {apiVIP: 192.168.50.20}\n",
    ),
    *(Case(**case, several=True) for case in several_nodes.CASES),
)


def broken(case: Case) -> list[Resource]:
    """Give the stack with the policy broken."""
    stack = several_nodes.good() if case.several else good()
    one = at(stack, case.name)
    if case.option:
        one[case.option] = case.value
    else:
        put(one, copy.deepcopy(case.value), *case.path)
    return stack


def with_value(case: Case, value: Any) -> list[Resource]:
    """Give the good stack with another value at the place that the policy looks at."""
    stack = several_nodes.good() if case.several else good()
    put(at(stack, case.name), value, *(case.unknown_at or ()))
    return stack


def urn(one: Resource) -> str:
    """Give the URN that the engine gives a resource."""
    return f"urn:pulumi:{STACK}::{PROJECT}::{one['type']}::{one['name']}"


def givens(stack: Sequence[Resource]) -> list[Given]:
    """Give the stack as policies get it."""
    return [
        Given(
            urn(one),
            one["type"],
            one["name"],
            one["props"],
            bool(one.get("protect")),
            one.get("deleteBeforeReplace"),
        )
        for one in stack
    ]


HOLES = {"unknown": UNKNOWN, "secret": SECRET}
