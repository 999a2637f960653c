"""The Kubernetes side of the site: CIDRs, masks, CNI and RKE2's own keys."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualstack.address.parsing import parse_prefix
from dualstack.site.base import Bool, Int, Model, Prefix4, Prefix6, Text, Values
from dualstack.site.network import Vips

DEFAULT_PODS = {"ipv4": "10.42.0.0/16", "ipv6": "fd12:4567:789b::/48"}
"""RKE2's own IPv4 default in place of the guide's public 193.168.0.0/18; the guide's IPv6 prefix."""
DEFAULT_SERVICES = {"ipv4": "10.96.0.0/12", "ipv6": "fd12:4567:789c::/112"}
"""The guide's own."""


class PodCidrs(Model):
    """Pod CIDR of each family."""

    ipv4: Prefix4 = Field(
        parse_prefix(DEFAULT_PODS["ipv4"]),
        description="IPv4 pod CIDR.",
        json_schema_extra={"default": DEFAULT_PODS["ipv4"]},
    )
    ipv6: Prefix6 = Field(
        parse_prefix(DEFAULT_PODS["ipv6"]),
        description="IPv6 pod CIDR.",
        json_schema_extra={"default": DEFAULT_PODS["ipv6"]},
    )


class ServiceCidrs(Model):
    """Service CIDR of each family."""

    ipv4: Prefix4 = Field(
        parse_prefix(DEFAULT_SERVICES["ipv4"]),
        description="IPv4 service CIDR.",
        json_schema_extra={"default": DEFAULT_SERVICES["ipv4"]},
    )
    ipv6: Prefix6 = Field(
        parse_prefix(DEFAULT_SERVICES["ipv6"]),
        description="IPv6 service CIDR.",
        json_schema_extra={"default": DEFAULT_SERVICES["ipv6"]},
    )


class NodeMask(Model):
    """Prefix length of the block of pod addresses that each node gets."""

    ipv4: Int = Field(24, description="IPv4 node mask; Kubernetes' default is 24.")
    ipv6: Int = Field(64, description="IPv6 node mask; Kubernetes' default is 64.")


class Cluster(Model):
    """The RKE2 cluster."""

    bootstrap: Text | None = Field(
        None,
        description="Name of the server that initializes the cluster; needed with several nodes. The others join it, "
        "also after it was replaced, so it never changes.",
    )
    api: Vips = Field(
        Vips.model_construct(),
        description="Virtual address of the API server and of RKE2's supervisor; ipv4 is needed with several nodes.",
    )
    api_host: Text | None = Field(
        None,
        description="Name of the API server: A is the virtual address, AAAA are the servers' own addresses.",
    )
    ingress: Vips = Field(
        Vips.model_construct(),
        description="Virtual addresses of the ingress controller, Rancher's own; needed with several nodes.",
    )
    pods: PodCidrs = Field(PodCidrs.model_construct(), description="Pod CIDRs; fixed at the cluster's first start.")
    services: ServiceCidrs = Field(
        ServiceCidrs.model_construct(), description="Service CIDRs; fixed at the cluster's first start."
    )
    node_mask: NodeMask = Field(NodeMask.model_construct(), description="Node masks; fixed once a node has its block.")
    max_pods: Int = Field(110, description="Pods per node, as kubelet's max-pods; 110 is Kubernetes' default.")
    cni: Literal["cilium", "calico", "canal", "none"] = Field(
        "cilium", description="CNI plugin; EIB can package these only."
    )
    multus: Bool = Field(False, description="Whether Multus runs before the CNI plugin.")
    tls_san: tuple[Text, ...] = Field((), description="Further names or addresses in the API server's certificate.")
    server: Values = Field({}, description="Further keys of RKE2's server.yaml, merged last.")
    agent: Values = Field({}, description="Further keys of RKE2's agent.yaml, merged last.")
