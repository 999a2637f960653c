"""The management host: a libvirt VM, or a machine that is already there."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualstack.site.base import Bool, Int, Model, Prefix4, Prefix6, Text


class LibvirtNetwork(Model):
    """The virtual network of the host."""

    mode: Literal["nat", "route", "bridge"] = Field("nat", description="nat, routed, or a bridge that is there.")
    bridge: Text | None = Field(None, description="Name of the bridge; mode bridge needs it.")
    domain: Text | None = Field(None, description="DNS domain of the network; the FQDN's own in hostname mode.")
    ipv4: Prefix4 | None = Field(None, description="IPv4 prefix; the management interface's own where absent.")
    ipv6: Prefix6 | None = Field(None, description="IPv6 prefix; the management interface's own where absent.")
    mtu: Int | None = Field(None, description="MTU in bytes.")


class Libvirt(Model):
    """A VM on a libvirt hypervisor."""

    uri: Text | None = Field(
        None, description="Connection URI; where absent that of Pulumi's own config libvirt:uri, else qemu:///system."
    )
    network: LibvirtNetwork = Field(LibvirtNetwork.model_construct(), description="Virtual network.")
    pool: Text = Field("default", description="Storage pool.")
    image: Text | None = Field(
        None, description="Disk image to boot, a path or URL; the built image where image.build is local."
    )
    disk_size: Int = Field(100, description="Disk size in GiB.")
    memory: Int = Field(32768, description="Memory in MiB; Rancher and Metal3 want 32 GiB.")
    vcpus: Int = Field(8, description="Virtual CPUs.")
    firmware: Text | None = Field(None, description="Path of the UEFI firmware on the hypervisor; BIOS where absent.")


class Host(Model):
    """The management host."""

    kind: Literal["existing", "libvirt"] = Field(
        "existing", description="existing: nothing is created. libvirt: network, disk and VM."
    )
    libvirt: Libvirt = Field(Libvirt.model_construct(), description="Settings of the VM.")
    readiness: Literal["direct", "off"] = Field(
        "direct",
        description="direct: up waits until the API server answers over both families; a family without a route from "
        "the deploying machine is left out, with a warning. off: nothing is waited for.",
    )
    production: Bool = Field(False, description="Whether host and disk are protected from deletion and replacement.")
