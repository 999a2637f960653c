"""A stack of three nodes that keeps every policy, machines that are installed among it, and what breaks it."""

from __future__ import annotations

from typing import Any

SERVER = """\
cluster-cidr: "10.42.0.0/16,fd12:4567:789b::/48"
service-cidr: "10.96.0.0/12,fd12:4567:789c::/112"
cni: [cilium]
token: a-token-of-the-lab
"""
DEFINITION = """\
apiVersion: "1.3"
image: {imageType: iso}
operatingSystem: {isoConfiguration: {installDevice: /dev/sda}}
kubernetes:
  version: v1.34.4+rke2r1
  network: {apiVIP: 192.168.50.20, apiHost: api.example.com}
  nodes:
  - {hostname: mgmt-1, type: server, initializer: true}
  - {hostname: mgmt-2, type: server}
  - {hostname: mgmt-3, type: server}
"""
INGRESS = """\
controller:
  service: {enabled: true, type: LoadBalancer, ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6]}
"""
CONFIG = "dualstack:index:ManagementNetwork"


def network(number: int) -> str:
    """Give the network file of a node: it has ways to its own link and to the BMCs, and to nothing else."""
    return f"""\
interfaces:
- name: eth0
  type: ethernet
  state: up
  mac-address: 34:8A:B1:4B:20:0{number}
  ipv4: {{enabled: true, address: [{{ip: 192.168.50.1{number}, prefix-length: 24}}]}}
  ipv6: {{enabled: true, address: [{{ip: "fd00:50::1{number}", prefix-length: 64}}]}}
routes:
  config:
  - {{destination: "fd00:60::/64", next-hop-address: "fd00:50::1", next-hop-interface: eth0}}
"""


def _one(type_: str, name: str, props: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": type_, "name": name, "props": props, **more}


def good() -> list[dict[str, Any]]:
    """Give the stack."""
    nodes = {f"mgmt-{n}": {"ipv4": f"192.168.50.1{n}", "ipv6": f"fd00:50::1{n}"} for n in (1, 2, 3)}
    files = {
        "kubernetes/config/server.yaml": {"mode": "0600", "content": SERVER},
        "definition.yaml": {"mode": "0600", "content": DEFINITION},
        **{f"network/mgmt-{n}.yaml": {"mode": "0644", "content": network(n)} for n in (1, 2, 3)},
    }
    ranges = {
        "pods": {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"},
        "services": {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/112"},
    }
    metallb = "kubernetes:metallb.io/v1beta1:"
    return [
        _one("dualstack:index:ManagementNetwork", "management", {"nodes": nodes, **ranges}, component=True),
        _one("dualstack:image:Directory", "image", {"path": "build/lab", "files": files}),
        _one(
            "dualstack:host:Installation",
            "machine-1",
            {
                "site": "lab",
                "node": "mgmt-1",
                "url": "https://[fd00:60::21]",
                "username": "robot",
                "password": "zq7-Vb2-mK9-Lw4-Tx",
                "fingerprint": "ab" * 32,
                "media": "https://[fd00:60::9]/image.iso",
            },
        ),
        _one("dualstack:host:Ready", "ironic-answers", {"ipv4": "192.168.50.22", "ipv6": "fd00:50::22"}),
        _one(
            f"{metallb}IPAddressPool",
            "ironic-pool",
            {"metadata": {"name": "ironic-ip-pool"}, "spec": {"addresses": ["192.168.50.22/32", "fd00:50::22/128"]}},
        ),
        _one(
            f"{metallb}L2Advertisement",
            "ironic-announced",
            {"metadata": {"name": "ironic-l2"}, "spec": {"ipAddressPools": ["ironic-ip-pool"]}},
        ),
        _one(
            "kubernetes:helm.cattle.io/v1:HelmChartConfig",
            "ingress",
            {
                "metadata": {"name": "rke2-ingress-nginx", "namespace": "kube-system"},
                "spec": {"valuesContent": INGRESS},
            },
        ),
        _one(
            "kubernetes:helm.sh/v3:Release",
            "metal3",
            {
                "chart": "oci://registry.suse.com/edge/charts/metal3",
                "name": "metal3",
                "namespace": "metal3-system",
                "version": "305.0.23+up0.13.1",
                "values": {
                    "global": {"ironicIP": "192.168.50.22", "enable_vmedia_tls": False},
                    "metal3-ironic": {"listenOnAll": True, "service": {"type": "LoadBalancer"}},
                    "metal3-baremetal-operator": {"baremetaloperator": {"externalHttpIPv6": "fd00:50::22"}},
                },
            },
        ),
        _one(
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
    ]


def _definition(old: str, new: str) -> str:
    assert old in DEFINITION
    return DEFINITION.replace(old, new)


IN_DEFINITION = ("files", "definition.yaml", "content")
IN_SERVER = ("files", "kubernetes/config/server.yaml", "content")
CASES: tuple[dict[str, Any], ...] = tuple(
    {"policy": policy, "name": name, "path": path, "value": value, **dict(more)}
    for policy, name, path, value, *more in (
        ("DS270", "image", IN_DEFINITION, _definition(", initializer: true", "")),
        ("DS271", "image", IN_DEFINITION, _definition("apiVIP: 192.168.50.20, ", "")),
        ("DS272", "image", IN_DEFINITION, _definition("apiHost", 'apiVIP6: "fd00:50::20", apiHost')),
        ("DS273", "ingress", ("spec", "valuesContent"), INGRESS.replace("RequireDualStack", "SingleStack")),
        ("DS274", "metal3", ("values", "global", "ironicIP"), "192.168.50.12"),
        ("DS276", "image", IN_DEFINITION, _definition("192.168.50.20", "192.168.50.12")),
        ("DS277", "ironic-pool", ("spec", "addresses"), ["192.168.99.22/32", "fd00:50::22/128"]),
        ("DS278", "image", IN_DEFINITION, _definition("mgmt-3, type: server", "mgmt-3, type: agent")),
        ("DS280", "image", ("files", "network/mgmt-2.yaml", "content"), network(2).replace("20:02", "20:01")),
        ("DS281", "image", IN_SERVER, f"{SERVER}node-name: mgmt-1\n"),
        ("DS282", "image", IN_SERVER, SERVER.replace("10.42.0.0/16", "10.42.0.0/23")),
        ("DS283", "metal3", ("values", "metal3-ironic", "service", "type"), "NodePort"),
        ("DS285", "machine", ("spec", "bmc", "address"), "redfish-virtualmedia://192.168.77.5/redfish/v1/Systems/1"),
        ("DS290", "machine-1", ("url",), "fd00:60::21"),
        ("DS291", "image", IN_DEFINITION, _definition("imageType: iso", "imageType: raw")),
        ("DS292", "machine-1", ("media",), "http://192.168.60.9/image.iso"),
        ("DS293", "machine-1", ("username",), ""),
        ("DS294", "machine-1", ("fingerprint",), "abc"),
        ("DS296", "machine-1", ("url",), "http://[fd00:60::21]"),
        ("DS360", "machine-1", ("installOver",), True),
        ("DS303", "ironic-pool", ("spec", "addresses"), ["192.168.50.10-192.168.50.22", "fd00:50::22/128"]),
    )
)  # fmt: skip
"""Keywords of a ``Case``, each."""
