"""An image for one node of a living cluster, which joins it and can never make another one.

A server that is installed again from the image of the whole site, the bootstrap server above all, makes a second
cluster on the same virtual address (EIB issue 673): its script takes the initializer's configuration wherever the host
has the initializer's name (``templates/rke2-multi-node-installer.sh.tpl``). Here that is a name that no host has, and
``network/`` holds the one node, so that no machine gets another name.
"""

from __future__ import annotations

from dataclasses import replace

from dualstack.eib.scripts import fill
from dualstack.errors import InputError, quoted
from dualstack.plan.model import NodePlan, Plan

NOBODY = "no-machine-has-this-name"
RUNBOOK = "JOIN.md"
"""In the directory; EIB reads only what it knows."""


def joining(plan: Plan, name: str) -> Plan:
    """Return the plan of the image for one node that joins the living cluster.

    Args:
        plan: the site's plan.
        name: the node's name.

    Raises:
        InputError: the site has one node or none of that name, no other server that it could join, or no address at
            which nodes join.
    """
    names = [node.name for node in plan.nodes]
    if not plan.several:
        message = f"{plan.name} has one node, which nothing joins"
        raise InputError(message, fix="leave --join out; a lost single node is a rebuild")
    node = next((node for node in plan.nodes if node.name == name), None)
    if node is None:
        raise InputError(f"{plan.name} has no node {quoted(name)}", fix=f"write one of {', '.join(names)}")
    if not _other_servers(plan, name):
        message = f"{name} is the only server of {plan.name}: without it there is no cluster that it could join"
        raise InputError(message, fix="leave --join out; a lost only server is a rebuild, from a backup")
    if plan.api.ipv4 is None:
        raise InputError(f"{plan.name} has no address at which nodes join", fix="write cluster.api.ipv4")
    return replace(plan, name=f"{plan.name}-{name}", joins=plan.name, nodes=(node,), initializer=_nobody(names))


def _other_servers(plan: Plan, name: str) -> list[str]:
    return [node.name for node in plan.nodes if node.role == "server" and node.name != name]


def _nobody(names: list[str]) -> NodePlan:
    name = NOBODY
    while name in names:
        name += "-either"
    return NodePlan(name=name, index=-1, management=None, ipv4=None, ipv6=None, nmstate={}, nmstate_computed={})


def runbook(plan: Plan, name: str) -> str:
    """Return how a lost node is replaced, or a new one joined, as Markdown with the site's own names.

    Args:
        plan: the plan of the whole site.
        name: the node's name.
    """
    node = next(node for node in plan.nodes if node.name == name)
    others = _other_servers(plan, name)
    storage = next((chart for chart in plan.charts if chart.key == "storage" and chart.name == "longhorn"), None)
    return fill(
        "join.md.j2",
        site=plan.name,
        node=node,
        addresses=[str(address) for address in node.addresses.values()],
        other=others[0],
        servers=len(others) + (node.role == "server"),
        api=plan.api.ipv4,
        bootstrap=plan.initializer.name == name,
        longhorn=storage.namespace if storage else "",
        redfish=plan.site.host.kind == "redfish",
        generation=plan.site.nodes[node.index].generation,
        pinned=plan.site.nodes[node.index].ssh_host_key is not None,
        image=f"eib-{plan.name}-{name}.{plan.site.image.type}",
    )
