"""Nodes and their networks, as a person writes them; names follow nmstate where nmstate has one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dualstack.address.pair import Pair
from dualstack.site.base import (
    Address4,
    Address6,
    AnyAddress,
    AnyPrefix,
    Bool,
    Int,
    Interface4,
    Interface6,
    Mac,
    Model,
    SecretKey,
    Text,
    Values,
)


class Ipv4(Model):
    """IPv4 of one interface: a static address, or DHCP."""

    enabled: Bool = Field(True, description="Whether the interface has IPv4 at all.")
    address: Interface4 | None = Field(None, description="Static address with the prefix length of the link.")
    gateway: Address4 | None = Field(None, description="Next hop of the IPv4 default route through this interface.")
    metric: Int | None = Field(
        None, description="Metric of the default route over gateway, where several interfaces have one; lower wins."
    )
    dhcp: Bool = Field(False, description="Whether DHCPv4 gives the address.")
    reservation: Address4 | None = Field(None, description="The address that DHCP reserves for this MAC.")


class Ipv6(Model):
    """IPv6 of one interface: a static address, or DHCPv6 with router advertisements."""

    enabled: Bool = Field(
        True, description="Whether the interface has IPv6 at all; nmstate drops dhcp, autoconf and addresses where not."
    )
    address: Interface6 | None = Field(None, description="Static address with the prefix length of the link.")
    gateway: Address6 | None = Field(
        None, description="Next hop of the IPv6 default route through this interface; a link-local fe80:: one is fine."
    )
    metric: Int | None = Field(
        None, description="Metric of the default route over gateway, where several interfaces have one; lower wins."
    )
    dhcp: Bool = Field(False, description="Whether DHCPv6 gives an address.")
    autoconf: Bool = Field(False, description="Whether router advertisements give an address (SLAAC) and the route.")
    reservation: Address6 | None = Field(
        None, description="The address that DHCPv6 reserves for this node, or that SLAAC will make."
    )


class Bond(Model):
    """A bond of ethernet ports."""

    mode: Literal[
        "balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad", "balance-tlb", "balance-alb"
    ] = Field("active-backup", description="Bonding mode, as the Linux driver names it.")
    ports: tuple[Text, ...] = Field(description="Names of the node's ethernet interfaces that the bond holds.")
    options: dict[Text, Text] = Field({}, description="Further options of the bonding driver, such as miimon.")


class Vlan(Model):
    """An IEEE 802.1Q VLAN on another interface."""

    id: Int = Field(description="VLAN id, 1 to 4094.")
    base: Text = Field(description="Name of the node's interface that carries the VLAN.")


class Interface(Model):
    """One interface of a node."""

    name: Text = Field("eth0", description="Name used in this file; nmc finds the real NIC by its MAC.")
    mac: Mac | None = Field(None, description="MAC address; every ethernet interface needs one.")
    mtu: Int | None = Field(None, description="MTU in bytes; the driver's own where absent.")
    ipv4: Ipv4 | None = Field(None, description="IPv4 of the interface; absent: none.")
    ipv6: Ipv6 | None = Field(None, description="IPv6 of the interface; absent: none.")
    bond: Bond | None = Field(None, description="Makes the interface a bond.")
    vlan: Vlan | None = Field(None, description="Makes the interface a VLAN.")

    @property
    def kind(self) -> Literal["ethernet", "bond", "vlan"]:
        """The nmstate type of the interface."""
        if self.bond is not None:
            return "bond"
        return "vlan" if self.vlan is not None else "ethernet"

    @property
    def families(self) -> Pair[Ipv4 | Ipv6]:
        """The sections of both families."""
        return Pair(self.ipv4, self.ipv6)


class Route(Model):
    """A route beside the default routes."""

    destination: AnyPrefix = Field(description="Destination prefix.")
    gateway: AnyAddress = Field(description="Next hop, of the destination's family.")
    interface: Text | None = Field(None, description="Name of the interface; the management one where absent.")
    metric: Int | None = Field(None, description="Route metric.")
    table: Int | None = Field(None, description="Routing table id.")


class Vips(Model):
    """Virtual addresses of a cluster of several nodes, which MetalLB announces."""

    ipv4: Address4 | None = Field(None, description="IPv4 address.")
    ipv6: Address6 | None = Field(None, description="IPv6 address.")


class NodeBmc(Model):
    """The management controller through which the node itself is installed; only with host.kind redfish."""

    address: Text = Field(
        description="BMC address as a BareMetalHost has it, a redfish one; IPv6 in brackets.",
        examples=["redfish-virtualmedia://[fd00:200::21]/redfish/v1/Systems/1"],
    )
    username: Text | None = Field(None, description="Login name.")
    password_key: SecretKey | None = Field(None, description="Config key dualstack:<this> that holds the password.")
    fingerprint: Text | None = Field(
        None,
        description="SHA-256 of its TLS certificate in hex, with or without colons; no other is accepted. Where absent "
        "the certificate is verified with the authorities that the deploying machine knows.",
    )
    media: Text | None = Field(
        None,
        description="Image of this node alone, such as one that joins: a URL, or a path relative to the project. "
        "host.redfish.media where absent.",
    )


class Node(Model):
    """One machine of the management cluster."""

    name: Text = Field("mgmt-1", description="Host name: one lower-case DNS label or a full name.")
    role: Literal["server", "agent"] = Field(
        "server", description="server: runs the control plane and etcd, and pods. agent: runs pods only."
    )
    labels: dict[Text, Text] = Field(
        {}, description="Labels that the node registers itself with; only with several nodes."
    )
    taints: tuple[Text, ...] = Field(
        (), description="Taints that the node registers itself with, key=value:Effect; only with several nodes."
    )
    interfaces: tuple[Interface, ...] = Field(description="The node's interfaces.", min_length=1)
    routes: tuple[Route, ...] = Field((), description="Routes beside the default routes.")
    management: Text | None = Field(
        None,
        description="Name of the interface whose addresses are the node's own in the cluster; where absent the first "
        "one with a gateway, else with an address.",
    )
    ssh_host_key: Text | None = Field(
        None,
        description="The node's public SSH key, by which verify knows it: the line in its "
        "/etc/ssh/ssh_host_ed25519_key.pub. With one node host.ssh.hostKey where absent; user and port are host.ssh's.",
    )
    bmc: NodeBmc | None = Field(None, description="The node's own BMC; host.kind redfish installs through it.")
    generation: Int = Field(
        1, description="A higher number installs the node again, whatever is on its disk; only with host.kind redfish."
    )
    nmstate: Values = Field({}, description="Raw nmstate, merged last into the node's network file: the way out.")


class DefaultIpv4(Ipv4):
    """IPv4 that nodes share, with a prefix length for addresses that have none."""

    prefix_length: Int | None = Field(
        None, description="Prefix length of a node's address that is written without.", ge=0, le=32
    )


class DefaultIpv6(Ipv6):
    """IPv6 that nodes share, with a prefix length for addresses that have none."""

    prefix_length: Int | None = Field(
        None, description="Prefix length of a node's address that is written without.", ge=0, le=128
    )


class DefaultInterface(Interface):
    """An interface that every node has."""

    ipv4: DefaultIpv4 | None = Field(None, description="IPv4 of the interface; absent: none.")
    ipv6: DefaultIpv6 | None = Field(None, description="IPv6 of the interface; absent: none.")


class NodeDefaults(Model):
    """What every node has, as far as it does not say otherwise itself: merged below each as layers are."""

    interfaces: tuple[DefaultInterface, ...] = Field(
        (), description="Interfaces that every node has, merged by name with the node's own."
    )
    routes: tuple[Route, ...] = Field((), description="Routes beside the default routes.")
    management: Text | None = Field(None, description="Name of the management interface.")
    labels: dict[Text, Text] = Field({}, description="Labels that each node registers itself with.")
    taints: tuple[Text, ...] = Field((), description="Taints that each node registers itself with.")
    nmstate: Values = Field({}, description="Raw nmstate, merged last into each node's network file.")
