"""The management host: libvirt VMs, machines with BMCs, or machines that are already there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import Field

from dualstack.address.family import IPNetwork
from dualstack.site.base import Bool, Int, Model, Prefix4, Prefix6, SecretKey, Text


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


class Redfish(Model):
    """How nodes are installed through their BMCs."""

    media: Text | None = Field(
        None,
        description="The image: a URL from which every BMC can fetch it, or a path relative to the project, which the "
        "deploying machine then serves while it installs. The image that is built here where absent.",
    )
    sha256: Text | None = Field(
        None, description="SHA-256 of an image that is served from a path, in hex; another file is refused."
    )
    serve_port: Int = Field(
        0, description="TCP port on which the deploying machine serves the image; any free one where 0."
    )
    install_over: tuple[Text, ...] = Field(
        (),
        description="Names of nodes that are installed although their machine is on. Any other one that is on is left "
        "as it is: it may be running this cluster.",
    )


class Ssh(Model):
    """A login by SSH, to a server whose key is known beforehand."""

    user: Text = Field("root", description="Login name.")
    port: Int = Field(22, description="TCP port.")
    host_key: Text | None = Field(
        None,
        description="The server's public key: the line in its /etc/ssh/ssh_host_ed25519_key.pub. No other is accepted.",
    )
    private_key_key: SecretKey | None = Field(
        None,
        description="Config key dualstack:<this> that holds the private key, without a passphrase; the keys of the "
        "deploying machine's SSH agent where absent.",
    )


class Jump(Ssh):
    """An SSH server from which the host is reached."""

    host: Text = Field(description="Its name or address.")


class Kubeconfig(Model):
    """The way to the cluster, for charts that Pulumi delivers."""

    source: Literal["config", "ssh"] = Field(
        "config",
        description="config: the secret dualstack:kubeconfig as it is. ssh: read from the host by pulumi-command once "
        "the host is ready, with the server's address in it replaced.",
    )
    server: Text = Field(
        "ipv4",
        description="What stands for the API server in one that is read by SSH: ipv4, ipv6, or a name that is in its "
        "certificate (cluster.tlsSan). The host is reached by SSH over the same.",
    )
    proxy_url: Text | None = Field(
        None,
        description="Proxy through which the deploying machine reaches the API server, such as that of ssh -D: "
        "socks5://127.0.0.1:1080.",
    )
    generation: Int = Field(
        1, description="Another number has it read again; needed only where a refresh cannot see that it changed."
    )


HostKind = Literal["existing", "libvirt", "redfish"]
HYPERVISORS: Final[frozenset[HostKind]] = frozenset({"libvirt"})
"""Kinds whose machines are VMs that up makes: with them comes a provider, and nodes come and go by up alone."""


class Host(Model):
    """The management host."""

    kind: HostKind = Field(
        "existing",
        description="existing: nothing is created. libvirt: network, disks and VMs. redfish: the nodes are machines, "
        "installed through their BMCs once.",
    )
    redfish: Redfish = Field(Redfish.model_construct(), description="Settings of the installation.")
    libvirt: Libvirt = Field(Libvirt.model_construct(), description="Settings of the VM.")
    readiness: Literal["direct", "ssh-jump", "off"] = Field(
        "direct",
        description="direct: up waits until the API server answers over both families; a family without a route from "
        "the deploying machine is left out, with a warning. ssh-jump: the same, as seen from the jump host. off: "
        "nothing is waited for.",
    )
    jump: Jump | None = Field(
        None, description="The jump host of readiness ssh-jump; the kubeconfig is read through it."
    )
    ssh: Ssh = Field(Ssh.model_construct(), description="SSH to the host itself, for kubeconfig.source ssh.")
    kubeconfig: Kubeconfig = Field(Kubeconfig.model_construct(), description="The way to the cluster.")
    production: Bool = Field(False, description="Whether host and disk are protected from deletion and replacement.")

    @property
    def virtual(self) -> bool:
        """Whether the machines are VMs that up makes."""
        return self.kind in HYPERVISORS

    def own_networks(self) -> Iterator[tuple[tuple[str, ...], IPNetwork, str]]:
        """Yield field, prefix and name of each network that the hypervisor makes for the host."""
        if self.kind == "libvirt":
            network = self.libvirt.network
            for family, prefix in (("ipv4", network.ipv4), ("ipv6", network.ipv6)):
                if prefix is not None:
                    yield ("host", "libvirt", "network", family), prefix.network, "libvirt's network"

    def own_domain(self) -> tuple[tuple[str, ...], str] | None:
        """Give field and name of the domain that the hypervisor's own network has; None where the site has none."""
        domain = self.libvirt.network.domain
        return None if domain is None else (("host", "libvirt", "network", "domain"), domain)
