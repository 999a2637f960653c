"""Resource options of every kind, an explicit provider, libvirt and Helm."""

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_libvirt as libvirt


class Charts(pulumi.ComponentResource):
    def __init__(self, name: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__("test:index:Charts", name, {"charts": ["rancher"]}, opts)
        kubernetes.helm.v3.Release(
            f"{name}-rancher",
            chart="rancher",
            version="2.12.3",
            namespace="cattle-system",
            values={"replicas": 1, "ingress": {"enabled": True}, "ratio": 0.25},
            opts=pulumi.ResourceOptions(parent=self),
        )
        kubernetes.core.v1.Namespace(f"{name}-own", opts=pulumi.ResourceOptions(parent=self, protect=False))
        self.register_outputs({})


network = libvirt.Network(
    "net",
    name="dualstack",
    mode="nat",
    addresses=["192.168.100.0/24", "fd00:100::/64"],
    dhcp=libvirt.NetworkDhcpArgs(enabled=False),
    opts=pulumi.ResourceOptions(
        delete_before_replace=True,
        replace_on_changes=["addresses", "dns"],
        ignore_changes=["autostart"],
        aliases=[
            "urn:pulumi:s::p::libvirt:index/network:Network::old",
            pulumi.Alias(name="older", parent=pulumi.ROOT_STACK_RESOURCE),
        ],
        custom_timeouts=pulumi.CustomTimeouts(create="5m", delete="1m"),
    ),
)
volume = libvirt.Volume("disk", size=1024, opts=pulumi.ResourceOptions(import_="pool/disk", hide_diffs=["size"]))
host = libvirt.Domain(
    "host",
    disks=[libvirt.DomainDiskArgs(volume_id=volume.id)],
    network_interfaces=[libvirt.DomainNetworkInterfaceArgs(network_id=network.id, mac="34:8a:b1:4b:16:e7")],
    opts=pulumi.ResourceOptions(protect=True, retain_on_delete=True, delete_before_replace=False, depends_on=[network]),
)
cluster = kubernetes.Provider("cluster", kubeconfig=pulumi.Output.secret("canary-kubeconfig"), delete_unreachable=True)
Charts("charts", pulumi.ResourceOptions(providers=[cluster], deleted_with=host, protect=True))
kubernetes.core.v1.ConfigMap("map", data={"a": "b"}, opts=pulumi.ResourceOptions(provider=cluster))
