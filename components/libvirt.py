"""Everything that is libvirt: the only module that imports its SDK, so that another provider is a change of this file.

The provider has traps, all measured with pulumi-libvirt 0.5.4 (terraform-provider-libvirt 0.8.1), libvirt 9.0:

- A replacement whose create fails is retried by "delete the original" after the new one was made, which has the same
  id and is lost. Only an explicit ``delete_before_replace`` makes the retry clean, so whatever keeps its name has it.
- What is deleted before it is replaced takes the VM with it first, and a create that then fails leaves no VM. The
  image, which is uploaded and fails most often, has a name for each source instead and is made first.
- A changed MTU, DHCP switch, dnsmasq option, MAC or network id is reported as updated while nothing happens:
  ``replace_on_changes`` names them.
- A network that is replaced under a running VM leaves the VM's tap on no bridge: the network's id replaces the VM.
- A VM on a libvirt network that stands for a bridge is read back as on the bridge itself, and each refresh would
  replace it: it is attached to the bridge without such a network.
- What is left out keeps its old value, so ``autostart``, ``dhcp`` and ``dns`` are always stated.
- Addresses of an interface are filled in from leases, in any order, and are never removed: they are left out, and no
  lease is waited for. The VM has its addresses from its image.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pulumi
import pulumi_libvirt as libvirt

from components.hypervisor import HostKind, Machine, Machines, Surroundings, VirtualNetwork
from dualstack.plan import Plan
from dualstack.plan.model import LibvirtPlan, MachinePlan
from dualstack.plan.network import asks_for_addresses

DEFAULT_URI = "qemu:///system"
NIC_REPLACED_BY = ("networkId", "bridge", "mac")
NETWORK_REPLACED_BY = ["dhcp", "mtu", "dnsmasqOptions", "dns.localOnly"]
TEMPLATES = Path(__file__).parent / "templates"


class Libvirt(HostKind):
    """Virtual machines of a libvirt daemon."""

    package = "libvirt"

    def provider(self, name: str, plan: Plan, parent: pulumi.Resource) -> pulumi.ProviderResource:
        """Make the provider; an explicit one, so that a URI that a site adds later is no other provider.

        The SDK would take a missing URI from the environment; a plan may not depend on who computes it.
        """
        uri = plan.site.host.libvirt.uri or pulumi.Config("libvirt").get("uri") or DEFAULT_URI
        return libvirt.Provider(name, uri=uri, opts=pulumi.ResourceOptions(parent=parent))

    def network(self, name: str, plan: Plan, parent: pulumi.Resource) -> VirtualNetwork:
        """Make the virtual network; of a bridge that is there, nothing."""
        settings = _settings(plan)
        if settings.mode == "bridge":
            return VirtualNetwork(bridge=settings.bridge)
        options = pulumi.ResourceOptions(
            parent=parent,
            delete_before_replace=True,
            replace_on_changes=NETWORK_REPLACED_BY,
            # Replacing the network replaces the VM, so it is as precious.
            protect=plan.site.host.production or None,
        )
        xslt = network_xslt(plan, settings)
        network = libvirt.Network(
            name,
            name=_network_name(plan),
            mode=settings.mode,
            autostart=True,
            addresses=list(settings.addresses),
            domain=settings.domain,
            mtu=settings.mtu,
            # One switch for both families; with static addresses a range would only be in their way.
            dhcp=libvirt.NetworkDhcpArgs(enabled=_uses_dhcp(plan)),
            dns=libvirt.NetworkDnsArgs(
                enabled=True,
                # Only where this server is the one that knows the domain; else it would hide the real zone.
                local_only=plan.site.dns.backend == "libvirt" and settings.domain is not None,
                hosts=[libvirt.NetworkDnsHostArgs(hostname=host, ip=ip) for host, ip in settings.hosts],
            ),
            xml=libvirt.NetworkXmlArgs(xslt=xslt) if xslt else None,
            opts=options,
        )
        return VirtualNetwork(network.id)

    def machines(self, name: str, plan: Plan, given: Surroundings, parent: pulumi.Resource) -> Machines:
        """Make disk and VM of each node.

        A volume takes either a source or a size, so the image is one volume and each disk another on top of it.
        """
        settings, network = _settings(plan), given.network
        if network is None:
            raise TypeError("a virtual machine has a network")
        base = None
        if given.image is not None:
            base = libvirt.Volume(
                f"{name}-image",
                name=_image_name(plan, given.image),
                pool=settings.pool,
                source=given.image,
                # Not deleted first, as its successor has another name: where that cannot be made, the VM runs on.
                opts=pulumi.ResourceOptions.merge(
                    _kept(plan, parent), pulumi.ResourceOptions(delete_before_replace=False)
                ),
            )
        made = {
            one.node.name: _machine(_names(name, plan, one), plan, one, network, base, parent)
            for one in settings.machines
        }
        return Machines(made)

    def image(self, plan: Plan) -> str | None:
        """Give ``host.libvirt.image``."""
        return _settings(plan).image

    def network_inputs(self, plan: Plan) -> dict[str, Any]:
        """Give mode and prefixes."""
        settings = _settings(plan)
        return {"mode": settings.mode, "addresses": list(settings.addresses)}

    def host_inputs(self, plan: Plan) -> dict[str, Any]:
        """Give the VM's MAC and size."""
        settings = _settings(plan)
        return {
            "mac": next(iter(settings.machines[plan.initializer.index].macs), None),
            "memoryMib": settings.memory_mib,
            "vcpus": settings.vcpus,
            "diskBytes": settings.disk_bytes,
        }


