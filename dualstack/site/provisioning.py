"""Metal3 and Ironic: how machines are provisioned over both families."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualstack.site.base import Bool, Model, Text
from dualstack.site.network import Vips


class Persistence(Model):
    """Ironic's persistent volume."""

    enabled: Bool = Field(True, description="Whether Ironic keeps its images on a volume; else they go with the pod.")
    size: Text = Field("5Gi", description="Size of the volume, a Kubernetes quantity.")
    storage_class: Text | None = Field(None, description="Storage class; the cluster's default where absent.")


class Bmc(Model):
    """The management controller of a machine that this cluster will provision."""

    name: Text = Field(description="Name of the machine.")
    address: Text = Field(
        description="BMC address as a BareMetalHost has it: [PROTOCOL[+http|+https]:[//]]HOST[:PORT][/PATH]. IPv6 "
        "stands in brackets; HOST or HOST:PORT alone means ipmi, a name with a port wants the protocol.",
        examples=["redfish-virtualmedia://[fd00:200::11]/redfish/v1/Systems/1"],
    )
    boot_mac: Text | None = Field(
        None,
        description="MAC of the NIC that the machine boots from; a BareMetalHost must have it, but for a BMC of ipmi.",
    )
    protocol: Literal["redfish-virtualmedia", "idrac-virtualmedia", "ilo5-virtualmedia", "redfish", "ipmi"] | None = (
        Field(None, description="Protocol, where the address names none (a bare host).")
    )


class Provisioning(Model):
    """Settings of the Metal3 services."""

    hostname: Text | None = Field(None, description="Ironic's FQDN, with A and AAAA; hostname mode needs it.")
    vip: Vips = Field(
        Vips.model_construct(),
        description="Virtual addresses of Ironic's Service, which machines and BMCs reach; needed with several nodes.",
    )
    vmedia_tls: Bool = Field(
        False, description="Whether virtual media is served over TLS; many BMCs cannot check the certificate."
    )
    trusted_cas: Text | None = Field(
        None,
        description="ConfigMap that holds further CAs, where the release's metal3 chart takes one; others take a "
        "secret of fixed name.",
    )
    predictable_nic_names: Bool = Field(True, description="Whether the ramdisk names NICs predictably.")
    persistence: Persistence = Field(Persistence.model_construct(), description="Ironic's persistent volume.")
    service_type: Literal["NodePort", "LoadBalancer", "ClusterIP"] | None = Field(
        None,
        description="Type of Ironic's Service; Ironic itself listens on the host's network. Where absent NodePort, and "
        "LoadBalancer with several nodes.",
    )
    external_http_host: Text | None = Field(
        None,
        description="Host in the URLs of images, in place of the computed one: the FQDN in hostname mode.",
    )
    interface: Text | None = Field(
        None, description="Interface whose addresses serve the machines; the management one where absent."
    )
    bmcs: tuple[Bmc, ...] = Field((), description="BMCs that will be provisioned.")


class Rancher(Model):
    """Settings of Rancher; its bootstrap password is the secret key dualstack:rancherBootstrapPassword."""

    hostname: Text = Field(
        "auto",
        description="auto: the FQDN in hostname mode, rancher-<IPv4>.sslip.io in address mode. dual: "
        "rancher-<IPv4>.<IPv6>.sslip.io with A and AAAA. Or a name.",
    )
    replicas: int | None = Field(
        None, description="Replicas; where absent as many as there are servers, at most 3.", ge=1, strict=True
    )
    system_default_registry: Text = Field(
        "registry.rancher.com", description="Registry that Rancher takes its images from."
    )
