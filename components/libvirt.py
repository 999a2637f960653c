"""Everything that is libvirt: the only module that imports its SDK, so that another provider is a change of this file.

The provider has traps, all measured with pulumi-libvirt 0.5.4 (terraform-provider-libvirt 0.8.1), libvirt 9.0:

- A replacement whose create fails is retried by "delete the original" after the new one was made, which has the same
  id and is lost. Only an explicit ``delete_before_replace`` makes the retry clean, so every resource has it.
- A changed MTU, DHCP switch, dnsmasq option, MAC or network id is reported as updated while nothing happens:
  ``replace_on_changes`` names them.
- A network that is replaced under a running VM leaves the VM's tap on no bridge: the network's id replaces the VM.
- What is left out keeps its old value, so ``autostart``, ``dhcp`` and ``dns`` are always stated.
- Addresses of an interface are filled in from leases, in any order, and are never removed: they are left out, and no
  lease is waited for. The VM has its addresses from its image.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import pulumi
import pulumi_libvirt as libvirt

from components.hypervisor import Machine, VirtualNetwork
from dualstack.plan import Plan
from dualstack.plan.model import LibvirtPlan
from dualstack.plan.network import management_interface

DEFAULT_URI = "qemu:///system"
NETWORK_REPLACED_BY = ["dhcp", "mtu", "dnsmasqOptions", "dns.localOnly"]
DOMAIN_REPLACED_BY = ["networkInterfaces[0].networkId", "networkInterfaces[0].mac"]
TEMPLATES = Path(__file__).parent / "templates"


def make_provider(plan: Plan) -> pulumi.ProviderResource:
    """Make the provider; an explicit one, so that a URI that a site adds later is no other provider.

    The SDK would take a missing URI from the environment; a plan may not depend on who computes it.
    """
    uri = plan.site.host.libvirt.uri or pulumi.Config("libvirt").get("uri") or DEFAULT_URI
    return libvirt.Provider("libvirt", uri=uri)


def make_network(name: str, plan: Plan, settings: LibvirtPlan, parent: pulumi.Resource) -> VirtualNetwork:
    """Make the virtual network, or libvirt's handle of a bridge that is there.

    Args:
        name: name of the resource.
        plan: the site's plan.
        settings: its libvirt part.
        parent: the component.
    """
    options = pulumi.ResourceOptions(
        parent=parent,
        delete_before_replace=True,
        replace_on_changes=NETWORK_REPLACED_BY,
        # Replacing the network replaces the VM, so it is as precious.
        protect=plan.site.host.production or None,
    )
    arguments: dict[str, Any] = {"name": _name(plan), "mode": settings.mode, "autostart": True}
    if settings.mode == "bridge":
        return VirtualNetwork(libvirt.Network(name, bridge=settings.bridge, opts=options, **arguments).id)
    xslt = network_xslt(plan, settings)
    network = libvirt.Network(
        name,
        addresses=list(settings.addresses),
        domain=settings.domain,
        mtu=settings.mtu,
        dhcp=libvirt.NetworkDhcpArgs(enabled=uses_dhcp(plan)),
        dns=libvirt.NetworkDnsArgs(
            enabled=True,
            # Only where this server is the one that knows the domain; else it would hide the real zone from the host.
            local_only=plan.site.dns.backend == "libvirt" and settings.domain is not None,
            hosts=[libvirt.NetworkDnsHostArgs(hostname=host, ip=ip) for host, ip in settings.hosts],
        ),
        xml=libvirt.NetworkXmlArgs(xslt=xslt) if xslt else None,
        opts=options,
        **arguments,
    )
    return VirtualNetwork(network.id)


def make_machine(
    name: str,
    plan: Plan,
    settings: LibvirtPlan,
    network: VirtualNetwork,
    image: pulumi.Input[str] | None,
    parent: pulumi.Resource,
) -> Machine:
    """Make disk and VM.

    A volume takes either a source or a size, so the image is one volume and the disk another on top of it.

    Args:
        name: start of the resources' names.
        plan: the site's plan.
        settings: its libvirt part.
        network: what the machine is attached to.
        image: path or URL of the disk image; an empty disk where None.
        parent: the component.
    """
    production = plan.site.host.production
    kept = pulumi.ResourceOptions(
        parent=parent,
        delete_before_replace=True,
        protect=production or None,
        retain_on_delete=production or None,
    )
    base = None
    if image is not None:
        base = libvirt.Volume(f"{name}-image", name=f"{_name(plan)}-image", pool=settings.pool, source=image, opts=kept)
    disk = libvirt.Volume(
        f"{name}-disk",
        name=f"{_name(plan)}-disk",
        pool=settings.pool,
        size=settings.disk_bytes,
        base_volume_id=base.id if base else None,
        opts=kept,
    )
    domain = libvirt.Domain(
        f"{name}-vm",
        name=_name(plan),
        memory=settings.memory_mib,
        vcpu=settings.vcpus,
        # The default CPU is qemu64, older than the x86-64-v2 that SUSE Linux Micro is compiled for.
        cpu=libvirt.DomainCpuArgs(mode="host-model"),
        firmware=settings.firmware,
        disks=[libvirt.DomainDiskArgs(volume_id=disk.id)],
        network_interfaces=[libvirt.DomainNetworkInterfaceArgs(network_id=network.id, mac=settings.mac)],
        consoles=[libvirt.DomainConsoleArgs(type="pty", target_type="serial", target_port="0")],
        autostart=True,
        running=True,
        opts=pulumi.ResourceOptions(
            parent=parent,
            delete_before_replace=True,
            replace_on_changes=DOMAIN_REPLACED_BY,
            protect=production or None,
        ),
    )
    return Machine(domain, domain.id, (base, disk) if base else (disk,))


def uses_dhcp(plan: Plan) -> bool:
    """Tell whether the network gives addresses; with static ones a range would only be in their way.

    One switch for both families: libvirt has no other.
    """
    interface = management_interface(plan.site.nodes[plan.node.index])
    families = (interface.ipv4, interface.ipv6) if interface else ()
    return any(ip is not None and ip.enabled and ip.dhcp for ip in families)


def network_xslt(plan: Plan, settings: LibvirtPlan) -> str | None:
    """Give what the provider has no field for; None where nothing is. It needs xsltproc on the machine that deploys."""
    nat6 = settings.mode == "nat" and any(":" in address for address in settings.addresses)
    dhcp = uses_dhcp(plan)
    if not nat6 and not dhcp:
        return None
    reserved = {"ipv4": plan.node.ipv4, "ipv6": plan.node.ipv6} if dhcp else {}
    text: str = _template("network.xslt.j2").render(
        nat6=nat6, dhcp=dhcp, reserved=reserved, mac=settings.mac, host=plan.node.name
    )
    return text


def _name(plan: Plan) -> str:
    """Name of everything of this site on the hypervisor, which other sites may share with nodes of the same name."""
    return f"{plan.name}-{plan.node.name}"


@cache
def _template(name: str) -> jinja2.Template:
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