def _settings(plan: Plan) -> LibvirtPlan:
    """Give the plan's libvirt part, which each site of this kind has."""
    if plan.libvirt is None:
        raise TypeError(f"{plan.name} has no libvirt host")
    return plan.libvirt


def _names(name: str, plan: Plan, machine: MachinePlan) -> tuple[str, str | None]:
    """Give the start of a machine's resources' names, and what it was where its cluster had one node, or several.

    On the hypervisor its things have the same names in both, so that they must be replaced, not made beside those.
    """
    own = f"{name}-{machine.node.name}"
    if not plan.several:
        return name, own
    return own, name if machine.node.name == plan.initializer.name else None


def _kept(plan: Plan, parent: pulumi.Resource) -> pulumi.ResourceOptions:
    production = plan.site.host.production or None
    return pulumi.ResourceOptions(parent=parent, protect=production, retain_on_delete=production)


def _machine(
    names: tuple[str, str | None],
    plan: Plan,
    machine: MachinePlan,
    network: VirtualNetwork,
    base: libvirt.Volume | None,
    parent: pulumi.Resource,
) -> Machine:
    settings, on_hypervisor = _settings(plan), _name(plan, machine)
    name, before = names

    def known(kind: str) -> list[pulumi.Alias] | None:
        return [pulumi.Alias(name=f"{before}-{kind}")] if before else None

    disk = libvirt.Volume(
        f"{name}-disk",
        name=f"{on_hypervisor}-disk",
        pool=settings.pool,
        size=settings.disk_bytes,
        base_volume_id=base.id if base else None,
        opts=pulumi.ResourceOptions.merge(
            _kept(plan, parent), pulumi.ResourceOptions(delete_before_replace=True, aliases=known("disk"))
        ),
    )
    # A NIC with a made-up MAC where the site names none.
    macs: tuple[str | None, ...] = machine.macs or (None,)
    domain = libvirt.Domain(
        f"{name}-vm",
        name=on_hypervisor,
        memory=settings.memory_mib,
        vcpu=settings.vcpus,
        # The default CPU is qemu64, older than the x86-64-v2 that SUSE Linux Micro is compiled for.
        cpu=libvirt.DomainCpuArgs(mode="host-model"),
        firmware=settings.firmware,
        disks=[libvirt.DomainDiskArgs(volume_id=disk.id)],
        network_interfaces=[
            libvirt.DomainNetworkInterfaceArgs(network_id=network.id, bridge=network.bridge, mac=mac) for mac in macs
        ],
        consoles=[libvirt.DomainConsoleArgs(type="pty", target_type="serial", target_port="0")],
        autostart=True,
        running=True,
        opts=pulumi.ResourceOptions(
            parent=parent,
            delete_before_replace=True,
            replace_on_changes=_replaced_by(len(macs)),
            aliases=known("vm"),
            protect=plan.site.host.production or None,
        ),
    )
    return Machine(domain, domain.id, disk)


def _replaced_by(nics: int) -> list[str]:
    return [f"networkInterfaces[{index}].{key}" for index in range(nics) for key in NIC_REPLACED_BY]


def network_xslt(plan: Plan, settings: LibvirtPlan) -> str | None:
    """Give what the provider has no field for; None where nothing is. It needs xsltproc on the machine that deploys."""
    nat6 = settings.mode == "nat" and any(":" in address for address in settings.addresses)
    dhcp = _uses_dhcp(plan)
    if not nat6 and not dhcp:
        return None
    hosts = [
        {"name": one.node.name, "mac": one.macs[0] if one.macs else None, "ipv4": one.node.ipv4, "ipv6": one.node.ipv6}
        for one in settings.machines
        if asks_for_addresses(plan.site.nodes[one.node.index])
    ]
    text: str = _template("network.xslt.j2").render(nat6=nat6, dhcp=dhcp, hosts=hosts)
    return text


def _uses_dhcp(plan: Plan) -> bool:
    return any(asks_for_addresses(node) for node in plan.site.nodes)


def _name(plan: Plan, machine: MachinePlan) -> str:
    """Name of a machine on the hypervisor, which other sites may share with nodes of the same name."""
    return f"{plan.name}-{machine.node.name}"


def _network_name(plan: Plan) -> str:
    """Name of the network on the hypervisor: that of the only node, or of the site."""
    return plan.name if plan.several else f"{plan.name}-{plan.initializer.name}"


def _image_name(plan: Plan, image: pulumi.Input[str]) -> pulumi.Input[str]:
    """Give the image's volume a name that is another one wherever another image takes its place.

    The path is the id: a successor of the same name would be lost in the deletion of the one before it.
    """

    def name(source: str) -> str:
        return f"{_network_name(plan)}-image-{hashlib.sha256(source.encode()).hexdigest()[:8]}"

    return name(image) if isinstance(image, str) else pulumi.Output.all(image).apply(lambda known: name(known[0]))


@cache
def _template(name: str) -> jinja2.Template:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
