"""Machines that are installed through their BMCs."""

from __future__ import annotations

from collections.abc import Sequence

from dualstack.address.bmc import parse_bmc
from dualstack.address.family import url_host
from dualstack.plan.access import API_PORT
from dualstack.plan.model import InstallationPlan, NodePlan
from dualstack.site import Site
from dualstack.site.network import NodeBmc

KUBELET_PORT = 10250
"""What answers on an agent, which has no API server."""


def bmc_url(bmc: NodeBmc) -> tuple[str, str]:
    """Return the URL of a BMC's Redfish service, and the path of the system; both empty where it cannot be read."""
    parsed = parse_bmc(bmc.address)
    if parsed.problem or not parsed.host:
        return "", ""
    port = f":{parsed.port}" if parsed.port else ""
    return f"{parsed.transport or 'https'}://{url_host(parsed.host)}{port}", f"/{parsed.tail}" if parsed.tail else ""


def plan_machines(site: Site, nodes: Sequence[NodePlan], initializer: NodePlan) -> tuple[InstallationPlan, ...]:
    """Compute what is installed, the server that makes the cluster first; nothing with other kinds of host."""
    if site.host.kind != "redfish":
        return ()
    order = sorted(nodes, key=lambda node: (node is not initializer, node.role == "agent", node.index))
    return tuple(_installation(site, node, bmc) for node in order if (bmc := site.nodes[node.index].bmc) is not None)


def _installation(site: Site, node: NodePlan, bmc: NodeBmc) -> InstallationPlan:
    url, system = bmc_url(bmc)
    settings = site.host.redfish
    return InstallationPlan(
        node=node,
        url=url,
        system=system,
        username=bmc.username,
        password_key=bmc.password_key,
        fingerprint=bmc.fingerprint.replace(":", "").lower() if bmc.fingerprint else None,
        media=bmc.media or settings.media,
        sha256=settings.sha256.lower() if settings.sha256 and not bmc.media else None,
        generation=site.nodes[node.index].generation,
        install_over=node.name in settings.install_over,
        port=API_PORT if node.role == "server" else KUBELET_PORT,
        macs=tuple(dict.fromkeys(nic.mac.lower() for nic in site.nodes[node.index].interfaces if nic.mac)),
    )
